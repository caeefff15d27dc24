/**
 * DER to a `Certificate` (RFC 5280, 4.1). OpenSSL, through `node:crypto`, judges keys and signatures; what it keeps to
 * itself on Node 20 (the signature algorithm) or gives as text that a peer can forge (names) is read from the DER.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Certificate, SubjectAltName } from '../core/certificate.ts';
import { formatIpv6 } from '../core/ip-address.ts';
import { AppError } from '../core/errors.ts';
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

/** More URLs, or longer ones, are nobody's honest certificate. */
const MAX_ISSUER_URLS = 8;
const MAX_URL_LENGTH = 2048;

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
  const outer = cursorOver(expectElement(der, TAG.sequence).content);
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
    subjectAltNames: readOptional(extensions.get('2.5.29.17'), readSubjectAltNames) ?? [],
    isCa: readOptional(extensions.get('2.5.29.19'), readIsCa) ?? false,
    isSelfSigned: nameKey(subject) === nameKey(issuer) && verifies(x509, key),
    issuerUrls: readOptional(extensions.get('1.3.6.1.5.5.7.1.1'), readIssuerUrls) ?? [],
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

/** Both forms with seconds and in UTC; two digits of a year are 1950 to 2049 (RFC 5280, 4.1.2.5). */
function readTime({ tag, content }: Element): Date {
  const text = Buffer.from(content).toString('latin1');
  const digits = tag === TAG.utcTime ? /^(\d\d)(\d{10})Z$/.exec(text) : /^(\d{4})(\d{10})Z$/.exec(text);
  if (digits === null || (tag !== TAG.utcTime && tag !== TAG.generalizedTime))
    throw new DerError('a time that is none');
  const given = Number(digits[1]);
  const year = tag === TAG.utcTime ? given + (given < 50 ? 2000 : 1900) : given;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (digits[2] ?? '').match(/\d\d/g)?.map(Number) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // 31 February, or 25 o'clock, would have moved on.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour) {
    throw new DerError('a time that is none');
  }
  return date;
}

/** The value of each extension by its object identifier. */
function readExtensions(explicit: Element | undefined): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  if (explicit === undefined) return values;
  for (const extension of readAll(expectElement(explicit.content, TAG.sequence).content)) {
    const fields = cursorOver(extension.content);
    const identifier = readObjectIdentifier(fields.take(TAG.objectIdentifier));
    fields.takeIf(TAG.boolean); // critical
    values.set(identifier, fields.take(TAG.octetString).content);
  }
  return values;
}

/** A broken extension counts as absent, as it does for the clients that then find no name, no CA and no URL. */
function readOptional<T>(value: Uint8Array | undefined, read: (value: Uint8Array) => T): T | undefined {
  if (value === undefined) return undefined;
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}

function readIsCa(value: Uint8Array): boolean {
  const flag = cursorOver(expectElement(value, TAG.sequence).content).takeIf(TAG.boolean);
  return flag !== undefined && flag.content[0] !== 0;
}

function readSubjectAltNames(value: Uint8Array): SubjectAltName[] {
  return readAll(expectElement(value, TAG.sequence).content).map(readGeneralName);
}

/** RFC 5280, 4.2.1.6. Text stays byte for byte what it was, NUL included, so that nothing matches by accident. */
function readGeneralName({ tag, content, whole }: Element): SubjectAltName {
  const bytes = Buffer.from(content);
  switch (tag) {
    case contextTag(1, false):
      return { type: 'email', value: bytes.toString('latin1') };
    case contextTag(2, false):
      return { type: 'dns', value: bytes.toString('latin1') };
    case contextTag(6, false):
      return { type: 'uri', value: bytes.toString('latin1') };
    case contextTag(7, false):
      if (bytes.length === 4) return { type: 'ip', value: bytes.join('.') };
      if (bytes.length === 16) return { type: 'ip', value: formatIpv6(bytes) };
      return { type: 'other', value: bytes.toString('hex') };
    case contextTag(4, true):
      return { type: 'other', value: formatName(expectElement(content, TAG.sequence).content) };
    default:
      return { type: 'other', value: Buffer.from(whole).toString('hex') };
  }
}

/** `caIssuers` of authority information access (RFC 5280, 4.2.2.1). */
function readIssuerUrls(value: Uint8Array): string[] {
  const urls: string[] = [];
  for (const description of readAll(expectElement(value, TAG.sequence).content)) {
    const fields = cursorOver(description.content);
    const method = readObjectIdentifier(fields.take(TAG.objectIdentifier));
    const location = fields.takeAny();
    if (method !== '1.3.6.1.5.5.7.48.2' || location.tag !== contextTag(6, false)) continue;
    if (location.content.length <= MAX_URL_LENGTH) urls.push(Buffer.from(location.content).toString('latin1'));
    if (urls.length === MAX_ISSUER_URLS) break;
  }
  return urls;
}
