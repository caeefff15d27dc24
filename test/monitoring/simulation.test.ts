import { expect, inject, it } from 'vitest';
import { simulate } from '../../bench/simulate/simulation.ts';
import type { Result } from '../../bench/simulate/simulation.ts';
import { connectToServer } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createDatabase } from '../helpers/postgres-server.ts';

/** Thousands of checks, one after the other, on a machine that may have other things to do. */
const WITHIN_MS = 300_000;

async function weeks(monitors: number, days: number): Promise<Result> {
  const database = connectToServer(await createDatabase(inject('postgresUrl')));
  try {
    await migrate(database);
    return await simulate(database, { monitors, days, seed: 'a short year' });
  } finally {
    await database.close();
  }
}

it(
  'in weeks of many monitors all that has to be told is told in time, once and in one place, and nothing else',
  async () => {
    const { violations, numbers } = await weeks(24, 24);

    expect(violations).toEqual([]);
    expect(numbers).toMatchObject({ monitors: 24, people: { pause: 1, remove: 1 } });
    expect(numbers.restarts).toBeGreaterThan(0);
    expect(numbers.thresholds).toBeGreaterThan(0);
  },
  WITHIN_MS,
);

it(
  'the same seed gives the same weeks',
  async () => {
    expect((await weeks(10, 18)).numbers).toEqual((await weeks(10, 18)).numbers);
  },
  WITHIN_MS,
);
