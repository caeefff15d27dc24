import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkIntervalFor,
  crossedThresholds,
  daysUntilExpiry,
  effectiveThresholds,
  nextThreshold,
  thresholdInstants,
  thresholdText,
} from '../../src/core/expiry.ts';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import { DAY_MS, HOUR_MS, NOW, certificate, inDays, profile } from '../helpers/builders.ts';

describe('days until expiry', () => {
  it.each([
    ['a day and a half ahead', 1.5 * DAY_MS, 1],
    ['a day ahead', DAY_MS, 1],
    ['a millisecond less than a day ahead', DAY_MS - 1, 0],
    ['that very instant, which is still valid', 0, 0],
    ['a millisecond ago', -1, -1],
    ['a day ago', -DAY_MS, -1],
    ['more than a day ago', -DAY_MS - 1, -2],
  ])('%s', (_, ms, days) => {
    expect(daysUntilExpiry(new Date(NOW.getTime() + ms), NOW)).toBe(days);
  });

  it('refuses an invalid date', () => {
    expect(() => daysUntilExpiry(new Date(Number.NaN), NOW)).toThrow(RangeError);
    expect(() => daysUntilExpiry(NOW, new Date(Number.NaN))).toThrow(RangeError);
  });
});

describe('effective thresholds', () => {
  const thresholdsOf = (name: string) => {
    const found = BUILT_IN_PROFILES.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    return found.thresholdsDays;
  };
  /** `7c=3.15` is threshold 7, critical, scaled to 3.15 days. */
  const shown = (thresholdsDays: readonly number[], lifetime: number, intervalHours = 1, scale = true) =>
    effectiveThresholds({ thresholdsDays, scale }, lifetime, intervalHours * HOUR_MS).map(
      ({ thresholdDays, scaledMs, severity }) =>
        `${String(thresholdDays)}${severity === 'critical' ? 'c' : 'w'}=${String(Math.round((scaledMs / DAY_MS) * 10_000) / 10_000)}`,
    );

  it.each([
    // 0.3 × 398 / 60 is more than 1: as they are.
    ['Standard', 398, 1, ['60w=60', '30w=30', '15w=15', '7c=7']],
    ['Standard', 200, 1, ['60w=60', '30w=30', '15w=15', '7c=7']],
    ['Standard', 199, 1, ['60w=59.7', '30w=29.85', '15w=14.925', '7c=6.965']],
    ['Standard', 90, 1, ['60w=27', '30w=13.5', '15w=6.75', '7c=3.15']],
    ['Standard', 47, 1, ['60w=14.1', '30w=7.05', '15w=3.525', '7c=1.645']],
    ['Standard', 6, 1, ['60w=1.8', '30w=0.9', '15w=0.45', '7c=0.21']],
    ['Minimal', 90, 1, ['30w=27', '7c=6.3']],
    ['Aggressive', 90, 1, ['90w=27', '60w=18', '45w=13.5', '30w=9', '15w=4.5', '7c=2.1', '3c=0.9', '1c=0.3']],
    // 1 d becomes 28.8 min and 3 d 86.4 min: within two hours of expired. 7 d, 3.36 h, is never dropped.
    ['Aggressive', 6, 1, ['90w=1.8', '60w=1.2', '45w=0.9', '30w=0.6', '15w=0.3', '7c=0.14']],
    // Two checks are 14.4 h: 60 (43.2 h) and 30 (21.6 h) lie far enough apart, 15 (10.8 h) too near 7 (5.04 h).
    ['Standard', 6, 7.2, ['60w=1.8', '30w=0.9', '7c=0.21']],
    // Two checks are 48 h: the critical one stays, though it is nearer than that to expired.
    ['Standard', 6, 24, ['7c=0.21']],
  ])('%s at %d days, checked every %d h', (name, lifetime, intervalHours, expected) => {
    expect(shown(thresholdsOf(name), lifetime, intervalHours)).toEqual(expected);
  });

  it.each([
    ['not scaled', [60, 30, 15, 7, 0], 90, 1, false, ['60w=60', '30w=30', '15w=15', '7c=7']],
    ['not scaled, thinned out all the same', [30, 29, 28, 7, 0], 90, 36, false, ['28w=28', '7c=7']],
    ['exactly two checks apart is kept', [9, 7, 0], 398, 24, true, ['9w=9', '7c=7']],
    ['one less than two checks apart is dropped', [8, 7, 0], 398, 24, true, ['7c=7']],
    ['the lowest is critical where none is 7 days or less', [60, 30], 398, 1, true, ['60w=60', '30c=30']],
    ['with 0 below 30, only expired itself is critical', [30, 0], 398, 1, true, ['30w=30']],
    ['the largest up to 7 before scaling counts', [14, 6, 2, 0], 398, 1, true, ['14w=14', '6c=6', '2c=2']],
    ['the lowest stays although the next is near', [3, 2], 398, 24, true, ['3c=3', '2c=2']],
    ['0 alone has no row', [0], 90, 1, true, []],
    ['no order is needed, and no threshold is doubled', [7, 60, 7, 0], 398, 1, true, ['60w=60', '7c=7']],
    ['a certificate that ends before it begins', [60, 30, 7, 0], -5, 1, true, ['7c=0']],
    ['no lifetime at all', [60, 30], 0, 1, true, ['30c=0']],
  ] as const)('%s', (_, thresholds, lifetime, intervalHours, scale, expected) => {
    expect(shown(thresholds, lifetime, intervalHours, scale)).toEqual(expected);
  });

  const anyProfile = fc.record({
    thresholdsDays: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 10 }),
    scale: fc.boolean(),
  });

  it('are a subset of the profile, in order, never larger than it says, and scaled within 30 % of the lifetime', () => {
    fc.assert(
      fc.property(
        anyProfile,
        fc.double({ min: 0, max: 5000, noNaN: true }),
        fc.integer({ min: 60_000, max: 30 * DAY_MS }),
        (rules, lifetime, intervalMs) => {
          const kept = effectiveThresholds(rules, lifetime, intervalMs);
          const days = kept.map(({ thresholdDays }) => thresholdDays);
          expect(days).toEqual([...new Set(days)].sort((a, b) => b - a));
          expect(days.every((one) => one > 0 && rules.thresholdsDays.includes(one))).toBe(true);
          for (const { thresholdDays, scaledMs } of kept) {
            expect(scaledMs).toBeLessThanOrEqual(thresholdDays * DAY_MS);
            if (rules.scale) expect(scaledMs).toBeLessThanOrEqual(Math.ceil(lifetime * 0.3 * DAY_MS));
            else expect(scaledMs).toBe(thresholdDays * DAY_MS);
          }
          // What is never dropped.
          const lowest = Math.min(...rules.thresholdsDays);
          const upToSeven = rules.thresholdsDays.filter((one) => one <= 7);
          const fixed = [lowest, upToSeven.length > 0 ? Math.max(...upToSeven) : lowest].filter((one) => one > 0);
          expect(days).toEqual(expect.arrayContaining(fixed));
          // Whatever is not fixed lies two checks above what is kept below it.
          const ascending = [...kept].reverse();
          for (const [index, { thresholdDays, scaledMs }] of ascending.entries()) {
            const below = ascending[index - 1]?.scaledMs ?? (lowest === 0 ? 0 : undefined);
            if (fixed.includes(thresholdDays) || below === undefined) continue;
            expect(scaledMs - below).toBeGreaterThanOrEqual(2 * intervalMs);
          }
        },
      ),
    );
  });
});

describe('crossing', () => {
  // 90 days: thresholds at 27, 13.5, 6.75 and 3.15 days before the end.
  const ninety = certificate({ notBefore: inDays(-30), notAfter: inDays(60) });
  const before = (days: number, ms = 0) => new Date(ninety.notAfter.getTime() - days * DAY_MS + ms);
  const rules = profile();

  it.each([
    ['long before', before(59), [], 60],
    ['a millisecond before the first', before(27, -1), [], 60],
    ['at the first instant', before(27), [60], 30],
    ['a millisecond before the second', before(13.5, -1), [60], 30],
    ['between', before(10), [60, 30], 15],
    ['at the last instant', before(3.15), [60, 30, 15, 7], undefined],
    ['at the end', before(0), [60, 30, 15, 7], undefined],
    ['after the end', before(-5), [60, 30, 15, 7], undefined],
  ])('%s', (_, now, crossed, next) => {
    expect(crossedThresholds(rules, ninety, now).map(({ thresholdDays }) => thresholdDays)).toEqual(crossed);
    expect(nextThreshold(rules, ninety, now)?.thresholdDays).toBe(next);
  });

  it('gives the instants, largest threshold first', () => {
    expect(thresholdInstants(rules, ninety)).toEqual([
      { thresholdDays: 60, scaledMs: 27 * DAY_MS, severity: 'warning', instant: before(27) },
      { thresholdDays: 30, scaledMs: 13.5 * DAY_MS, severity: 'warning', instant: before(13.5) },
      { thresholdDays: 15, scaledMs: 6.75 * DAY_MS, severity: 'warning', instant: before(6.75) },
      { thresholdDays: 7, scaledMs: 3.15 * DAY_MS, severity: 'critical', instant: before(3.15) },
    ]);
  });

  it.each([
    ['a long-lived certificate, as the profile says', 90, HOUR_MS],
    ['a six-day certificate under a daily profile, every 5 % of its life', 6, 7.2 * HOUR_MS],
    ['one that ends before it begins, once a minute', -1, 60_000],
  ])('the check interval that thins thresholds out is for %s', (_, days, expected) => {
    const validity = { notBefore: NOW, notAfter: inDays(days) };
    expect(checkIntervalFor(days === 90 ? HOUR_MS : DAY_MS, validity)).toBeCloseTo(expected, 3);
  });

  it('raises no alarm before 30 % of the life is left, whatever the lifetime and profile', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.constantFrom(...BUILT_IN_PROFILES), (lifetime, rules) => {
        const validity = { notBefore: NOW, notAfter: inDays(lifetime) };
        const early = inDays(lifetime * 0.7 - 0.001);
        expect(crossedThresholds(rules, validity, early)).toEqual([]);
        expect(crossedThresholds(rules, validity, inDays(lifetime)).length).toBeGreaterThan(0);
      }),
    );
  });
});

it.each([
  [7, 7 * DAY_MS, 'threshold 7 d'],
  [7, 3.15 * DAY_MS, 'threshold 7 d, scaled to 3.1 d'],
  [7, 3.1 * DAY_MS, 'threshold 7 d, scaled to 3.1 d'],
  [60, 27 * DAY_MS, 'threshold 60 d, scaled to 27.0 d'],
  [60, DAY_MS, 'threshold 60 d, scaled to 1.0 d'],
  [60, DAY_MS - 1, 'threshold 60 d, scaled to 23.9 h'],
  [7, 5.04 * HOUR_MS, 'threshold 7 d, scaled to 5.0 h'],
  [1, HOUR_MS / 20, 'threshold 1 d, scaled to 0.0 h'],
  [1, DAY_MS, 'threshold 1 d'],
])('threshold %d at %d ms reads %j', (thresholdDays, scaledMs, text) => {
  expect(thresholdText({ thresholdDays, scaledMs })).toBe(text);
});
