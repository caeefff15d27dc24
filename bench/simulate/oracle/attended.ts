/** Who has taken a root cause in hand, and what must be said while nobody has (design, section 5: state, reminders). */
import type { PersonWish } from '../../../src/monitoring/incidents.ts';
import { DAY_MS, HOUR_MS } from '../time.ts';

export interface Attended {
  isAcknowledged: boolean;
  silence: Extract<PersonWish, { type: 'snooze' }>['until'] | undefined;
  /** Since when nothing has kept anybody from being reminded. */
  unattendedMs: number | undefined;
}

/** "Critical and unacknowledged, daily". */
export const REMIND_EVERY_MS = DAY_MS;
/** The group `new-york` wants the managers told after that. */
export const ESCALATES_AFTER_MS = 4 * HOUR_MS;
/** The group that wants somebody called for what is critical. */
export const MENTIONING = 'berlin';
/** A reminder is said when its day is over, and a restart or a heap of checks delays it: never before. */
export const REMIND_EARLY_MS = 1_000;
/** A message may wait for its channel, or for a dead process's lease; the next one does not wait because that one did. */
export const REMINDER_DELAYED_MS = 5 * 60_000;

export function unattended(): Attended {
  return { isAcknowledged: false, silence: undefined, unattendedMs: undefined };
}

export function isLeftAlone({ isAcknowledged, silence }: Attended): boolean {
  return !isAcknowledged && silence === undefined;
}

/** What a person's wish makes of it. */
export function wished(attended: Attended, wish: PersonWish): void {
  switch (wish.type) {
    case 'acknowledge':
      attended.isAcknowledged = true;
      return;
    case 'unacknowledge':
      attended.isAcknowledged = false;
      return;
    case 'snooze':
      attended.silence = wish.until;
      return;
    case 'unsnooze':
      attended.silence = undefined;
  }
}
