import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import postgres from 'postgres';
import { drizzle } from 'drizzle-orm/postgres-js';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { isWorthAnotherTry } from '../../src/store/database.ts';
import { createSessions } from '../../src/store/sessions.ts';
import type { Sessions } from '../../src/store/sessions.ts';
import { createDatabase } from '../helpers/postgres-server.ts';

describe('sessions', () => {
  let url: string;
  let killer: postgres.Sql;
  let opened: number;
  let sessions: Sessions;
  let db: PostgresJsDatabase;

  /** One session, so that whatever a dead transaction left would meet the next one. */
  const open = (max: number): void => {
    opened = 0;
    const connect = (onclose: () => void): postgres.Sql => {
      opened += 1;
      return postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined, onclose });
    };
    sessions = createSessions(connect, max, true);
    db = drizzle(sessions.client);
  };
  /** Ends every other connection to this database, as a failover does. */
  const endAll = async (): Promise<void> => {
    await killer`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
  };
  const kept = async (): Promise<string[]> => {
    const rows = await killer<{ what: string }[]>`select what from kept order by what`;
    return rows.map((row) => row.what);
  };
  const keep = (what: string) => sql`insert into kept values (${what})`;

  beforeAll(async () => {
    url = await createDatabase(inject('postgresUrl'));
    killer = postgres(url, { max: 1 });
    await killer`create table kept (what text)`;
  });
  beforeEach(async () => {
    await killer`truncate kept`;
    open(1);
  });
  afterEach(() => sessions.close(1_000));
  afterAll(() => killer.end());

  it('are opened as they are needed, and used again', async () => {
    open(3);
    for (let index = 0; index < 5; index += 1) await db.execute(sql`select 1`);
    expect(opened).toBe(1);
    await Promise.all(Array.from({ length: 20 }, () => db.execute(sql`select pg_sleep(0.01)`)));
    expect(opened).toBe(3);
  });

  it('that ended while nobody used them are not used again: the next statement does not notice', async () => {
    await db.execute(keep('before'));
    await endAll();
    // The end is on its way: the server has closed, we have to hear of it.
    await expect.poll(() => db.execute(keep('after')).then(() => 'kept'), { interval: 5 }).toBe('kept');
    expect(opened).toBe(2);
  });

  it('that end under a transaction take it with them, whole, and nothing of it meets the next one', async () => {
    const dead = db.transaction(async (tx) => {
      await tx.execute(keep('dead 1'));
      await endAll();
      await tx.execute(keep('dead 2')).catch(() => undefined);
      await tx.execute(keep('dead 3')).catch(() => undefined);
    });
    const died = expect(dead).rejects.toThrow();
    const next = db.transaction(async (tx) => {
      await tx.execute(keep('next 1'));
      await died;
      await tx.execute(keep('next 2'));
      throw new Error('undone');
    });
    await expect(next).rejects.toThrow('undone');
    expect(await kept()).toEqual([]);
    await db.transaction((tx) => tx.execute(keep('last')));
    expect(await kept()).toEqual(['last']);
  });

  it.each([
    ['while a statement runs', sql`select pg_sleep(10)`, 'inside'],
    ['between two statements', sql`select 1`, 'after'],
  ])('that end %s are replaced, time and again', async (_, statement, when) => {
    for (let round = 0; round < 20; round += 1) {
      const dead = db.transaction(async (tx) => {
        await tx.execute(keep(`dead ${String(round)}`));
        const running = tx.execute(statement);
        if (when === 'after') await running;
        await endAll();
        await running;
        await tx.execute(keep('never'));
      });
      await expect(dead).rejects.toThrow();
      await db.transaction((tx) => tx.execute(keep(`round ${String(round)}`)));
    }
    expect(await kept()).toHaveLength(20);
  });

  it.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.end()],
  ])('whose connection is %s under a transaction let nothing more of it through', async (_, cut) => {
    const sockets = new Set<Socket>();
    const { port, hostname } = new URL(url);
    const proxy = createServer((socket) => {
      const onward = createConnection(Number(port), hostname);
      sockets.add(socket);
      socket.pipe(onward).pipe(socket);
      socket.on('close', () => onward.destroy());
      onward.on('close', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const direct = url;
    const through = new URL(url);
    through.port = String((proxy.address() as AddressInfo).port);
    url = through.href;
    try {
      const outcomes: string[] = [];
      const dead = db.transaction(async (tx) => {
        await tx.execute(keep('dead 1'));
        const sleeping = tx.execute(sql`select pg_sleep(10)`).catch(() => outcomes.push('cut'));
        for (const socket of sockets) cut(socket);
        await sleeping;
        for (const what of ['dead 2', 'dead 3']) {
          await tx.execute(keep(what)).catch(() => outcomes.push('refused'));
        }
      });
      await expect(dead).rejects.toThrow();
      expect(outcomes).toEqual(['cut', 'refused', 'refused']);
      await db.transaction((tx) => tx.execute(keep('next')));
      expect(await kept()).toEqual(['next']);
    } finally {
      url = direct;
      await sessions.close(100);
      proxy.close();
      // The server does not notice before its sleep is over, and keeps the table locked until then.
      await endAll();
    }
  });

  it('let nothing be committed after a failure, though the work caught it', async () => {
    const work = db.transaction(async (tx) => {
      await tx.execute(keep('lost'));
      await tx.execute(sql`select no_such_column`).catch(() => undefined);
    });
    await expect(work).rejects.toThrow();
    expect(await kept()).toEqual([]);
    expect(opened).toBe(1);
  });

  it('give those who wait their turn in order', async () => {
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4].map((number) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`select 1`);
          order.push(number);
        }),
      ),
    );
    expect(order).toEqual([1, 2, 3, 4]);
  });

  describe('statements', () => {
    const prepared = async (): Promise<string[]> => {
      const rows = await db.execute<{ statement: string }>(sql`select statement from pg_prepared_statements`);
      return rows.map(({ statement }) => statement);
    };

    it('of one form stay prepared; lists of any length do not pile up', async () => {
      for (const what of ['a', 'b', 'c']) await db.execute(keep(what));
      for (const count of [1, 2, 3]) {
        const list = Array.from({ length: count }, (_, index) => sql`${String(index)}`);
        await db.execute(sql`select what from kept where what in (${sql.join(list, sql`, `)})`);
      }
      expect(await prepared()).toEqual(['insert into kept values ($1)']);
    });

    it('that a pooler has forgotten are not kept any more', async () => {
      await db.execute(keep('a'));
      const cutShort = db.transaction(async (tx) => {
        await tx.execute(sql`deallocate all`);
        await tx.execute(keep('b'));
      });
      await expect(cutShort).rejects.toThrow();
      expect(isWorthAnotherTry(await cutShort.catch((error: unknown) => error))).toBe(true);
      await db.execute(keep('c'));
      expect(await kept()).toEqual(['a', 'c']);
      expect(await prepared()).toEqual([]);
    });
  });

  describe('when they are closed', () => {
    it('let what runs come to its end, and refuse the rest', async () => {
      const running = db.transaction(async (tx) => {
        await tx.execute(sql`select pg_sleep(0.2)`);
        await tx.execute(keep('kept'));
      });
      const waiting = db.execute(keep('refused'));
      const closed = sessions.close(5_000);
      await expect(waiting).rejects.toThrow();
      await expect(db.execute(sql`select 1`)).rejects.toThrow();
      await running;
      await closed;
      expect(await kept()).toEqual(['kept']);
    });

    it('cut off what takes too long', async () => {
      const running = db.transaction(async (tx) => {
        await tx.execute(keep('lost'));
        await tx.execute(sql`select pg_sleep(20)`);
      });
      const rejected = expect(running).rejects.toThrow();
      await sessions.close(100);
      await rejected;
      expect(await kept()).toEqual([]);
    });
  });
});
