import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseAwayError } from '../../src/core/errors.ts';
import { connectToServer } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createStore } from '../../src/store/store.ts';
import { createDatabase, startPostgres } from '../helpers/postgres-server.ts';
import type { PostgresServer } from '../helpers/postgres-server.ts';

describe('a server that goes away in the middle of the run', () => {
  let server: PostgresServer;
  let database: Database;

  beforeAll(async () => {
    server = await startPostgres();
    database = connectToServer(await createDatabase(server.url));
    await migrate(database);
  });
  afterAll(async () => {
    await database.close();
    await server.remove();
  });

  it('is told from our mistakes, whatever was asked, and is asked again once it is back', async () => {
    const store = createStore(database);
    const { id } = await store.workspaces.ensureDefault();
    await server.stop();
    await expect(store.workspaces.ensureDefault()).rejects.toThrow(DatabaseAwayError);
    await expect(store.databaseTime()).rejects.toThrow(DatabaseAwayError);
    await expect(store.transaction((stores) => stores.groups.list(id))).rejects.toThrow(DatabaseAwayError);
    await expect(store.monitors.claimDue(new Date(), 1, 1_000)).rejects.toMatchObject({
      code: 'database-away',
      cause: expect.any(Error) as Error,
    });
    await server.start();
    // The driver may still find an old connection broken at the first try.
    await expect.poll(() => store.workspaces.ensureDefault(), { timeout: 20_000 }).toMatchObject({ id });
    expect(await store.transaction((stores) => stores.groups.list(id))).toEqual([]);
  });

  it('loses a transaction that it was in the middle of, whole', async () => {
    const store = createStore(database);
    const { id } = await store.workspaces.ensureDefault();
    const work = store.transaction(async (stores) => {
      await stores.groups.add(id, 'CG1', 'lost');
      await server.stop();
      await stores.groups.add(id, 'CG2', 'never');
    });
    await expect(work).rejects.toThrow(DatabaseAwayError);
    await server.start();
    await expect.poll(() => store.groups.list(id), { timeout: 20_000 }).toEqual([]);
  });

  it('that ends a connection under a statement is told as away', async () => {
    const store = createStore(database);
    const killer = connectToServer(server.url);
    try {
      const waiting = store.transaction(async (stores) => {
        await stores.incidents.lockAll('a workspace');
        const [row] = await killer.pool.execute<{ ended: boolean }>(sql`
          select bool_and(pg_terminate_backend(pid)) as ended from pg_stat_activity
           where pid <> pg_backend_pid() and backend_type = 'client backend'
        `);
        expect(row?.ended).toBe(true);
        await stores.incidents.nextNumber('a workspace');
      });
      await expect(waiting).rejects.toThrow(DatabaseAwayError);
    } finally {
      await killer.close();
    }
  });
});

describe('a server that cannot be reached', () => {
  it.each([
    ['nobody listens', 'postgres://nobody@127.0.0.1:1/none'],
    ['its name is unknown', 'postgres://nobody@no-such-host.invalid/none'],
  ])('is told as away where %s', async (_, url) => {
    const database = connectToServer(url);
    try {
      await expect(createStore(database).databaseTime()).rejects.toThrow(DatabaseAwayError);
    } finally {
      await database.close();
    }
  });

  it('is told as away within the deadline where it takes the connection and says nothing', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const database = connectToServer(`postgres://nobody@127.0.0.1:${String(port)}/none`);
    try {
      await expect(createStore(database).databaseTime()).rejects.toThrow(DatabaseAwayError);
    } finally {
      await database.close();
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('is not confused with one that refuses our password or does not know our database', async () => {
    const server = await startPostgres();
    try {
      const wrong = new URL(server.url);
      wrong.password = 'wrong';
      const unknown = new URL(server.url);
      unknown.pathname = '/no_such_database';
      for (const url of [wrong, unknown]) {
        const database = connectToServer(url.href);
        await expect(createStore(database).databaseTime()).rejects.not.toThrow(DatabaseAwayError);
        await database.close();
      }
    } finally {
      await server.remove();
    }
  });
});
