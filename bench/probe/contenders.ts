/** One contender of `cost.ts`, in a process of its own: prints what its probes cost as a line of JSON. */
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { createSecureContext, connect } from 'node:tls';
import type { ReadAddress } from '../../src/core/observation.ts';
import { isRead } from '../../src/core/observation.ts';
import { createProber } from '../../src/probe/probe.ts';
import { LOOPBACK_SETTINGS, endpointAt, requestFor } from '../../test/helpers/probing.ts';

interface Job {
  readonly contender: string;
  readonly port: number;
  readonly caFile: string;
  readonly serverName: string;
  readonly probes: number;
}

const CONCURRENCY = 64;
const job = JSON.parse(process.argv[2] ?? '') as Job;
const ca = readFileSync(job.caFile, 'utf8');

/** What a program does that connects, and looks at the chain Node has for it. */
function bare(readsChain: boolean): () => Promise<void> {
  const secureContext = createSecureContext({ ca });
  return () =>
    new Promise((resolve, reject) => {
      const tcp = connectTcp({ host: '127.0.0.1', port: job.port });
      tcp.on('error', reject).on('connect', () => {
        const socket = connect({ socket: tcp, secureContext, rejectUnauthorized: false, servername: job.serverName });
        socket.on('error', reject).on('secureConnect', () => {
          if (readsChain) socket.getPeerCertificate(true);
          socket.end();
          socket.destroy();
          tcp.destroy();
          resolve();
        });
      });
    });
}

function certmon(threads: number, sees: 'everything' | 'what it knows'): () => Promise<void> {
  const prober = createProber({ ...LOOPBACK_SETTINGS, perAddress: CONCURRENCY, threads });
  const endpoint = endpointAt(job.port, 'https', { serverName: job.serverName });
  let known: ReadonlyMap<string, ReadAddress> = new Map();
  const { signal } = new AbortController();
  return async () => {
    const request = requestFor(endpoint, { timeoutMs: 10_000, caPem: ca, known });
    const { addresses } = await prober.observe(request, new Date(), signal);
    const [read] = addresses.filter(isRead);
    if (read?.verdict.trusted !== true) throw new Error('the server was not read');
    if (sees === 'what it knows' && known.size === 0) known = new Map([[read.address, read]]);
  };
}

const CONTENDERS: Readonly<Record<string, () => () => Promise<void>>> = {
  bare: () => bare(false),
  'bare-chain': () => bare(true),
  'certmon-first': () => certmon(0, 'everything'),
  'certmon-known': () => certmon(0, 'what it knows'),
  'certmon-first-threads': () => certmon(2, 'everything'),
  'certmon-known-threads': () => certmon(2, 'what it knows'),
};

async function run(probe: () => Promise<void>, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left > 0) {
        left -= 1;
        await probe();
      }
    }),
  );
}

const probe = CONTENDERS[job.contender]?.();
if (probe === undefined) throw new Error(`no contender ${job.contender}`);
// What is compiled, and made once, is not the cost of a probe.
await run(probe, 500);
const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
await run(probe, job.probes);
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  JSON.stringify({
    cpuMs: (user + system) / 1000 / job.probes,
    perSecond: job.probes / seconds,
    rss: process.memoryUsage().rss,
  }),
);
process.exit(0);
