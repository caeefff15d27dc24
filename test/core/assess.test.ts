import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assess, statusOf } from '../../src/core/assess.ts';
import type { Certificate } from '../../src/core/certificate.ts';
import { CONNECTION_CODES, SEVERITY_RANK } from '../../src/core/finding.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { AddressObservation, Observation, ReadAddress } from '../../src/core/observation.ts';
import type { Profile } from '../../src/core/profile.ts';
import {
  DAY_MS,
  NOW,
  certificate,
  endpoint,
  failedAddress,
  fingerprintOf,
  inDays,
  intermediate,
  observation,
  profile,
  readAddress,
  root,
  selfSigned,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';

const leaf = certificate();
const middle = intermediate();
const top = root();

function judge(
  addresses: readonly AddressObservation[],
  { rules = {}, where = {}, now = NOW, ...rest }: Partial<Observation> & Judged = {},
) {
  return assess(observation({ addresses, ...rest }), endpoint(where), profile(rules), now);
}

interface Judged {
  readonly rules?: Partial<Profile>;
  readonly where?: Parameters<typeof endpoint>[0];
  readonly now?: Date;
}

/** `critical expired 1f2e3d4c@192.0.2.10`. */
function shown(findings: readonly Finding[]) {
  return findings.map(
    ({ severity, code, fingerprint, addresses }) =>
      `${severity} ${code}${fingerprint === undefined ? '' : ` ${short(fingerprint)}`}${addresses.length === 0 ? '' : `@${addresses.join(',')}`}`,
  );
}

function short(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}

const idOf = (one: Certificate) => short(one.fingerprint);

it('a healthy endpoint has no findings', () => {
  expect(judge([readAddress()])).toEqual({ findings: [], daysLeft: 60, expiresAt: inDays(60) });
});

describe('expiration', () => {
  const ending = (days: number) => certificate({ notBefore: inDays(-1000), notAfter: inDays(days) });

  it.each([
    { title: 'before any threshold', days: 60.01, expected: [] },
    { title: 'at the first threshold', days: 60, expected: ['warning expiring'], threshold: 60 },
    { title: 'just above the critical one', days: 7.01, expected: ['warning expiring'], threshold: 15 },
    { title: 'at the critical one', days: 7, expected: ['critical expiring'], threshold: 7 },
    { title: 'at the last valid instant', days: 0, expected: ['critical expiring'], threshold: 7 },
    { title: 'a millisecond later', days: -1 / DAY_MS, expected: ['critical expired'], threshold: undefined },
  ])('the leaf $title', ({ days, expected, threshold }) => {
    const one = ending(days);
    const { findings } = judge([servingLeaf(one)]);
    expect(shown(findings)).toEqual(expected.map((text) => `${text} ${idOf(one)}@192.0.2.10`));
    expect(findings[0]?.thresholdDays).toBe(threshold);
  });

  it.each([
    { title: 'expired whatever the thresholds', thresholdsDays: [0], days: -1, expected: ['critical expired'] },
    { title: 'nothing else with threshold 0 alone', thresholdsDays: [0], days: 1, expected: [] },
  ])('says $title', ({ thresholdsDays, days, expected }) => {
    const one = ending(days);
    expect(shown(judge([servingLeaf(one)], { rules: { thresholdsDays } }).findings)).toEqual(
      expected.map((text) => `${text} ${idOf(one)}@192.0.2.10`),
    );
  });

  it('counts every certificate on the path, and the days of the one that ends first', () => {
    const old = intermediate({ notAfter: inDays(-2.5) });
    const soon = root({ notAfter: inDays(40) });
    const address = readAddress({ chain: [leaf, old], path: [leaf, old, soon] });
    const { findings, daysLeft, expiresAt } = judge([address]);
    expect(shown(findings)).toEqual([
      `critical expired ${idOf(old)}@192.0.2.10`,
      `warning expiring ${idOf(soon)}@192.0.2.10`,
    ]);
    expect(findings.map(({ message }) => message)).toEqual([
      "Intermediate certificate 'Example Issuing CA' on mail.example.com:25 expired on 2026-11-22 00:00 UTC, 2 days ago.",
      "Root certificate 'Example Root' on mail.example.com:25 expires on 2027-01-03 12:00 UTC: 40 days left (threshold 60 d).",
    ]);
    expect({ daysLeft, expiresAt }).toEqual({ daysLeft: -3, expiresAt: inDays(-2.5) });
  });

  it('leaves out what was sent but is not on the path', () => {
    const expiredCross = root({ issuer: 'CN=Older Root', isSelfSigned: false, notAfter: inDays(-100) });
    const address = readAddress({ chain: [leaf, middle, expiredCross] });
    expect(shown(judge([address]).findings)).toEqual([`info untidy-chain ${idOf(leaf)}@192.0.2.10`]);
  });

  it('counts the leaf alone where OpenSSL trusts by a path we do not see', () => {
    const old = intermediate({ notAfter: inDays(-1), keyType: 'rsa', keyBits: 1024 });
    expect(judge([readAddress({ chain: [leaf, old], path: undefined })])).toEqual({
      findings: [],
      daysLeft: 60,
      expiresAt: inDays(60),
    });
  });

  it('without any path names an expired intermediate that the leaf links to, but counts days by the leaf', () => {
    const old = intermediate({ notAfter: inDays(-1) });
    const stranger = intermediate({ subject: 'CN=Stranger', notAfter: inDays(-1) });
    const { findings, daysLeft } = judge([untrustedAddress('CERT_HAS_EXPIRED', [leaf, old, stranger])]);
    expect(shown(findings)).toEqual([
      `critical expired ${idOf(old)}@192.0.2.10`,
      `critical untrusted ${idOf(old)}@192.0.2.10`,
      `info untidy-chain ${idOf(leaf)}@192.0.2.10`,
    ]);
    expect(daysLeft).toBe(60);
  });

  it('without any path an intermediate that is about to expire is not told', () => {
    const soon = intermediate({ notAfter: inDays(3) });
    expect(shown(judge([untrustedAddress('UNABLE_TO_GET_ISSUER_CERT', [leaf, soon])]).findings)).toEqual([
      `critical untrusted ${idOf(soon)}@192.0.2.10`,
    ]);
  });

  it.each([
    { title: 'a millisecond before it is valid', start: 1 / DAY_MS, expected: ['critical not-yet-valid'] },
    { title: 'from its first instant', start: 0, expected: [] },
  ])('$title', ({ start, expected }) => {
    const one = certificate({ notBefore: inDays(start), notAfter: inDays(90) });
    expect(shown(judge([servingLeaf(one)]).findings)).toEqual(
      expected.map((text) => `${text} ${idOf(one)}@192.0.2.10`),
    );
  });

  it('one certificate on many addresses is one finding', () => {
    const one = ending(3);
    const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map((address) => servingLeaf(one, { address }));
    expect(shown(judge(addresses).findings)).toEqual([
      `critical expiring ${idOf(one)}@192.0.2.1,192.0.2.2,2001:db8::1`,
    ]);
  });

  it('days left are the least over all addresses', () => {
    const first = servingLeaf(ending(80), { address: '192.0.2.1' });
    const second = servingLeaf(ending(70.5), { address: '192.0.2.2' });
    expect(judge([first, second, failedAddress()])).toMatchObject({ daysLeft: 70, expiresAt: inDays(70.5) });
  });

  it('days left are unknown where no certificate was read', () => {
    expect(judge([failedAddress()])).toMatchObject({ daysLeft: undefined, expiresAt: undefined });
  });
});

describe('one rule each', () => {
  const weak = (overrides: Partial<Certificate>) => certificate(overrides);
  const md5Root = root({ signatureAlgorithm: 'md5WithRSAEncryption' });
  const sha1Middle = intermediate({ signatureAlgorithm: 'sha1WithRSAEncryption' });
  const rsa1024 = weak({ keyType: 'rsa', keyBits: 1024 });
  const own = selfSigned();
  const ownSha1 = selfSigned({ signatureAlgorithm: 'ecdsa-with-SHA1' });

  it.each<{ title: string; address: ReadAddress; where?: Judged['where']; expected: string[] }>([
    {
      title: 'name',
      address: readAddress(),
      where: { host: 'www.example.com' },
      expected: [`critical name-mismatch ${idOf(leaf)}`],
    },
    {
      title: 'name asked for by SNI',
      address: readAddress(),
      where: { host: 'www.example.com', serverName: 'mail.example.com' },
      expected: [],
    },
    {
      title: 'SIP domain by a wildcard',
      address: servingLeaf(certificate({ subjectAltNames: [{ type: 'dns', value: '*.example.com' }] })),
      where: { protocol: 'sips', port: 5061 },
      expected: [
        `critical name-mismatch ${idOf(certificate({ subjectAltNames: [{ type: 'dns', value: '*.example.com' }] }))}`,
      ],
    },
    {
      title: 'self-signed',
      address: untrustedAddress('DEPTH_ZERO_SELF_SIGNED_CERT', [own]),
      expected: [`critical self-signed ${idOf(own)}`],
    },
    {
      title: 'self-signed with SHA-1, trusted by nobody',
      address: untrustedAddress('DEPTH_ZERO_SELF_SIGNED_CERT', [ownSha1]),
      expected: [`critical self-signed ${idOf(ownSha1)}`, `warning weak-signature ${idOf(ownSha1)}`],
    },
    {
      title: 'self-signed with SHA-1, trusted by the profile',
      address: readAddress({ chain: [ownSha1], path: [ownSha1] }),
      expected: [],
    },
    {
      title: 'missing intermediate',
      address: untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [leaf], {
        missing: [{ certificate: middle, pem: 'PEM' }],
      }),
      expected: [`critical incomplete-chain ${idOf(leaf)}`],
    },
    {
      title: 'invalid chain',
      address: untrustedAddress('INVALID_CA', [leaf, middle]),
      expected: [`critical invalid-chain ${idOf(leaf)}`],
    },
    {
      title: 'untrusted up to its own root',
      address: untrustedAddress('SELF_SIGNED_CERT_IN_CHAIN', [leaf, middle, top]),
      expected: [`critical untrusted ${idOf(top)}`, `info untidy-chain ${idOf(leaf)}`],
    },
    {
      title: 'wrong order with the root',
      address: readAddress({ chain: [leaf, top, middle] }),
      expected: [`warning wrong-order ${idOf(leaf)}`, `info untidy-chain ${idOf(leaf)}`],
    },
    {
      title: 'unreadable',
      address: readAddress({ unreadable: 1 }),
      expected: [`warning certificate-unreadable ${idOf(leaf)}`],
    },
    { title: 'RSA 1024', address: servingLeaf(rsa1024), expected: [`warning weak-key ${idOf(rsa1024)}`] },
    {
      title: 'a weak key and SHA-1 further up',
      address: readAddress({ chain: [leaf, sha1Middle], path: [leaf, sha1Middle, top] }),
      expected: [`warning weak-signature ${idOf(sha1Middle)}`],
    },
    { title: 'MD5 on the trust anchor', address: readAddress({ path: [leaf, middle, md5Root] }), expected: [] },
    {
      title: 'MD5 on a sent root that nobody trusts',
      address: untrustedAddress('SELF_SIGNED_CERT_IN_CHAIN', [leaf, middle, md5Root]),
      expected: [`critical untrusted ${idOf(md5Root)}`, `info untidy-chain ${idOf(leaf)}`],
    },
    {
      title: 'TLS 1.1',
      address: readAddress({ tlsVersion: 'TLSv1.1', cipher: 'ECDHE-RSA-AES128-SHA' }),
      expected: ['warning weak-protocol'],
    },
    {
      title: 'TLS 1.2',
      address: readAddress({ tlsVersion: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256' }),
      expected: [],
    },
    {
      title: 'RC4 on TLS 1.2',
      address: readAddress({ tlsVersion: 'TLSv1.2', cipher: 'RC4-SHA' }),
      expected: ['warning weak-protocol'],
    },
    {
      title: 'read with outdated settings only',
      address: readAddress({ weakness: 'the server signs the handshake with MD5 or SHA-1' }),
      expected: ['warning weak-protocol'],
    },
    { title: 'no version agreed', address: readAddress({ tlsVersion: undefined, cipher: undefined }), expected: [] },
    {
      title: 'client certificate',
      address: readAddress({ clientCertificateWanted: true }),
      expected: ['info client-certificate-wanted'],
    },
    {
      title: 'a client certificate demanded, and the connection cut',
      address: readAddress({
        clientCertificateWanted: true,
        failure: { code: 'handshake-failed', detail: 'alert 116' },
      }),
      expected: ['info client-certificate-wanted'],
    },
    {
      title: 'a handshake that failed after the leaf',
      address: readAddress({ failure: { code: 'handshake-failed', detail: 'alert 80' } }),
      expected: ['critical handshake-failed'],
    },
  ])('$title', ({ address, where, expected }) => {
    expect(shown(judge([address], where === undefined ? {} : { where }).findings)).toEqual(
      expected.map((text) => `${text}@192.0.2.10`),
    );
  });
});

describe('connections', () => {
  const [a, b] = ['192.0.2.1', '2001:db8::1'];
  const fails = (address: string, outcome: (typeof CONNECTION_CODES)[number]) =>
    failedAddress({ address, outcome, detail: '' });

  it.each(CONNECTION_CODES.filter((code) => code !== 'no-route' && code !== 'dns-failure'))(
    '%s is critical where no address answers, else a warning',
    (code) => {
      expect(shown(judge([fails(a, code), fails(b, code)]).findings)).toEqual([`critical ${code}@${a},${b}`]);
      expect(shown(judge([readAddress({ address: a }), fails(b, code)]).findings)).toEqual([`warning ${code}@${b}`]);
    },
  );

  it.each([
    {
      title: 'different failures are all critical',
      addresses: [fails(a, 'timeout'), fails(b, 'refused')],
      expected: [`critical refused@${b}`, `critical timeout@${a}`],
    },
    {
      title: 'no route beside one that answers',
      addresses: [readAddress({ address: a }), fails(b, 'no-route')],
      expected: [`info no-route@${b}`],
    },
    {
      title: 'no route beside one that fails',
      addresses: [fails(a, 'timeout'), fails(b, 'no-route')],
      expected: [`critical timeout@${a}`, `info no-route@${b}`],
    },
    { title: 'no route at all', addresses: [fails(b, 'no-route')], expected: [`critical no-route@${b}`] },
    {
      title: 'one that fails after its leaf does not answer either',
      addresses: [readAddress({ address: a, failure: { code: 'reset', detail: '' } }), fails(b, 'timeout')],
      expected: [`critical reset@${a}`, `critical timeout@${b}`],
    },
  ])('$title', ({ addresses, expected }) => {
    expect(shown(judge(addresses).findings)).toEqual(expected);
  });

  it.each([
    { title: 'does not resolve', resolution: { outcome: 'dns-failure', detail: 'NXDOMAIN' } as const },
    { title: 'has no address', resolution: { outcome: 'ok', notProbed: 0 } as const },
  ])('a name that $title', ({ resolution }) => {
    expect(shown(judge([], { resolution }).findings)).toEqual(['critical dns-failure']);
  });

  it('addresses beyond the cap are said, as information', () => {
    const { findings } = judge([readAddress()], { resolution: { outcome: 'ok', notProbed: 8 } });
    expect(findings).toMatchObject([
      {
        code: 'addresses-capped',
        severity: 'info',
        addresses: [],
        message: 'mail.example.com has 9 addresses: the first 1 were checked, 8 were not.',
      },
    ]);
  });

  it('says each reason once, and not more than three', () => {
    const addresses = [1, 2, 3, 4, 5, 5].map((reason, index) =>
      failedAddress({ address: `192.0.2.${String(index)}`, outcome: 'reset', detail: `reason ${String(reason)}` }),
    );
    const said = (reason: number) => `mail.example.com:25 broke the connection off: reason ${String(reason)}.`;
    expect(judge(addresses).findings[0]?.message).toBe(`${said(1)} ${said(2)} ${said(3)} (and 2 more)`);
  });
});

describe('addresses that differ', () => {
  const older = certificate({ serialNumber: '01', notBefore: inDays(-80), notAfter: inDays(500) });
  const oldest = certificate({ serialNumber: '02', notBefore: inDays(-90), notAfter: inDays(500) });
  const newest = certificate({ serialNumber: '03', notBefore: inDays(-1), notAfter: inDays(500) });

  it('names those that still serve the older certificate', () => {
    const { findings } = judge([
      servingLeaf(newest, { address: '10.0.0.1' }),
      servingLeaf(newest, { address: '10.0.0.2' }),
      servingLeaf(older, { address: '10.0.0.4' }),
    ]);
    expect(findings).toEqual([
      {
        code: 'addresses-differ',
        severity: 'warning',
        message:
          "1 of 3 addresses of mail.example.com:25 (10.0.0.4) still serves the older certificate 'mail.example.com' of 2026-09-05 12:00 UTC, not the newest of 2026-11-23 12:00 UTC.",
        nextStep: 'Install the newest certificate on 10.0.0.4 too, and reload the smtp service there.',
        addresses: ['10.0.0.4'],
        fingerprint: older.fingerprint,
      },
    ]);
  });

  it('is one finding without a certificate where several are older', () => {
    const { findings } = judge([
      servingLeaf(older, { address: '10.0.0.1' }),
      servingLeaf(oldest, { address: '10.0.0.2' }),
      servingLeaf(newest, { address: '10.0.0.3' }),
      failedAddress({ address: '10.0.0.4' }),
    ]);
    expect(shown(findings)).toEqual(['warning addresses-differ@10.0.0.1,10.0.0.2', 'warning timeout@10.0.0.4']);
  });
});

describe('the profile', () => {
  const soon = certificate({ notBefore: inDays(-300), notAfter: inDays(3) });
  const address = servingLeaf(soon, { tlsVersion: 'TLSv1', unreadable: 1 });

  it.each<{ title: string; severities: Profile['severities']; expected: string[] }>([
    {
      title: 'default',
      severities: {},
      expected: ['critical expiring', 'warning certificate-unreadable', 'warning weak-protocol'],
    },
    {
      title: 'off and raised',
      severities: { 'weak-protocol': 'critical', 'certificate-unreadable': 'off' },
      expected: ['critical expiring', 'critical weak-protocol'],
    },
    {
      title: 'replaces the severity of a threshold',
      severities: { expiring: 'info', 'certificate-unreadable': 'off', 'weak-protocol': 'off' },
      expected: ['info expiring'],
    },
  ])('$title', ({ severities, expected }) => {
    expect(
      judge([address], { rules: { severities } }).findings.map(({ severity, code }) => `${severity} ${code}`),
    ).toEqual(expected);
  });

  it('replaces the severity of a connection failure too', () => {
    expect(shown(judge([failedAddress()], { rules: { severities: { timeout: 'warning' } } }).findings)).toEqual([
      'warning timeout@192.0.2.20',
    ]);
  });
});

describe('for any observation', () => {
  const days = fc.integer({ min: -400, max: 800 });
  const anyCertificate = fc
    .record({
      start: days,
      end: days,
      bits: fc.constantFrom(1024, 2048),
      isCa: fc.boolean(),
      name: fc.string({ unit: 'binary' }),
    })
    .map(({ start, end, bits, isCa, name }) =>
      certificate({
        subject: `CN=${name}`,
        notBefore: inDays(start),
        notAfter: inDays(end),
        keyType: 'rsa',
        keyBits: bits,
        isCa,
        subjectAltNames: [{ type: 'dns', value: name }],
      }),
    );
  const anyAddress: fc.Arbitrary<AddressObservation> = fc.oneof(
    fc
      .record({
        chain: fc.array(anyCertificate, { minLength: 1, maxLength: 4 }),
        hasPath: fc.boolean(),
        octet: fc.nat(255),
      })
      .map(({ chain, hasPath, octet }) =>
        hasPath
          ? readAddress({ address: `192.0.2.${String(octet)}`, chain, path: chain })
          : untrustedAddress('UNABLE_TO_GET_ISSUER_CERT', chain, { address: `192.0.2.${String(octet)}` }),
      ),
    fc
      .record({
        outcome: fc.constantFrom(...CONNECTION_CODES),
        detail: fc.string({ unit: 'binary' }),
        octet: fc.nat(255),
      })
      .map(({ outcome, detail, octet }) => failedAddress({ address: `198.51.100.${String(octet)}`, outcome, detail })),
  );
  const addresses = fc.uniqueArray(anyAddress, { minLength: 1, maxLength: 6, selector: ({ address }) => address });

  it('there is one finding a code and certificate, worst first, the same each time, in bounded and visible text', () => {
    fc.assert(
      fc.property(addresses, (some) => {
        const { findings, daysLeft } = judge(some);
        const keys = findings.map(({ code, fingerprint }) => `${code} ${fingerprint ?? ''}`);
        expect(new Set(keys).size).toBe(keys.length);
        const ranks = findings.map(({ severity }) => SEVERITY_RANK[severity]);
        expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
        const known = new Set(some.map(({ address }) => address));
        for (const { addresses: where, message, nextStep } of findings) {
          expect(where.length).toBeGreaterThan(0);
          expect(where.every((one) => known.has(one))).toBe(true);
          for (const text of [message, nextStep]) {
            expect(text).toMatch(/^\S.*\S$/su);
            expect(text.length).toBeLessThan(3000);
            expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
          }
        }
        expect(judge(some).findings).toEqual(findings);
        expect(shown(judge([...some].reverse()).findings.map((one) => ({ ...one, addresses: [] })))).toEqual(
          shown(findings.map((one) => ({ ...one, addresses: [] }))),
        );
        expect(daysLeft === undefined).toBe(some.every(({ outcome }) => outcome !== 'ok'));
      }),
    );
  });
});

describe('status, first that fits', () => {
  it.each([
    { findings: [], expected: 'valid' },
    { findings: ['warning weak-key', 'info untidy-chain'], expected: 'valid' },
    { findings: ['warning expiring'], expected: 'expiring' },
    { findings: ['critical expiring'], expected: 'expiring' },
    { findings: ['critical expiring', 'critical untrusted'], expected: 'error' },
    { findings: ['critical timeout'], expected: 'error' },
    { findings: ['critical expired', 'critical untrusted'], expected: 'expired' },
    { findings: ['warning expired'], expected: 'expired' },
    { findings: [], read: false, expected: 'pending' },
    { findings: ['info no-route'], read: false, expected: 'pending' },
    { findings: ['critical dns-failure'], read: false, expected: 'error' },
  ])('$findings, read: $read -> $expected', ({ findings, read, expected }) => {
    const some = findings.map((text) => {
      const [severity, code] = text.split(' ') as [Finding['severity'], Finding['code']];
      return { severity, code };
    });
    expect(statusOf(some, read)).toBe(expected);
  });
});

it('builders give different certificates different fingerprints', () => {
  expect(new Set([leaf, middle, top].map(({ fingerprint }) => fingerprint)).size).toBe(3);
  expect(certificate()).toEqual(leaf);
  expect(fingerprintOf('x')).toMatch(/^[0-9a-f]{64}$/);
});
