/** The hours of the week in which a contact group is open, as people write them: `mon-fri 08:00-18:00, sat 10:00-14:00`. */
import { quote } from './quote.ts';
import { clockChange, daysLater, instantsOf, localTime, weekdayOf } from './time-zone.ts';

/** A window of the week: from Monday (0) on; `toMinute` may lie past midnight, beyond 1440. */
export interface WeeklyWindow {
  readonly day: number;
  /** Minutes after the day's midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** In the order of the week, none touching another. */
export type WeeklyHours = readonly WeeklyWindow[];

/** What was wrong, and at which character of the text. */
export interface HoursProblem {
  readonly wrong: string;
  readonly at: number;
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAY_MS = 86_400_000;
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];
const LONGEST_TEXT = 300;
/** A zone may skip a day of its calendar once: a window on that weekday alone opens a week later. */
const DAYS_SEARCHED = 15;

/** Days, then times: `mon-fri 08:00-12:00 13:00-18:00, sat,sun 10:00-14:00`, `daily 22:00-06:00`. */
export function parseHours(text: string): WeeklyHours | HoursProblem {
  if (text.length > LONGEST_TEXT) return { wrong: `hours are ${String(LONGEST_TEXT)} characters at most`, at: 0 };
  const windows: WeeklyWindow[] = [];
  let days: readonly number[] = [];
  /** Days are collected until times follow, and serve all times up to the next day. */
  let isCollecting = false;
  let lastAt = 0;
  for (const { 0: word, index: at } of text.matchAll(/[^\s,]+/g)) {
    lastAt = at;
    if (/^\d/.test(word)) {
      if (days.length === 0) return { wrong: `${quote(word)} stands before any day: mon-fri 08:00-18:00 is right`, at };
      const range = parseRange(word);
      if ('wrong' in range) return { ...range, at };
      windows.push(...days.map((day) => ({ day, ...range })));
      isCollecting = false;
      continue;
    }
    const more = parseDays(word);
    if (more === undefined) {
      return {
        wrong: `${quote(word)} is neither a day (${DAYS.join(', ')}, daily) nor a time such as 08:00-18:00`,
        at,
      };
    }
    days = isCollecting ? [...days, ...more] : more;
    isCollecting = true;
  }
  if (isCollecting) return { wrong: 'no time follows these days: mon-fri 08:00-18:00 is right', at: lastAt };
  if (windows.length === 0) return { wrong: 'there are no hours in it: mon-fri 08:00-18:00 is right', at: 0 };
  return merged(windows);
}

function parseDays(word: string): number[] | undefined {
  const [first = '', second, ...rest] = word.toLowerCase().split(/[-–]/);
  if (rest.length > 0) return undefined;
  if (second === undefined && (first === 'daily' || first === 'every-day')) return ALL_DAYS;
  const [from, to] = [dayOf(first), second === undefined ? dayOf(first) : dayOf(second)];
  if (from === undefined || to === undefined) return undefined;
  const length = ((to - from + 7) % 7) + 1;
  return Array.from({ length }, (_, index) => (from + index) % 7);
}

/** `mon`, `monday`, and what lies between. */
export function dayOf(word: string): number | undefined {
  const names = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  const index = word.length < 3 ? -1 : names.findIndex((name) => name.startsWith(word));
  return index === -1 ? undefined : index;
}

function parseRange(word: string): Pick<WeeklyWindow, 'fromMinute' | 'toMinute'> | { readonly wrong: string } {
  const [, from = '', to = ''] = /^([^-–]+)[-–]([^-–]+)$/.exec(word) ?? [];
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  if (fromMinute === undefined || toMinute === undefined || fromMinute === DAY_MINUTES) {
    return { wrong: `${quote(word)} is no time of day: 08:00-18:00 is one, from 00:00 to 24:00` };
  }
  if (fromMinute === toMinute) {
    return { wrong: `${quote(word)} begins where it ends: 00:00-24:00 is the whole day` };
  }
  // Past midnight.
  return { fromMinute, toMinute: toMinute > fromMinute ? toMinute : toMinute + DAY_MINUTES };
}

export function minuteOf(text: string): number | undefined {
  const [, hour, minute = '00'] = /^(\d{1,2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const all = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && all <= DAY_MINUTES ? all : undefined;
}

/** Windows that touch or overlap become one; what goes over Sunday's end stays one window too. */
function merged(windows: readonly WeeklyWindow[]): WeeklyHours {
  const sorted = windows
    .map(({ day, fromMinute, toMinute }) => ({
      from: day * DAY_MINUTES + fromMinute,
      to: day * DAY_MINUTES + toMinute,
    }))
    .sort((a, b) => a.from - b.from);
  const whole: { from: number; to: number }[] = [];
  for (const window of sorted) {
    const last = whole.at(-1);
    if (last !== undefined && window.from <= last.to) last.to = Math.max(last.to, window.to);
    else whole.push({ ...window });
  }
  // One that reaches into the next week may take in the first of this one.
  const last = whole.at(-1);
  while (last !== undefined && whole.length > 1) {
    const [first] = whole;
    if (first === undefined || last.to - WEEK_MINUTES < first.from) break;
    last.to = Math.max(last.to, first.to + WEEK_MINUTES);
    whole.shift();
  }
  return whole.map(({ from, to }) => {
    const day = Math.floor(from / DAY_MINUTES);
    return {
      day,
      fromMinute: from - day * DAY_MINUTES,
      toMinute: Math.min(to, from + WEEK_MINUTES) - day * DAY_MINUTES,
    };
  });
}

/** As `parseHours` reads it; days of the same hours stand together. */
export function hoursText(hours: WeeklyHours): string {
  const parts = hours.flatMap(daily);
  const byTimes = new Map<string, number[]>();
  for (const day of ALL_DAYS) {
    const times = parts
      .filter((part) => part.day === day)
      .map(({ fromMinute, toMinute }) => `${clockText(fromMinute)}-${clockText(toMinute)}`)
      .join(' ');
    if (times !== '') byTimes.set(times, [...(byTimes.get(times) ?? []), day]);
  }
  return [...byTimes].map(([times, days]) => `${daysText(days)} ${times}`).join(', ');
}

/** A window longer than a day, as one for each day that it covers. */
function daily({ day, fromMinute, toMinute }: WeeklyWindow): WeeklyWindow[] {
  if (toMinute - fromMinute < DAY_MINUTES) return [{ day, fromMinute, toMinute }];
  const rest = { day: (day + 1) % 7, fromMinute: 0, toMinute: toMinute - DAY_MINUTES };
  const first = { day, fromMinute, toMinute: DAY_MINUTES };
  return rest.toMinute <= 0 ? [first] : [first, ...daily(rest)];
}

function daysText(days: readonly number[]): string {
  if (days.length === 7) return 'daily';
  const runs: number[][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined): string => DAYS[day ?? 0] ?? '';
  return runs.map((run) => (run.length === 1 ? name(run[0]) : `${name(run[0])}-${name(run.at(-1))}`)).join(',');
}

/** `08:00`; past midnight as the next day's clock shows it. */
export function clockText(minute: number): string {
  const ofDay = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
  return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
}

export function isOpenAt(hours: WeeklyHours, zone: string, instant: Date): boolean {
  const local = localTime(instant, zone);
  const minute = weekdayOf(local) * DAY_MINUTES + local.minute;
  return hours.some(({ day, fromMinute, toMinute }) => {
    const from = day * DAY_MINUTES + fromMinute;
    const to = day * DAY_MINUTES + toMinute;
    return (minute >= from && minute < to) || (minute + WEEK_MINUTES >= from && minute + WEEK_MINUTES < to);
  });
}

/** The first instant from `from` on at which it is open: `from` itself where it is. Whole minutes. */
export function nextOpening(hours: WeeklyHours, zone: string, from: Date): Date {
  if (isOpenAt(hours, zone, from)) return from;
  const today = localTime(from, zone);
  for (let ahead = 0; ahead <= DAYS_SEARCHED; ahead += 1) {
    const date = daysLater(today, ahead);
    const begins = hours
      .filter(({ day }) => day === weekdayOf(date))
      .flatMap(({ fromMinute }) => instantsOf({ ...date, minute: fromMinute }, zone));
    // Clocks that are put forward or back may land in the middle of a window.
    const [noon] = instantsOf({ ...date, minute: DAY_MINUTES / 2 }, zone);
    const change = clockChange(new Date(noon.getTime() - DAY_MS), new Date(noon.getTime() + DAY_MS), zone);
    const [first] = [...begins, ...(change === undefined ? [] : [change])]
      // A change of the next day waits for what begins before it.
      .filter((at) => at >= from && localTime(at, zone).day === date.day && isOpenAt(hours, zone, at))
      .sort((a, b) => a.getTime() - b.getTime());
    if (first !== undefined) return first;
  }
  throw new Error(`hours that never open: ${hoursText(hours)} in ${zone}`);
}
