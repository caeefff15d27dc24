/** What is too weak to be relied on (design, section 4: strength). */
import type { Certificate } from './certificate.ts';

/** Below these a key can be broken or is refused by current clients (CA/Browser Forum Baseline Requirements, 6.1.5). */
const MIN_RSA_BITS = 2048;
const MIN_EC_BITS = 256;

export function hasWeakKey({ keyType, keyBits }: Pick<Certificate, 'keyType' | 'keyBits'>): boolean {
  if (keyBits === undefined) return false;
  if (keyType === 'rsa' || keyType === 'rsa-pss') return keyBits < MIN_RSA_BITS;
  return keyType === 'ec' && keyBits < MIN_EC_BITS;
}

/** MD2, MD4, MD5 and SHA-1 by OpenSSL's names: `md5WithRSAEncryption`, `ecdsa-with-SHA1`, `RSA-SHA1`. */
const WEAK_DIGEST = /md[245](?![0-9])|sha-?1(?![0-9])/i;

/** The same where only the OID is known (RFC 3279, 2.2; 1.3.14.3.2.29 is the old name of SHA-1 with RSA). */
const WEAK_OIDS = [
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.3',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
  '1.3.14.3.2.29',
];

export function hasWeakSignature({ signatureAlgorithm }: Pick<Certificate, 'signatureAlgorithm'>): boolean {
  return WEAK_DIGEST.test(signatureAlgorithm) || WEAK_OIDS.includes(signatureAlgorithm);
}

/** Below TLS 1.2, by Node's names (RFC 8996). */
export function isWeakVersion(tlsVersion: string): boolean {
  return ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1'].includes(tlsVersion);
}

/** No encryption, no authentication, export strength, RC4, single and triple DES, by OpenSSL's names (RFC 9325, 4.1). */
const WEAK_CIPHER = /(?:^|[-_])(?:NULL|ADH|AECDH|EXP[0-9]*|RC2|RC4|DES|3DES|IDEA)(?:$|[-_])/i;

export function isWeakCipher(cipher: string | undefined): boolean {
  return cipher !== undefined && WEAK_CIPHER.test(cipher);
}
