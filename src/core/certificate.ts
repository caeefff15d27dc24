export type SubjectAltName = { readonly type: 'dns' | 'ip' | 'uri' | 'email' | 'other'; readonly value: string };

/**
 * One X.509 certificate as plain data (RFC 5280). The DER was parsed in `probe/`; names are what the certificate says
 * and so hostile text.
 */
export interface Certificate {
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
  /** One line, most specific attribute first: `CN=mail.example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** Both ends are inclusive (RFC 5280, 4.1.2.5). */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Node's `asymmetricKeyType`: `rsa`, `ec`, `ed25519` … */
  readonly keyType: string;
  /** RSA modulus or EC field size; `undefined` where the type fixes it. */
  readonly keyBits: number | undefined;
  /** As OpenSSL names it: `sha256WithRSAEncryption`, `ecdsa-with-SHA256`, `ED25519`; the OID where it has no name. */
  readonly signatureAlgorithm: string;
  /** IP addresses in canonical text, DNS names as the certificate has them. */
  readonly subjectAltNames: readonly SubjectAltName[];
  /** Basic constraints say that it may issue. */
  readonly isCa: boolean;
  /** Subject and issuer are the same and the signature verifies with its own key. */
  readonly isSelfSigned: boolean;
  /** Where the issuer's certificate may be had (RFC 5280, 4.2.2.1): hostile URLs, unchecked. */
  readonly issuerUrls: readonly string[];
  /** Where its issuer publishes what it has revoked (RFC 5280, 4.2.1.13): hostile URLs, unchecked. */
  readonly crlUrls: readonly string[];
  /** Whom to ask by OCSP (RFC 6960, 3.1): hostile URLs, unchecked. */
  readonly ocspUrls: readonly string[];
  /** Clients are to refuse it without a stapled OCSP response (RFC 7633). */
  readonly mustStaple: boolean;
}

/** A certificate's place in what was sent, judged by the path. */
export type CertificateRole = 'leaf' | 'intermediate' | 'trust-anchor' | 'extra';

const DAY_MS = 86_400_000;

/** Days from not before to not after, with a fraction. */
export function lifetimeDays(certificate: Pick<Certificate, 'notBefore' | 'notAfter'>): number {
  return (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / DAY_MS;
}

/** The first common name, and organisation, in a name; commas and the like within a value are escaped (RFC 4514, 2.4). */
const COMMON_NAME = /^(?:(?:[^,\\]|\\.|,(?! ))*, )*?CN=((?:[^,\\]|\\.)+)/s;
const ORGANIZATION = /^(?:(?:[^,\\]|\\.|,(?! ))*, )*?O=((?:[^,\\]|\\.)+)/s;

/** The name a person knows a certificate by: its common name, else the whole subject, else its first SAN. */
export function certificateLabel(certificate: Pick<Certificate, 'subject' | 'subjectAltNames'>): string {
  const commonName = valueIn(certificate.subject, COMMON_NAME);
  return (
    commonName ??
    (certificate.subject !== '' ? certificate.subject : certificate.subjectAltNames[0]?.value) ??
    'a certificate without a name'
  );
}

/** Of a name such as `CN=R12, O=Let's Encrypt, C=US`; `undefined` where it has none. */
export function organizationIn(name: string): string | undefined {
  return valueIn(name, ORGANIZATION);
}

function valueIn(name: string, attribute: RegExp): string | undefined {
  return attribute.exec(name)?.[1]?.replace(/\\([^0-9a-f])/gi, '$1');
}
