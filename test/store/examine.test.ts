import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { toSid } from '../../src/core/sid.ts';
import { connectToServer } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { own } from '../../src/store/data-directory-lock.ts';
import { examineDatabase } from '../../src/store/examine.ts';
import type { DatabaseFacts } from '../../src/store/examine.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open.ts';
import type { OpenStore } from '../../src/store/open.ts';
import { dataDirectory } from '../helpers/databases.ts';
import { createDatabase } from '../helpers/postgres-server.ts';
import { NEVER, QUIET, setStage } from '../helpers/stage.ts';

type There = Extract<DatabaseFacts, { state: 'there' }>;

function there(facts: DatabaseFacts): There {
  if (facts.state !== 'there') throw new Error('the database is not there');
  return facts;
}

describe('a server', () => {
  let databaseUrl: string;
  let database: Database;
  const look = async () => there(await examineDatabase({ databaseUrl, dataDirectory: '/nowhere' }, NEVER));

  beforeAll(async () => {
    databaseUrl = await createDatabase(inject('postgresUrl'));
    database = connectToServer(databaseUrl);
  });
  afterAll(() => database.close());

  it('that is empty lacks migrations, and gets none', async () => {
    const facts = await look();
    expect(facts).toMatchObject({ ownerPid: undefined, migrations: { isNewer: false }, contents: undefined });
    expect(facts.migrations.missing).toBeGreaterThan(0);
    const [schema] = await database.pool.execute(sql`select to_regnamespace('drizzle') as found`);
    expect(schema).toEqual({ found: null });
  });

  it('that is up to date tells its version, its clock, and what is in it', async () => {
    await migrate(database);
    const facts = await look();
    expect(facts.version).toMatch(/^\d+\.\d+$/);
    expect(Math.abs(facts.aheadMs)).toBeLessThan(2_000);
    expect(facts).toMatchObject({
      migrations: { missing: 0, isNewer: false },
      contents: { monitors: 0, workspaces: [] },
    });
  });

  it('that a newer certmon made is not read', async () => {
    await database.pool.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
    );
    expect(await look()).toMatchObject({ migrations: { missing: 0, isNewer: true }, contents: undefined });
    await database.pool.execute(sql`delete from drizzle.__drizzle_migrations where hash = 'newer'`);
  });

  it('that does not let us in says so without the password', async () => {
    const url = new URL(databaseUrl);
    url.pathname = '/no-such-database';
    url.password = 'secret-word';
    const looking = examineDatabase({ databaseUrl: url.href, dataDirectory: '/nowhere' }, NEVER);
    await expect(looking).rejects.toMatchObject({ code: 'database-refused' });
    await expect(looking).rejects.not.toThrow(/secret-word/);
  });

  it('that is not there is away', async () => {
    const looking = examineDatabase({ databaseUrl: 'postgres://u:p@127.0.0.1:1/d', dataDirectory: '/nowhere' }, NEVER);
    await expect(looking).rejects.toMatchObject({ code: 'database-away' });
  });
});

describe('the embedded database', () => {
  const made: string[] = [];
  let opened: OpenStore | undefined;
  const directory = async (): Promise<string> => {
    const path = await dataDirectory();
    made.push(path);
    return path;
  };
  const look = (path: string) => examineDatabase({ databaseUrl: undefined, dataDirectory: path }, NEVER);

  afterEach(async () => {
    await opened?.close();
    opened = undefined;
    for (const path of made.splice(0)) await rm(path, { recursive: true, force: true });
  });

  it('that was never made is not made', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'certmon-examine-'));
    made.push(parent);
    expect(await look(join(parent, 'a', 'data'))).toEqual({ state: 'not-made' });
    expect(await readdir(parent)).toEqual([]);
  });

  it('that could not be made says so', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'certmon-examine-'));
    made.push(parent);
    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(look(join(file, 'data'))).rejects.toMatchObject({ code: 'data-directory' });
  });

  it('that nobody owns is looked at, left as it is, and given back', async () => {
    const path = await directory();
    const facts = there(await look(path));
    expect(facts).toMatchObject({ ownerPid: undefined, contents: undefined });
    expect(facts.migrations.missing).toBeGreaterThan(0);
    const next = await own(path);
    expect(next.isOwner).toBe(true);
    if (next.isOwner) await next.release();
    expect(existsSync(join(path, 'socket'))).toBe(false);
  });

  it('that another process owns is joined, and stays its own', async () => {
    const path = await directory();
    opened = await openStore({ databaseUrl: undefined, dataDirectory: path, mayJoin: false }, QUIET, NEVER);
    const stage = await setStage(opened.store);
    const { workspaceId, connection } = stage;
    const { store } = opened;
    await stage.add();
    const [ops, old, gone, ann] = [
      await stage.ensureChannel('ops'),
      await stage.ensureChannel('old'),
      await stage.ensureChannel('gone'),
      await store.channels.ensure(workspaceId, {
        connectionId: connection.id,
        externalId: 'ann',
        name: 'ann',
        isPrivateChat: true,
      }),
    ];
    const group = await store.groups.add(workspaceId, toSid('contact-group', randomUUID()), 'ops');
    await store.groups.map(workspaceId, group?.id ?? '', old.id);
    for (const channel of [old, gone, ann]) await store.channels.markDead(workspaceId, channel.id, 'it is archived');
    await store.workspaces.changeSettings(workspaceId, { fallbackChannelId: ops.id, adminChannelId: gone.id });

    const facts = there(await look(path));
    expect(facts).toMatchObject({
      ownerPid: process.pid,
      migrations: { missing: 0, isNewer: false },
      contents: {
        monitors: 1,
        workspaces: [
          {
            name: 'default',
            fallback: { name: 'ops', deadReason: undefined },
            admins: { name: 'gone', deadReason: 'it is archived' },
          },
        ],
      },
    });
    // Nothing leads to the private chat with somebody who has left.
    expect(facts.contents?.workspaces[0]?.dead.map(({ name }) => name)).toEqual(['old']);
    expect(await store.workspaces.settings(workspaceId)).toMatchObject({ fallbackChannelId: ops.id });
  });
});
