/** Two pieces of work that want the same locks of the database, one after the other in the order that a test wants. */
import { sql } from 'drizzle-orm';
import type { Commit } from '../../src/monitoring/deps.ts';
import type { TestDatabase } from './databases.ts';

type Work<T> = (commit: Commit) => Promise<T>;

/**
 * Holds the first's transaction open, all its work done, until the second waits in the database for a lock; then lets go.
 * So the second has read what it reads without a lock before the first was there, and does the rest after it.
 *
 * On PostgreSQL alone: the embedded database has one session, where nothing waits in the middle.
 */
export async function inOrder<First, Second>(
  { store, database }: TestDatabase,
  first: Work<First>,
  second: Work<Second>,
): Promise<[First, Second]> {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let reached = (): void => undefined;
  const isDone = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const one = first((work) =>
    store.transaction(async (stores) => {
      const result = await work(stores);
      reached();
      await held;
      return result;
    }),
  );
  await Promise.race([isDone, one]);
  let hasEnded = false;
  const two = second((work) => store.transaction(work)).finally(() => {
    hasEnded = true;
  });
  try {
    while (!(hasEnded as boolean) && !(await isAnyoneWaiting(database)));
    if (hasEnded as boolean) throw new Error('the second did not wait for the first');
  } finally {
    letGo();
  }
  return Promise.all([one, two]);
}

async function isAnyoneWaiting({ pool }: TestDatabase['database']): Promise<boolean> {
  const waiting = await pool.execute(
    sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}
