import { describe, expect, it } from 'vitest';
import { assess, statusOf } from '../../src/core/assess.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { AddressObservation } from '../../src/core/observation.ts';
import { exitCode, toProbeReport } from '../../src/core/probe-report.ts';
import {
  NOW,
  certificate,
  endpoint,
  failedAddress,
  finding,
  intermediate,
  observation,
  profile,
  readAddress,
  root,
} from '../helpers/builders.ts';

describe('the report of a probe', () => {
  it('has the shape that programs rely on', () => {
    const leaf = certificate({
      subjectAltNames: [
        { type: 'dns', value: 'mail.example.com' },
        { type: 'ip', value: '192.0.2.10' },
        { type: 'uri', value: 'sip:example.com' },
        { type: 'email', value: 'ann@example.com' },
        { type: 'other', value: '1.2.3' },
      ],
    });
    const middle = intermediate({ keyType: 'ed25519', keyBits: undefined, signatureAlgorithm: 'ED25519' });
    const seen = observation({
      addresses: [
        readAddress({
          chain: [leaf, middle],
          path: [leaf, middle, root()],
          missing: [{ certificate: middle, pem: 'PEM' }],
        }),
        readAddress({
          address: '192.0.2.11',
          tlsVersion: undefined,
          cipher: undefined,
          chain: [leaf],
          path: undefined,
          verdict: { trusted: false, code: 'X', reason: 'x' },
        }),
        failedAddress(),
      ],
    });
    const { fingerprint, thresholdDays, ...bare } = finding({ fingerprint: leaf.fingerprint, thresholdDays: 7 });
    expect(thresholdDays).toBe(7);
    const findings = [finding({ fingerprint: leaf.fingerprint, thresholdDays: 7 }), bare];

    const sentLeaf = {
      role: 'leaf',
      subject: 'CN=mail.example.com',
      issuer: 'CN=Example Issuing CA, O=Example',
      serialNumber: '0a1b2c',
      notBefore: '2026-10-25T12:00:00.000Z',
      notAfter: '2027-01-23T12:00:00.000Z',
      fingerprint: leaf.fingerprint,
      keyType: 'ec',
      keyBits: 256,
      signatureAlgorithm: 'ecdsa-with-SHA256',
      subjectAltNames: [
        'DNS:mail.example.com',
        'IP:192.0.2.10',
        'URI:sip:example.com',
        'email:ann@example.com',
        'othername:1.2.3',
      ],
    };
    expect(toProbeReport(endpoint(), seen, { findings, daysLeft: 0 }, 'expiring')).toEqual({
      host: 'mail.example.com',
      port: 25,
      protocol: 'smtp',
      serverName: 'mail.example.com',
      checkedAt: '2026-11-24T12:00:00.000Z',
      status: 'expiring',
      daysLeft: 0,
      addresses: [
        {
          address: '192.0.2.10',
          outcome: 'ok',
          tlsVersion: 'TLSv1.3',
          cipher: 'TLS_AES_256_GCM_SHA384',
          durationMs: 12,
          trusted: true,
          path: [leaf.fingerprint, middle.fingerprint, root().fingerprint],
          missing: ['PEM'],
          chain: [
            sentLeaf,
            {
              role: 'intermediate',
              subject: middle.subject,
              issuer: middle.issuer,
              serialNumber: '02',
              notBefore: middle.notBefore.toISOString(),
              notAfter: middle.notAfter.toISOString(),
              fingerprint: middle.fingerprint,
              keyType: 'ed25519',
              keyBits: null,
              signatureAlgorithm: 'ED25519',
              subjectAltNames: [],
            },
          ],
        },
        {
          address: '192.0.2.11',
          outcome: 'ok',
          tlsVersion: null,
          cipher: null,
          durationMs: 12,
          trusted: false,
          path: null,
          missing: [],
          chain: [sentLeaf],
        },
        {
          address: '192.0.2.20',
          outcome: 'timeout',
          tlsVersion: null,
          cipher: null,
          durationMs: 10_000,
          trusted: null,
          path: null,
          missing: [],
          chain: [],
        },
      ],
      findings: [{ ...withoutThreshold(bare), fingerprint }, withoutThreshold(bare)],
    });
  });

  it.each([
    [{ trusted: true }, true],
    [{ trusted: false, code: 'CERT_HAS_EXPIRED', reason: 'expired' }, false],
    [{ trusted: false, code: 'UNVERIFIED', reason: 'the handshake ended before' }, null],
  ] as const)('the verdict %j is trusted: %s', (verdict, trusted) => {
    const { addresses } = toProbeReport(
      endpoint(),
      observation({ addresses: [readAddress({ verdict })] }),
      { findings: [], daysLeft: 1 },
      'valid',
    );
    expect(addresses).toMatchObject([{ trusted }]);
  });

  function withoutThreshold({ code, severity, message, nextStep, addresses }: Omit<Finding, 'fingerprint'>) {
    return { code, severity, message, nextStep, addresses };
  }

  it.each([
    ['a name', endpoint(), 'mail.example.com'],
    ['a name asked for by another', endpoint({ serverName: 'other.example' }), 'other.example'],
    ['an IPv4 literal', endpoint({ host: '192.0.2.1', hostKind: 'ipv4' }), null],
    ['an IPv6 literal', endpoint({ host: '::1', hostKind: 'ipv6' }), null],
    [
      'a literal asked for by name',
      endpoint({ host: '192.0.2.1', hostKind: 'ipv4', serverName: 'a.example' }),
      'a.example',
    ],
  ])('the server name of %s', (_, where, serverName) => {
    expect(toProbeReport(where, observation(), { findings: [], daysLeft: 60 }, 'valid').serverName).toBe(serverName);
  });

  it('survives JSON, and days left are null where nothing was read', () => {
    const seen = observation({ addresses: [failedAddress()] });
    const assessment = assess(seen, endpoint(), profile(), NOW);
    const report = toProbeReport(endpoint(), seen, assessment, statusOf(assessment.findings, false));
    expect(report).toMatchObject({ status: 'error', daysLeft: null });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('the exit code of', () => {
  const refused = (address: string) => failedAddress({ address, outcome: 'address-refused' });
  it.each<{ title: string; addresses: readonly AddressObservation[]; code: number }>([
    { title: 'all well', addresses: [readAddress()], code: 0 },
    { title: 'information', addresses: [readAddress({ clientCertificateWanted: true })], code: 0 },
    { title: 'a warning', addresses: [readAddress({ tlsVersion: 'TLSv1' })], code: 1 },
    { title: 'a critical finding', addresses: [readAddress({ failure: { code: 'reset', detail: '' } })], code: 2 },
    { title: 'a failed connection', addresses: [failedAddress()], code: 2 },
    { title: 'one of two that fails', addresses: [readAddress(), failedAddress()], code: 1 },
    { title: 'every address refused by policy', addresses: [refused('127.0.0.1'), refused('::1')], code: 3 },
    { title: 'one refused by policy, one well', addresses: [readAddress(), refused('127.0.0.1')], code: 1 },
    { title: 'one refused by policy, one that fails', addresses: [failedAddress(), refused('127.0.0.1')], code: 2 },
    {
      title: 'one refused by policy, one without a route',
      addresses: [failedAddress({ outcome: 'no-route' }), refused('127.0.0.1')],
      code: 2,
    },
    { title: 'no route at all', addresses: [failedAddress({ outcome: 'no-route' })], code: 2 },
  ])('$title', ({ addresses, code }) => {
    expect(exitCode(assess(observation({ addresses }), endpoint(), profile(), NOW).findings)).toBe(code);
  });

  it('a name that does not resolve', () => {
    const seen = observation({ addresses: [], resolution: { outcome: 'dns-failure', detail: 'NXDOMAIN' } });
    expect(exitCode(assess(seen, endpoint(), profile(), NOW).findings)).toBe(2);
  });
});
