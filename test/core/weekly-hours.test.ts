import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTimeZone, instantOf, instantsOf, localTime, weekdayOf } from '../../src/core/time-zone.ts';
import { hoursText, isOpenAt, nextOpening, parseHours } from '../../src/core/weekly-hours.ts';
import type { WeeklyHours } from '../../src/core/weekly-hours.ts';

const MINUTE_MS = 60_000;
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Apia',
  'America/St_Johns',
] as const;

function hours(text: string): WeeklyHours {
  const read = parseHours(text);
  if ('wrong' in read) throw new Error(read.wrong);
  return read;
}

describe('time zones', () => {
  it.each([
    { text: 'europe/berlin', zone: 'Europe/Berlin' },
    { text: 'utc', zone: 'UTC' },
    { text: 'Asia/Calcutta', zone: 'Asia/Calcutta' },
    { text: 'Europe/Berlim', zone: undefined },
    { text: '+02:00', zone: undefined },
    { text: '', zone: undefined },
    { text: "'; drop table", zone: undefined },
  ])('$text', ({ text, zone }) => {
    expect(findTimeZone(text)).toBe(zone);
  });

  it.each([
    { at: '2026-07-01T12:00:00Z', zone: 'Europe/Berlin', shows: { year: 2026, month: 7, day: 1, minute: 14 * 60 } },
    { at: '2026-12-31T23:30:00Z', zone: 'Asia/Kolkata', shows: { year: 2027, month: 1, day: 1, minute: 5 * 60 } },
    { at: '2026-03-08T06:59:00Z', zone: 'America/New_York', shows: { year: 2026, month: 3, day: 8, minute: 119 } },
    { at: '2026-03-08T07:00:00Z', zone: 'America/New_York', shows: { year: 2026, month: 3, day: 8, minute: 180 } },
  ])('at $at a clock in $zone shows the local time', ({ at, zone, shows }) => {
    expect(localTime(new Date(at), zone)).toEqual(shows);
  });

  it.each([
    // Clocks go from 02:00 to 03:00: what does not exist is the change itself.
    { local: [2026, 3, 29, 150], zone: 'Europe/Berlin', is: ['2026-03-29T01:00:00.000Z'] },
    // … and back from 03:00 to 02:00: 02:30 comes twice.
    { local: [2026, 10, 25, 150], zone: 'Europe/Berlin', is: ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'] },
    { local: [2026, 7, 1, 480], zone: 'Europe/Berlin', is: ['2026-07-01T06:00:00.000Z'] },
    // Half an hour only.
    { local: [2026, 10, 4, 135], zone: 'Australia/Lord_Howe', is: ['2026-10-03T15:30:00.000Z'] },
    // 30 December 2011 was left out.
    { local: [2011, 12, 30, 720], zone: 'Pacific/Apia', is: ['2011-12-30T10:00:00.000Z'] },
  ])('$local in $zone', ({ local: [year = 0, month = 0, day = 0, minute = 0], zone, is }) => {
    const local = { year, month, day, minute };
    expect(instantsOf(local, zone).map((one) => one.toISOString())).toEqual(is);
    expect(instantOf(local, zone).toISOString()).toBe(is[0]);
  });

  it('what a clock shows leads back to the instant', () => {
    fc.assert(
      fc.property(minutes(), fc.constantFrom(...ZONES), (at, zone) => {
        expect(instantsOf(localTime(at, zone), zone).map((one) => one.getTime())).toContain(at.getTime());
      }),
    );
  });
});

describe('hours', () => {
  it.each([
    { text: 'mon-fri 08:00-18:00', is: 'mon-fri 08:00-18:00' },
    { text: 'Monday-Friday 8-18, sat 10:00-14:00', is: 'mon-fri 08:00-18:00, sat 10:00-14:00' },
    { text: 'mon,wed,fri 09:00-17:00', is: 'mon,wed,fri 09:00-17:00' },
    { text: 'mon-fri 08:00-12:00 13:00-18:00', is: 'mon-fri 08:00-12:00 13:00-18:00' },
    { text: 'mon-fri 08:00-12:00, 13:00-18:00', is: 'mon-fri 08:00-12:00 13:00-18:00' },
    { text: 'fri 22:00-06:00', is: 'fri 22:00-06:00' },
    { text: 'sun-tue 09:00-10:00', is: 'mon-tue,sun 09:00-10:00' },
    { text: 'daily 00:00-24:00', is: 'daily 00:00-24:00' },
    { text: 'mon 08:00-12:00, mon 11:00-13:00', is: 'mon 08:00-13:00' },
    { text: 'sun 22:00-06:00, mon 05:00-08:00', is: 'sun 22:00-08:00' },
  ])('$text', ({ text, is }) => {
    expect(hoursText(hours(text))).toBe(is);
  });

  it.each([
    { text: '', wrong: 'there are no hours in it', at: 0 },
    { text: '08:00-18:00', wrong: "'08:00-18:00' stands before any day", at: 0 },
    { text: 'mon-fri', wrong: 'no time follows these days', at: 0 },
    { text: 'mon-fri 08:00-18:00, sat', wrong: 'no time follows these days', at: 21 },
    { text: 'mon-fry 08:00-18:00', wrong: "'mon-fry' is neither a day", at: 0 },
    { text: 'mon 25:00-26:00', wrong: "'25:00-26:00' is no time of day", at: 4 },
    { text: 'mon 08:75-09:00', wrong: "'08:75-09:00' is no time of day", at: 4 },
    { text: 'mon 08:00', wrong: "'08:00' is no time of day", at: 4 },
    { text: 'mon 08:00-08:00', wrong: "'08:00-08:00' begins where it ends", at: 4 },
    { text: 'x'.repeat(400), wrong: 'hours are 300 characters at most', at: 0 },
  ])('$text is refused', ({ text, wrong, at }) => {
    expect(parseHours(text)).toEqual({ wrong: expect.stringContaining(wrong) as string, at });
  });

  it('any text is hours or a problem, and what is written is read back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parseHours(text);
        expect('wrong' in read ? read.at <= text.length : read.length > 0).toBe(true);
      }),
    );
    fc.assert(
      fc.property(weeks(), (week) => {
        expect(openMinutes(hours(hoursText(week)))).toEqual(openMinutes(week));
      }),
    );
  });

  it.each([
    {
      text: 'mon-fri 08:00-18:00',
      zone: 'Europe/Berlin',
      from: '2026-11-27T17:00:00Z',
      is: '2026-11-30T07:00:00.000Z',
    },
    { text: 'fri 22:00-06:00', zone: 'Europe/Berlin', from: '2026-11-28T04:59:00Z', is: '2026-11-28T04:59:00.000Z' },
    { text: 'fri 22:00-06:00', zone: 'Europe/Berlin', from: '2026-11-28T05:00:00Z', is: '2026-12-04T21:00:00.000Z' },
    // Over the change to summer time the opening is an hour sooner.
    { text: 'mon 08:00-18:00', zone: 'Europe/Berlin', from: '2026-03-28T12:00:00Z', is: '2026-03-30T06:00:00.000Z' },
    // A window that begins where no time is opens with the change.
    { text: 'sun 02:30-04:00', zone: 'Europe/Berlin', from: '2026-03-28T12:00:00Z', is: '2026-03-29T01:00:00.000Z' },
    // One that lies in it altogether opens a week later.
    { text: 'sun 02:15-02:45', zone: 'Europe/Berlin', from: '2026-03-28T12:00:00Z', is: '2026-04-05T00:15:00.000Z' },
    // Between the two 02:30 of that night.
    { text: 'sun 02:30-02:45', zone: 'Europe/Berlin', from: '2026-10-25T00:50:00Z', is: '2026-10-25T01:30:00.000Z' },
    // What begins before the clocks are put back comes first.
    {
      text: 'sat-mon 00:00-01:15',
      zone: 'America/St_Johns',
      from: '2026-11-01T00:00:00Z',
      is: '2026-11-01T02:30:00.000Z',
    },
    // Clocks are put back into the middle of it.
    { text: 'sun 01:50-02:10', zone: 'Europe/Berlin', from: '2026-10-25T00:30:00Z', is: '2026-10-25T01:00:00.000Z' },
  ])('$text in $zone opens after $from', ({ text, zone, from, is }) => {
    expect(nextOpening(hours(text), zone, new Date(from)).toISOString()).toBe(is);
  });

  it('the next opening is the first open minute, whatever the zone does', () => {
    fc.assert(
      fc.property(weeks(), fc.constantFrom(...ZONES), nearChanges(), (week, zone, from) => {
        let at = from.getTime();
        while (!isOpenAt(week, zone, new Date(at))) at += MINUTE_MS;
        expect(nextOpening(week, zone, from).toISOString()).toBe(new Date(at).toISOString());
      }),
      { numRuns: 200 },
    );
  });
});

function minutes() {
  return fc
    .integer({ min: Date.UTC(2009, 0, 1) / MINUTE_MS, max: Date.UTC(2040, 0, 1) / MINUTE_MS })
    .map((minute) => new Date(minute * MINUTE_MS));
}

/** Within two days of a change of clocks somewhere, or any time. */
function nearChanges() {
  const changes = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04', '2011-12-30'];
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2_880, max: 2_880 }))
    .map(([day, minute]) => new Date(Date.parse(`${day}T00:00:00Z`) + minute * MINUTE_MS));
  return fc.oneof(near, minutes());
}

/** One to three windows, as written. */
function weeks() {
  const window = fc
    .tuple(
      fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'daily', 'sat-mon'),
      fc.integer({ min: 0, max: 95 }),
      fc.integer({ min: 1, max: 95 }),
    )
    .map(([day, from, length]) => {
      const clock = (quarter: number): string =>
        `${String(Math.floor((quarter % 96) / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;
      return `${day} ${clock(from)}-${clock(from + length)}`;
    });
  return fc.array(window, { minLength: 1, maxLength: 3 }).map((windows) => hours(windows.join(', ')));
}

function openMinutes(week: WeeklyHours): number[] {
  const monday = Date.UTC(2026, 10, 23);
  expect(weekdayOf(localTime(new Date(monday), 'UTC'))).toBe(0);
  return Array.from({ length: 7 * 96 }, (_, quarter) => quarter).filter((quarter) =>
    isOpenAt(week, 'UTC', new Date(monday + quarter * 15 * MINUTE_MS)),
  );
}
