import { rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmbeddedServer } from '../../src/store/embedded-server.ts';
import { dataDirectory } from '../helpers/databases.ts';
import {
  bind,
  execute,
  parse,
  query,
  rawClient,
  SSL_REQUEST,
  STARTUP,
  SYNC,
  TERMINATE,
  wireClient,
} from './wire-client.ts';
import type { WireClient } from './wire-client.ts';

const SHORT_TURN_MS = 300;

let directory: string;
let session: PGlite;
let server: Server;
let socketPath: string;
let run = 0;
let idleTurnMs = 60_000;
const clients: WireClient[] = [];

beforeAll(async () => {
  directory = await dataDirectory();
  session = await PGlite.create({ dataDir: join(directory, 'database') });
});

beforeEach(async () => {
  run += 1;
  socketPath = join(directory, `socket-${String(run)}`);
  server = createEmbeddedServer(session, idleTurnMs);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  await session.exec('drop table if exists accounts; create table accounts (name text primary key, amount integer)');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

afterAll(async () => {
  await session.close();
  await rm(directory, { recursive: true, force: true });
});

async function connected(): Promise<WireClient> {
  const client = await wireClient(socketPath);
  clients.push(client);
  return client;
}

/** What the table holds, as one who comes next sees it. */
async function names(): Promise<string[]> {
  const client = await connected();
  client.send(query('select name from accounts order by name'));
  return client.ready();
}

const insert = (name: string): Buffer => query(`insert into accounts values ('${name}', 1)`);

describe('connections to the embedded database', () => {
  it('keep their statements apart, though their messages come in between each other', async () => {
    const [one, two] = [await connected(), await connected()];
    one.send(parse('select $1::text'), bind('one'));
    two.send(parse('select $1::text'), bind('two'), execute(), SYNC);
    const answers = Promise.all([one.ready(), two.ready()]);
    one.send(execute(), SYNC);
    expect(await answers).toEqual([['one'], ['two']]);
  });

  it('keep their transactions apart', async () => {
    const [one, two] = [await connected(), await connected()];
    one.send(query('begin'));
    await one.ready();
    two.send(query('select count(*) from accounts'));
    const counted = two.ready();
    one.send(insert('a'), insert('b'));
    await one.ready();
    await one.ready();
    one.send(query('commit'));
    expect(await counted).toEqual(['2']);
  });

  it('keep a transaction that failed until its end, and no other is drawn into it', async () => {
    const [one, two] = [await connected(), await connected()];
    one.send(query('begin'), insert('a'), query('select nonsense'), insert('b'));
    two.send(insert('c'));
    const written = two.ready();
    for (const answer of [[], [], ['error: column "nonsense" does not exist']])
      expect(await one.ready()).toEqual(answer);
    expect((await one.ready())[0]).toContain('current transaction is aborted');
    one.send(query('rollback'));
    expect(await written).toEqual([]);
    expect(await names()).toEqual(['c']);
  });

  it('of many drivers at once mix nothing up and lose nothing', async () => {
    await session.exec("insert into accounts select 'account-' || n, 100 from generate_series(1, 4) n");
    const pools = Array.from({ length: 4 }, () =>
      postgres({ path: socketPath, max: 3, username: 'postgres', password: '', database: 'postgres' }),
    );
    const work = pools.flatMap((sql, pool) =>
      Array.from({ length: 30 }, async (_, index) => {
        const word = `${String(pool)}-${String(index)}`;
        const [from, to] = [`account-${String((index % 4) + 1)}`, `account-${String(((index + 1) % 4) + 1)}`];
        const [row] = await sql<{ word: string }[]>`select ${word} as word`;
        await sql.begin(async (tx) => {
          const [known] = await tx<{ amount: number }[]>`select amount from accounts where name = ${from}`;
          await tx`update accounts set amount = ${(known?.amount ?? 0) - 1} where name = ${from}`;
          await tx`update accounts set amount = amount + 1 where name = ${to}`;
          await tx`insert into accounts values (${word}, 0)`;
        });
        return row?.word === word;
      }),
    );
    expect((await Promise.all(work)).every(Boolean)).toBe(true);
    const { rows } = await session.query('select sum(amount)::int as total, count(*)::int as count from accounts');
    expect(rows).toEqual([{ total: 400, count: 4 + 120 }]);
    await Promise.all(pools.map((sql) => sql.end()));
  });

  it('are told that there is no TLS on a socket of the system', async () => {
    const client = rawClient(socketPath);
    clients.push(client);
    const first = new Promise((resolve) => client.socket.once('data', (data: Buffer) => resolve(data.toString())));
    client.send(SSL_REQUEST);
    expect(await first).toBe('N');
  });
});

describe('a connection that goes away', () => {
  const gone = async (client: WireClient): Promise<void> => {
    client.socket.destroy();
    await client.closed;
  };

  it.each([
    ['in a transaction', [query('begin'), insert('lost')], 'INSERT'],
    ['in a transaction that failed', [query('begin'), insert('lost'), query('select nonsense')], 'E'],
    [
      'after a statement without its Sync',
      [parse("insert into accounts values ('lost', 1)"), bind(), execute()],
      'INSERT',
    ],
    ['after an error without its Sync', [parse('select nonsense'), bind(), execute()], 'E'],
    ['in the middle of a statement', [parse("insert into accounts values ('lost', 1)"), bind()], '2'],
    ['in the middle of a message', [parse('select 1'), insert('lost').subarray(0, 9)], '1'],
  ])('%s leaves nothing behind, and stops nobody', async (_, messages, last) => {
    const client = await connected();
    client.send(...messages);
    await client.until(last);
    const next = rawClient(socketPath);
    clients.push(next);
    next.send(STARTUP, insert('kept'));
    await gone(client);
    expect([await next.ready(), await next.ready()]).toEqual([[], []]);
    expect(await names()).toEqual(['kept']);
  });

  it('while it waits for its turn has nothing done', async () => {
    const [one, two] = [await connected(), await connected()];
    one.send(query('begin'));
    await one.ready();
    two.send(insert('two'));
    await gone(two);
    // By the time that these are answered, the server has heard of it too.
    one.send(query('select 1'), insert('one'));
    await one.ready();
    await one.ready();
    one.send(query('commit'));
    await one.ready();
    expect(await names()).toEqual(['one']);
  });

  it('in order takes its leave', async () => {
    const client = await connected();
    client.send(TERMINATE);
    await client.closed;
    expect(await names()).toEqual([]);
  });
});

describe('a connection that keeps the others waiting', () => {
  beforeAll(() => {
    idleTurnMs = SHORT_TURN_MS;
  });

  it.each([
    ['a transaction', [query('begin'), insert('lost')]],
    ['a statement', [parse("insert into accounts values ('lost', 1)"), bind(), execute()]],
  ])('with %s that it does not end is cut off, and leaves nothing behind', async (_, messages) => {
    const client = await connected();
    client.send(...messages);
    const next = await connectedBehind(client);
    next.send(insert('kept'));
    expect(await next.ready()).toEqual([]);
    await client.closed;
    expect(await names()).toEqual(['kept']);
  });

  it('is given its time: between two turns it may be idle as long as it likes', async () => {
    const client = await connected();
    client.send(insert('first'));
    await client.ready();
    await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_TURN_MS));
    client.send(insert('second'));
    expect(await client.ready()).toEqual([]);
    expect(await names()).toEqual(['first', 'second']);
  });

  it('is given its time anew with everything it says', async () => {
    const client = await connected();
    client.send(query('begin'));
    await client.ready();
    for (let step = 0; step < 4; step += 1) {
      await new Promise((resolve) => setTimeout(resolve, SHORT_TURN_MS / 2));
      client.send(insert(String(step)));
      expect(await client.ready()).toEqual([]);
    }
    client.send(query('commit'));
    await client.ready();
    expect(await names()).toEqual(['0', '1', '2', '3']);
  });

  /** Its start-up waits for the turn like anything else. */
  async function connectedBehind(client: WireClient): Promise<WireClient> {
    const next = rawClient(socketPath);
    clients.push(next);
    next.send(STARTUP);
    expect(await next.ready()).toEqual([]);
    await client.closed;
    return next;
  }
});

describe('a connection that speaks another protocol', () => {
  const http = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

  it.each([
    ['at the start', [http]],
    ['a length that cannot be', [STARTUP, Buffer.from([0x51, 0, 0, 0, 3])]],
    ['a length below zero', [STARTUP, Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff])]],
    ['a length beyond all bounds', [STARTUP, Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff])]],
  ])('%s is closed, and stops nobody', async (_, bytes) => {
    const client = rawClient(socketPath);
    clients.push(client);
    client.send(...bytes);
    await client.closed;
    expect(await names()).toEqual([]);
  });
});
