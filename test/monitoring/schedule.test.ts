import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseAwayError } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/ports.ts';
import { startSchedule } from '../../src/monitoring/schedule.ts';
import type { Schedule } from '../../src/monitoring/schedule.ts';

let schedule: Schedule | undefined;
let said: string[];

const log: Log = {
  debug: () => undefined,
  info: (_, message) => said.push(`info: ${message}`),
  warn: (_, message) => said.push(`warn: ${message}`),
  error: (_, message) => said.push(`error: ${message}`),
};

beforeEach(() => {
  said = [];
  vi.useFakeTimers({ now: new Date('2026-11-24T12:00:00.500Z') });
});

afterEach(async () => {
  await schedule?.stop();
  vi.useRealTimers();
});

describe('the tick', () => {
  it('runs every task each second', async () => {
    let runs = 0;
    schedule = startSchedule([{ name: 'count', run: () => Promise.resolve(runs++) }], log, () => undefined);

    await vi.advanceTimersByTimeAsync(3_000);

    expect(runs).toBe(3);
  });

  it('a task that still runs is not started again, and holds back no other', async () => {
    let starts = 0;
    let others = 0;
    let finish = (): void => undefined;
    const slow = () => {
      starts += 1;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    schedule = startSchedule(
      [
        { name: 'slow', run: slow },
        { name: 'other', run: () => Promise.resolve(others++) },
      ],
      log,
      () => undefined,
    );

    await vi.advanceTimersByTimeAsync(5_000);
    expect([starts, others]).toEqual([1, 5]);

    finish();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toBe(2);
    finish();
  });

  it('a task that fails is logged and runs again', async () => {
    let runs = 0;
    const failing = () => {
      runs += 1;
      return Promise.reject(new Error('planted'));
    };
    schedule = startSchedule([{ name: 'failing', run: failing }], log, () => undefined);

    await vi.advanceTimersByTimeAsync(2_000);

    expect(runs).toBe(2);
    expect(said).toEqual(['error: scheduled task failed', 'error: scheduled task failed']);
  });

  it('a database that is away is said once, and so is its return', async () => {
    let isAway = true;
    const told: boolean[] = [];
    const run = () => (isAway ? Promise.reject(new DatabaseAwayError('planted')) : Promise.resolve());
    const idle = { name: 'idle', run: () => Promise.resolve() };
    schedule = startSchedule([{ name: 'round', run }, idle, { name: 'outbox', run }], log, (away) => told.push(away));

    await vi.advanceTimersByTimeAsync(3_000);
    isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);

    expect(told).toEqual([true, false]);
    expect(said).toEqual(['warn: database is away, checks pause until it is back', 'warn: database is back']);
  });
});
