import { describe, expect, it } from 'vitest';
import { assess } from '../../src/core/assess.ts';
import { keyOf } from '../../src/core/incident.ts';
import type { ReadAddress } from '../../src/core/observation.ts';
import { exitCode } from '../../src/core/probe-report.ts';
import { asksAboutRevocation, inLightOf, isShortLived } from '../../src/core/revocation.ts';
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
    { staple: 'missed-once', mustStaple: true, found: [] },
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

const UNTRUSTED = { trusted: false, code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', reason: 'no issuer' } as const;

describe('a revoked certificate', () => {
  const before = observation({ addresses: [failedAddress(), readAddress({ revocation: [revocation()] })] });
  const after = (status: 'good' | 'unknown') =>
    observation({ addresses: [readAddress({ address: '192.0.2.11', revocation: [revocation({ status })] })] });

  it('stays revoked while nobody can be asked, at whatever address', () => {
    expect(inLightOf(before, after('unknown'))).toEqual(
      observation({ addresses: [readAddress({ address: '192.0.2.11', revocation: [revocation()] })] }),
    );
  });

  it('is good once its CA says so', () => {
    expect(inLightOf(before, after('good'))).toEqual(after('good'));
  });

  it('is unknown where it was not revoked before', () => {
    expect(inLightOf(undefined, after('unknown'))).toEqual(after('unknown'));
    expect(inLightOf(after('good'), after('unknown'))).toEqual(after('unknown'));
  });

  it('is good by a staple of the server only where no CRL has said otherwise', () => {
    const by = (via: 'crl' | 'ocsp' | 'staple', status: 'good' | 'revoked') =>
      observation({ addresses: [readAddress({ revocation: [revocation({ status, via })] })] });
    expect(inLightOf(by('crl', 'revoked'), by('staple', 'good'))).toEqual(by('crl', 'revoked'));
    expect(inLightOf(by('crl', 'revoked'), by('ocsp', 'good'))).toEqual(by('ocsp', 'good'));
    expect(inLightOf(by('ocsp', 'revoked'), by('staple', 'good'))).toEqual(by('staple', 'good'));
  });

  it('stays revoked where its chain leads to no anchor any more, for as long as it is sent', () => {
    const lost = observation({
      addresses: [readAddress({ path: undefined, chain: [certificate()], verdict: UNTRUSTED })],
    });
    const found = inLightOf(before, lost);
    expect(assess(found, endpoint(), profile(), NOW).findings.map(({ code }) => code)).toContain('revoked');
    expect(inLightOf(found, lost)).toEqual(found);
    const other = servingLeaf(certificate({ fingerprint: 'ab'.repeat(32) }), { path: undefined, verdict: UNTRUSTED });
    expect(inLightOf(before, observation({ addresses: [other] })).addresses).toEqual([other]);
  });
});

it.each([
  { severities: {}, asks: true },
  { severities: { revoked: 'off' }, asks: true },
  { severities: { 'revocation-unknown': 'off' }, asks: true },
  { severities: { revoked: 'off', 'revocation-unknown': 'off' }, asks: false },
] as const)('a profile with $severities has CAs asked: $asks', ({ severities, asks }) => {
  expect(asksAboutRevocation(profile({ severities }))).toBe(asks);
});

describe('a must-staple certificate', () => {
  type Staple = ReadAddress['staple'];
  const serving = (staple: Staple, mustStaple = true, address = '192.0.2.10') =>
    observation({ addresses: [servingLeaf(certificate({ mustStaple }), { staple, address })] });

  /** What is said at each of these checks. */
  const said = (...checks: readonly ReturnType<typeof serving>[]) => {
    let last: ReturnType<typeof serving> | undefined;
    return checks.map((check) => {
      last = inLightOf(last, check);
      return assess(last, endpoint(), profile(), NOW).findings.map(({ code }) => code);
    });
  };
  const down = observation({ addresses: [failedAddress({ address: '192.0.2.10' })] });
  const missing = ['staple-missing'];

  it.each([
    { what: 'the first check', checks: [serving('none')], told: [missing] },
    { what: 'a second miss', checks: [serving('good'), serving('none'), serving('none')], told: [[], [], missing] },
    {
      what: 'a miss after an unusable one',
      checks: [serving('good'), serving('unusable'), serving('none')],
      told: [[], [], missing],
    },
    { what: 'misses on and on', checks: [serving('none'), serving('none')], told: [missing, missing] },
  ])('without a staple is told at $what', ({ checks, told }) => {
    expect(said(...checks)).toEqual(told);
  });

  it.each([
    { what: 'now and then', checks: [serving('good'), serving('none'), serving('good'), serving('unusable')] },
    {
      what: 'after its renewal from one that need not have it',
      checks: [serving('none', false), serving('none'), serving('good')],
    },
    { what: 'at an address that is new', checks: [serving('good'), serving('none', true, '192.0.2.99')] },
  ])('without a staple $what is not told', ({ checks }) => {
    expect(said(...checks).flat()).toEqual([]);
  });

  it('is not told of when the server is back from a restart', () => {
    expect(said(serving('good'), down, serving('none'), serving('good')).flat()).not.toContain('staple-missing');
  });
});
