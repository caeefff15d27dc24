/** A root cause as the oracle follows it: the sites that it touches now, and what is to be said of it where. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts';
import type { GroupName, Site } from '../world/site.ts';
import { unattended } from './attended.ts';
import type { Attended } from './attended.ts';
import type { Fact, Key, Severity } from './facts.ts';
import type { What } from './threads.ts';

export interface Case {
  readonly key: Key;
  readonly sites: Map<Site, Place>;
  /** When its incident was opened, the last time. */
  openedMs: number;
  /** When the last site left it; `undefined` while it touches one. */
  endedMs: number | undefined;
  /** It ended because a person paused, removed or accepted. */
  wasEndedByPerson: boolean;
  /** How often it came back, the last time within a day. */
  returns: number;
  returnedMs: number;
  /** The worst of its facts; what it last was once it has ended. */
  severity: Severity;
  hasExpired: boolean;
  /** Channels that its sites lead to, since it was opened. */
  readonly channels: Set<GroupName>;
  /** Replies that are to come, by channel. */
  readonly pending: Map<GroupName, readonly Pending[]>;
  readonly leftMs: Map<Site, number>;
  attended: Attended;
}

export interface Place {
  readonly facts: readonly Fact[];
  readonly joinedMs: number;
}

export interface Pending {
  readonly what: What;
  readonly sinceMs: number;
}

/** What is back within this time after its end is the same story. */
export const REOPEN_WITHIN_MS = HOUR_MS;
/** How long it must have been well before it closes, by how often it came back. */
const HOLD_DOWN_MS = [0, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS] as const;
export const HOLD_DOWN_MOST_MS = HOLD_DOWN_MS[3];
const RETURNS_REMEMBERED_MS = DAY_MS;

export function newCase(key: Key, nowMs: number): Case {
  return {
    key,
    sites: new Map(),
    openedMs: nowMs,
    endedMs: undefined,
    wasEndedByPerson: false,
    returns: 0,
    returnedMs: -Infinity,
    severity: 'warning',
    hasExpired: false,
    channels: new Set(),
    pending: new Map(),
    leftMs: new Map(),
    attended: unattended(),
  };
}

export function holdDownMs({ returns, returnedMs }: Case, nowMs: number): number {
  if (nowMs - returnedMs >= RETURNS_REMEMBERED_MS) return 0;
  return HOLD_DOWN_MS[Math.min(returns, 3)] ?? HOLD_DOWN_MOST_MS;
}

export function comesBack(one: Case, nowMs: number): void {
  one.returns = nowMs - one.returnedMs >= RETURNS_REMEMBERED_MS ? 1 : one.returns + 1;
  one.returnedMs = nowMs;
}

export function worstOf({ sites }: Case): Severity {
  const isCritical = [...sites.values()].some(({ facts }) => facts.some(({ severity }) => severity === 'critical'));
  return isCritical ? 'critical' : 'warning';
}

type Badness = Pick<Case, 'severity' | 'hasExpired'>;

/** "Severity rises, or `expired`." */
export function isWorse(before: Badness, after: Badness): boolean {
  return (after.severity === 'critical' && before.severity !== 'critical') || (after.hasExpired && !before.hasExpired);
}
