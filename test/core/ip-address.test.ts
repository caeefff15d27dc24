import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, formatIpv6, isSameAddress, parseIpv4, parseIpv6 } from '../../src/core/ip-address.ts';

describe('IPv6 text', () => {
  // RFC 5952, 4 and 5.
  it.each([
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::192.0.2.1', '::c000:201'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatIpv6(parseIpv6(text) ?? new Uint8Array())).toBe(canonical);
  });

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '::1.2.3.256',
    '1.2.3.4::',
    '1.2.3.4:5:6:7:8:9:a',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1::',
    '1:',
    '::1:',
    ' ::1',
  ])('%j is none', (text) => {
    expect(parseIpv6(text)).toBeUndefined();
  });

  it('is taken exactly where Node takes it, but for zone ids', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', 'f', 'A', ':', ':', '.', '2', '5'), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(digits, fc.ipV6()), (text) => {
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('says the same bytes as it was read from, and the same as the URL standard', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = formatIpv6(bytes);
        expect(parseIpv6(text)).toEqual(bytes);
        if (!text.startsWith('::ffff:')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });
});

describe('IPv4 text', () => {
  it.each(['0.0.0.0', '192.0.2.1', '255.255.255.255'])('%s', (text) => {
    expect(parseIpv4(text)?.join('.')).toBe(text);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '0x1.2.3.4',
    '1.2.3.4 ',
    '+1.2.3.4',
    '1..3.4',
    '１.2.3.4',
  ])('%j is none', (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  });

  it('is taken exactly where Node takes it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4Extended(), fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '.') })),
        (text) => {
          expect(parseIpv4(text) !== undefined).toBe(isIPv4(text));
        },
      ),
    );
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['2001:DB8::1', '2001:db8:0:0::1', true],
  ['[::1]', '::1', true],
  ['::ffff:192.0.2.1', '192.0.2.1', false],
  ['::1', '::2', false],
])('%s is the same address as %s: %s', (a, b, same) => {
  const [left, right] = [addressBytes(a), addressBytes(b)];
  expect(left !== undefined && right !== undefined && isSameAddress(left, right)).toBe(same);
});
