import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIFETIME_RULES, brokenLifetimeRule, lifetimeRuleAt, validityDays } from '../../src/core/lifetime.ts';
import { DAY_MS } from '../helpers/builders.ts';

/** A leaf that is valid for exactly `days`, both ends counted, and `seconds` more. */
function living(notBefore: string, days: number, seconds = 0) {
  const from = new Date(notBefore);
  return { notBefore: from, notAfter: new Date(from.getTime() + days * DAY_MS + (seconds - 1) * 1000) };
}

describe('a lifetime', () => {
  it.each([
    { issued: '2018-03-01T00:00:00Z', mostDays: 825 },
    { issued: '2020-08-31T23:59:59Z', mostDays: 825 },
    { issued: '2020-09-01T00:00:00Z', mostDays: 398 },
    { issued: '2026-03-14T23:59:59Z', mostDays: 398 },
    { issued: '2026-03-15T00:00:00Z', mostDays: 200 },
    { issued: '2027-03-14T23:59:59Z', mostDays: 200 },
    { issued: '2027-03-15T00:00:00Z', mostDays: 100 },
    { issued: '2029-03-14T23:59:59Z', mostDays: 100 },
    { issued: '2029-03-15T00:00:00Z', mostDays: 47 },
    { issued: '2040-01-01T00:00:00Z', mostDays: 47 },
  ])('issued $issued may be $mostDays days to the second', ({ issued, mostDays }) => {
    expect(brokenLifetimeRule(living(issued, mostDays))).toBeUndefined();
    expect(brokenLifetimeRule(living(issued, mostDays, 1))).toMatchObject({ mostDays });
  });

  it('from before there was a rule in days breaks none', () => {
    expect(brokenLifetimeRule(living('2018-02-28T23:59:59Z', 4000))).toBeUndefined();
  });

  it.each([
    { title: 'one instant', days: 0, seconds: 1, counted: 1 },
    { title: 'a day to its last second', days: 1, seconds: 0, counted: 1 },
    { title: 'not before and not after exactly a day apart', days: 1, seconds: 1, counted: 2 },
    { title: 'an end before the beginning', days: -3, seconds: 0, counted: -3 },
  ])('of $title counts as $counted', ({ days, seconds, counted }) => {
    expect(validityDays(living('2026-11-24T12:00:00Z', days, seconds))).toBe(counted);
  });

  it('is judged by the last rule that had begun, and the rules only ever get stricter', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (instant) => {
        const begun = LIFETIME_RULES.filter(({ issuedFrom }) => issuedFrom <= instant);
        expect(lifetimeRuleAt(instant)).toBe(begun.at(-1));
        expect(begun.every(({ mostDays }) => mostDays >= (lifetimeRuleAt(instant)?.mostDays ?? 0))).toBe(true);
      }),
    );
  });
});
