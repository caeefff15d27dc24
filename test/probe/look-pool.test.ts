import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
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
