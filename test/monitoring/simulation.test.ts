import { inject, it, expect } from 'vitest';
import { simulate } from '../../bench/simulate/simulation.ts';
import type { Result } from '../../bench/simulate/simulation.ts';
import { connectToServer } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createDatabase } from '../helpers/postgres-server.ts';

const WITHIN_MS = 180_000;

async function year(): Promise<Result> {
  const database = connectToServer(await createDatabase(inject('postgresUrl')));
  try {
    await migrate(database);
    return await simulate(database, { monitors: 24, days: 24, seed: 'a short year' });
  } finally {
    await database.close();
  }
}

it(
  'weeks of many monitors: all that had to be told was told in time, once and in one place, and the same again',
  async () => {
    const [first, second] = [await year(), await year()];

    expect(first.violations).toEqual([]);
    expect(first.numbers.sent).toMatchObject({ 'thread: opened': expect.any(Number) as number });
    expect(second.numbers).toEqual(first.numbers);
  },
  WITHIN_MS,
);
