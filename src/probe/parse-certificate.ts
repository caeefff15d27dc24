/**
 * DER to a `Certificate` (RFC 5280, 4.1). OpenSSL, through `node:crypto`, judges keys and signatures; what it keeps to
 * itself on Node 20 (the signature algorithm) or gives as text that a peer can forge (names) is read from the DER.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../core/certificate.ts';
import { AppError } from '../core/errors.ts';
import { readTime } from './asn1-time.ts';
import { readExtensions } from './certificate-extensions.ts';
import { DerError, TAG, contextTag, cursorOver, expectElement, readAll, readObjectIdentifier } from './der.ts';
import type { Element } from './der.ts';
import { formatName } from './distinguished-name.ts';
import { KEY_ALGORITHMS, SIGNATURE_ALGORITHMS, curveBits } from './algorithms.ts';

export interface ParsedCertificate {
  readonly certificate: Certificate;
  readonly x509: X509Certificate;
  readonly der: Buffer;
}

/** A certificate that no parser of ours can read: hostile or broken, and no reason to leave the others unread. */
export class UnreadableCertificateError extends AppError {
  readonly code = 'unreadable-certificate';
}

/** @throws {UnreadableCertificateError} */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const bytes = Buffer.from(der);
  try {
    const x509 = new X509Certificate(bytes);
    return { certificate: toCertificate(bytes, x509), x509, der: bytes };
  } catch (error) {
    // OpenSSL's errors have no class of their own, and what it says of a broken certificate is all the same to us.
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnreadableCertificateError(`a certificate cannot be read: ${reason}`, { cause: error });
  }
}

function toCertificate(der: Buffer, x509: X509Certificate): Certificate {
  const whole = expectElement(der, TAG.sequence);
  // OpenSSL's parser passes over what follows, and its handshake refuses it.
  if (whole.whole.length !== der.length) throw new DerError('bytes behind the certificate');
  const outer = cursorOver(whole.content);
  const body = cursorOver(outer.take(TAG.sequence).content);
  const algorithm = readAlgorithm(outer.take(TAG.sequence));

  body.takeIf(contextTag(0, true)); // version
  const serialNumber = formatSerial(body.take(TAG.integer).content);
  body.take(TAG.sequence); // the signature algorithm again
  const issuer = formatName(body.take(TAG.sequence).content);
  const [notBefore, notAfter] = readValidity(body.take(TAG.sequence));
  const subject = formatName(body.take(TAG.sequence).content);
  const publicKeyInfo = body.take(TAG.sequence);
  body.takeIf(contextTag(1, false)); // unique identifiers, which nobody uses
  body.takeIf(contextTag(2, false));
  const extensions = readExtensions(body.takeIf(contextTag(3, true)));

  const key = publicKeyOf(x509);
  return {
    fingerprint: fingerprintOf(der),
    subject,
    issuer,
    serialNumber,
    notBefore,
    notAfter,
    keyType: key?.asymmetricKeyType ?? keyTypeOf(publicKeyInfo),
    keyBits: key === undefined ? undefined : keyBits(key),
    signatureAlgorithm: SIGNATURE_ALGORITHMS[algorithm] ?? algorithm,
    isSelfSigned: nameKey(subject) === nameKey(issuer) && verifies(x509, key),
    ...extensions,
  };
}

export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Equal for names that differ in case or spaces only (RFC 5280, 7.1): a first sieve, OpenSSL compares in earnest. */
export function nameKey(name: string): string {
  return name.toLowerCase().replace(/\s+/g, ' ');
}

/** An algorithm that this OpenSSL does not know is no fault of the certificate. */
function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}

function verifies(x509: X509Certificate, key: KeyObject | undefined): boolean {
  try {
    return key !== undefined && x509.verify(key);
  } catch {
    return false;
  }
}

function keyBits(key: KeyObject): number | undefined {
  const details = key.asymmetricKeyDetails;
  return details?.modulusLength ?? curveBits(details?.namedCurve);
}

function keyTypeOf(publicKeyInfo: Element): string {
  const identifier = readAlgorithm(cursorOver(publicKeyInfo.content).take(TAG.sequence));
  return KEY_ALGORITHMS[identifier] ?? identifier;
}

function readAlgorithm(algorithm: Element): string {
  return readObjectIdentifier(expectElement(algorithm.content, TAG.objectIdentifier));
}

/** Two's complement, shown as the octets are: a leading zero octet only keeps the number positive. */
function formatSerial(content: Uint8Array): string {
  const octets = content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  return Buffer.from(octets).toString('hex');
}

function readValidity(validity: Element): [Date, Date] {
  const [notBefore, notAfter] = readAll(validity.content);
  if (notBefore === undefined || notAfter === undefined) throw new DerError('a validity without an end');
  return [readTime(notBefore), readTime(notAfter)];
}
