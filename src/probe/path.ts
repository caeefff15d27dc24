/**
 * The path from leaf to trust anchor, for dates and display: issuer links with verified signatures, over what was sent
 * and what is trusted. OpenSSL tells whether the chain is trusted but not by which way, and Node's own answer
 * (`getPeerCertificate(true)`) ends in the wrong root where a cross-sign was sent.
 *
 * Limits: name constraints, path lengths and key usages beyond "may issue" are left to OpenSSL's verdict.
 */
import type { CertificateReader } from './certificate-reader.ts';
import { nameKey } from './parse-certificate.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import type { TrustSet } from './trust.ts';

/** Ten intermediates are the most that anybody was seen to send. */
const MAX_LENGTH = 16;
/** Links followed in all: cross-signs in a circle make more ways than anyone can walk. */
const MAX_STEPS = 512;

/** Leaf first, anchor last; `undefined` where no way leads to an anchor. A way that is valid now is preferred. */
export function findPath(
  leaf: ParsedCertificate,
  others: readonly ParsedCertificate[],
  trust: TrustSet,
  reader: CertificateReader,
  now: Date,
): readonly ParsedCertificate[] | undefined {
  const bySubject = new Map<string, ParsedCertificate[]>();
  for (const other of others) {
    const key = nameKey(other.certificate.subject);
    const named = bySubject.get(key);
    if (named === undefined) bySubject.set(key, [other]);
    else named.push(other);
  }

  const walk = (accepts: (issuer: ParsedCertificate) => boolean): readonly ParsedCertificate[] | undefined => {
    let steps = 0;
    const extend = (path: readonly ParsedCertificate[]): readonly ParsedCertificate[] | undefined => {
      const last = path.at(-1);
      if (last === undefined) return undefined;
      if (trust.isAnchor(last.certificate.fingerprint)) return path;
      if (path.length === MAX_LENGTH) return undefined;
      const { issuer } = last.certificate;
      for (const candidate of [...trust.issuersOf(issuer), ...(bySubject.get(nameKey(issuer)) ?? [])]) {
        steps += 1;
        if (steps > MAX_STEPS) return undefined;
        const isOnPath = path.some((one) => one.certificate.fingerprint === candidate.certificate.fingerprint);
        if (isOnPath || !accepts(candidate) || !reader.isIssued(last, candidate)) continue;
        const found = extend([...path, candidate]);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return extend([leaf]);
  };

  return walk((issuer) => isValidAt(issuer, now)) ?? walk(() => true);
}

export function isValidAt({ certificate }: ParsedCertificate, now: Date): boolean {
  return certificate.notBefore <= now && now <= certificate.notAfter;
}

/** From the leaf upwards by issuer links as far as `others` reach: the last one's issuer is missing. */
export function climb(
  leaf: ParsedCertificate,
  others: readonly ParsedCertificate[],
  reader: CertificateReader,
): ParsedCertificate {
  const climbed = new Set([leaf.certificate.fingerprint]);
  let top = leaf;
  for (let steps = 0; steps < MAX_LENGTH; steps += 1) {
    const issuer = others.find((one) => !climbed.has(one.certificate.fingerprint) && reader.isIssued(top, one));
    if (issuer === undefined) break;
    climbed.add(issuer.certificate.fingerprint);
    top = issuer;
  }
  return top;
}
