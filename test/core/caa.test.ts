import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CA_IDENTIFIERS, caIdentifiersOf } from '../../src/core/ca-identifiers.ts';
import { caaFault, caaSubject } from '../../src/core/caa.ts';
import type { CaaRecord } from '../../src/core/caa.ts';
import { organizationIn } from '../../src/core/certificate.ts';

const LETS_ENCRYPT = "CN=R12, O=Let's Encrypt, C=US";
const DIGICERT = 'CN=GeoTrust TLS RSA CA G1, OU=www.digicert.com, O=DigiCert Inc, C=US';

/** `issue ca.example` and, with a `!`, critical. */
function records(...lines: string[]): CaaRecord[] {
  return lines.map((line) => {
    const [, critical, tag = '', value = ''] = /^(!?)(\S+) ?(.*)$/s.exec(line) ?? [];
    return { critical: critical === '!', tag, value };
  });
}

function reason(issuer: string, lines: readonly string[], isWildcard = false) {
  return caaFault({ name: 'example.com', records: records(...lines) }, { issuer }, isWildcard)?.reason;
}

const others = (...allowed: string[]) => ({ kind: 'others-only', allowed });
const NOBODY = { kind: 'nobody' };

describe('a certificate for a name', () => {
  it.each([
    { lines: ['issue letsencrypt.org'], expected: undefined },
    { lines: ['issue LetsEncrypt.ORG'], expected: undefined },
    { lines: ['ISSUE letsencrypt.org'], expected: undefined },
    { lines: ['issue  \t letsencrypt.org \t'], expected: undefined },
    { lines: ['issue letsencrypt.org; validationmethods=dns-01; accounturi=https://a.example/1'], expected: undefined },
    { lines: ['issue letsencrypt.org;%%%'], expected: undefined },
    { lines: ['issue ca.example', 'issue letsencrypt.org'], expected: undefined },
    { lines: ['issue ;', 'issue letsencrypt.org'], expected: undefined },
    { lines: ['iodef mailto:security@example.com'], expected: undefined },
    { lines: ['issuewild ;'], expected: undefined },
    { lines: ['issuemail ;', 'contactemail a@example.com'], expected: undefined },
    { lines: ['tbs Unknown'], expected: undefined },
    { lines: ['!iodef mailto:a@example.com', '!issuemail ;', '!contactphone 1', '!issuevmc ;'], expected: undefined },
    { lines: ['!issue letsencrypt.org'], expected: undefined },
    { lines: ['issue digicert.com'], expected: others('digicert.com') },
    { lines: ['issue b.example', 'issue a.example', 'issue B.example'], expected: others('a.example', 'b.example') },
    { lines: ['issue ;', 'issue digicert.com'], expected: others('digicert.com') },
    { lines: ['issue digicert.com', 'issuewild letsencrypt.org'], expected: others('digicert.com') },
    { lines: ['issue notletsencrypt.org'], expected: others('notletsencrypt.org') },
    { lines: ['issue letsencrypt.org.evil.example'], expected: others('letsencrypt.org.evil.example') },
    { lines: ['issue ;'], expected: NOBODY },
    { lines: ['issue'], expected: NOBODY },
    { lines: ['issue ; policy=ev'], expected: NOBODY },
    { lines: ['issue %%%%%'], expected: NOBODY },
    { lines: ['issue letsencrypt.org digicert.com'], expected: NOBODY },
    { lines: ['issue letsencrypt.org,digicert.com'], expected: NOBODY },
    { lines: ['!tbs Unknown'], expected: { kind: 'unknown-tag', tag: 'tbs' } },
    { lines: ['!tbs Unknown', 'issue letsencrypt.org'], expected: { kind: 'unknown-tag', tag: 'tbs' } },
  ])('with $lines: $expected', ({ lines, expected }) => {
    expect(reason(LETS_ENCRYPT, lines)).toEqual(expected);
  });
});

describe('a wildcard certificate', () => {
  it.each([
    { lines: ['issue letsencrypt.org'], expected: undefined, tag: undefined },
    { lines: ['issue ;', 'issuewild letsencrypt.org'], expected: undefined, tag: undefined },
    { lines: ['issue ;'], expected: NOBODY, tag: 'issue' },
    { lines: ['issue letsencrypt.org', 'issuewild ;'], expected: NOBODY, tag: 'issuewild' },
    { lines: ['issue letsencrypt.org', 'IssueWild a.example'], expected: others('a.example'), tag: 'issuewild' },
    { lines: ['issuewild ;', 'issuewild letsencrypt.org'], expected: undefined, tag: undefined },
  ])('with $lines: $expected', ({ lines, expected, tag }) => {
    const fault = caaFault({ name: 'example.com', records: records(...lines) }, { issuer: LETS_ENCRYPT }, true);
    expect([fault?.reason, fault?.tag]).toEqual([expected, tag]);
  });
});

describe('the name that CAA is asked for', () => {
  const subject = (names: readonly string[], serverName: string, type: 'dns' | 'uri' = 'dns') =>
    caaSubject({ subjectAltNames: names.map((value) => ({ type, value })) }, serverName);

  it.each([
    { names: ['mail.example.com'], expected: { domain: 'mail.example.com', isWildcard: false } },
    { names: ['MAIL.Example.com'], expected: { domain: 'mail.example.com', isWildcard: false } },
    { names: ['*.example.com'], expected: { domain: 'example.com', isWildcard: true } },
    { names: ['*.example.com', 'mail.example.com'], expected: { domain: 'mail.example.com', isWildcard: false } },
    { names: ['*.example.com', 'example.com'], expected: { domain: 'example.com', isWildcard: true } },
    { names: ['other.example.com', '*.mail.example.com'], expected: undefined },
    { names: [], expected: undefined },
  ])('by the SANs $names: $expected', ({ names, expected }) => {
    expect(subject(names, 'mail.example.com')).toEqual(expected);
    expect(subject(names, 'Mail.Example.COM.')).toEqual(expected);
  });

  it.each(['192.0.2.1', '2001:db8::1'])('is none for the address %s', (address) => {
    expect(caaSubject({ subjectAltNames: [{ type: 'ip', value: address }] }, address)).toBeUndefined();
    expect(subject([address], address)).toBeUndefined();
  });

  it('is none where only a URI is certified', () => {
    expect(subject(['sip:mail.example.com'], 'mail.example.com', 'uri')).toBeUndefined();
  });
});

describe('the CA', () => {
  it.each([
    { issuer: DIGICERT, allows: ['digicert.com', 'geotrust.com', 'amazon.com'], first: 'digicert.com' },
    { issuer: 'CN=E, O=DigiCert\\, Inc., C=US', allows: ['www.digicert.com'], first: 'digicert.com' },
    { issuer: 'CN=ZeroSSL RSA DV, O=ZeroSSL, C=AT', allows: ['sectigo.com'], first: 'sectigo.com' },
    { issuer: 'CN=S, O=Sectigo Limited, C=GB', allows: ['comodoca.com', 'entrust.net'], first: 'sectigo.com' },
    { issuer: 'CN=WR2, O=google trust services, C=US', allows: ['pki.goog'], first: 'pki.goog' },
  ])('of $issuer answers to any of its names', ({ issuer, allows, first }) => {
    for (const one of allows) expect(reason(issuer, [`issue ${one}`])).toBeUndefined();
    expect(caaFault({ name: 'a', records: records('issue x.example') }, { issuer }, false)?.identifier).toBe(first);
  });

  it.each(['CN=Our CA, O=Our Company', "CN=Let's Encrypt", '', "O=x\\, O=Let's Encrypt"])(
    '%j is unknown, and nothing is said',
    (issuer) => {
      expect(reason(issuer, ['issue ;'])).toBeUndefined();
      expect(reason(issuer, ['!tbs x'])).toBeUndefined();
    },
  );

  it.each([
    ["CN=R12, O=Let's Encrypt, C=US", "Let's Encrypt"],
    ['O=DigiCert\\, Inc., C=US', 'DigiCert, Inc.'],
    ['CN=O=evil, O=real', 'real'],
    ['OU=no, CO=no', undefined],
  ])('the organisation in %j is %j', (name, organization) => {
    expect(organizationIn(name)).toBe(organization);
  });

  it('has a source, names in lower case, and is in one row only', () => {
    const organizations = CA_IDENTIFIERS.flatMap((row) => row.organizations.map((one) => one.toLowerCase()));
    expect(organizations).toEqual([...new Set(organizations)]);
    for (const {
      organizations: [first = ''],
      identifiers,
      source,
    } of CA_IDENTIFIERS) {
      expect(source.length).toBeGreaterThan(4);
      expect(caIdentifiersOf(first)).toBe(identifiers);
      for (const one of identifiers) expect(one).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      expect(new Set(identifiers).size).toBe(identifiers.length);
      for (const one of identifiers)
        expect(reason(`O=${first.replaceAll(',', '\\,')}`, [`issue ${one}`])).toBeUndefined();
    }
  });
});

it('whatever DNS says is judged, in time, and never against a CA that is named', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '-', '.', ';', ' ', '\t', '\0', 'é'), maxLength: 400 });
  const record = fc.record({
    critical: fc.boolean(),
    tag: fc.constantFrom('issue', 'issuewild', 'iodef'),
    value: text,
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.boolean(), (given, isWildcard) => {
      const set = { name: 'example.com', records: given };
      expect(['others-only', 'nobody', undefined]).toContain(
        caaFault(set, { issuer: LETS_ENCRYPT }, isWildcard)?.reason.kind,
      );
      const named = records('issue letsencrypt.org', 'issuewild letsencrypt.org');
      expect(caaFault({ ...set, records: [...given, ...named] }, { issuer: LETS_ENCRYPT }, isWildcard)).toBeUndefined();
    }),
  );
});
