/**
 * A table of servers that mean no good, played one after the other against one prober: each with the code it must come
 * to, a bound on its time, and bounds on memory, for one server and for the whole table.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionCode } from '../../src/core/finding.ts';
import type { AddressObservation } from '../../src/core/observation.ts';
import type { Protocol } from '../../src/core/protocol.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ClosableProber } from '../../src/probe/probe.ts';
import { play } from './dialogue-turns.ts';
import type { Turn } from './dialogue-turns.ts';
import { heapInUse } from './memory.ts';
import { LOOPBACK_SETTINGS, endpointAt, requestFor } from './probing.ts';
import { startScriptedPeer } from './scripted-peer.ts';
import type { ScriptedPeer } from './scripted-peer.ts';

export interface HostileDialogue {
  readonly what: string;
  readonly turns: readonly Turn[];
  readonly code: ConnectionCode;
  /** What the server said that people must be told. */
  readonly says?: string;
  /** 300 if absent, which only those who wait for the deadline ever use up. */
  readonly timeoutMs?: number;
}

/** Times the probe's time-out, where a greeting has a budget of its own (design: 3.5 times), besides that of the rest. */
const LONGEST: Partial<Record<Protocol, number>> = { smtp: 4.5, lmtp: 4.5 };
const SLACK_MS = 700;
/** What the buffers of the system take in on both sides, besides the 64 KiB that we do (tcp(7): 4 and 6 MiB at most). */
const MOST_FLOODED = 12 * 1024 * 1024;
/** A table of floods that were all kept would need many times this. */
const MOST_GROWTH = 16 * 1024 * 1024;

export interface OneProber {
  look(port: number, protocol: Protocol, timeoutMs?: number): Promise<AddressObservation>;
}

/** Registers hooks of the surrounding `describe`: one prober for all of its tests. */
export function oneProber(): OneProber {
  let prober: ClosableProber | undefined;
  beforeAll(() => {
    prober = createProber(LOOPBACK_SETTINGS);
  });
  afterAll(() => prober?.close());
  return {
    async look(port, protocol, timeoutMs = 300) {
      const observation = await prober?.observe(
        requestFor(endpointAt(port, protocol), { timeoutMs }),
        new Date(),
        new AbortController().signal,
      );
      const [only] = observation?.addresses ?? [];
      if (only === undefined) throw new Error('no address was looked at');
      return only;
    },
  };
}

export function describeHostile(protocol: Protocol, dialogues: readonly HostileDialogue[]): void {
  describe(`a hostile ${protocol} server`, () => {
    const prober = oneProber();
    let before = 0;
    beforeAll(() => {
      before = heapInUse();
    });

    it.each(dialogues)('with $what is $code', async ({ turns, code, says, timeoutMs = 300 }) => {
      const peer = await startScriptedPeer((conversation) => play(conversation, turns));
      try {
        const startedAt = performance.now();
        const seen = await prober.look(peer.port, protocol, timeoutMs);
        const tookMs = performance.now() - startedAt;
        expect(seen).toMatchObject({ outcome: code });
        if (says !== undefined) expect(seen).toMatchObject({ detail: expect.stringContaining(says) as string });
        expect(tookMs).toBeLessThan((LONGEST[protocol] ?? 1) * timeoutMs + SLACK_MS);
        expect(peer.flooded).toBeLessThan(MOST_FLOODED);
      } finally {
        await closeAll([peer]);
      }
    });

    it('leaves no memory behind', () => {
      expect(heapInUse() - before).toBeLessThan(MOST_GROWTH);
    });

    it('is known in at least a dozen forms', () => {
      expect(new Set(dialogues.map(({ what }) => what)).size).toBe(dialogues.length);
      expect(dialogues.length).toBeGreaterThanOrEqual(12);
    });
  });
}

export async function closeAll(peers: readonly ScriptedPeer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer.close()));
}
