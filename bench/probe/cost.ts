/**
 * What one probe costs in CPU time, and how many a second there are, at concurrency 64 against nginx on loopback (TLS 1.3,
 * ECDSA P-256, one intermediate), beside what others need for the same server in the same run. Needs nginx and openssl;
 * prometheus-blackbox-exporter is measured where it is installed.
 *
 *   npx tsx bench/probe/cost.ts
 */
import { execFile, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { accepts, freePort, startBenchServer } from './bench-server.ts';
import type { BenchServer } from './bench-server.ts';

interface Cost {
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly rss?: number;
}

const ROUNDS = Number(process.argv[2] ?? 5);
const PROBES = 4000;
const CONCURRENCY = 64;
const run = promisify(execFile);

async function inOwnProcess(contender: string, { port, caFile, serverName }: BenchServer): Promise<Cost> {
  const program = fileURLToPath(new URL('./contenders.ts', import.meta.url));
  const job = JSON.stringify({ contender, port, caFile, serverName, probes: PROBES });
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program, job]);
  return JSON.parse(stdout) as Cost;
}

/** The CPU time is the process's, start included, as `bash` has it. */
async function sTime({ port, caFile }: BenchServer): Promise<Cost> {
  const command = `TIMEFORMAT='%U %S'; time openssl s_time -connect 127.0.0.1:${String(port)} -CAfile ${caFile} -new -time 4`;
  const { stdout, stderr } = await run('bash', ['-c', command]);
  const count = Number(/(\d+) connections in \d+ real seconds/.exec(stdout)?.[1]);
  const seconds = Number(/connections in (\d+) real seconds/.exec(stdout)?.[1]);
  const [user = 0, system = 0] = (/([\d.]+) ([\d.]+)\s*$/.exec(stderr)?.slice(1) ?? []).map(Number);
  return { cpuMs: ((user + system) * 1000) / count, perSecond: count / seconds };
}

const CLOCK_TICK_MS = 10;

/** Its TCP prober with TLS; the HTTP request that asks for a probe is part of how it is used. */
async function blackbox({ port, caFile, serverName }: BenchServer): Promise<Cost> {
  const config = `${caFile}.blackbox.yml`;
  await writeFile(
    config,
    `modules: { tls: { prober: tcp, tcp: { tls: true, tls_config: { ca_file: ${caFile}, server_name: ${serverName} } } } }`,
  );
  const listens = await freePort();
  const exporter = spawn(
    'prometheus-blackbox-exporter',
    [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${String(listens)}`, '--log.level=error'],
    { stdio: 'ignore' },
  );
  await new Promise((resolve, reject) => exporter.on('spawn', resolve).on('error', reject));
  try {
    await accepts(listens);
    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const path = `/probe?module=tls&target=127.0.0.1:${String(port)}`;
        get({ host: '127.0.0.1', port: listens, path, agent }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => (body.includes('probe_success 1') ? resolve() : reject(new Error(body))));
        }).on('error', reject);
      });
    const askAll = async (count: number): Promise<void> => {
      let left = count;
      await Promise.all(
        Array.from({ length: CONCURRENCY }, async () => {
          while (left-- > 0) await ask();
        }),
      );
    };
    const cpuMs = async (): Promise<number> => {
      const fields = (await readFile(`/proc/${String(exporter.pid)}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
    };
    await askAll(500);
    const [before, startedAt] = [await cpuMs(), performance.now()];
    await askAll(PROBES);
    const seconds = (performance.now() - startedAt) / 1000;
    agent.destroy();
    return { cpuMs: ((await cpuMs()) - before) / PROBES, perSecond: PROBES / seconds };
  } finally {
    exporter.kill('SIGKILL');
    await rm(config);
  }
}

const CONTENDERS: readonly { readonly name: string; readonly measure: (server: BenchServer) => Promise<Cost> }[] = [
  { name: 'openssl s_time (one at a time)', measure: sTime },
  { name: 'bare tls.connect', measure: (server) => inOwnProcess('bare', server) },
  { name: 'bare tls.connect that reads its chain', measure: (server) => inOwnProcess('bare-chain', server) },
  { name: 'blackbox_exporter, TCP and TLS', measure: blackbox },
  { name: 'certmon, first sight, one thread', measure: (server) => inOwnProcess('certmon-first', server) },
  { name: 'certmon, known chain, one thread', measure: (server) => inOwnProcess('certmon-known', server) },
  { name: 'certmon, first sight, two threads', measure: (server) => inOwnProcess('certmon-first-threads', server) },
  { name: 'certmon, known chain, two threads', measure: (server) => inOwnProcess('certmon-known-threads', server) },
];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const server = await startBenchServer();
const costs = new Map<string, Cost[]>();
try {
  // In turn, so that a machine that is busy for a while is so for all.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, measure } of CONTENDERS) {
      try {
        costs.set(name, [...(costs.get(name) ?? []), await measure(server)]);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
        if (round === 0) console.log(`${name}: not installed`);
      }
    }
  }
} finally {
  await server.close();
}
console.log(`${String(ROUNDS)} rounds of ${String(PROBES)} probes, concurrency ${String(CONCURRENCY)}; medians\n`);
console.log(`${''.padEnd(40)}CPU ms  least   most     /s  MB`);
for (const [name, all] of costs) {
  const cpu = all.map(({ cpuMs }) => cpuMs);
  const shown = [median(cpu), Math.min(...cpu), Math.max(...cpu)].map((ms) => ms.toFixed(2).padStart(7)).join('');
  const perSecond = median(all.map((one) => one.perSecond))
    .toFixed(0)
    .padStart(7);
  const rss = all[0]?.rss === undefined ? '' : (median(all.map((one) => one.rss ?? 0)) / 1e6).toFixed(0).padStart(4);
  console.log(`${name.padEnd(39)}${shown}${perSecond}${rss}`);
}
