/** How people write spans of time: `60s`, `30m`, `4h`, `7d`, `2w`. */
import { parsed, refused } from './errors.ts';
import type { Parsed } from './errors.ts';
import { cut } from './quote.ts';

const UNITS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

const UNIT_LETTERS = Object.keys(UNITS) as readonly (keyof typeof UNITS)[];

/** The span in milliseconds; anything from nothing up. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+)([smhdw])$/i.exec(text.trim());
  if (match !== null) {
    const unit = UNIT_LETTERS.find((letter) => letter === match[2]?.toLowerCase()) ?? 's';
    return parsed(Number(match[1]) * UNITS[unit]);
  }
  if (/^\d+[a-z]*$/i.test(text.trim())) {
    return refused(`${cut(text, 20)} has no unit that we know: write 60s, 30m, 4h, 7d or 2w`);
  }
  return refused(`${cut(text, 20)} is no span of time: write 60s, 30m, 4h, 7d or 2w`);
}

/** The same, held against the shortest and the longest that make sense for `what`; the nearest of them is offered. */
export function parseDurationWithin(text: string, leastMs: number, mostMs: number, what: string): Parsed<number> {
  const read = parseDuration(text);
  if (!read.ok) return read;
  if (read.value >= leastMs && read.value <= mostMs) return read;
  const isShort = read.value < leastMs;
  const nearest = durationText(isShort ? leastMs : mostMs);
  return refused(
    `${cut(text, 20)} is too ${isShort ? 'short' : 'long'}: ${what} is ${durationText(leastMs)} to ${durationText(mostMs)}`,
    nearest,
  );
}

/** As `parseDuration` reads it, in the largest unit that fits evenly: `90m`, `1d`. Whole seconds. */
export function durationText(ms: number): string {
  const unit = UNIT_LETTERS.find((letter) => letter !== 'w' && ms >= UNITS[letter] && ms % UNITS[letter] === 0) ?? 's';
  return `${String(Math.round(ms / UNITS[unit]))}${unit}`;
}
