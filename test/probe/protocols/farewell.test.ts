import { describe, expect, it } from 'vitest';
import { PROTOCOL_TOKENS } from '../../../src/core/protocol.ts';
import { farewellOf } from '../../../src/probe/protocols/farewell.ts';

const said = (protocol: (typeof PROTOCOL_TOKENS)[number]): string | undefined => {
  const farewell = farewellOf({ protocol });
  return farewell === undefined ? undefined : Buffer.from(farewell.say).toString('latin1');
};

describe('a farewell', () => {
  it.each([
    { protocols: ['smtp', 'smtps', 'lmtp', 'pop', 'pops', 'ftp', 'ftps'], says: 'QUIT\r\n' },
    { protocols: ['imap', 'imaps'], says: 'a3 LOGOUT\r\n' },
    { protocols: ['ldap', 'ldaps'], says: '0\u0005\u0002\u0001\u0002B\u0000' },
    { protocols: ['https', 'mysql', 'postgresql', 'sips', 'tls'], says: undefined },
  ] as const)('of $protocols is $says', ({ protocols, says }) => {
    expect(protocols.map(said)).toEqual(protocols.map(() => says));
  });

  it.each([
    { protocol: 'smtps', received: '220-mx be patient\r\n220-220 \r\n', isGreeted: false },
    { protocol: 'smtps', received: '220-mx\r\n220 go', isGreeted: false },
    { protocol: 'smtps', received: '220-mx\r\n220 go\r\n', isGreeted: true },
    { protocol: 'smtps', received: '220\n', isGreeted: true },
    { protocol: 'ftps', received: '220-Welcome\r\n to this\r\n', isGreeted: false },
    { protocol: 'ftps', received: '220-Welcome\r\n to this\r\n220 hi\r\n', isGreeted: true },
    { protocol: 'imaps', received: '* OK hi', isGreeted: false },
    { protocol: 'imaps', received: '* OK hi\r\n', isGreeted: true },
    { protocol: 'pops', received: '+OK hi\r\n', isGreeted: true },
  ] as const)('inside $protocol after $received: $isGreeted', ({ protocol, received, isGreeted }) => {
    expect(farewellOf({ protocol })?.afterGreeting?.test(received)).toBe(isGreeted);
  });

  it('waits for no greeting where TLS came after one, or none ever comes', () => {
    const waiting = PROTOCOL_TOKENS.filter((protocol) => farewellOf({ protocol })?.afterGreeting !== undefined);
    expect(waiting).toEqual(['smtps', 'imaps', 'pops', 'ftps']);
  });
});
