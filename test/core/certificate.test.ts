import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateLabel, lifetimeDays } from '../../src/core/certificate.ts';
import { DAY_MS, NOW, certificate, inDays } from '../helpers/builders.ts';

describe('the label of a certificate', () => {
  it.each([
    ['CN=mail.example.com', 'mail.example.com'],
    ['CN=mail.example.com, O=Example', 'mail.example.com'],
    ['O=Example, CN=mail.example.com', 'mail.example.com'],
    ['CN=first, CN=second', 'first'],
    ['CN=Example\\, Inc., O=Example', 'Example, Inc.'],
    ['CN=a\\\\, O=b', 'a\\'],
    ['CN=caf\\C3\\A9', 'caf\\C3\\A9'],
    ['CN=two words, C=DE', 'two words'],
    // What looks like a common name within another value is none.
    ['O=CN=evil, CN=real', 'real'],
    ['O=x\\, CN=evil, CN=real', 'real'],
    ['O=x\\, CN=evil', 'O=x\\, CN=evil'],
    ['O=x\\\\, CN=real', 'real'],
    ['O=a,b, CN=real', 'real'],
    ['XCN=evil', 'XCN=evil'],
    ['CN=, O=Example', 'CN=, O=Example'],
    ['O=Example', 'O=Example'],
  ])('%j is %j', (subject, label) => {
    expect(certificateLabel({ subject, subjectAltNames: [{ type: 'dns', value: 'san.example' }] })).toBe(label);
  });

  it.each([
    [[{ type: 'dns', value: 'san.example' }], 'san.example'],
    [[], 'a certificate without a name'],
  ] as const)('without a subject, %j is %j', (subjectAltNames, label) => {
    expect(certificateLabel({ subject: '', subjectAltNames })).toBe(label);
  });

  it('is never empty, and found in time whatever the subject', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('C', 'N', '=', ',', ' ', '\\', 'a', '\n'), maxLength: 300 }),
        (subject) => {
          expect(certificateLabel({ subject, subjectAltNames: [] })).not.toBe('');
        },
      ),
    );
    expect(certificateLabel({ subject: ', CN'.repeat(100_000), subjectAltNames: [] })).toHaveLength(400_000);
  });
});

it.each([
  [90, 90],
  [0.5, 0.5],
  [-1, -1],
])('a certificate valid for %d days lives %d days', (days, expected) => {
  expect(lifetimeDays({ notBefore: NOW, notAfter: inDays(days) })).toBe(expected);
});

it('a lifetime has fractions', () => {
  const notAfter = new Date(NOW.getTime() + DAY_MS - 1000);
  expect(lifetimeDays(certificate({ notBefore: NOW, notAfter }))).toBeCloseTo(0.999988, 5);
});
