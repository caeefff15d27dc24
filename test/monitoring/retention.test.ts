import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import { retentionTask } from '../../src/monitoring/retention.ts';
import { NOW } from '../helpers/builders.ts';
import { QUIET } from '../helpers/stage.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is done each second of a while: `old` is a batch of records, `certificates` one of those. */
function bench(batches: readonly ({ readonly removed: number; readonly isMore: boolean } | undefined)[]) {
  const done: string[] = [];
  const left = [...batches];
  const retention = {
    removeOld: () => {
      done.push('old');
      return Promise.resolve(left.length > 0 ? left.shift() : { removed: 0, isMore: false });
    },
    removeUnnamedCertificates: () => {
      done.push('certificates');
      return Promise.resolve(0);
    },
  };
  const transaction = (work: (stores: { retention: typeof retention }) => unknown) => work({ retention });
  const store = { transaction } as unknown as Store;
  const task = retentionTask({ store, clock: { now: () => NOW }, log: QUIET } as Parameters<typeof retentionTask>[0]);
  return {
    done,
    after: async (ms: number) => {
      vi.advanceTimersByTime(ms);
      done.length = 0;
      await task.run();
      return [...done];
    },
  };
}

it('one batch a tick while there is more, then nothing for an hour', async () => {
  const { after } = bench([
    { removed: 500, isMore: true },
    { removed: 500, isMore: true },
    { removed: 3, isMore: false },
  ]);

  expect(await after(0)).toEqual(['old']);
  expect(await after(1_000)).toEqual(['old']);
  expect(await after(1_000)).toEqual(['old', 'certificates']);
  expect(await after(HOUR_MS - 1)).toEqual([]);
  expect(await after(1)).toEqual(['old']);
});

it('certificates once a day', async () => {
  const { after } = bench([]);

  expect(await after(0)).toEqual(['old', 'certificates']);
  for (let hour = 1; hour < 24; hour += 1) expect(await after(HOUR_MS)).toEqual(['old']);
  expect(await after(HOUR_MS)).toEqual(['old', 'certificates']);
});

it('another process that is at it just then is waited for like one with nothing left', async () => {
  const { after } = bench([undefined]);

  await after(0);
  expect(await after(1_000)).toEqual([]);
});
