import { createBoundedMap } from './bounded-map.ts';
import { fingerprintOf, parseCertificate } from './parse-certificate.ts';
import type { ParsedCertificate } from './parse-certificate.ts';

/** Reads certificates, and keeps those read last: the same intermediates come with every probe. */
export interface CertificateReader {
  /** @throws {UnreadableCertificateError} */
  read(der: Uint8Array): ParsedCertificate;
  /** One that was read and is still kept. */
  find(fingerprint: string): ParsedCertificate | undefined;
  /** Whether `issuer` is what `child` names as its issuer, may issue, and its key verifies the signature. */
  isIssued(child: ParsedCertificate, issuer: ParsedCertificate): boolean;
}

/** Some 10 KB each, OpenSSL's side included. */
const CERTIFICATES_KEPT = 1000;
/** Ten times an honest certificate. One of 10,000 names takes megabytes once it is read: it is read anew each time. */
const LARGEST_KEPT_BYTES = 16 * 1024;
const LINKS_KEPT = 4000;

export function createCertificateReader(): CertificateReader {
  const certificates = createBoundedMap<ParsedCertificate>(CERTIFICATES_KEPT);
  const links = createBoundedMap<boolean>(LINKS_KEPT);
  return {
    read(der) {
      const fingerprint = fingerprintOf(der);
      const known = certificates.get(fingerprint);
      if (known !== undefined) return known;
      const parsed = parseCertificate(der);
      if (der.length <= LARGEST_KEPT_BYTES) certificates.set(fingerprint, parsed);
      return parsed;
    },
    find: (fingerprint) => certificates.get(fingerprint),
    isIssued(child, issuer) {
      const key = `${child.certificate.fingerprint} ${issuer.certificate.fingerprint}`;
      const known = links.get(key);
      if (known !== undefined) return known;
      const verified = verify(child, issuer);
      links.set(key, verified);
      return verified;
    },
  };
}

function verify(child: ParsedCertificate, issuer: ParsedCertificate): boolean {
  // A root of version 1 has no basic constraints and vouches for itself all the same.
  if (!issuer.certificate.isCa && !issuer.certificate.isSelfSigned) return false;
  try {
    return child.x509.checkIssued(issuer.x509) && child.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key of an algorithm that this OpenSSL does not know verifies nothing.
    return false;
  }
}
