import { describe, expect, it } from 'vitest';
import { confirm } from '../../src/core/confirmation.ts';
import type { ConnectionFailure } from '../../src/core/confirmation.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import { finding, NOW as now, observation } from '../helpers/builders.ts';

const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const resolved = observation();
const unresolved = observation({ resolution: { outcome: 'dns-failure', detail: 'NXDOMAIN' }, addresses: [] });

const failed: typeof finding = (overrides) =>
  finding({ code: 'timeout', severity: 'critical', addresses: ['192.0.2.1'], ...overrides });

function failure(overrides: Partial<ConnectionFailure> = {}): ConnectionFailure {
  return {
    address: '192.0.2.1',
    code: 'timeout',
    since: secondsAgo(60),
    tries: 1,
    lastTryAt: secondsAgo(60),
    ...overrides,
  };
}

describe('confirmation of a connection failure', () => {
  it('a first failure is held back and shown as failing 1/3', () => {
    const { findings, failing, failures } = confirm([], resolved, [failed()], STANDARD_PROFILE, true, now);

    expect(findings).toEqual([]);
    expect(failing).toEqual({ tries: 1, of: 3 });
    expect(failures).toEqual([{ address: '192.0.2.1', code: 'timeout', since: now, tries: 1, lastTryAt: now }]);
  });

  it.each([
    { title: 'the third try after two minutes', tries: 2, since: 120, confirmed: true },
    { title: 'the second try, however long it fails', tries: 1, since: 3_600, confirmed: false },
    { title: 'the third try within two minutes', tries: 2, since: 119, confirmed: false },
  ])('$title: $confirmed', ({ tries, since, confirmed }) => {
    const before = [failure({ tries, since: secondsAgo(since) })];

    const result = confirm(before, resolved, [failed()], STANDARD_PROFILE, true, now);

    expect(result.findings).toEqual(confirmed ? [failed()] : []);
    expect(result.failing === undefined).toBe(confirmed);
  });

  it('any connection code counts alike', () => {
    const before = [failure({ tries: 2, since: secondsAgo(120), code: 'refused' })];

    const { findings, failures } = confirm(before, resolved, [failed({ code: 'reset' })], STANDARD_PROFILE, true, now);

    expect(findings).toEqual([failed({ code: 'reset' })]);
    expect(failures).toMatchObject([{ code: 'reset', tries: 3, since: secondsAgo(120) }]);
  });

  it("a person's check does not count", () => {
    const before = [failure({ tries: 2, since: secondsAgo(300) })];

    expect(confirm(before, resolved, [failed()], STANDARD_PROFILE, false, now)).toMatchObject({
      findings: [],
      failures: [{ tries: 2 }],
    });
    expect(confirm([], resolved, [failed()], STANDARD_PROFILE, false, now)).toMatchObject({
      failing: { tries: 0, of: 3 },
    });
  });

  it('a success forgets the failure', () => {
    expect(confirm([failure({ tries: 2 })], resolved, [], STANDARD_PROFILE, true, now)).toEqual({
      failures: [],
      findings: [],
      failing: undefined,
    });
  });

  it('each address is confirmed by itself', () => {
    const before = [failure({ tries: 2, since: secondsAgo(120) })];
    const both = failed({ addresses: ['192.0.2.1', '192.0.2.2'] });

    const { findings, failing } = confirm(before, resolved, [both], STANDARD_PROFILE, true, now);

    expect(findings).toEqual([failed({ addresses: ['192.0.2.1'], severity: 'warning' })]);
    expect(failing).toEqual({ tries: 1, of: 3 });
  });

  it('what is confirmed stays a warning while another address is only suspected', () => {
    const before = [failure({ tries: 2, since: secondsAgo(120) })];
    const all = failed({ addresses: ['192.0.2.1', '192.0.2.2'] });

    expect(confirm(before, resolved, [all], STANDARD_PROFILE, true, now).findings).toMatchObject([
      { severity: 'warning' },
    ]);
    const both = [...before, failure({ address: '192.0.2.2', tries: 2, since: secondsAgo(120) })];
    expect(confirm(both, resolved, [all], STANDARD_PROFILE, true, now).findings).toMatchObject([
      { severity: 'critical' },
    ]);
  });

  it('while the name does not resolve, its addresses keep what was known of them', () => {
    const known = failure({ tries: 3, since: secondsAgo(600) });

    const { failures, findings } = confirm(
      [known],
      unresolved,
      [failed({ code: 'dns-failure', addresses: [] })],
      STANDARD_PROFILE,
      true,
      now,
    );

    expect(failures).toEqual([known, { address: '', code: 'dns-failure', since: now, tries: 1, lastTryAt: now }]);
    expect(findings).toEqual([]);
  });

  it('a name that fails to resolve three times is confirmed', () => {
    const before = [failure({ address: '', code: 'dns-failure', tries: 2, since: secondsAgo(120) })];
    const finding = failed({ code: 'dns-failure', addresses: [] });

    expect(confirm(before, unresolved, [finding], STANDARD_PROFILE, true, now).findings).toEqual([finding]);
  });

  it.each(['no-route', 'client-certificate-wanted', 'expired'] as const)('%s needs none', (code) => {
    const finding = failed({ code, severity: code === 'expired' ? 'critical' : 'info' });

    expect(confirm([], resolved, [finding], STANDARD_PROFILE, true, now)).toEqual({
      failures: [],
      findings: [finding],
      failing: undefined,
    });
  });
});
