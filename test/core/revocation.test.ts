import { describe, expect, it } from 'vitest';
import { assess } from '../../src/core/assess.ts';
import { keyOf } from '../../src/core/incident.ts';
import type { ReadAddress } from '../../src/core/observation.ts';
import { exitCode } from '../../src/core/probe-report.ts';
import { isShortLived, rememberRevoked } from '../../src/core/revocation.ts';
import {
  NOW,
  certificate,
  endpoint,
  failedAddress,
  inDays,
  intermediate,
  monitor,
  observation,
  profile,
  readAddress,
  revocation,
  servingLeaf,
} from '../helpers/builders.ts';

function findingsOf(address: ReadAddress) {
  return assess(observation({ addresses: [address] }), endpoint(), profile(), NOW).findings;
}

describe('the revocation rule', () => {
  it('a revoked leaf is critical, and an incident of the certificate', () => {
    const findings = findingsOf(readAddress({ revocation: [revocation()] }));
    expect(findings).toMatchObject([
      { code: 'revoked', severity: 'critical', fingerprint: certificate().fingerprint, addresses: ['192.0.2.10'] },
    ]);
    expect(findings.map((one) => keyOf(one, monitor().id))).toEqual([
      { kind: 'certificate', subject: certificate().fingerprint },
    ]);
    expect(exitCode(findings)).toBe(2);
  });

  it('a revoked intermediate is as bad', () => {
    const { fingerprint } = intermediate();
    expect(findingsOf(readAddress({ revocation: [revocation({ fingerprint })] }))).toMatchObject([
      { code: 'revoked', severity: 'critical', fingerprint },
    ]);
  });

  it('unknown is information, and no reason for a plugin to complain', () => {
    const findings = findingsOf(readAddress({ revocation: [revocation({ status: 'unknown', detail: 'no answer' })] }));
    expect(findings).toMatchObject([{ code: 'revocation-unknown', severity: 'info' }]);
    expect(findings[0]?.message).toContain('no answer');
    expect(exitCode(findings)).toBe(0);
  });

  it('good says nothing', () => {
    expect(findingsOf(readAddress({ revocation: [revocation({ status: 'good' })] }))).toEqual([]);
  });

  it.each([
    { days: 7, unknown: 0 },
    { days: 7.5, unknown: 1 },
  ])('unknown of a certificate that lives $days days is said $unknown times, revoked always', ({ days, unknown }) => {
    const leaf = certificate({ notBefore: inDays(-1), notAfter: inDays(days - 1) });
    const about = { fingerprint: leaf.fingerprint };
    const codes = (status: 'unknown' | 'revoked') =>
      findingsOf(servingLeaf(leaf, { revocation: [revocation({ ...about, status })] })).filter(({ code }) =>
        code.startsWith('rev'),
      );
    expect(codes('unknown')).toHaveLength(unknown);
    expect(codes('revoked')).toHaveLength(1);
  });

  it.each([
    { from: '2026-03-14T23:59:59Z', days: 10, short: true },
    { from: '2026-03-14T23:59:59Z', days: 10.1, short: false },
    { from: '2026-03-15T00:00:00Z', days: 7, short: true },
    { from: '2026-03-15T00:00:00Z', days: 7.1, short: false },
  ])('$days days from $from are short: $short', ({ from, days, short }) => {
    const notBefore = new Date(from);
    const notAfter = new Date(notBefore.getTime() + days * 86_400_000);
    expect(isShortLived({ notBefore, notAfter, isCa: false })).toBe(short);
    expect(isShortLived({ notBefore, notAfter, isCa: true })).toBe(false);
  });

  it.each([
    { staple: 'none', mustStaple: true, found: ['staple-missing'] },
    { staple: 'unusable', mustStaple: true, found: ['staple-missing'] },
    { staple: 'good', mustStaple: true, found: [] },
    { staple: 'revoked', mustStaple: true, found: [] },
    { staple: 'not-judged', mustStaple: true, found: [] },
    { staple: 'none', mustStaple: false, found: [] },
    { staple: 'unusable', mustStaple: false, found: [] },
  ] as const)('staple $staple, must-staple $mustStaple: $found', ({ staple, mustStaple, found }) => {
    const findings = findingsOf(servingLeaf(certificate({ mustStaple }), { staple }));
    expect(findings.map(({ code }) => code)).toEqual(found);
    expect(findings.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  it('no staple is missed where the handshake broke off', () => {
    const failure = { code: 'handshake-failed', detail: 'alert' } as const;
    const address = servingLeaf(certificate({ mustStaple: true }), { staple: 'none', failure });
    expect(findingsOf(address).map(({ code }) => code)).toEqual(['handshake-failed']);
  });
});

describe('a revoked certificate', () => {
  const before = observation({ addresses: [failedAddress(), readAddress({ revocation: [revocation()] })] });
  const after = (status: 'good' | 'unknown') =>
    observation({ addresses: [readAddress({ address: '192.0.2.11', revocation: [revocation({ status })] })] });

  it('stays revoked while nobody can be asked, at whatever address', () => {
    expect(rememberRevoked(after('unknown'), before)).toEqual(
      observation({ addresses: [readAddress({ address: '192.0.2.11', revocation: [revocation()] })] }),
    );
  });

  it('is good once its CA says so', () => {
    expect(rememberRevoked(after('good'), before)).toEqual(after('good'));
  });

  it('is unknown where it was not revoked before', () => {
    expect(rememberRevoked(after('unknown'), undefined)).toEqual(after('unknown'));
    expect(rememberRevoked(after('unknown'), after('good'))).toEqual(after('unknown'));
  });
});
