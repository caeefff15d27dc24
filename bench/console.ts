/**
 * What a person waits for: from the start to the first answer on an existing data directory, and what `add` takes beyond
 * its own probe. Yardsticks of the same run: an empty Node process, and a bare TLS connection to the same server.
 *
 *   npm run build && npx tsx bench/console.ts
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { createAuthority } from '../src/demo/authority.ts';
import { startTlsServer } from '../src/demo/tls-servers.ts';

const STARTS = 7;
const ADDS = 30;

const directory = await mkdtemp(join(tmpdir(), 'certmon-bench-'));
const authority = await createAuthority('Bench Root');
await writeFile(join(directory, 'ca.pem'), authority.pem);
const server = await startTlsServer({ ...(await authority.issueLeaf({ ip: ['127.0.0.1'] })), host: '127.0.0.1' });

interface Line {
  readonly type: string;
  readonly ok: boolean;
  readonly probe: { readonly addresses: readonly { readonly durationMs: number }[] } | null;
}

/** A console on the data directory: asks, and tells how long each answer took. */
function startConsole() {
  const child = spawn(process.execPath, ['dist/main.js', 'console', '--json'], {
    env: {
      PATH: process.env.PATH,
      CERTMON_DATA_DIR: join(directory, 'data'),
      CERTMON_EXTRA_CA_FILE: join(directory, 'ca.pem'),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers: ((line: Line) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.type === 'reply') answers.shift()?.(line);
  });
  return {
    async ask(text: string): Promise<{ line: Line; ms: number }> {
      const asked = performance.now();
      const line = await new Promise<Line>((resolve) => {
        answers.push(resolve);
        child.stdin.write(`${text}\n`);
      });
      return { line, ms: performance.now() - asked };
    },
    end: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => {
          resolve();
        });
        child.stdin.end();
      }),
  };
}

const bareConnection = async (): Promise<number> => {
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
  return performance.now() - started;
};

function row(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1).padStart(9);
  console.log(`${what.padEnd(52)}${at(0)}${at(0.5)}${at(1)}`);
}

const first = startConsole();
const fresh = await first.ask('list');
await first.end();

const starts: number[] = [];
const empties: number[] = [];
for (let index = 0; index < STARTS; index += 1) {
  const console_ = startConsole();
  starts.push((await console_.ask('list')).ms);
  await console_.end();
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '']);
  empties.push(performance.now() - started);
}

const person = startConsole();
await person.ask('list');
const replies: number[] = [];
const beyond: number[] = [];
const bare: number[] = [];
for (let index = 0; index < ADDS; index += 1) {
  const { line, ms } = await person.ask(
    `add 127.0.0.1:${String(server.port)} https --sni h${String(index)}.example.com`,
  );
  const probe = line.probe?.addresses[0]?.durationMs;
  if (!line.ok || probe === undefined) throw new Error('a monitor was not added');
  replies.push(ms);
  beyond.push(ms - probe);
  bare.push(await bareConnection());
}
await person.end();
await server.close();
await rm(directory, { recursive: true, force: true });

console.log(`${'milliseconds'.padEnd(52)}${['least', 'median', 'most'].map((word) => word.padStart(9)).join('')}`);
row('an empty Node process (yardstick)', empties);
row('start to the first answer, existing data directory', starts);
row('start to the first answer, new data directory', [fresh.ms]);
row('a bare TLS connection (yardstick)', bare);
row('add, from the line to its reply', replies);
row('add, beyond its own probe', beyond);
