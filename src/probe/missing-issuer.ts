import type { CertificateReader } from './certificate-reader.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { climb, findPath } from './path.ts';
import type { TrustSet } from './trust.ts';

/** A leaf with more than this many missing above it is misconfigured beyond our help. */
const MAX_MISSING = 4;

/**
 * The intermediates that a server forgot, where their URLs give them and they complete a path to an anchor; else empty.
 * A sent chain of any shape is first climbed as far as it leads.
 */
export async function findMissing(
  leaf: ParsedCertificate,
  sent: readonly ParsedCertificate[],
  trust: TrustSet,
  reader: CertificateReader,
  issuers: IssuerFetch,
  now: Date,
  signal: AbortSignal,
): Promise<readonly ParsedCertificate[]> {
  const fetched: ParsedCertificate[] = [];
  for (let round = 0; round < MAX_MISSING; round += 1) {
    const top = climb(leaf, [...sent, ...fetched], reader);
    const issuer = await firstIssuer(top, reader, issuers, now, signal);
    if (issuer === undefined) return [];
    fetched.push(issuer);
    const path = findPath(leaf, [...sent, ...fetched], trust, reader, now);
    if (path !== undefined) return path.filter((one) => fetched.includes(one));
  }
  return [];
}

async function firstIssuer(
  child: ParsedCertificate,
  reader: CertificateReader,
  issuers: IssuerFetch,
  now: Date,
  signal: AbortSignal,
): Promise<ParsedCertificate | undefined> {
  for (const url of child.certificate.issuerUrls) {
    const found = (await issuers.fetch(url, now, signal)).find(
      (one) => one.certificate.fingerprint !== child.certificate.fingerprint && reader.isIssued(child, one),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
