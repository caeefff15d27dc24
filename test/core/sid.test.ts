import { describe, expect, it } from 'vitest';
import { SID_PREFIX, looksLikeSid, toSid } from '../../src/core/sid.ts';
import type { SidKind } from '../../src/core/sid.ts';

const UUID = '0F8FAD5B-d9cb-469f-a165-70867728950e';
const DIGITS = '0f8fad5bd9cb469fa16570867728950e';

describe.each([
  ['monitor', 'CM'],
  ['profile', 'CP'],
  ['contact-group', 'CG'],
  ['incident', 'CI'],
  ['tag-filter', 'CF'],
] as const)('a %s', (kind, prefix) => {
  it(`has a SID that begins with ${prefix}`, () => {
    expect(toSid(kind, UUID)).toBe(prefix + DIGITS);
    expect(looksLikeSid(kind, toSid(kind, UUID))).toBe(true);
  });

  it.each((Object.keys(SID_PREFIX) as SidKind[]).filter((other) => other !== kind))('is not a %s', (other) => {
    expect(looksLikeSid(other, toSid(kind, UUID))).toBe(false);
  });
});

it.each([
  ['CM0f', true],
  ['cm0F', true],
  [`CM${DIGITS}`, true],
  ['CM0', false],
  ['CM', false],
  [`CM${DIGITS}0`, false],
  ['CMxy', false],
  [' CM0f', false],
  ['CM0f\n', false],
  ['mail.example.com', false],
])('%j is the start of a monitor: %s', (text, expected) => {
  expect(looksLikeSid('monitor', text)).toBe(expected);
});
