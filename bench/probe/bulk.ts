/**
 * `certmon probe --file` over 10,000 endpoints, a tenth of them tarpits that accept and say nothing: it must take the time
 * of the slowest batch, not the sum. Needs nginx, and `npm run build` before.
 *
 *   npx tsx bench/probe/bulk.ts
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBenchServer } from './bench-server.ts';

const ADDRESSES = 45;
const PORTS = 20;
const NAMES = 10;
const TARPIT_ADDRESSES = 50;
const FIRST_PORT = 21_000;
const TIMEOUT_S = 3;
const CONCURRENCIES = [256, 1000, 4000];

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const places = range(ADDRESSES).flatMap((address) =>
  range(PORTS).map((port) => `127.0.0.${String(10 + address)}:${String(FIRST_PORT + port)}`),
);
const tarpits = range(TARPIT_ADDRESSES).flatMap((address) =>
  range(PORTS).map((port) => ({ host: `127.0.1.${String(10 + address)}`, port: FIRST_PORT + port })),
);

const server = await startBenchServer({ places });
const open = new Set<Socket>();
const silent: Server[] = [];
for (const place of tarpits) {
  const tarpit = createServer((socket) => open.add(socket.on('error', () => undefined))).listen(place);
  await once(tarpit, 'listening');
  silent.push(tarpit);
}
const folder = await mkdtemp(join(tmpdir(), 'certmon-bulk-'));
const list = join(folder, 'list.txt');
const lines = [
  ...places.flatMap((place) => range(NAMES).map((name) => `${place} https --sni n${String(name)}.example.com`)),
  ...tarpits.map(({ host, port }) => `${host}:${String(port)} https --sni mail.example.com`),
];
// As people's lists are: good and bad in no order. The same order each time.
lines.sort((a, b) => scrambled(a).localeCompare(scrambled(b)));
await writeFile(list, `${lines.join('\n')}\n`);

function scrambled(line: string): string {
  return createHash('md5').update(line).digest('hex');
}

try {
  const sum = (tarpits.length * TIMEOUT_S).toFixed(0);
  console.log(
    `${String(lines.length)} endpoints, ${String(tarpits.length)} tarpits of ${String(TIMEOUT_S)} s (${sum} s in all)\n`,
  );
  console.log('concurrency  seconds  of batches  summary');
  for (const concurrency of CONCURRENCIES) {
    const startedAt = performance.now();
    const summary = await probeList(concurrency);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    // What the tarpits alone take, where each batch has as many of them as it can.
    const batches = (Math.ceil(tarpits.length / concurrency) * TIMEOUT_S).toFixed(0);
    console.log(`${String(concurrency).padStart(11)} ${seconds.padStart(8)} ${batches.padStart(11)}  ${summary}`);
  }
} finally {
  for (const socket of open) socket.destroy();
  for (const tarpit of silent) tarpit.close();
  await server.close();
  await rm(folder, { recursive: true });
}

/** The last line that it says. */
async function probeList(concurrency: number): Promise<string> {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const flags = ['--file', list, '--concurrency', String(concurrency), '--timeout', String(TIMEOUT_S), '--json'];
  const certmon = spawn(process.execPath, [main, 'probe', ...flags, '--ca', server.caFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  certmon.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(certmon, 'close');
  return said.trim().split('\n').at(-1) ?? '';
}
