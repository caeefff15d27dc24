import { describe, expect, it } from 'vitest';
import { withChange } from '../../src/core/profile-change.ts';
import type { ProfileChange } from '../../src/core/profile-change.ts';
import { profileDifference, profileFacts } from '../../src/core/profile-text.ts';
import type { Profile } from '../../src/core/profile.ts';
import { DAY_MS, profile } from '../helpers/builders.ts';

const own = { extraCaPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', only: false };

describe('a change', () => {
  it.each<[string, Partial<Profile>, ProfileChange, Partial<Profile>]>([
    ['thresholds', {}, { thresholdsDays: [9, 0] }, { thresholdsDays: [9, 0] }],
    ['no scaling', {}, { scale: false }, { scale: false }],
    ['scaling again', { scale: false }, { scale: true }, { scale: true }],
    ['the interval', {}, { checkIntervalMs: 300_000 }, { checkIntervalMs: 300_000 }],
    ['confirmation', {}, { confirm: { tries: 1, everyMs: 10_000 } }, { confirm: { tries: 1, everyMs: 10_000 } }],
    ['the time-out', {}, { timeoutMs: 1_000 }, { timeoutMs: 1_000 }],
    [
      'rules, the later one wins',
      { severities: { 'weak-signature': 'off' } },
      {
        rules: [
          { codes: ['weak-key', 'expired'], severity: 'info' },
          { codes: ['weak-key'], severity: 'off' },
        ],
      },
      { severities: { expired: 'info', 'weak-key': 'off', 'weak-signature': 'off' } },
    ],
    [
      'a rule taken back',
      { severities: { 'weak-key': 'off' } },
      { rules: [{ codes: ['weak-key'], severity: 'default' }] },
      { severities: {} },
    ],
    [
      'reminders',
      { remind: { critical: DAY_MS } },
      {
        remind: [
          { severity: 'critical', everyMs: undefined },
          { severity: 'warning', everyMs: 7 * DAY_MS },
        ],
      },
      { remind: { warning: 7 * DAY_MS } },
    ],
    ['a CA besides', {}, { ca: { pem: 'PEM' } }, { trust: { extraCaPem: 'PEM', only: false } }],
    [
      'another CA, still alone',
      { trust: { ...own, only: true } },
      { ca: { pem: 'PEM' } },
      { trust: { extraCaPem: 'PEM', only: true } },
    ],
    ['its CA alone', { trust: own }, { caOnly: true }, { trust: { ...own, only: true } }],
    ['its CA not alone any more', { trust: { ...own, only: true } }, { caOnly: false }, { trust: own }],
    ['no CA', { trust: { ...own, only: true } }, { ca: 'none' }, { trust: { extraCaPem: undefined, only: false } }],
    ['nothing', { severities: { expired: 'warning' } }, {}, {}],
  ])('of %s', (_, before, change, after) => {
    expect(withChange(profile(before), change)).toEqual({ ...profile(before), ...after });
  });
});

it('is told as what is and what was', () => {
  const before = profile({ thresholdsDays: [60, 0] });
  const after = withChange(before, { thresholdsDays: [30, 0], rules: [{ codes: ['weak-key'], severity: 'off' }] });
  expect(profileDifference(before, before)).toEqual([]);
  expect(profileDifference(before, after)).toEqual([
    'Thresholds: 30,0 days; was 60,0 days',
    'Rules: weak-key=off; others as certmon comes with them; was all as certmon comes with them',
  ]);
  expect(
    profileDifference(profile({ trust: own }), profile({ trust: { ...own, extraCaPem: `${own.extraCaPem}\n` } })),
  ).toEqual(['Trusted: public CAs and 1 CA certificate of its own, other certificates than before']);
});

it('a profile is told in one place', () => {
  const all = profile({
    thresholdsDays: [30, 7, 0],
    scale: false,
    checkIntervalMs: 5_400_000,
    severities: { 'self-signed': 'off', untrusted: 'off', 'weak-key': 'info' },
    trust: { extraCaPem: `${own.extraCaPem}${own.extraCaPem}`, only: true },
    confirm: { tries: 1, everyMs: 10_000 },
    timeoutMs: 1_000,
    remind: {},
  });
  expect(profileFacts(all).map(({ label, value }) => `${label}: ${value}`)).toEqual([
    'Thresholds: 30,7,0 days',
    'Scaled to short lifetimes: no',
    'Checked every: 90m, more often for short-lived certificates',
    'Rules: trust=off, weak-key=info; others as certmon comes with them',
    'Trusted: 2 CA certificates of its own, and no public CA',
    'Connection failures: believed after 1 try, 10s apart',
    'Reminders: none',
    'Time-out: 1s',
  ]);
});
