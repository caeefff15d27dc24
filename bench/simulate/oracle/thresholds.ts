/**
 * When the end of a certificate must be told, worked out from the design's text alone (section 4, "Thresholds that fit
 * the lifetime"): nothing of the code under test is used here.
 */
import { DAY_MS, MINUTE_MS } from '../time.ts';
import type { ProfileName } from '../world/site.ts';

/** What the oracle knows of a profile: what `setup.ts` gives certmon too. */
export interface Rules {
  readonly thresholdsDays: readonly number[];
  readonly everyMs: number;
}

export const RULES: Readonly<Record<ProfileName, Rules>> = {
  Daily: { thresholdsDays: [60, 30, 15, 7, 0], everyMs: DAY_MS },
  'Daily, many thresholds': { thresholdsDays: [90, 60, 45, 30, 15, 7, 3, 1, 0], everyMs: DAY_MS },
};

export interface Telling {
  /** Before scaling. */
  readonly days: number;
  readonly atMs: number;
  readonly isCritical: boolean;
}

interface Dates {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** "At least as often as every 5 % of the shortest lifetime on its path". */
export function longestGapMs(everyMs: number, dates: Dates): number {
  const life = dates.notAfter.getTime() - dates.notBefore.getTime();
  return Math.min(everyMs, Math.max(MINUTE_MS, life / 20));
}

/** Earliest first. Threshold 0 is `expired` itself: it is not among them. */
export function tellings({ thresholdsDays, everyMs }: Rules, dates: Dates): readonly Telling[] {
  const endMs = dates.notAfter.getTime();
  const lifeDays = (endMs - dates.notBefore.getTime()) / DAY_MS;
  const largest = Math.max(...thresholdsDays);
  const factor = largest === 0 ? 1 : Math.min(1, (0.3 * lifeDays) / largest);
  const lowest = Math.min(...thresholdsDays);
  const upTo7 = thresholdsDays.filter((days) => days <= 7);
  const critical = upTo7.length === 0 ? lowest : Math.max(...upTo7);
  const apartMs = 2 * longestGapMs(everyMs, dates);
  const kept: Telling[] = [];
  let lastKeptMs = -Infinity;
  for (const days of [...thresholdsDays].sort((a, b) => a - b)) {
    const scaledMs = days * DAY_MS * factor;
    const isNeverDropped = days === lowest || days === critical;
    if (!isNeverDropped && scaledMs - lastKeptMs < apartMs) continue;
    lastKeptMs = scaledMs;
    kept.push({ days, atMs: endMs - Math.round(scaledMs), isCritical: days <= critical });
  }
  return kept.filter(({ days }) => days > 0).sort((a, b) => a.atMs - b.atMs);
}
