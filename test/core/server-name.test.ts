import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubjectAltName } from '../../src/core/certificate.ts';
import { covers } from '../../src/core/server-name.ts';

const TYPES = { DNS: 'dns', IP: 'ip', URI: 'uri', email: 'email', other: 'other' } as const;

/** `DNS:a.example` and the like. */
function withSans(...sans: string[]): { subjectAltNames: SubjectAltName[] } {
  return {
    subjectAltNames: sans.map((san) => {
      const colon = san.indexOf(':');
      return { type: TYPES[san.slice(0, colon) as keyof typeof TYPES], value: san.slice(colon + 1) };
    }),
  };
}

describe('DNS names and IP addresses (RFC 9525)', () => {
  it.each([
    // names
    [['DNS:mail.example.com'], 'mail.example.com', true],
    [['DNS:a.example', 'DNS:mail.example.com'], 'mail.example.com', true],
    [['DNS:MAIL.Example.com'], 'mail.example.com', true],
    [['DNS:mail.example.com'], 'MAIL.example.COM', true],
    [['DNS:mail.example.com.'], 'mail.example.com', true],
    [['DNS:mail.example.com'], 'mail.example.com.', true],
    [['DNS:mail.example.com..'], 'mail.example.com', false],
    [['DNS:example.com'], 'mail.example.com', false],
    [['DNS:mail.example.com'], 'example.com', false],
    [['DNS:mail.example.com.evil.example'], 'mail.example.com', false],
    [['DNS:xmail.example.com'], 'mail.example.com', false],
    [['DNS:my_host.example.com'], 'my_host.example.com', true],
    [['DNS:localhost'], 'localhost', true],
    [[], 'mail.example.com', false],
    [['email:mail.example.com', 'other:mail.example.com', 'URI:mail.example.com'], 'mail.example.com', false],
    // wildcards: the whole left-most label, exactly one (6.3)
    [['DNS:*.example.com'], 'mail.example.com', true],
    [['DNS:*.EXAMPLE.com.'], 'mail.example.com', true],
    [['DNS:*.example.com'], 'xn--mller-kva.example.com', true],
    [['DNS:*.example.com'], 'example.com', false],
    [['DNS:*.example.com'], 'a.b.example.com', false],
    [['DNS:*.example.com'], '.example.com', false],
    [['DNS:*.example.com'], '*.example.com', false],
    [['DNS:m*.example.com'], 'mail.example.com', false],
    [['DNS:*l.example.com'], 'mail.example.com', false],
    [['DNS:m*l.example.com'], 'mail.example.com', false],
    [['DNS:xn--*.example.com'], 'xn--mller-kva.example.com', false],
    [['DNS:**.example.com'], 'mail.example.com', false],
    [['DNS:*.*.com'], 'mail.example.com', false],
    [['DNS:mail.*.com'], 'mail.example.com', false],
    [['DNS:*'], 'localhost', false],
    [['DNS:*.'], 'localhost', false],
    // international names are compared as A-labels
    [['DNS:xn--mller-kva.example'], 'xn--mller-kva.example', true],
    [['DNS:XN--MLLER-KVA.example'], 'xn--mller-kva.example', true],
    [['DNS:müller.example'], 'xn--mller-kva.example', false],
    // hostile names
    [['DNS:mail.example.com\u0000.evil.example'], 'mail.example.com', false],
    [['DNS:mail.example.com\u0000'], 'mail.example.com', false],
    [['DNS:mail.example.com\n'], 'mail.example.com', false],
    [['DNS:mail .example.com'], 'mail .example.com', false],
    [['DNS:\u212Aelvin.example'], 'kelvin.example', false],
    [['DNS:'], '', false],
    [['DNS:.'], '', false],
    [['DNS:*.example.com\u0000.evil.example'], 'mail.example.com', false],
    // IP addresses, by bytes (6.5)
    [['IP:192.0.2.1'], '192.0.2.1', true],
    [['IP:192.0.2.2'], '192.0.2.1', false],
    [['IP:2001:DB8:0:0:0:0:0:1'], '2001:db8::1', true],
    [['IP:2001:db8::1'], '[2001:db8::1]', true],
    [['IP:::ffff:192.0.2.1'], '192.0.2.1', false],
    [['IP:192.0.2.1'], '::ffff:192.0.2.1', false],
    [['IP:::ffff:c000:201'], '::ffff:192.0.2.1', true],
    [['DNS:192.0.2.1'], '192.0.2.1', false],
    [['DNS:*.0.2.1'], '192.0.2.1', false],
    [['URI:sip:192.0.2.1'], '192.0.2.1', false],
    [['IP:mail.example.com'], 'mail.example.com', false],
    [['IP:not an address'], '192.0.2.1', false],
  ])('%j covers %j: %s', (sans, serverName, expected) => {
    expect(covers(withSans(...sans), serverName)).toBe(expected);
  });

  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);

  it('a wildcard covers exactly the names with one label in its place', () => {
    fc.assert(
      fc.property(
        fc.array(label, { minLength: 1, maxLength: 3 }),
        fc.array(label, { minLength: 1, maxLength: 5 }),
        (suffix, name) => {
          // Names that are all digits and dots are addresses.
          fc.pre(!/^[0-9.]+$/.test(name.join('.')));
          const expected = name.length === suffix.length + 1 && name.slice(1).join('.') === suffix.join('.');
          expect(covers(withSans(`DNS:*.${suffix.join('.')}`), name.join('.'))).toBe(expected);
          expect(covers(withSans(`DNS:*.${name.slice(1).join('.')}`), name.join('.'))).toBe(name.length > 1);
        },
      ),
    );
  });

  it('never throws, and covers a host only by a name of the same length or a wildcard', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const isCovered = covers(withSans(`DNS:${value}`), 'mail.example.com');
        expect(isCovered).toBe(/^(?:mail|\*)\.example\.com\.?$/i.test(value));
      }),
      { examples: [['mail.example.com'], ['*.Example.com.']] },
    );
  });
});

describe('SIP domains (RFC 5922)', () => {
  it.each([
    [['URI:sip:example.com'], 'example.com', true],
    [['URI:SIP:EXAMPLE.com'], 'example.com', true],
    [['URI:sip:example.com:5061;transport=tls'], 'example.com', true],
    [['URI:sip:example.com;lr'], 'example.com', true],
    [['URI:sip:other.example', 'URI:sip:example.com'], 'example.com', true],
    [['URI:sip:other.example', 'DNS:example.com'], 'example.com', false],
    [['DNS:example.com'], 'example.com', true],
    [['DNS:*.example.com'], 'sip.example.com', false],
    [['URI:sip:*.example.com'], 'sip.example.com', false],
    [['URI:sips:example.com'], 'example.com', false],
    [['URI:sips:other.example', 'DNS:example.com'], 'example.com', true],
    [['URI:https://other.example/', 'DNS:example.com'], 'example.com', true],
    [['URI:sip:ann@example.com'], 'example.com', false],
    [['URI:sip:ann@other.example', 'DNS:example.com'], 'example.com', true],
    [['URI:sip:example.com\u0000.evil.example'], 'example.com', false],
    [['URI:sip:'], 'example.com', false],
    [['IP:192.0.2.1'], '192.0.2.1', true],
    [['URI:sip:192.0.2.1'], '192.0.2.1', false],
  ])('%j covers %j: %s', (sans, serverName, expected) => {
    expect(covers(withSans(...sans), serverName, 'sip')).toBe(expected);
  });

  it('a SIP URI does not count for other services', () => {
    expect(covers(withSans('URI:sip:example.com'), 'example.com', 'dns')).toBe(false);
  });
});
