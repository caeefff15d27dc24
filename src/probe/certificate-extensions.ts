/** The extensions of a certificate that certmon reads (RFC 5280, 4.2), from DER to plain values. */
import type { SubjectAltName } from '../core/certificate.ts';
import { formatIpv6 } from '../core/ip-address.ts';
import {
  DerError,
  TAG,
  contextTag,
  cursorOver,
  expectElement,
  readAll,
  readObjectIdentifier,
  readSmallInteger,
} from './der.ts';
import type { Element } from './der.ts';
import { formatName } from './distinguished-name.ts';

/** What the readers below give, with what stands where an extension is absent. */
export interface CertificateExtensions {
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly isCa: boolean;
  readonly issuerUrls: readonly string[];
  readonly crlUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  readonly mustStaple: boolean;
}

/** What a certificate says its key is for. */
export interface KeyPurposes {
  /** Absent key usage forbids nothing (RFC 5280, 6.3.3, f). */
  readonly maySignCrls: boolean;
  /** Extended key usage names it in so many words: `anyExtendedKeyUsage` is not enough (RFC 6960, 4.2.2.2). */
  readonly maySignOcsp: boolean;
}

const OID = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  extendedKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
} as const;

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const ACCESS_OCSP = '1.3.6.1.5.5.7.48.1';
const ACCESS_CA_ISSUERS = '1.3.6.1.5.5.7.48.2';

/** The TLS extension `status_request` (RFC 6066, 8), which a feature list with it makes a must (RFC 7633, 4.2.3). */
const STATUS_REQUEST = 5;

/** More URLs, or longer ones, are nobody's honest certificate. */
const MAX_URLS = 8;
const MAX_URL_LENGTH = 2048;
const MAX_FEATURES = 32;

/** @param explicit the `[3]` element of a TBSCertificate. */
export function readExtensions(explicit: Element | undefined): CertificateExtensions {
  const values = valuesOf(explicit);
  const access = values.get(OID.authorityInfoAccess);
  return {
    subjectAltNames: readOptional(values.get(OID.subjectAltName), readSubjectAltNames) ?? [],
    isCa: readOptional(values.get(OID.basicConstraints), readIsCa) ?? false,
    issuerUrls: readOptional(access, (value) => readAccessUrls(value, ACCESS_CA_ISSUERS)) ?? [],
    crlUrls: readOptional(values.get(OID.crlDistributionPoints), readCrlUrls) ?? [],
    ocspUrls: readOptional(access, (value) => readAccessUrls(value, ACCESS_OCSP)) ?? [],
    mustStaple: readOptional(values.get(OID.tlsFeature), readMustStaple) ?? false,
  };
}

/** @param explicit the `[3]` element of a TBSCertificate. */
export function readKeyPurposes(explicit: Element | undefined): KeyPurposes {
  const values = valuesOf(explicit);
  return {
    maySignCrls: readOptional(values.get(OID.keyUsage), readMaySignCrls) ?? !values.has(OID.keyUsage),
    maySignOcsp: readOptional(values.get(OID.extendedKeyUsage), readMaySignOcsp) ?? false,
  };
}

/** The value of each extension by its object identifier. */
function valuesOf(explicit: Element | undefined): Map<string, Uint8Array> {
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

/** The URLs of one access method in authority information access (RFC 5280, 4.2.2.1). */
function readAccessUrls(value: Uint8Array, wanted: string): string[] {
  const urls: string[] = [];
  for (const description of readAll(expectElement(value, TAG.sequence).content)) {
    const fields = cursorOver(description.content);
    const method = readObjectIdentifier(fields.take(TAG.objectIdentifier));
    const location = fields.takeAny();
    if (method === wanted) addUrl(urls, location);
  }
  return urls;
}

/**
 * Where a CRL for all reasons by the certificate's own issuer is (RFC 5280, 4.2.1.13). Points for some reasons only, or
 * with a CRL issuer of their own, are left out: what is there could not tell that a certificate is good.
 */
function readCrlUrls(value: Uint8Array): string[] {
  const urls: string[] = [];
  for (const point of readAll(expectElement(value, TAG.sequence).content)) {
    const fields = cursorOver(point.content);
    const name = fields.takeIf(contextTag(0, true));
    if (name !== undefined && fields.isAtEnd) for (const url of readFullName(name)) addUrl(urls, url);
  }
  return urls;
}

/** The URIs of a `DistributionPointName` in its full form; none where it is relative to the issuer. */
export function readFullName(name: Element): Element[] {
  const full = cursorOver(name.content).takeIf(contextTag(0, true));
  return full === undefined ? [] : readAll(full.content).filter(({ tag }) => tag === contextTag(6, false));
}

function addUrl(urls: string[], { tag, content }: Element): void {
  if (tag !== contextTag(6, false) || content.length > MAX_URL_LENGTH || urls.length === MAX_URLS) return;
  const url = Buffer.from(content).toString('latin1');
  // Some certificates name one place twice: to ask there again would take the turn of a spare.
  if (!urls.includes(url)) urls.push(url);
}

function readMustStaple(value: Uint8Array): boolean {
  const features = readAll(expectElement(value, TAG.sequence).content).slice(0, MAX_FEATURES);
  return features.some((feature) => feature.tag === TAG.integer && readSmallInteger(feature) === STATUS_REQUEST);
}

/** Bit 6 of key usage (RFC 5280, 4.2.1.3), behind the octet that counts unused bits. */
function readMaySignCrls(value: Uint8Array): boolean {
  const bits = expectElement(value, TAG.bitString).content;
  return ((bits[1] ?? 0) & 0x02) !== 0;
}

function readMaySignOcsp(value: Uint8Array): boolean {
  return readAll(expectElement(value, TAG.sequence).content).some(
    (purpose) => purpose.tag === TAG.objectIdentifier && readObjectIdentifier(purpose) === OCSP_SIGNING,
  );
}
