/** What the parts of the oracle share: what it knows so far, and where it says what was wrong. */
import { MINUTE_MS } from '../time.ts';
import type { Site } from '../world/site.ts';
import { newCase } from './case.ts';
import type { Case } from './case.ts';
import { createExpectations } from './expectations.ts';
import type { Expectations } from './expectations.ts';
import type { Key } from './facts.ts';
import { createThreadBook } from './threads.ts';
import type { Thread, ThreadBook } from './threads.ts';

export interface Violation {
  readonly rule: string;
  readonly text: string;
  readonly atMs: number;
}

export interface CourtSettings {
  readonly nowMs: () => number;
  readonly hostOf: (monitorId: string) => string;
  readonly siteOf: (host: string) => Site | undefined;
}

export interface Court extends CourtSettings {
  /** When a person last did something: what is said of it waits for no hours. */
  personMs: number;
  readonly violations: readonly Violation[];
  readonly expectations: Expectations;
  readonly book: ThreadBook;
  readonly cases: ReadonlyMap<Key, Case>;
  caseOf(key: Key): Case;
  readonly openThread: (channel: string, key: Key) => Thread | undefined;
  readonly violate: (rule: string, text: string, atMs?: number) => void;
}

/** For what takes no time in the design: debounce, the re-check before telling, leases that a restart left behind. */
export const SLACK_MS = 5 * MINUTE_MS;

export function createCourt(settings: CourtSettings): Court {
  const violations: Violation[] = [];
  const cases = new Map<Key, Case>();
  const book = createThreadBook(settings.hostOf);
  return {
    ...settings,
    personMs: -Infinity,
    violations,
    expectations: createExpectations(),
    book,
    cases,
    caseOf(key) {
      const found = cases.get(key) ?? newCase(key, settings.nowMs());
      cases.set(key, found);
      return found;
    },
    openThread: (channel, key) => book.at(channel, key).findLast(({ head }) => head.status === 'open'),
    violate: (rule, text, atMs = settings.nowMs()) => {
      violations.push({ rule, text, atMs });
    },
  };
}

export function nameOf(key: Key): string {
  return key.length === 64 ? `certificate ${key.slice(0, 12)}` : key;
}

export function placeOf(thread: Thread): string {
  return `#${String(thread.number)} on ${nameOf(thread.key)} in #${thread.channel}`;
}
