/**
 * What is fetched again and again and has dates of its own: CRLs and OCSP responses. One that is current is given at once
 * and asked anew in the background well before its end; one that has ended is given for a day more while no newer one is to
 * be had; a failure is remembered for a while. Everybody who asks for the same shares one download, and none can end it.
 */
import { instantText } from '../../core/instant-text.ts';
import { abortable, reasonOf, startDeadline } from '../deadline.ts';
import { RevocationError } from './error.ts';

export interface Dated {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Bytes it keeps in memory. */
  readonly size: number;
}

/** A new version, or `current` itself where it still is the newest. Throws `RevocationError` where there is none. */
export type Load<T> = (current: T | undefined) => Promise<T>;

export interface Shelf<T extends Dated> {
  /**
   * Waits only where nothing usable is at hand, and 5 s at most.
   *
   * @throws {RevocationError} where there is nothing; the reason of `signal` if it aborts.
   */
  get(key: string, load: Load<T>, now: Date, signal: AbortSignal): Promise<Shelved<T>>;
}

export interface Shelved<T> {
  readonly value: T;
  /** Until then nothing newer is looked for: what follows from `value` may be remembered. Past for one that has ended. */
  readonly until: Date;
}

export interface ShelfLimits {
  readonly entries: number;
  /** Of all values together. The one used longest ago goes first. */
  readonly bytes: number;
}

const WAIT_MS = 5000;
const HOUR_MS = 3_600_000;
/** A CA that revokes has a day to publish it (Baseline Requirements, 4.9.1.1), so news is looked for twice a day. */
const REFRESH_MS = 12 * HOUR_MS;
const REFRESH_LEAST_MS = 5 * 60_000;
const RETRY_MS = 10 * 60_000;
/** How long one that has ended is still relied on. */
export const GRACE_MS = 24 * HOUR_MS;

interface Entry<T> {
  value: T | undefined;
  refreshAt: number;
  retryAt: number;
  /** Why there is none, or no newer one. */
  reason: string;
  /** Never rejects. */
  loading: Promise<void> | undefined;
  /** A mistake of ours while nobody was waiting: thrown at whoever asks next. */
  fault: Error | undefined;
}

export function createShelf<T extends Dated>(limits: ShelfLimits): Shelf<T> {
  // In the order of use: the first is the one used longest ago.
  const entries = new Map<string, Entry<T>>();
  let bytes = 0;

  const use = (key: string): Entry<T> => {
    const entry = entries.get(key) ?? emptyEntry<T>();
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  };
  const makeRoom = (): void => {
    for (const [key, { value }] of entries) {
      if (entries.size <= limits.entries && bytes <= limits.bytes) return;
      entries.delete(key);
      bytes -= value?.size ?? 0;
    }
  };
  const put = (key: string, entry: Entry<T>, loaded: T, now: Date): void => {
    // An old copy in between, or one replayed on the way, brings nothing back.
    const value = entry.value !== undefined && entry.value.thisUpdate > loaded.thisUpdate ? entry.value : loaded;
    if (entries.get(key) === entry) bytes += value.size - (entry.value?.size ?? 0);
    entry.value = value;
    const left = value.nextUpdate.getTime() - now.getTime();
    entry.refreshAt = now.getTime() + Math.min(REFRESH_MS, Math.max(left / 2, REFRESH_LEAST_MS));
    if (left > 0) return;
    entry.retryAt = now.getTime() + RETRY_MS;
    entry.reason = `the newest to be had there ended on ${instantText(value.nextUpdate)}`;
  };
  const start = (key: string, entry: Entry<T>, load: Load<T>, now: Date): void => {
    entry.loading = load(entry.value)
      .then(
        (loaded) => put(key, entry, loaded, now),
        (error: unknown) => {
          if (error instanceof RevocationError) {
            entry.retryAt = now.getTime() + RETRY_MS;
            entry.reason = error.message;
          } else {
            entry.fault = error instanceof Error ? error : new Error('loading failed', { cause: error });
          }
        },
      )
      .finally(() => {
        entry.loading = undefined;
        makeRoom();
      });
  };

  return {
    async get(key, load, now, signal) {
      const entry = use(key);
      if (entry.loading === undefined && now.getTime() >= Math.max(dueAt(entry), entry.retryAt)) {
        start(key, entry, load, now);
      }
      if (!isCurrent(entry, now) && entry.loading !== undefined) await within(WAIT_MS, entry.loading, signal);
      if (entry.fault !== undefined) {
        const { fault } = entry;
        entry.fault = undefined;
        throw fault;
      }
      const { value, loading } = entry;
      if (value !== undefined && now.getTime() < value.nextUpdate.getTime() + GRACE_MS) {
        const settledUntil = Math.max(dueAt(entry), entry.retryAt);
        const until = loading === undefined ? Math.min(settledUntil, value.nextUpdate.getTime()) : now.getTime();
        return { value, until: new Date(until) };
      }
      throw new RevocationError(loading === undefined ? entry.reason : `no answer within ${WAIT_MS / 1000} s`);
    },
  };
}

function emptyEntry<T>(): Entry<T> {
  return { value: undefined, refreshAt: 0, retryAt: 0, reason: '', loading: undefined, fault: undefined };
}

function isCurrent<T extends Dated>({ value }: Entry<T>, now: Date): boolean {
  return value !== undefined && now < value.nextUpdate;
}

/** When a newer one is to be looked for, unless that failed lately. */
function dueAt<T extends Dated>({ value, refreshAt }: Entry<T>): number {
  return value === undefined ? 0 : Math.min(refreshAt, value.nextUpdate.getTime());
}

/** Waits for `promise`, but no longer than `ms`: it goes on meanwhile. Rejects only if `signal` aborts. */
async function within(ms: number, promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const deadline = startDeadline(ms, signal);
  try {
    await abortable(promise, deadline.signal);
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    if (!deadline.signal.aborted) throw error;
  } finally {
    deadline.clear();
  }
}
