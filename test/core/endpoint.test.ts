import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { hostAndPort } from '../../src/core/monitor.ts';
import { PROTOCOL_TOKENS, defaultPort } from '../../src/core/protocol.ts';

function problemOf(host: string, protocol = 'https', options = {}) {
  const result = parseEndpoint(host, protocol, options);
  return result.ok ? result.value : result.problem;
}

describe('a host that is taken', () => {
  it.each([
    ['mail.example.com', { host: 'mail.example.com', displayHost: 'mail.example.com', hostKind: 'name', port: 443 }],
    ['mail.example.com:2500', { host: 'mail.example.com', hostKind: 'name', port: 2500 }],
    ['mail.example.com:1', { port: 1 }],
    ['mail.example.com:65535', { port: 65_535 }],
    ['MAIL.Example.COM', { host: 'mail.example.com', displayHost: 'MAIL.Example.COM' }],
    ['mail.example.com.', { host: 'mail.example.com', displayHost: 'mail.example.com' }],
    ['mail.example.com.:25', { host: 'mail.example.com', displayHost: 'mail.example.com', port: 25 }],
    ['localhost', { host: 'localhost', hostKind: 'name' }],
    ['_dmarc.my_host.example', { host: '_dmarc.my_host.example' }],
    ['r3---sn-x.example', { host: 'r3---sn-x.example' }],
    ['1und1.example', { host: '1und1.example', hostKind: 'name' }],
    [
      'müller.example',
      { host: 'xn--mller-kva.example', displayHost: 'müller.example', serverName: 'xn--mller-kva.example' },
    ],
    ['MÜLLER.example:8443', { host: 'xn--mller-kva.example', displayHost: 'MÜLLER.example', port: 8443 }],
    ['XN--MLLER-KVA.example', { host: 'xn--mller-kva.example' }],
    ['xn--a.example', { host: 'xn--a.example' }],
    ['mail。example。com', { host: 'mail.example.com' }],
    ['نامه\u200cای.example', { host: 'xn--mgba3gch31f060k.example' }],
    [
      '192.168.1.50',
      { host: '192.168.1.50', displayHost: '192.168.1.50', hostKind: 'ipv4', serverName: '192.168.1.50' },
    ],
    ['192.168.1.50:8443', { host: '192.168.1.50', hostKind: 'ipv4', port: 8443 }],
    ['0.0.0.0', { host: '0.0.0.0', hostKind: 'ipv4' }],
    [
      '2001:DB8:0:0:1:0:0:1',
      { host: '2001:db8::1:0:0:1', displayHost: '2001:db8::1:0:0:1', hostKind: 'ipv6', port: 443 },
    ],
    ['[2001:db8::1]', { host: '2001:db8::1', hostKind: 'ipv6', port: 443 }],
    ['[2001:db8::1]:636', { host: '2001:db8::1', hostKind: 'ipv6', port: 636 }],
    ['::1', { host: '::1', hostKind: 'ipv6', port: 443, serverName: '::1' }],
    ['::1:443', { host: '::1:443', hostKind: 'ipv6', port: 443 }],
    ['::', { host: '::', hostKind: 'ipv6' }],
    ['::ffff:192.0.2.1', { host: '::ffff:192.0.2.1', hostKind: 'ipv6' }],
    ['::ffff:c000:201', { host: '::ffff:192.0.2.1', hostKind: 'ipv6' }],
    [`${'a'.repeat(63)}.example`, { hostKind: 'name' }],
    [`${'a.'.repeat(126)}a`, { hostKind: 'name' }],
  ])('%s', (host, expected) => {
    const result = parseEndpoint(host, 'https');
    expect(result).toMatchObject({ ok: true, value: { protocol: 'https', direct: false, ...expected } });
  });

  it('gives the whole endpoint', () => {
    expect(parseEndpoint('db.example.com', 'Postgres', { sni: 'DB.internal.example.', direct: true })).toEqual({
      ok: true,
      value: {
        host: 'db.example.com',
        displayHost: 'db.example.com',
        hostKind: 'name',
        port: 5432,
        protocol: 'postgresql',
        serverName: 'db.internal.example',
        direct: true,
      },
    });
  });
});

describe('a host that is refused says what is wrong and the nearest right thing', () => {
  it.each([
    ['', 'no host given', 'mail.example.com'],
    ['   ', 'no host given', 'mail.example.com'],
    ['.', 'the host is only a dot', 'mail.example.com'],
    [
      ' mail.example.com',
      "' mail.example.com' has a space in it: write HOST or HOST:PORT without any",
      'mail.example.com',
    ],
    [
      'mail.example.com 2500',
      "'mail.example.com 2500' has a space in it: write HOST or HOST:PORT without any",
      'mail.example.com:2500',
    ],
    ['mail example com', "'mail example com' has a space in it: write HOST or HOST:PORT without any", undefined],
    ['mail\n.example', "'mail<U+000A>.example' has a space in it: write HOST or HOST:PORT without any", undefined],
    [
      'mail\u0000.example',
      "'mail<U+0000>.example' has invisible or control characters in it: type it anew",
      'mail.example',
    ],
    [
      'mail\u202e.example',
      "'mail<U+202E>.example' has invisible or control characters in it: type it anew",
      'mail.example',
    ],
    [
      'mail\ud800.example',
      "'mail<U+D800>.example' has invisible or control characters in it: type it anew",
      'mail.example',
    ],
    ['https://mail.example.com/x', "'https://mail.example.com/x' is a URL: give only the host", 'mail.example.com'],
    [
      'https://ann:pw@mail.example.com:8443/x?y#z',
      "'https://ann:pw@mail.example.com:8443/x?y#z' is a URL: give only the host",
      'mail.example.com:8443',
    ],
    ['ldaps://[2001:db8::1]:636', "'ldaps://[2001:db8::1]:636' is a URL: give only the host", '[2001:db8::1]:636'],
    ['https:///', "'https:///' is a URL: give only the host", undefined],
    [
      'mail.example.com/inbox',
      "'mail.example.com/inbox' has a path after the host: give only the host",
      'mail.example.com',
    ],
    ['ann@example.com', "'ann@example.com' has a user before the host: give only the host", 'example.com'],
    ['*.example.com', "'*.example.com' is a wildcard, not a host: give one name that it stands for", 'www.example.com'],
    [
      'mail..example.com',
      "'mail..example.com' has two dots with nothing between, or begins with one",
      'mail.example.com',
    ],
    ['.example.com', "'.example.com' has two dots with nothing between, or begins with one", 'example.com'],
    [
      'mail.example.com..',
      "'mail.example.com..' has two dots with nothing between, or begins with one",
      'mail.example.com',
    ],
    ['-mail.example.com', "'-mail.example.com' is not a host name: '-mail' begins or ends with a hyphen", undefined],
    ['mail-.example.com', "'mail-.example.com' is not a host name: 'mail-' begins or ends with a hyphen", undefined],
    [
      'mail!.example.com',
      "'mail!.example.com' is not a host name: it has a '!'; letters, digits, hyphens and dots are allowed",
      undefined,
    ],
    ['<b>.example.com', "'<b>.example.com' is not a host name: it has characters that no name may have", undefined],
    ['ex%41mple.com', "'ex%41mple.com' has a '%', which no host name has", undefined],
    [
      '2130706433',
      "'2130706433' is not how an IPv4 address is written: write all four numbers, in decimal",
      '127.0.0.1',
    ],
    ['0x7f.1', "'0x7f.1' is not how an IPv4 address is written: write all four numbers, in decimal", '127.0.0.1'],
    [
      '0177.0.0.1',
      "'0177.0.0.1' is not how an IPv4 address is written: write all four numbers, in decimal",
      '127.0.0.1',
    ],
    ['127.1', "'127.1' is not how an IPv4 address is written: write all four numbers, in decimal", '127.0.0.1'],
    [
      '192.0.2.1.',
      "'192.0.2.1.' is not how an IPv4 address is written: write all four numbers, in decimal",
      '192.0.2.1',
    ],
    [
      '１２７.0.0.1',
      "'１２７.0.0.1' is not how an IPv4 address is written: write all four numbers, in decimal",
      '127.0.0.1',
    ],
    [
      '256.1.1.1',
      "'256.1.1.1' is not an IPv4 address: write four numbers from 0 to 255 with dots between, such as 192.0.2.10",
      undefined,
    ],
    [
      '1.2.3.4.5',
      "'1.2.3.4.5' is not an IPv4 address: write four numbers from 0 to 255 with dots between, such as 192.0.2.10",
      undefined,
    ],
    [
      'fe80::1%eth0',
      "'fe80::1%eth0' has a zone id, which means something on one machine only: give an address without it",
      undefined,
    ],
    [
      '[fe80::1%25eth0]:443',
      "'fe80::1%25eth0' has a zone id, which means something on one machine only: give an address without it",
      undefined,
    ],
    [
      '2001:DB8::1%eth0',
      "'2001:DB8::1%eth0' has a zone id, which means something on one machine only: give an address without it",
      '2001:db8::1',
    ],
    [
      '[mail.example.com]:25',
      "'[mail.example.com]:25' has brackets round what is not an IPv6 address: leave them out",
      'mail.example.com:25',
    ],
    ['[192.0.2.1]', "'[192.0.2.1]' has brackets round what is not an IPv6 address: leave them out", '192.0.2.1'],
    [
      '[2001:db8::1',
      "'[2001:db8::1' is not how IPv6 is written with a port: write [ADDRESS]:PORT",
      '[2001:db8::1]:443',
    ],
    [
      '[2001:db8::1]443',
      "'[2001:db8::1]443' is not how IPv6 is written with a port: write [ADDRESS]:PORT",
      '[2001:db8::1]:443',
    ],
    ['[::1', "'[::1' is not how IPv6 is written with a port: write [ADDRESS]:PORT", '[::1]:443'],
    ['[::1]8443', "'[::1]8443' is not how IPv6 is written with a port: write [ADDRESS]:PORT", '[::1]:8443'],
    ['[fe::zz', "'[fe::zz' is not how IPv6 is written with a port: write [ADDRESS]:PORT", undefined],
    ['[2001:db8:::1]', "'2001:db8:::1' is not an IPv6 address", undefined],
    [
      '1:2:3:4:5:6:7:8:443',
      "'1:2:3:4:5:6:7:8:443' is not an IPv6 address; with a port it is written [ADDRESS]:PORT",
      '[1:2:3:4:5:6:7:8]:443',
    ],
    [
      '2001:db8::1:44300',
      "'2001:db8::1:44300' is not an IPv6 address; with a port it is written [ADDRESS]:PORT",
      '[2001:db8::1]:44300',
    ],
    [
      'mail.example.com:25:25',
      "'mail.example.com:25:25' is neither HOST:PORT nor an IPv6 address",
      'mail.example.com:25',
    ],
    [':', "':' has no host before the colon", undefined],
    [
      '0x7f.1:8443',
      "'0x7f.1' is not how an IPv4 address is written: write all four numbers, in decimal",
      '127.0.0.1:8443',
    ],
    ['127.1:0', "'127.1' is not how an IPv4 address is written: write all four numbers, in decimal", undefined],
    [
      '*.example.com:25',
      "'*.example.com' is a wildcard, not a host: give one name that it stands for",
      'www.example.com:25',
    ],
    [
      '[2001:db8::1%eth0]:636',
      "'2001:db8::1%eth0' has a zone id, which means something on one machine only: give an address without it",
      '[2001:db8::1]:636',
    ],
    [':443', "':443' has no host before the colon", 'mail.example.com:443'],
  ])('%j', (host, message, suggestion) => {
    expect(problemOf(host)).toEqual(suggestion === undefined ? { message } : { message, suggestion });
  });

  it.each([
    [
      'a label of 64',
      `${'a'.repeat(64)}.example`,
      /is too long: between two dots a name has at most 63 characters, this one has 64$/,
    ],
    [
      'an international label of 64',
      `${'ü'.repeat(60)}.example`,
      /is too long: between two dots a name has at most 63 characters/,
    ],
    ['a name of 254', `${'a.'.repeat(126)}aa`, /is too long: a name has at most 253 characters, this one has 254$/],
    ['a name of 255', `${'a.'.repeat(127)}a`, /is too long: a name has at most 253 characters, this one has 255$/],
    ['10 kB', 'a'.repeat(10_000), /^the host is too long: 'a{59}…' has 10000 characters, a name has at most 253$/],
    ['10 kB of brackets', '['.repeat(10_000), /^the host is too long/],
  ])('%s is too long, and quoted short', (_, host, message) => {
    const result = parseEndpoint(host, 'https');
    expect(result).toMatchObject({ ok: false, problem: { message: expect.stringMatching(message) as string } });
  });
});

describe('a port that is refused', () => {
  it.each([
    ['mail.example.com:0', 'smtp', "port '0' is not a number from 1 to 65535", 'mail.example.com:25'],
    ['mail.example.com:65536', 'smtp', "port '65536' is not a number from 1 to 65535", 'mail.example.com:25'],
    ['mail.example.com:abc', 'smtp', "port 'abc' is not a number from 1 to 65535", 'mail.example.com:25'],
    ['mail.example.com:-1', 'smtp', "port '-1' is not a number from 1 to 65535", 'mail.example.com:25'],
    ['mail.example.com:1e3', 'smtp', "port '1e3' is not a number from 1 to 65535", 'mail.example.com:25'],
    ['mail.example.com:٤٤٣', 'https', "port '٤٤٣' is not a number from 1 to 65535", 'mail.example.com:443'],
    ['mail.example.com:0443', 'smtp', "port '0443' is not a number from 1 to 65535", 'mail.example.com:443'],
    ['mail.example.com:imaps', 'tls', "port 'imaps' is not a number from 1 to 65535", 'mail.example.com:993'],
    ['mail.example.com:', 'smtp', 'there is a colon after the host but no port', 'mail.example.com:25'],
    ['[2001:db8::1]:', 'ldaps', 'there is a colon after the host but no port', '[2001:db8::1]:636'],
    ['[2001:db8::1]:99999', 'ldaps', "port '99999' is not a number from 1 to 65535", '[2001:db8::1]:636'],
    ['mail.example.com:99999', 'tls', "port '99999' is not a number from 1 to 65535", undefined],
    ['mail.example.com', 'tls', 'tls has no usual port: write HOST:PORT', 'mail.example.com:8443'],
    ['2001:db8::1', 'tls', 'tls has no usual port: write HOST:PORT', '[2001:db8::1]:8443'],
  ])('%s %s', (host, protocol, message, suggestion) => {
    expect(problemOf(host, protocol)).toEqual(suggestion === undefined ? { message } : { message, suggestion });
  });
});

describe('a protocol that is refused', () => {
  const known = `one of ${PROTOCOL_TOKENS.join(', ')}`;
  it.each([
    ['http', 'https'],
    ['HTPS', 'https'],
    ['stmp', 'smtp'],
    ['smpt', 'smtp'],
    ['imasp', 'imaps'],
    ['pop3ss', 'pops'],
    ['postgre', 'postgresql'],
    ['mariadbb', 'mysql'],
    ['ssl', 'tls'],
    ['xmpp', undefined],
    ['rdp', undefined],
    ['starttls', undefined],
    ['gopher-over-something', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
  ])('%s', (word, suggestion) => {
    const message = `unknown protocol '${word}': it is ${known}`;
    expect(problemOf('mail.example.com', word)).toEqual(
      suggestion === undefined ? { message } : { message, suggestion },
    );
  });

  it('a port in its place, and host and protocol the wrong way round, are told as such', () => {
    expect(problemOf('mail.example.com', '443')).toEqual({
      message: "'443' is a port and no protocol: write HOST:PORT and then the protocol",
    });
    expect(problemOf('smtp', 'mail.example.com:25')).toEqual({
      message: "'smtp' is a protocol and no host: the host comes first",
    });
    expect(problemOf('smtp', 'smpt')).toMatchObject({ suggestion: 'smtp' });
  });

  it('says which there are where none is given', () => {
    expect(problemOf('mail.example.com', ' ')).toEqual({ message: `no protocol given: say ${known}` });
  });

  it('quotes 10 kB short', () => {
    expect(problemOf('mail.example.com', 'x'.repeat(10_000))).toEqual({
      message: `unknown protocol '${'x'.repeat(59)}…': it is ${known}`,
    });
  });
});

describe('options', () => {
  it.each([
    ['https', { direct: true }, '--direct is for postgresql only, not for https: leave it out'],
    ['smtp', { sni: '' }, 'the server name (--sni) must be a DNS name, and it is empty'],
    ['smtp', { sni: '192.0.2.1' }, "the server name (--sni) must be a DNS name, not an IP address such as '192.0.2.1'"],
    ['smtp', { sni: '[::1]' }, "the server name (--sni) must be a DNS name, not an IP address such as '[::1]'"],
    ['smtp', { sni: 'a.example:25' }, "the server name (--sni) must be a DNS name, not 'a.example:25'"],
    [
      'smtp',
      { sni: 'https://a.example' },
      "the server name (--sni) must be a DNS name; 'https://a.example' is not one",
    ],
    ['smtp', { sni: 'a b' }, "the server name (--sni) must be a DNS name; 'a b' is not one"],
    [
      'smtp',
      { sni: '127.1' },
      "the server name (--sni) must be a DNS name: '127.1' is not how an IPv4 address is written: write all four numbers, in decimal",
    ],
    [
      'smtp',
      { sni: '-a.example' },
      "the server name (--sni) must be a DNS name: '-a.example' is not a host name: '-a' begins or ends with a hyphen",
    ],
  ])('%s %j is refused', (protocol, options, message) => {
    expect(problemOf('mail.example.com', protocol, options)).toEqual({ message });
  });

  it.each([
    ['mail.example.com', 'Other.Example.', 'other.example'],
    ['192.0.2.1', 'mail.example.com', 'mail.example.com'],
    ['mail.example.com', 'müller.example', 'xn--mller-kva.example'],
  ])('%s is asked for %s as %s', (host, sni, serverName) => {
    expect(problemOf(host, 'https', { sni })).toMatchObject({ serverName });
  });
});

describe('for any text', () => {
  const hostText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.webUrl(),
    fc.string({
      unit: fc.constantFrom('a', '1', '.', ':', '[', ']', '-', '%', '@', '/', 'ü', '*', '0', 'x'),
      maxLength: 30,
    }),
  );

  it('ends in an endpoint or a short problem whose suggestion is taken', () => {
    fc.assert(
      fc.property(hostText, fc.constantFrom(...PROTOCOL_TOKENS), (host, protocol) => {
        const result = parseEndpoint(host, protocol);
        if (result.ok) {
          expect(result.value.host).toMatch(/^[a-z0-9_.:-]+$/);
          expect(result.value.port).toBeGreaterThan(0);
          return;
        }
        expect(result.problem.message.length).toBeLessThan(300);
        expect(result.problem.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        const { suggestion } = result.problem;
        if (suggestion === undefined) return;
        const corrected = parseEndpoint(suggestion, protocol);
        // A protocol without a usual port has its own thing to say about a right host.
        if (defaultPort(protocol) !== undefined) expect(corrected).toMatchObject({ ok: true });
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what it shows', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const first = parseEndpoint(
          host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`,
          'tls',
        );
        if (!first.ok) throw new Error(first.problem.message);
        expect(parseEndpoint(hostAndPort(first.value), 'tls')).toEqual(first);
        expect(parseEndpoint(first.value.host, 'https')).toMatchObject({ ok: true, value: { host: first.value.host } });
      }),
      { numRuns: 1000 },
    );
  });
});
