import type { Clock, Store } from '../core/ports.ts';

/**
 * `untrusted`: the answer came too late, and the clock had been set before. `anew`: what was recorded may lie ahead of it,
 * since it went back, or nobody knows what it was before.
 */
export type ClockSetting = 'set' | 'anew' | 'untrusted';

/** A clock set by the database's. */
export interface DatabaseClock extends Clock {
  /** Asks the database; throws `DatabaseAwayError` where it is away, and goes on as it was. */
  set(): Promise<ClockSetting>;
}

/** An answer that took longer says too little about when it was given. */
const TRUSTED_ROUND_TRIP_MS = 500;

/** A clock that is set back a little now and then has not jumped. */
const JUMP_MS = 5_000;

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
      if (isSet && answered - asked > TRUSTED_ROUND_TRIP_MS) return 'untrusted';
      const expected = known.at + answered - known.monotonic;
      known = { at: time.getTime() + (answered - asked) / 2, monotonic: answered };
      const setting = isSet && known.at > expected - JUMP_MS ? 'set' : 'anew';
      isSet = true;
      return setting;
    },
  };
}

/**
 * Puts right what a clock that went back leaves behind: monitors that were checked "in the future" are due now, and what
 * waits to be said does not wait for the clock to come round again. Changes nothing where it did not.
 */
export async function afterClockWentBack(store: Store, now: Date): Promise<number> {
  const due = await store.monitors.dueSinceClockWentBack(now);
  await store.outbox.sinceClockWentBack(now);
  return due;
}
