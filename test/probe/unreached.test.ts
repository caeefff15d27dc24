import { expect, it } from 'vitest';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Observation } from '../../src/core/observation.ts';
import { UnreachedError } from '../../src/probe/errors.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ClosableProber } from '../../src/probe/probe.ts';
import { createUnreached } from '../../src/probe/unreached.ts';
import { LOOPBACK_SETTINGS, endpointAt, requestFor } from '../helpers/probing.ts';
import { startScriptedPeer } from '../helpers/scripted-peer.ts';

const error = new UnreachedError('timeout', 'nobody answered');

it('who lined up before a failure shares it, unless they have more time', () => {
  let now = 100;
  const unreached = createUnreached(() => now);
  expect(unreached.after('192.0.2.1 443', 100, 1000)).toBeUndefined();
  unreached.note('192.0.2.1 443', error, 1000);
  now = 200;
  expect(unreached.after('192.0.2.1 443', 100, 1000)).toBe(error);
  expect(unreached.after('192.0.2.1 443', 101, 1000)).toBeUndefined();
  expect(unreached.after('192.0.2.1 443', 100, 1001)).toBeUndefined();
  expect(unreached.after('192.0.2.1 444', 100, 1000)).toBeUndefined();
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function asker(prober: ClosableProber, port: number): () => Promise<Observation> {
  return () => prober.observe(requestFor(endpointAt(port, 'tls')), new Date(), new AbortController().signal);
}

function outcomes(observations: readonly Observation[]): string[] {
  return observations.flatMap(({ addresses }) => addresses.map(({ outcome }) => outcome));
}

// The thread has to start before the first can fail, and by then all others have lined up.
it('a line before a place that refuses is told at once', async () => {
  const prober = createProber({ ...LOOPBACK_SETTINGS, threads: 1 });
  const ask = asker(prober, await closedPort());
  const startedAt = performance.now();
  const all = await Promise.all(Array.from({ length: 50 }, ask));
  expect(outcomes(all)).toEqual(Array(50).fill('refused'));
  const waits = all.flatMap(({ addresses }) => addresses.map(({ durationMs }) => durationMs));
  // Those that shared it took no time of their own.
  expect(waits.filter((ms) => ms === 0).length).toBeGreaterThan(30);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  await prober.close();
});

it('a place that was connected to keeps its line: each has its own look', async () => {
  const peer = await startScriptedPeer((conversation) => conversation.reset());
  const prober = createProber(LOOPBACK_SETTINGS);
  await Promise.all(Array.from({ length: 10 }, asker(prober, peer.port)));
  expect(peer.connections).toBeGreaterThanOrEqual(10);
  await Promise.all([prober.close(), peer.close()]);
});
