import { describe, expect, it } from 'vitest';
import { digestTimeText, nextDigestAt } from '../../src/core/digest.ts';

describe('the next digest', () => {
  it.each([
    { weekday: undefined, minute: 540, zone: 'UTC', after: '2026-11-24T08:59:59Z', is: '2026-11-24T09:00:00.000Z' },
    { weekday: undefined, minute: 540, zone: 'UTC', after: '2026-11-24T09:00:00Z', is: '2026-11-25T09:00:00.000Z' },
    { weekday: 0, minute: 540, zone: 'Europe/Berlin', after: '2026-11-24T12:00:00Z', is: '2026-11-30T08:00:00.000Z' },
    // Clocks are put forward between the two: it stays at 09:00 on the wall.
    {
      weekday: undefined,
      minute: 540,
      zone: 'Europe/Berlin',
      after: '2026-03-28T08:00:00Z',
      is: '2026-03-29T07:00:00.000Z',
    },
    // 02:30 does not come that night.
    {
      weekday: undefined,
      minute: 150,
      zone: 'Europe/Berlin',
      after: '2026-03-28T12:00:00Z',
      is: '2026-03-29T01:00:00.000Z',
    },
    // It comes twice: once is told.
    {
      weekday: undefined,
      minute: 150,
      zone: 'Europe/Berlin',
      after: '2026-10-25T00:30:00Z',
      is: '2026-10-26T01:30:00.000Z',
    },
  ])('$minute of weekday $weekday in $zone after $after', ({ weekday, minute, zone, after, is }) => {
    expect(nextDigestAt({ weekday, minute }, zone, new Date(after)).toISOString()).toBe(is);
  });

  it('is said in words', () => {
    expect(digestTimeText({ weekday: undefined, minute: 545 })).toBe('daily at 09:05');
    expect(digestTimeText({ weekday: 4, minute: 0 })).toBe('every fri at 00:00');
  });
});
