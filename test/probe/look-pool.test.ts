import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { createLookPool } from '../../src/probe/look-pool.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ClosableProber } from '../../src/probe/probe.ts';
import { LOOPBACK_SETTINGS, endpointAt, observe } from '../helpers/probing.ts';
import { startScriptedPeer } from '../helpers/scripted-peer.ts';
import type { ScriptedPeer } from '../helpers/scripted-peer.ts';

let root: Issuer;
let leaf: Credential;
let server: DemoServer;
let silent: ScriptedPeer;
let threaded: ClosableProber;

beforeAll(async () => {
  root = await createAuthority('Root');
  leaf = await (await root.issueIntermediate('Intermediate')).issueLeaf({ dns: ['mail.example.com'] });
  server = await startTlsServer({ chainPem: leaf.chainPem, keyPem: leaf.keyPem });
  silent = await startScriptedPeer(() => undefined);
  threaded = createProber({ ...LOOPBACK_SETTINGS, threads: 2, perAddress: 8 });
});
afterAll(async () => {
  await Promise.all([threaded.close(), server.close(), silent.close()]);
});

function asked(port: number, timeoutMs = 20_000): Parameters<ClosableProber['observe']>[0] {
  const trust = { extraCaPem: root.pem, only: true };
  return { endpoint: endpointAt(port, 'tls'), timeoutMs, trust, known: new Map(), knownIssuers: [] };
}
const forEver = new AbortController().signal;

it('threads see what this thread sees', async () => {
  const now = new Date();
  const [inThreads, here] = await Promise.all([
    threaded.observe(asked(server.port), now, forEver),
    observe(endpointAt(server.port, 'tls'), { caPem: root.pem, now }),
  ]);
  const withoutTime = (observation: typeof here) => ({
    ...observation,
    addresses: observation.addresses.map((address) => ({ ...address, durationMs: 0 })),
  });
  expect(withoutTime(inThreads)).toEqual(withoutTime(here));
  expect(inThreads.addresses).toMatchObject([{ outcome: 'ok', verdict: { trusted: true }, chain: [{}, {}] }]);
});

it('a failure comes back with its code, and holds back nobody', async () => {
  const [dead, ...well] = await Promise.all([
    threaded.observe(asked(silent.port, 1000), new Date(), forEver),
    ...Array.from({ length: 20 }, () => threaded.observe(asked(server.port), new Date(), forEver)),
  ]);
  expect(dead.addresses).toMatchObject([{ outcome: 'timeout', detail: 'no answer within 1 s (TLS handshake)' }]);
  expect(well.flatMap(({ addresses }) => addresses.map(({ outcome }) => outcome))).toEqual(Array(20).fill('ok'));
});

it('gives up when the caller does', async () => {
  const caller = new AbortController();
  const observing = threaded.observe(asked(silent.port), new Date(), caller.signal);
  caller.abort(new Error('enough'));
  await expect(observing).rejects.toThrow('enough');
});

it('closing ends what is under way', async () => {
  const prober = createProber({ ...LOOPBACK_SETTINGS, threads: 1 });
  const observing = prober.observe(asked(silent.port), new Date(), forEver);
  const ended = expect(observing).rejects.toThrow('the prober is closing');
  await prober.close();
  await ended;
});

describe('a thread that does not answer', () => {
  const lookAt = (port: number, timeoutMs: number) => ({
    address: '127.0.0.1',
    endpoint: endpointAt(port, 'tls'),
    timeoutMs,
    cas: { ownPem: root.pem, only: true },
    expected: undefined,
  });

  it('is ended with all of its looks, and another takes its place', async () => {
    const pool = createLookPool(root.pem, 1, { lateMs: 300 - 4.5 * 60_000, abortMs: 3000 });
    try {
      const looks = [pool.look(lookAt(silent.port, 60_000), forEver), pool.look(lookAt(silent.port, 90_000), forEver)];
      for (const look of looks) await expect(look).rejects.toThrow('a probing thread was stuck');
      const { seen } = await pool.look(lookAt(server.port, 70_000), forEver);
      expect(seen).toMatchObject({ leafFingerprint: leaf.fingerprint, verdict: { trusted: true } });
    } finally {
      await pool.close();
    }
  });

  it('keeps no caller who has given up, and no other one goes with it', async () => {
    const pool = createLookPool(root.pem, 1, { lateMs: 30_000, abortMs: 0 });
    const caller = new AbortController();
    try {
      const given = pool.look(lookAt(silent.port, 60_000), caller.signal);
      const other = pool.look(lookAt(server.port, 20_000), forEver);
      caller.abort(new Error('enough'));
      await expect(given).rejects.toThrow('enough');
      expect((await other).seen.leafFingerprint).toBe(leaf.fingerprint);
    } finally {
      await pool.close();
    }
  });
});
