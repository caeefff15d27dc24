import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { DatabaseAwayError } from '../../src/core/errors.ts';
import type { Log, Store } from '../../src/core/ports.ts';
import { connectToServer } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import type { OpenStore } from '../../src/store/open.ts';
import { createStore } from '../../src/store/store.ts';
import { createDatabase, startPostgres } from '../helpers/postgres-server.ts';
import type { PostgresServer } from '../helpers/postgres-server.ts';
import { silentLog } from './silent-log.ts';

/** Ours to stop. */
let server: PostgresServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startPostgres();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await server.start();
});

afterAll(() => server.remove());

async function open(
  databaseUrl: string,
  log: Log = silentLog,
  signal = new AbortController().signal,
): Promise<OpenStore> {
  const opened = await openStore({ databaseUrl, dataDirectory: '', mayJoin: false }, log, signal);
  closing.push(() => opened.close());
  return opened;
}

/** Warnings are kept; the first is waited for. */
function watchedLog(): { log: Log; warnings: string[]; warned: Promise<void> } {
  const warnings: string[] = [];
  let hear = (): void => undefined;
  const warned = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const warn: Log['warn'] = (_, message) => {
    warnings.push(message);
    hear();
  };
  return { log: { ...silentLog, warn }, warnings, warned };
}

const CALLS: readonly [string, (store: Store) => Promise<unknown>][] = [
  ['a read', (store) => store.workspaces.findConnection('slack', 'T1')],
  ['a write', (store) => store.workspaces.ensureDefault()],
  ['a transaction', (store) => store.transaction((stores) => stores.workspaces.ensureDefault())],
  ['a transaction of its own', (store) => store.outbox.claim(['slack'], new Date(), 1, 1)],
  ['the time', (store) => store.databaseTime()],
];

describe('a database that goes away', () => {
  it('is said so soon, by whatever is asked, and works again once it is back', async () => {
    const { store } = await open(await createDatabase(server.url));
    const workspace = await store.workspaces.ensureDefault();
    await server.stop();
    // Each of the pool's connections learns it by itself, and a second time there is none to lose.
    for (let round = 0; round < 3; round += 1) {
      for (const [what, call] of CALLS) {
        const asked = performance.now();
        await expect(call(store), what).rejects.toThrow(DatabaseAwayError);
        expect(performance.now() - asked, what).toBeLessThan(3_000);
      }
    }
    await server.start();
    const back = performance.now();
    expect(await store.workspaces.ensureDefault()).toEqual(workspace);
    expect(performance.now() - back).toBeLessThan(3_000);
  });

  it('in the middle of a transaction ends it with that, and nothing of it stays', async () => {
    const { store } = await open(await createDatabase(server.url));
    const { id } = await store.workspaces.ensureDefault();
    let stopped: Promise<void> | undefined;
    const work = store.transaction(async (stores) => {
      await stores.workspaces.ensureConnection(id, 'slack', 'T1');
      stopped = server.stop();
      await stopped;
      return stores.workspaces.ensureConnection(id, 'slack', 'T2');
    });
    await expect(work).rejects.toThrow(DatabaseAwayError);
    await stopped;
    await server.start();
    expect(await store.workspaces.findConnection('slack', 'T1')).toBeUndefined();
  });

  it('without a word is given up waiting for, and works again once it answers', async () => {
    const line = await startLine(await createDatabase(inject('postgresUrl')));
    const database = connectToServer(line.url);
    closing.push(() => database.close());
    await openAndClose(line.url);
    const store = createStore(database, 500);
    const workspace = await store.workspaces.ensureDefault();
    line.hold();
    for (const [what, call] of CALLS) {
      const asked = performance.now();
      await expect(call(store), what).rejects.toThrow(DatabaseAwayError);
      expect(performance.now() - asked, what).toBeLessThan(3_000);
    }
    line.letGo();
    expect(await store.workspaces.ensureDefault()).toEqual(workspace);
  });
});

describe('a database that is away at the start', () => {
  it('is waited for, and it is said so', async () => {
    const url = await createDatabase(server.url);
    await server.stop();
    const { log, warnings, warned } = watchedLog();
    const opening = open(url, log);
    await warned;
    await server.start();
    const { store } = await opening;
    expect(await store.workspaces.ensureDefault()).toMatchObject({ name: 'default' });
    expect(new Set(warnings)).toEqual(new Set(['database cannot be reached, certmon waits for it']));
  });

  it('is waited for no longer once the process is to end', async () => {
    const url = await createDatabase(server.url);
    await server.stop();
    const { log, warned } = watchedLog();
    const abort = new AbortController();
    const opening = expect(open(url, log, abort.signal)).rejects.toThrow('abort');
    await warned;
    abort.abort();
    await opening;
  });

  it('is not waited for where it turns us away', async () => {
    const wrong = new URL(await createDatabase(server.url));
    wrong.password = 'wrong';
    await expect(open(wrong.href)).rejects.toThrow(/password/);
    await expect(open(new URL('/nowhere', server.url).href)).rejects.toThrow(/nowhere/);
  });
});

async function openAndClose(url: string): Promise<void> {
  const opened = await openStore(
    { databaseUrl: url, dataDirectory: '', mayJoin: false },
    silentLog,
    new AbortController().signal,
  );
  await opened.close();
}

/** A line to a server that can be held: what is said on it then reaches nobody, and no end hears that. */
async function startLine(databaseUrl: string): Promise<{ url: string; hold: () => void; letGo: () => void }> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isHeld = false;
  const proxy: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      if (isHeld) one.pause();
      one.on('data', (data) => other.write(data));
      one.on('close', () => other.destroy());
      one.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
  const url = new URL(databaseUrl);
  url.port = String((proxy.address() as AddressInfo).port);
  const set = (held: boolean): void => {
    isHeld = held;
    for (const socket of sockets)
      if (held) socket.pause();
      else socket.resume();
  };
  return {
    url: url.href,
    hold: () => {
      set(true);
    },
    letGo: () => {
      set(false);
    },
  };
}
