import { describe, expect, it } from 'vitest';
import { ADDRESS_REFUSALS } from '../../src/core/connection-text.ts';
import { nextStepOf, sentenceOf, whereText } from '../../src/core/finding-text.ts';
import { CONNECTION_CODES, DEFAULT_SEVERITY } from '../../src/core/finding.ts';
import type { FindingCode } from '../../src/core/finding.ts';
import type { Sighting } from '../../src/core/sighting.ts';
import type { PendingChange } from '../../src/core/served.ts';
import {
  HOUR_MS,
  NOW,
  certificate,
  endpoint,
  inDays,
  intermediate,
  revocation,
  root,
  selfSigned,
} from '../helpers/builders.ts';

const leaf = certificate();
const middle = intermediate();
const top = root();
const where = { endpoint: endpoint(), now: NOW };
const caa = {
  name: 'example.com',
  tag: 'issue',
  isWildcard: false,
  organization: 'DigiCert Inc',
  identifier: 'digicert.com',
} as const;

function said(sighting: Sighting, place = where) {
  return [sentenceOf(sighting, place), nextStepOf(sighting, place)];
}

describe('what a finding says', () => {
  it.each([
    [3.9, '3 days left'],
    [1.5, '1 day left'],
    [0.9, 'less than a day left'],
    [0, 'less than a day left'],
  ])('expiring %d days ahead: %s', (days, left) => {
    const sighting = {
      code: 'expiring',
      certificate: certificate({ notAfter: inDays(days) }),
      role: 'leaf',
      threshold: { thresholdDays: 7, scaledMs: 168 * HOUR_MS, severity: 'critical' },
    } as const;
    expect(said(sighting)[0]).toContain(`: ${left} (threshold 7 d).`);
  });

  it.each<{ sighting: Sighting; says: [string, string] }>([
    {
      sighting: { code: 'expired', certificate: certificate({ notAfter: inDays(-4) }), role: 'leaf' },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 expired on 2026-11-20 12:00 UTC, 4 days ago.",
        'Renew the certificate now, install it with its full chain on mail.example.com:25, and reload the smtp service.',
      ],
    },
    {
      sighting: { code: 'expired', certificate: intermediate({ notAfter: inDays(-0.25) }), role: 'intermediate' },
      says: [
        "Intermediate certificate 'Example Issuing CA' on mail.example.com:25 expired on 2026-11-24 06:00 UTC, less than a day ago.",
        "Get the current chain from the CA, put it in place of 'Example Issuing CA' in the chain file of mail.example.com:25, and reload the smtp service.",
      ],
    },
    {
      sighting: {
        code: 'expiring',
        certificate: certificate({ notAfter: inDays(3.2) }),
        role: 'leaf',
        threshold: { thresholdDays: 7, scaledMs: 75.6 * HOUR_MS, severity: 'critical' },
      },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 expires on 2026-11-27 16:48 UTC: 3 days left (threshold 7 d, scaled to 3.1 d).",
        'Renew the certificate, install it with its full chain on mail.example.com:25, and reload the smtp service; where renewal is automatic, find out why it has not run.',
      ],
    },
    {
      sighting: {
        code: 'expiring',
        certificate: intermediate({ notAfter: inDays(20) }),
        role: 'intermediate',
        threshold: { thresholdDays: 30, scaledMs: 720 * HOUR_MS, severity: 'warning' },
      },
      says: [
        "Intermediate certificate 'Example Issuing CA' on mail.example.com:25 expires on 2026-12-14 12:00 UTC: 20 days left (threshold 30 d).",
        "Ask the CA for the chain that takes over from 'Example Issuing CA', install it on mail.example.com:25 before that date, and reload the smtp service.",
      ],
    },
    {
      sighting: { code: 'not-yet-valid', certificate: certificate({ notBefore: inDays(1) }), role: 'leaf' },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 is not valid before 2026-11-25 12:00 UTC.",
        'Put the previous certificate back on mail.example.com:25 until then, or check the clock of the machine that issued the new one.',
      ],
    },
    {
      sighting: { code: 'self-signed', certificate: selfSigned() },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 is self-signed: no CA vouches for it, and clients refuse it.",
        'Install a certificate from a CA that the clients trust on mail.example.com:25; if this one is meant to be, the operator can add it to the file that CERTMON_EXTRA_CA_FILE names.',
      ],
    },
    {
      sighting: { code: 'untrusted', certificate: middle },
      says: [
        "The chain of mail.example.com:25 ends at 'Example Issuing CA', whose issuer 'Example Root' is not among the trusted CAs.",
        'If it is your own CA, the operator can add its root to the file that CERTMON_EXTRA_CA_FILE names; if not, install a certificate from a public CA on mail.example.com:25.',
      ],
    },
    {
      sighting: { code: 'untrusted', certificate: top },
      says: [
        "The chain of mail.example.com:25 ends at the root 'Example Root', which is not among the trusted CAs.",
        'If it is your own CA, the operator can add its root to the file that CERTMON_EXTRA_CA_FILE names; if not, install a certificate from a public CA on mail.example.com:25.',
      ],
    },
    {
      sighting: { code: 'incomplete-chain', certificate: leaf, missing: [{ certificate: middle, pem: 'PEM' }] },
      says: [
        "mail.example.com:25 does not send the intermediate certificate 'Example Issuing CA' between 'mail.example.com' and a trusted CA: browsers often hide this by fetching it themselves, mail servers, apps and scripts fail.",
        "Install the full chain file (often called fullchain.pem: the leaf first, then 'Example Issuing CA') on mail.example.com:25, and reload the smtp service.",
      ],
    },
    {
      sighting: { code: 'incomplete-chain', certificate: leaf, missing: [] },
      says: [
        "mail.example.com:25 does not send the intermediate certificate 'Example Issuing CA', which issued 'mail.example.com': browsers often hide this by fetching it themselves, mail servers, apps and scripts fail.",
        "Install the full chain file (often called fullchain.pem: the leaf first, then 'Example Issuing CA') on mail.example.com:25, and reload the smtp service.",
      ],
    },
    {
      sighting: { code: 'wrong-order', certificate: leaf, right: [leaf, middle, top] },
      says: [
        "mail.example.com:25 sends its certificates in the wrong order: some clients cannot follow them from 'mail.example.com' to the root.",
        "Put the chain file of mail.example.com:25 in this order: 'mail.example.com', then 'Example Issuing CA', then 'Example Root'; then reload the smtp service.",
      ],
    },
    {
      sighting: {
        code: 'untidy-chain',
        certificate: leaf,
        untidiness: { duplicates: [leaf], extras: [middle], roots: [top] },
      },
      says: [
        "mail.example.com:25 sends more than clients need: the root 'Example Root'; 'mail.example.com' more than once; 'Example Issuing CA', which is not part of the chain.",
        'Take them out of the chain file of mail.example.com:25 when you next touch it: clients work, but every handshake carries the ballast.',
      ],
    },
    {
      sighting: { code: 'certificate-unreadable', certificate: leaf, count: 2 },
      says: [
        "mail.example.com:25 sends 2 certificates that cannot be read beside 'mail.example.com'.",
        'Look for a damaged or foreign block in the chain file of mail.example.com:25 (openssl crl2pkcs7 -nocrl -certfile FILE | openssl pkcs7 -print_certs shows them), replace it, and reload the smtp service.',
      ],
    },
    {
      sighting: { code: 'weak-key', certificate: certificate({ keyType: 'rsa', keyBits: 1024 }), role: 'leaf' },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 has an RSA key of 1024 bits: fewer than 2048 bits can be broken.",
        'Make a new key (RSA with 2048 bits or EC P-256), have a certificate issued for it, install both on mail.example.com:25, and reload the smtp service.',
      ],
    },
    {
      sighting: {
        code: 'weak-signature',
        certificate: intermediate({ signatureAlgorithm: 'sha1WithRSAEncryption' }),
        role: 'intermediate',
      },
      says: [
        "Intermediate certificate 'Example Issuing CA' on mail.example.com:25 is signed with sha1WithRSAEncryption, which can be forged: current clients refuse it.",
        'Have the chain of mail.example.com:25 issued anew with SHA-256, install it, and reload the smtp service.',
      ],
    },
    {
      sighting: {
        code: 'lifetime-too-long',
        certificate: certificate({
          notBefore: new Date('2025-12-01T00:00:00Z'),
          notAfter: new Date('2027-01-03T00:00:00Z'),
        }),
        broken: { issuedFrom: new Date('2020-09-01T00:00:00Z'), mostDays: 398 },
      },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 is valid for 399 days (a begun day counts in full), and a public CA may give at most 398 to one issued from 2020-09-01 on.",
        'Ask the CA for a new certificate of at most 200 days, install it on mail.example.com:25, and reload the smtp service: some clients refuse one that lives longer than the rules allow.',
      ],
    },
    {
      sighting: {
        code: 'caa-mismatch',
        certificate: leaf,
        fault: { ...caa, reason: { kind: 'others-only', allowed: ['letsencrypt.org', 'pki.goog'] } },
      },
      says: [
        "The CAA records of example.com let only letsencrypt.org, pki.goog issue certificates, but 'DigiCert Inc' issued leaf certificate 'mail.example.com' on mail.example.com:25.",
        'If the certificate is meant to be, add the CAA record 0 issue "digicert.com" to example.com before the next renewal, which the CA must refuse until then; if nobody ordered it, ask the CA to revoke it.',
      ],
    },
    {
      sighting: {
        code: 'caa-mismatch',
        certificate: leaf,
        fault: { ...caa, tag: 'issuewild', isWildcard: true, reason: { kind: 'nobody' } },
      },
      says: [
        "The CAA records of example.com let no CA issue wildcard certificates, but 'DigiCert Inc' issued leaf certificate 'mail.example.com' on mail.example.com:25.",
        'If the certificate is meant to be, add the CAA record 0 issuewild "digicert.com" to example.com before the next renewal, which the CA must refuse until then; if nobody ordered it, ask the CA to revoke it.',
      ],
    },
    {
      sighting: {
        code: 'caa-mismatch',
        certificate: leaf,
        fault: { ...caa, reason: { kind: 'unknown-tag', tag: 'tbs' } },
      },
      says: [
        "The CAA records of example.com have the critical tag 'tbs', which CAs do not know: none may issue certificates, but 'DigiCert Inc' issued leaf certificate 'mail.example.com' on mail.example.com:25.",
        "Correct or remove the CAA record with the tag 'tbs' of example.com before the next renewal, which every CA must refuse until then.",
      ],
    },
    {
      sighting: {
        code: 'revoked',
        certificate: leaf,
        role: 'leaf',
        revocation: revocation({ reason: 'keyCompromise' }),
      },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 was revoked by its CA on 2026-11-23 12:00 UTC (keyCompromise): clients that look refuse it.",
        'Make a new key, have a certificate issued for it, install both on mail.example.com:25, and reload the smtp service; the old key is known to others.',
      ],
    },
    {
      sighting: { code: 'revoked', certificate: intermediate(), role: 'intermediate', revocation: revocation() },
      says: [
        "Intermediate certificate 'Example Issuing CA' on mail.example.com:25 was revoked by its CA on 2026-11-23 12:00 UTC: clients that look refuse it.",
        'Have the certificate of mail.example.com:25 issued anew with a chain that does without it, install both, and reload the smtp service.',
      ],
    },
    {
      sighting: {
        code: 'revocation-unknown',
        certificate: leaf,
        role: 'leaf',
        revocation: revocation({ status: 'unknown', detail: 'http://ca.example/1.crl: it answered 404' }),
      },
      says: [
        "Whether 'mail.example.com' (leaf) on mail.example.com:25 is revoked could not be found out: http://ca.example/1.crl: it answered 404.",
        'Nothing needs to be done on the server: if it stays so, see that certmon may reach that URL by plain HTTP (CERTMON_EGRESS_ALLOW for private addresses), or tell the CA.',
      ],
    },
    {
      sighting: { code: 'staple-missing', certificate: leaf, isUnusable: true },
      says: [
        "Leaf certificate 'mail.example.com' on mail.example.com:25 demands a stapled OCSP response (must-staple), and the one that came cannot be relied on: clients that obey refuse it.",
        'Switch on OCSP stapling on mail.example.com:25 (nginx: ssl_stapling, Apache: SSLUseStapling) and see that it reaches the responder; or have a certificate issued without must-staple.',
      ],
    },
    {
      sighting: { code: 'weak-protocol', tlsVersion: 'TLSv1', cipher: 'AES128-SHA', weakness: undefined },
      says: [
        'mail.example.com:25 offers nothing better than TLS 1.0 with the cipher AES128-SHA: current clients refuse it.',
        'Enable TLS 1.2 and 1.3 with current ciphers, curves and signatures on mail.example.com:25, and reload the smtp service; if its software cannot, update it.',
      ],
    },
    {
      sighting: {
        code: 'weak-protocol',
        tlsVersion: 'TLSv1.2',
        cipher: 'AES128-SHA',
        weakness: 'the server signs the handshake with MD5 or SHA-1',
      },
      says: [
        'mail.example.com:25 can be reached with outdated settings only: the server signs the handshake with MD5 or SHA-1.',
        'Enable TLS 1.2 and 1.3 with current ciphers, curves and signatures on mail.example.com:25, and reload the smtp service; if its software cannot, update it.',
      ],
    },
    {
      sighting: { code: 'refused', detail: 'ECONNREFUSED', afterLeaf: false },
      says: [
        'mail.example.com:25 refuses connections: ECONNREFUSED.',
        'Check that the smtp service runs and listens on mail.example.com:25, and that no firewall rejects this machine.',
      ],
    },
    {
      sighting: { code: 'handshake-failed', detail: '', afterLeaf: true },
      says: [
        'The TLS handshake with mail.example.com:25 failed after it had sent its certificate.',
        'Check the certificate, key, TLS versions and ciphers of the smtp service on mail.example.com:25, and that the port speaks smtp.',
      ],
    },
  ])('$sighting.code', ({ sighting, says }) => {
    expect(said(sighting)).toEqual(says);
  });

  it.each([
    {
      title: 'several names',
      sans: ['a', 'b', 'c', 'd', 'e'].map((one) => ({ type: 'dns' as const, value: `${one}.example` })),
      where: {},
      message:
        "Leaf certificate 'mail.example.com' on mail.example.com:25 is for a.example, b.example, c.example and 2 more, not for mail.example.com.",
      remedy: /lists mail\.example\.com as a SAN, or let the server choose/,
    },
    {
      title: 'no names',
      sans: [],
      where: {},
      message:
        "Leaf certificate 'mail.example.com' on mail.example.com:25 is for no name at all (it has no SAN of a host, and a common name does not count), not for mail.example.com.",
      remedy: /lists mail\.example\.com as a SAN/,
    },
    {
      title: 'an IP address',
      sans: [{ type: 'dns' as const, value: 'mail.example.com' }],
      where: { host: '2001:db8::1', hostKind: 'ipv6' as const },
      message: "Leaf certificate 'mail.example.com' on [2001:db8::1]:25 is for mail.example.com, not for 2001:db8::1.",
      remedy: /lists the IP address 2001:db8::1 as a SAN/,
    },
    {
      title: 'a SIP domain',
      sans: [{ type: 'uri' as const, value: 'sip:other.example' }],
      where: { protocol: 'sips' as const, port: 5061 },
      message:
        "Leaf certificate 'mail.example.com' on mail.example.com:5061 is for sip:other.example, not for mail.example.com.",
      remedy: /SAN URI:sip:mail\.example\.com/,
    },
  ])('name-mismatch with $title', ({ sans, where: place, message, remedy }) => {
    const [sentence, step] = said(
      { code: 'name-mismatch', certificate: certificate({ subjectAltNames: sans }) },
      { endpoint: endpoint(place), now: NOW },
    );
    expect(sentence).toBe(message);
    expect(step).toMatch(remedy);
  });

  it.each([
    ['unsuitable certificate purpose', /serverAuth/],
    ['permitted subtree violation', /name constraints allow/],
    ['path length constraint exceeded', /whose path length allows/],
    ['invalid CA certificate', /CA:TRUE/],
    ['PATH_LENGTH_EXCEEDED', /whose path length allows/],
    ['CA signature digest algorithm too weak', /SHA-256/],
    ['EE certificate key too weak', /2048 bits/],
    ['key usage does not include certificate signing', /CA:TRUE/],
    ['unable to decode issuer public key', /Install the chain that the CA hands out/],
    ['certificate signature failure', /Install the chain that the CA hands out/],
  ])('invalid-chain because of %j', (reason, remedy) => {
    const [sentence, step] = said({ code: 'invalid-chain', certificate: leaf, reason });
    expect(sentence).toBe(`The chain of mail.example.com:25 from 'mail.example.com' upwards is invalid: ${reason}.`);
    expect(step).toMatch(remedy);
  });

  it('hostile text is cut and made visible', () => {
    const hostile = certificate({
      subject: `CN=\u202e${'x'.repeat(100_000)}\r\n<!channel>`,
      subjectAltNames: Array.from({ length: 1000 }, () => ({ type: 'dns' as const, value: '\u001b[31m'.repeat(1000) })),
    });
    const sightings: Sighting[] = [
      { code: 'name-mismatch', certificate: hostile },
      { code: 'wrong-order', certificate: hostile, right: Array.from({ length: 100 }, () => hostile) },
      {
        code: 'untidy-chain',
        certificate: hostile,
        untidiness: { duplicates: Array.from({ length: 100 }, () => hostile), extras: [], roots: [] },
      },
      { code: 'invalid-chain', certificate: hostile, reason: '\u0007'.repeat(100_000) },
      { code: 'reset', detail: 'banner\u0000'.repeat(100_000), afterLeaf: false },
      ...(['others-only', 'nobody', 'unknown-tag'] as const).map((kind): Sighting => {
        const allowed = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
        const reason = { kind, tag: '\u202e'.repeat(10_000), allowed };
        return { code: 'caa-mismatch', certificate: leaf, fault: { ...caa, name: 'x'.repeat(10_000), reason } };
      }),
    ];
    for (const text of sightings.flatMap((sighting) => said(sighting))) {
      expect(text.length).toBeLessThan(1500);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

it('every code has both sentences, each one sentence', () => {
  const about = { certificate: leaf, role: 'leaf' } as const;
  const changed: PendingChange = {
    from: 'a',
    to: 'b',
    at: NOW,
    difference: { issuer: { from: 'R11 (LE)', to: 'Evil CA' }, namesLost: ['a.example.com'], key: undefined },
  };
  const others: Sighting[] = [
    { code: 'expired', ...about },
    { code: 'expiring', ...about, threshold: { thresholdDays: 7, scaledMs: HOUR_MS, severity: 'critical' } },
    { code: 'not-yet-valid', ...about },
    { code: 'name-mismatch', certificate: leaf },
    { code: 'self-signed', certificate: leaf },
    { code: 'untrusted', certificate: leaf },
    { code: 'incomplete-chain', certificate: leaf, missing: [] },
    { code: 'invalid-chain', certificate: leaf, reason: 'bad' },
    { code: 'wrong-order', certificate: leaf, right: [leaf] },
    { code: 'untidy-chain', certificate: leaf, untidiness: { duplicates: [leaf], extras: [], roots: [] } },
    { code: 'certificate-unreadable', certificate: leaf, count: 1 },
    { code: 'weak-key', ...about },
    { code: 'weak-signature', ...about },
    { code: 'revoked', ...about, revocation: revocation() },
    { code: 'revocation-unknown', ...about, revocation: revocation({ status: 'unknown' }) },
    { code: 'staple-missing', certificate: leaf, isUnusable: false },
    { code: 'weak-protocol', tlsVersion: 'TLSv1.1', cipher: undefined, weakness: undefined },
    { code: 'lifetime-too-long', certificate: leaf, broken: { issuedFrom: NOW, mostDays: 200 } },
    { code: 'caa-mismatch', certificate: leaf, fault: { ...caa, reason: { kind: 'nobody' } } },
    { code: 'client-certificate-wanted' },
    { code: 'addresses-capped', probed: 32, notProbed: 1 },
    { code: 'addresses-differ', certificate: leaf, newest: leaf, older: ['192.0.2.1'], total: 2, inTurn: [] },
    {
      code: 'addresses-differ',
      certificate: leaf,
      newest: leaf,
      older: ['192.0.2.1'],
      total: 1,
      inTurn: ['192.0.2.1'],
    },
    { code: 'certificate-changed', certificate: leaf, change: undefined },
    { code: 'certificate-changed', certificate: undefined, change: changed },
    { code: 'not-checked', since: NOW, intervalMs: 3_600_000 },
  ];
  const all: Sighting[] = [...others, ...CONNECTION_CODES.map((code) => ({ code, detail: 'why', afterLeaf: false }))];
  expect([...new Set(all.map(({ code }) => code))].sort()).toEqual(
    (Object.keys(DEFAULT_SEVERITY) as FindingCode[]).sort(),
  );
  for (const sighting of all) {
    for (const text of said(sighting)) expect(text).toMatch(/^[A-Za-z0-9].*[^.]\.$/);
  }
});

describe('what a finding says of the way there', () => {
  it.each([
    {
      code: 'refused',
      detail: 'the connection was refused: nothing listens on this port',
      says: 'mail.example.com:25 refuses connections: nothing listens on this port.',
    },
    {
      code: 'tls-not-offered',
      detail: 'the server does not offer STARTTLS',
      says: 'mail.example.com:25 does not offer STARTTLS.',
    },
    {
      code: 'tls-not-offered',
      detail: "the server offers STARTTLS but refused it: '502'",
      says: "mail.example.com:25 offers STARTTLS but refused it: '502'.",
    },
    {
      code: 'temporarily-refused',
      detail: "the server sent us away: '* BYE'",
      says: "mail.example.com:25 sent us away: '* BYE'.",
    },
    {
      code: 'reset',
      detail: 'the server closed the connection before TLS',
      says: 'mail.example.com:25 closed the connection before TLS.',
    },
    {
      code: 'timeout',
      detail: 'no answer within 10 s (greeting)',
      says: 'mail.example.com:25 did not answer within 10 s (greeting).',
    },
  ] as const)('$code: $detail is said once', ({ code, detail, says }) => {
    expect(said({ code, detail, afterLeaf: false })[0]).toBe(says);
  });

  it.each([
    {
      detail: ADDRESS_REFUSALS.loopback,
      named: /DNS records .* CERTMON_EGRESS_ALLOW\.$/,
      literal: /CERTMON_EGRESS_ALLOW\.$/,
    },
    {
      detail: ADDRESS_REFUSALS.private,
      named: /DNS records .* CERTMON_EGRESS_ALLOW\.$/,
      literal: /CERTMON_EGRESS_ALLOW\.$/,
    },
    {
      detail: ADDRESS_REFUSALS.denied,
      named: /DNS records .* CERTMON_EGRESS_DENY\.$/,
      literal: /CERTMON_EGRESS_DENY\.$/,
    },
    {
      detail: 'metadata addresses are never connected to',
      named: /^Correct the DNS records of mail\.example\.com: no setting/,
      literal: /^Monitor the service at another address: no setting/,
    },
  ])('an address refused since $detail: only steps that can be taken', ({ detail, named, literal }) => {
    const sighting = { code: 'address-refused', detail, afterLeaf: false } as const;
    const ip = { endpoint: endpoint({ host: '192.0.2.1', displayHost: '192.0.2.1', hostKind: 'ipv4' }), now: NOW };
    expect(said(sighting)[1]).toMatch(named);
    expect(said(sighting, ip)[1]).toMatch(literal);
    expect(said(sighting, ip)[1]).not.toContain('DNS');
  });
});

it.each([
  { code: 'expired', addresses: ['192.0.2.2'], total: 2, says: '192.0.2.2 (1 of 2 addresses)' },
  {
    code: 'refused',
    addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'],
    total: 9,
    says: '192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more (5 of 9 addresses)',
  },
  { code: 'expired', addresses: ['192.0.2.2'], total: 1, says: undefined },
  { code: 'dns-failure', addresses: [], total: 0, says: undefined },
  { code: 'addresses-differ', addresses: ['192.0.2.2'], total: 2, says: undefined },
] as const)('where $code is, of $total addresses: $says', ({ code, addresses, total, says }) => {
  expect(whereText({ code, addresses }, total)).toBe(says);
});
