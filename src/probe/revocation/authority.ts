/** A CA certificate as the one that vouches: what CRLs and OCSP responses are checked against. */
import { createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readKeyPurposes } from '../certificate-extensions.ts';
import type { KeyPurposes } from '../certificate-extensions.ts';
import { TAG, contextTag, cursorOver, expectElement } from '../der.ts';
import { formatName } from '../distinguished-name.ts';
import { UnreadableCertificateError, nameKey } from '../parse-certificate.ts';
import type { ParsedCertificate } from '../parse-certificate.ts';

export interface Authority {
  /** The same for certificates of one name and key, such as cross-signs: they vouch for the same. */
  readonly id: string;
  /** The subject in DER. */
  readonly name: Uint8Array;
  readonly key: KeyObject;
  /** The key as the certificate has it, without its algorithm: what OCSP's key hash is over (RFC 6960, 4.1.1). */
  readonly keyBits: Uint8Array;
  readonly purposes: KeyPurposes;
}

/** @throws {UnreadableCertificateError} where this OpenSSL does not know the key's algorithm. */
export function readAuthority({ der, x509 }: ParsedCertificate): Authority {
  const body = cursorOver(cursorOver(expectElement(der, TAG.sequence).content).take(TAG.sequence).content);
  body.takeIf(contextTag(0, true)); // version
  body.take(TAG.integer); // serial number
  body.take(TAG.sequence); // signature algorithm
  body.take(TAG.sequence); // issuer
  body.take(TAG.sequence); // validity
  const name = body.take(TAG.sequence).whole;
  const publicKeyInfo = body.take(TAG.sequence);
  body.takeIf(contextTag(1, false)); // unique identifiers, which nobody uses
  body.takeIf(contextTag(2, false));
  const purposes = readKeyPurposes(body.takeIf(contextTag(3, true)));
  const keyFields = cursorOver(publicKeyInfo.content);
  keyFields.take(TAG.sequence);
  return {
    id: createHash('sha256').update(name).update(publicKeyInfo.whole).digest('base64'),
    name,
    key: keyOf(x509),
    keyBits: keyFields.take(TAG.bitString).content.subarray(1),
    purposes,
  };
}

function keyOf(x509: ParsedCertificate['x509']): KeyObject {
  try {
    return x509.publicKey;
  } catch (error) {
    throw new UnreadableCertificateError('a key of an unknown algorithm', { cause: error });
  }
}

/** Whether two names in DER are the same, but for case and spaces (RFC 5280, 7.1). Signatures are what binds. */
export function isSameName(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0 || keyOfName(a) === keyOfName(b);
}

function keyOfName(name: Uint8Array): string {
  return nameKey(formatName(expectElement(name, TAG.sequence).content));
}
