/** Whom we trust: the public CAs, the process's own, a profile's own, or the last alone. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Profile } from '../core/profile.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { CertificateReader } from './certificate-reader.ts';
import type { OwnCas } from './contexts.ts';
import { CaError, codeOf } from './errors.ts';
import { UnreadableCertificateError, nameKey } from './parse-certificate.ts';
import type { ParsedCertificate } from './parse-certificate.ts';

/** One set of trusted CAs. */
export interface TrustSet {
  /** What the handshake is told of it. */
  readonly cas: OwnCas;
  /** Those that may have issued a certificate with this issuer. */
  issuersOf(issuerName: string): readonly ParsedCertificate[];
  /** A root of this set: where a path may end. */
  isAnchor(fingerprint: string): boolean;
  /** One of the public CAs, rather than one of our own. */
  isPublic(fingerprint: string): boolean;
}

export interface TrustSets {
  /** PEM of the CAs that every set holds unless its profile says "only". */
  readonly processPem: string;
  /** @throws {CaError} if the profile's PEM holds no certificate. */
  of(trust: Profile['trust']): TrustSet;
}

export interface TrustSettings {
  /** PEM; `undefined`: the system's bundle, or Node's where there is none. */
  readonly publicCaFile: string | undefined;
  /** PEM, trusted besides the public ones. */
  readonly extraCaFile: string | undefined;
}

/** Where systems keep their bundle: Debian and Alpine, Fedora and RHEL, SUSE, then the BSDs and macOS. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** One for each profile with CAs of its own; the least used are made anew when they are needed. */
const SETS_KEPT = 64;

/** @throws {CaError} if a CA file cannot be read or holds no certificate. */
export function createTrustSets(settings: TrustSettings, reader: CertificateReader): TrustSets {
  const publicCas = readPublicCas(settings.publicCaFile, reader).cas;
  const extraCas = settings.extraCaFile === undefined ? [] : readCaFile(settings.extraCaFile, reader);
  const publicFingerprints = new Set(publicCas.map(({ certificate }) => certificate.fingerprint));
  const sets = createBoundedMap<TrustSet>(SETS_KEPT);

  return {
    processPem: pemOf([...publicCas, ...extraCas]),
    of({ extraCaPem, only }) {
      const key = createHash('sha256')
        .update(`${String(only)} ${extraCaPem ?? ''}`)
        .digest('base64');
      const known = sets.get(key);
      if (known !== undefined) return known;
      // Node takes an empty set for "the public ones".
      if (only && extraCaPem === undefined) throw new CaError('a profile that trusts its own CAs only has none');
      const own = extraCaPem === undefined ? [] : readCaPem(extraCaPem, 'the CA certificates of the profile', reader);
      const members = only ? own : [...publicCas, ...extraCas, ...own];
      const made = createTrustSet(members, { ownPem: pemOf(own), only }, publicFingerprints);
      sets.set(key, made);
      return made;
    },
  };
}

function pemOf(certificates: readonly ParsedCertificate[]): string {
  return certificates.map(({ x509 }) => x509.toString()).join('');
}

function createTrustSet(
  given: readonly ParsedCertificate[],
  cas: OwnCas,
  publicFingerprints: ReadonlySet<string>,
): TrustSet {
  const members = new Map(given.map((member) => [member.certificate.fingerprint, member]));
  const bySubject = new Map<string, ParsedCertificate[]>();
  for (const member of members.values()) {
    const key = nameKey(member.certificate.subject);
    const named = bySubject.get(key);
    if (named === undefined) bySubject.set(key, [member]);
    else named.push(member);
  }
  return {
    cas,
    issuersOf: (issuerName) => bySubject.get(nameKey(issuerName)) ?? [],
    // As OpenSSL has it: a trusted certificate that is no root helps on the way and ends none.
    isAnchor: (fingerprint) => members.get(fingerprint)?.certificate.isSelfSigned === true,
    isPublic: (fingerprint) => publicFingerprints.has(fingerprint),
  };
}

export interface PublicCas {
  /** The path of the bundle; `undefined`: Node's own. */
  readonly from: string | undefined;
  readonly cas: readonly ParsedCertificate[];
}

/**
 * @param file `undefined`: the system's bundle, or Node's where there is none.
 * @throws {CaError} if the file cannot be read or holds no certificate.
 */
export function readPublicCas(file: string | undefined, reader: CertificateReader): PublicCas {
  if (file !== undefined) return { from: file, cas: readCaFile(file, reader) };
  for (const bundle of SYSTEM_BUNDLES) {
    const members = readReadable(readIfReadable(bundle), reader);
    if (members.length > 0) return { from: bundle, cas: members };
  }
  return { from: undefined, cas: readReadable(rootCertificates.join('\n'), reader) };
}

function readIfReadable(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === '') throw error;
    return '';
  }
}

/** Of a bundle that we did not choose: what cannot be read is left out. */
export function readReadable(pem: string, reader: CertificateReader): ParsedCertificate[] {
  return pemBlocks(pem).flatMap((der) => {
    try {
      return [reader.read(der)];
    } catch (error) {
      if (!(error instanceof UnreadableCertificateError)) throw error;
      return [];
    }
  });
}

/** @throws {CaError} with the path and what is wrong. */
export function readCaFile(path: string, reader: CertificateReader): ParsedCertificate[] {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CaError(`the CA file ${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
  return readCaPem(pem, `the CA file ${path}`, reader);
}

function readCaPem(pem: string, what: string, reader: CertificateReader): ParsedCertificate[] {
  const blocks = pemBlocks(pem);
  if (blocks.length === 0) {
    throw new CaError(`${what} holds no certificate in PEM; it needs -----BEGIN CERTIFICATE----- blocks`);
  }
  return blocks.map((der, index) => {
    try {
      return reader.read(der);
    } catch (error) {
      if (!(error instanceof UnreadableCertificateError)) throw error;
      throw new CaError(`certificate ${index + 1} of ${what} cannot be read`, { cause: error });
    }
  });
}

/** The DER of each certificate in PEM (RFC 7468, 5); keys and whatever else is there are passed over. */
export function pemBlocks(pem: string): Buffer[] {
  const blocks = pem.matchAll(/-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)-----END (?:X509 )?CERTIFICATE-----/g);
  return Array.from(blocks, ([, base64 = '']) => Buffer.from(base64, 'base64'));
}
