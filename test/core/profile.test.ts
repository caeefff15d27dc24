import { describe, expect, it } from 'vitest';
import { DEFAULT_SEVERITY, RULES } from '../../src/core/finding.ts';
import type { FindingCode } from '../../src/core/finding.ts';
import { BUILT_IN_PROFILES, STANDARD_PROFILE, severityIn } from '../../src/core/profile.ts';
import { profile } from '../helpers/builders.ts';

describe('built-in profiles', () => {
  it.each([
    ['Standard', [60, 30, 15, 7, 0]],
    ['Aggressive', [90, 60, 45, 30, 15, 7, 3, 1, 0]],
    ['Minimal', [30, 7, 0]],
  ])('%s', (name, thresholdsDays) => {
    expect(BUILT_IN_PROFILES.find((one) => one.name === name)).toEqual({
      name,
      thresholdsDays,
      isBuiltIn: true,
      scale: true,
      checkIntervalMs: 3_600_000,
      confirm: { tries: 3, everyMs: 60_000 },
      timeoutMs: 10_000,
      severities: {},
      trust: { extraCaPem: undefined, only: false },
      remind: { critical: 86_400_000 },
    });
  });

  it('are three, and `probe` judges by Standard', () => {
    expect(BUILT_IN_PROFILES.map(({ name }) => name)).toEqual(['Standard', 'Aggressive', 'Minimal']);
    expect(STANDARD_PROFILE).toEqual({ ...BUILT_IN_PROFILES[0], id: '' });
  });
});

describe('severity', () => {
  it.each(Object.entries(DEFAULT_SEVERITY) as [FindingCode, string][])('%s is %s by default', (code, severity) => {
    expect(severityIn(profile(), code)).toBe(severity);
  });

  it.each(['critical', 'warning', 'info', 'off'] as const)('%s replaces the default of its code only', (severity) => {
    const rules = profile({ severities: { 'wrong-order': severity } });
    expect(severityIn(rules, 'wrong-order')).toBe(severity);
    expect(severityIn(rules, 'expired')).toBe('critical');
  });
});

it('each code belongs to one rule', () => {
  const all = Object.values(RULES).flatMap((codes) => Object.keys(codes));
  expect([...all].sort()).toEqual(Object.keys(DEFAULT_SEVERITY).sort());
});
