import { createBoundedMap } from './bounded-map.ts';
import type { UnreachedError } from './errors.ts';

/**
 * Places, an address and a port each, that could not be connected to: who stood in line for one meanwhile need not try
 * anew. Two at a time may look at a place, so a hundred monitors of one dead machine would hold up all others otherwise.
 */
export interface Unreached {
  note(place: string, error: UnreachedError, timeoutMs: number): void;
  /** What kept another, who had `timeoutMs` at least, from connecting after `since`, by the same clock. */
  after(place: string, since: number, timeoutMs: number): UnreachedError | undefined;
}

const PLACES_KEPT = 1000;

/** @param clock in milliseconds, never going back. */
export function createUnreached(clock: () => number): Unreached {
  const noted = createBoundedMap<{
    readonly error: UnreachedError;
    readonly at: number;
    readonly timeoutMs: number;
  }>(PLACES_KEPT);
  return {
    note: (place, error, timeoutMs) => noted.set(place, { error, at: clock(), timeoutMs }),
    after(place, since, timeoutMs) {
      const last = noted.get(place);
      return last !== undefined && last.at >= since && last.timeoutMs >= timeoutMs ? last.error : undefined;
    },
  };
}
