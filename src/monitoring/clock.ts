import type { Clock, Store } from '../core/ports.ts';

/** A clock set by the database's. */
export interface DatabaseClock extends Clock {
  /**
   * Asks the database; throws `DatabaseAwayError` where it is away, and goes on as it was. False where the answer came
   * too late to be trusted, and the clock had been set before.
   */
  set(): Promise<boolean>;
}

/** An answer that took longer says too little about when it was given. */
const TRUSTED_ROUND_TRIP_MS = 500;

/**
 * Between two settings it runs on the process's monotonic clock, so a host whose clock jumps, or is plainly wrong, judges
 * no certificate by it. A suspended machine is behind until the next setting.
 */
export function createDatabaseClock(store: Pick<Store, 'databaseTime'>): DatabaseClock {
  let known = { at: Date.now(), monotonic: performance.now() };
  let isSet = false;
  return {
    now: () => new Date(known.at + performance.now() - known.monotonic),
    async set() {
      const asked = performance.now();
      const time = await store.databaseTime();
      const answered = performance.now();
      if (isSet && answered - asked > TRUSTED_ROUND_TRIP_MS) return false;
      isSet = true;
      known = { at: time.getTime() + (answered - asked) / 2, monotonic: answered };
      return true;
    },
  };
}
