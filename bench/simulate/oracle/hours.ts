/** When a contact group may be spoken to, worked out by trying what a wall clock there shows. */
import { MINUTE_MS } from '../time.ts';
import type { GroupName } from '../world/site.ts';

export interface Window {
  /** From Monday (0) on. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** Past midnight where it is beyond 1440. */
  readonly toMinute: number;
}

export interface Hours {
  readonly zone: string;
  /** `undefined`: always open. */
  readonly window: Window | undefined;
  readonly criticalThrough: boolean;
}

const WORKDAYS = [0, 1, 2, 3, 4];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** As `setup.ts` gives them to certmon. */
export const HOURS: Readonly<Record<GroupName, Hours>> = {
  ops: { zone: 'UTC', window: undefined, criticalThrough: false },
  managers: { zone: 'UTC', window: undefined, criticalThrough: false },
  berlin: {
    zone: 'Europe/Berlin',
    window: { days: WORKDAYS, fromMinute: 8 * 60, toMinute: 18 * 60 },
    criticalThrough: false,
  },
  'new-york': {
    zone: 'America/New_York',
    window: { days: WORKDAYS, fromMinute: 9 * 60, toMinute: 17 * 60 },
    criticalThrough: true,
  },
  night: {
    zone: 'Europe/Berlin',
    window: { days: EVERY_DAY, fromMinute: 20 * 60, toMinute: 30 * 60 },
    criticalThrough: false,
  },
};

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Windows begin and end on the quarter of an hour. */
const STEP_MS = 15 * MINUTE_MS;
const STEPS_AHEAD = 5 * 24 * 4;

export function isOpen(group: GroupName, atMs: number): boolean {
  const { zone, window } = HOURS[group];
  if (window === undefined) return true;
  const { day, minute } = wallClock(zone, atMs);
  const isIn = (ofDay: number, ofMinute: number): boolean =>
    window.days.includes(ofDay) && window.fromMinute <= ofMinute && ofMinute < window.toMinute;
  return isIn(day, minute) || isIn((day + 6) % 7, minute + 1440);
}

/** `atMs` itself where it is open then. */
export function nextOpening(group: GroupName, atMs: number): number {
  if (isOpen(group, atMs)) return atMs;
  let ms = Math.ceil(atMs / STEP_MS) * STEP_MS;
  for (let step = 0; step < STEPS_AHEAD; step += 1, ms += STEP_MS) if (isOpen(group, ms)) return ms;
  throw new Error(`${group} does not open within days`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(zone: string, atMs: number): { day: number; minute: number } {
  const options = { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-GB', options);
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? ''),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
