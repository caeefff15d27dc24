import { describe, expect, it } from 'vitest';
import { PROTOCOLS, PROTOCOL_TOKENS, defaultPort, findProtocol } from '../../src/core/protocol.ts';

/** Design, section 3. */
const TABLE = [
  ['https', [], 443, 'dns'],
  ['smtps', [], 465, 'dns'],
  ['smtp', ['smtp-starttls'], 25, 'dns'],
  ['imaps', [], 993, 'dns'],
  ['imap', ['imap-starttls'], 143, 'dns'],
  ['pops', ['pop3s'], 995, 'dns'],
  ['pop', ['pop3', 'pop-starttls'], 110, 'dns'],
  ['lmtp', ['lmtp-starttls'], 24, 'dns'],
  ['ftps', [], 990, 'dns'],
  ['ftp', ['ftp-starttls'], 21, 'dns'],
  ['ldaps', [], 636, 'dns'],
  ['ldap', ['ldap-starttls'], 389, 'dns'],
  ['mysql', ['mariadb'], 3306, 'dns'],
  ['postgresql', ['postgres'], 5432, 'dns'],
  ['sips', [], 5061, 'sip'],
  ['tls', [], undefined, 'dns'],
] as const;

it('the table has these protocols and no others', () => {
  expect(PROTOCOL_TOKENS).toEqual(TABLE.map(([token]) => token));
});

describe.each(TABLE)('%s', (token, aliases, port, identity) => {
  it('has its port, aliases and identity rule', () => {
    expect(defaultPort(token)).toBe(port);
    expect(PROTOCOLS[token]).toEqual({ aliases, port, identity });
  });

  it.each([token, token.toUpperCase(), ...aliases, ...aliases.map((alias) => alias.toUpperCase())])(
    'is meant by %s',
    (word) => {
      expect(findProtocol(word)).toBe(token);
    },
  );
});

it('no word means two protocols', () => {
  const words = PROTOCOL_TOKENS.flatMap((token) => [token, ...PROTOCOLS[token].aliases]);
  expect(new Set(words).size).toBe(words.length);
});

it.each(['', ' https', 'http', 'ssl', 'https:', 'toString', '__proto__', 'constructor'])('%j means none', (word) => {
  expect(findProtocol(word)).toBeUndefined();
});
