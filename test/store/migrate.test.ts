import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { migrate, NewerDatabaseError } from '../../src/store/migrate.ts';
import { emptyDatabase, ENGINES } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';

const journal = JSON.parse(await readFile(new URL('../../migrations/meta/_journal.json', import.meta.url), 'utf8')) as {
  readonly entries: readonly { readonly when: number }[];
};

describe.each(ENGINES)('migrations on %s', (engine) => {
  let opened: TestDatabase | undefined;
  const database = (): Database => {
    if (opened === undefined) throw new Error('the database is opened before the first test');
    return opened.database;
  };
  const applied = () => database().pool.execute(sql`select created_at from drizzle.__drizzle_migrations order by id`);

  beforeAll(async () => {
    opened = await emptyDatabase(engine);
  });
  afterAll(() => opened?.close());

  it('are applied once by four that start at once on an empty database', async () => {
    const others = Array.from({ length: 3 }, () => opened?.connect()).filter((one) => one !== undefined);
    try {
      const counts = await Promise.all([database(), ...others].map((one) => migrate(one)));
      expect(counts.sort()).toEqual([0, 0, 0, journal.entries.length]);
    } finally {
      await Promise.all(others.map((one) => one.close()));
    }
    expect(await applied()).toHaveLength(journal.entries.length);
    expect(await opened?.store.workspaces.ensureDefault()).toMatchObject({ name: 'default' });
  });

  it('change nothing in a database that is up to date', async () => {
    expect(await migrate(database())).toBe(0);
    expect(await applied()).toHaveLength(journal.entries.length);
  });

  it('are refused by a database that a newer certmon made, which stays as it is', async () => {
    const { pool } = database();
    const newer = Math.max(...journal.entries.map((entry) => entry.when)) + 1;
    await pool.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', ${newer})`);
    await expect(migrate(database())).rejects.toThrow(NewerDatabaseError);
    await expect(migrate(database())).rejects.toThrow(/newer certmon/);
    expect(await applied()).toHaveLength(journal.entries.length + 1);
  });
});
