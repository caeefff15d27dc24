/** How long a person wants silence: a duration, an instant in UTC, or something that has to happen. */
import { parseDuration } from '../../core/duration.ts';
import type { Silence } from '../../core/incident.ts';

export type SnoozeUntil = { readonly kind: 'for'; readonly ms: number } | Silence;

/** Longer ones are a mistake, or a fault that somebody should mend or accept. */
export const LONGEST_SNOOZE_MS = 366 * 86_400_000;

/** The wish, or a sentence on what is wrong with it. */
export function parseSnooze(text: string): SnoozeUntil | { readonly wrong: string } {
  const word = text.toLowerCase();
  if (word === 'until-renewed') return { kind: 'renewed' };
  if (word === 'until-next-threshold') return { kind: 'next-threshold' };
  if (/^\d+[a-z]*$/.test(word)) {
    const duration = parseDuration(word);
    if (!duration.ok) return { wrong: duration.problem.message };
    if (duration.value === 0) return { wrong: `${text} is no time at all` };
    return duration.value > LONGEST_SNOOZE_MS
      ? { wrong: `${shortened(text)} is too long: a silence lasts a year at most` }
      : { kind: 'for', ms: duration.value };
  }
  const date = /^(\d{4})-(\d{2})-(\d{2})(?:t(\d{2}):(\d{2})(?::(\d{2}))?z?)?$/.exec(word);
  if (date === null) {
    return {
      wrong: `${text} is neither a duration such as 4h, nor a date such as 2026-12-01 or 2026-12-01T09:00 (UTC)`,
    };
  }
  const [year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = date.slice(1);
  const instant = new Date(
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
  );
  // Date.UTC carries 30 February over into March, and takes years below 100 for those after 1900.
  const isReal = instant.toISOString().startsWith(`${year}-${month}-${day}T${hour}:${minute}:${second}.`);
  return isReal ? { kind: 'until', instant } : { wrong: `there is no ${text} in the calendar` };
}

const LONGEST_SHOWN = 20;

function shortened(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** The silence a wish comes to at `now`. */
export function silenceFrom(until: SnoozeUntil, now: Date): Silence {
  return until.kind === 'for' ? { kind: 'until', instant: new Date(now.getTime() + until.ms) } : until;
}
