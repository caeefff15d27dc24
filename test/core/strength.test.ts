import { describe, expect, it } from 'vitest';
import { hasWeakKey, hasWeakSignature, isWeakCipher, isWeakVersion } from '../../src/core/strength.ts';

it.each([
  ['rsa', 1024, true],
  ['rsa', 2047, true],
  ['rsa', 2048, false],
  ['rsa-pss', 1024, true],
  ['ec', 224, true],
  ['ec', 255, true],
  ['ec', 256, false],
  ['ec', 521, false],
  ['ed25519', undefined, false],
  ['rsa', undefined, false],
])('a key of type %s with %s bits is weak: %s', (keyType, keyBits, weak) => {
  expect(hasWeakKey({ keyType, keyBits })).toBe(weak);
});

describe.each([
  [
    true,
    [
      'md5WithRSAEncryption',
      'sha1WithRSAEncryption',
      'ecdsa-with-SHA1',
      'dsaWithSHA1',
      'RSA-SHA1',
      'RSA-MD4',
      '1.2.840.113549.1.1.5',
      '1.2.840.10045.4.1',
    ],
  ],
  [
    false,
    [
      'sha256WithRSAEncryption',
      'ecdsa-with-SHA256',
      'ecdsa-with-SHA512',
      'ED25519',
      'rsassaPss',
      'RSA-SHA512',
      'sha512WithRSAEncryption',
      '1.2.840.113549.1.1.11',
      '1.2.840.113549.1.1.50',
    ],
  ],
])('a signature is weak: %s', (weak, names) => {
  it.each(names)('%s', (signatureAlgorithm) => {
    expect(hasWeakSignature({ signatureAlgorithm })).toBe(weak);
  });
});

it.each([
  ['SSLv3', true],
  ['TLSv1', true],
  ['TLSv1.1', true],
  ['TLSv1.2', false],
  ['TLSv1.3', false],
])('%s is weak: %s', (version, weak) => {
  expect(isWeakVersion(version)).toBe(weak);
});

it.each([
  ['RC4-SHA', true],
  ['ECDHE-RSA-RC4-SHA', true],
  ['DES-CBC3-SHA', true],
  ['ECDHE-RSA-DES-CBC3-SHA', true],
  ['NULL-SHA256', true],
  ['ECDHE-ECDSA-NULL-SHA', true],
  ['ADH-AES256-GCM-SHA384', true],
  ['AECDH-AES128-SHA', true],
  ['EXP-RC4-MD5', true],
  ['EXP1024-DES-CBC-SHA', true],
  ['IDEA-CBC-SHA', true],
  ['TLS_AES_256_GCM_SHA384', false],
  ['TLS_CHACHA20_POLY1305_SHA256', false],
  ['ECDHE-RSA-AES128-GCM-SHA256', false],
  ['AES128-SHA', false],
  ['DHE-RSA-CAMELLIA256-SHA', false],
  [undefined, false],
])('the cipher %s is weak: %s', (cipher, weak) => {
  expect(isWeakCipher(cipher)).toBe(weak);
});
