/**
 * Local time in a zone of the IANA database, as the runtime's own `Intl` knows it. Where clocks are put forward, a local time
 * that does not exist means the instant at which they are; where they are put back, one that comes twice means the first.
 */
import { parsed, refused } from './errors.ts';
import type { Parsed } from './errors.ts';
import { nearest } from './nearest.ts';
import { quote } from './quote.ts';

export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** After midnight, from 0 to 1439. */
  readonly minute: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Making one costs more than a hundred times as much as using it; there are a few hundred zones at most. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // By the name that the runtime gives it: spellings of one zone that people type do not pile up.
  if (made.resolvedOptions().timeZone === zone) formats.set(zone, made);
  return made;
}

/** The zone's name as the database spells it; `undefined` for what is none. Offsets such as `+02:00` have no daylight saving and are none. */
export function findTimeZone(text: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return undefined;
  const wanted = text.toLowerCase();
  if (wanted === 'utc' || wanted === 'gmt') return 'UTC';
  const spelled = timeZones().find((zone) => zone.toLowerCase() === wanted);
  if (spelled !== undefined) return spelled;
  try {
    // Links of the database, such as Asia/Calcutta, are known here and not listed.
    return formatOf(text).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The zone that a person wrote; or what is wrong, with the nearest. */
export function readTimeZone(text: string): Parsed<string> {
  const zone = findTimeZone(text);
  if (zone !== undefined) return parsed(zone);
  // `Berlin` for `Europe/Berlin`: what people write first.
  const cities = new Map(timeZones().map((one) => [one.replace(/^.*\//, ''), one]));
  const near = nearest(text, [...timeZones(), ...cities.keys()]);
  return refused(
    `${quote(text)} is no time zone: write one such as Europe/Berlin, America/New_York or UTC`,
    near === undefined ? undefined : (cities.get(near) ?? near),
  );
}

/** All names that are listed, for suggestions. */
function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** What a clock on the wall shows. @throws {RangeError} for a zone that is none. */
export function localTime(instant: Date, zone: string): LocalTime {
  const shown = new Date(instant.getTime() + offsetMs(instant.getTime(), zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    minute: shown.getUTCHours() * 60 + shown.getUTCMinutes(),
  };
}

/** From 0 on Monday. */
export function weekdayOf({ year, month, day }: LocalTime): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
}

/** The same minute so many days later in the calendar. */
export function daysLater(local: LocalTime, days: number): LocalTime {
  const moved = new Date(Date.UTC(local.year, local.month - 1, local.day + days));
  return { ...local, year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

export function instantOf(local: LocalTime, zone: string): Date {
  const [first] = instantsOf(local, zone);
  return first;
}

/** Every instant at which a clock shows it: one, two where clocks are put back; the change itself where it is skipped. */
export function instantsOf({ year, month, day, minute }: LocalTime, zone: string): [Date, ...Date[]] {
  const asUtc = Date.UTC(year, month - 1, day, 0, minute);
  // No zone changes twice within two days, and none is farther than a day from UTC.
  const before = offsetMs(asUtc - DAY_MS, zone);
  const after = offsetMs(asUtc + DAY_MS, zone);
  const fitting = [...new Set([asUtc - before, asUtc - after])]
    .filter((at) => at + offsetMs(at, zone) === asUtc)
    .sort((a, b) => a - b)
    .map((at) => new Date(at));
  const [first, ...more] = fitting;
  return first === undefined ? [changeBetween(asUtc - DAY_MS, asUtc + DAY_MS, zone)] : [first, ...more];
}

/** The instant at which the zone's clocks are changed between the two; `undefined` where they show no other offset at its end. */
export function clockChange(from: Date, to: Date, zone: string): Date | undefined {
  const isChanged = offsetMs(from.getTime(), zone) !== offsetMs(to.getTime(), zone);
  return isChanged ? changeBetween(from.getTime(), to.getTime(), zone) : undefined;
}

function changeBetween(from: number, to: number, zone: string): Date {
  const before = offsetMs(from, zone);
  let [still, changed] = [from, to];
  while (changed - still > SECOND_MS) {
    const middle = still + Math.floor((changed - still) / 2 / SECOND_MS) * SECOND_MS;
    if (offsetMs(middle, zone) === before) still = middle;
    else changed = middle;
  }
  return new Date(Math.floor(changed / MINUTE_MS) * MINUTE_MS);
}

/** How far the zone's clocks are ahead of UTC. */
function offsetMs(at: number, zone: string): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / SECOND_MS) * SECOND_MS;
}

/** `2026-11-30 13:00 Europe/Berlin`. */
export function zonedText(instant: Date, zone: string): string {
  const { year, month, day, minute } = localTime(instant, zone);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${String(year)}-${two(month)}-${two(day)} ${two(Math.floor(minute / 60))}:${two(minute % 60)} ${zone}`;
}
