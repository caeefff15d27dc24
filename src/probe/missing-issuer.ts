import type { CertificateReader } from './certificate-reader.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import type { KnownIssuers } from './known-issuers.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { climb, findPath, isValidAt } from './path.ts';
import type { TrustSet } from './trust.ts';

/** A leaf with more than this many missing above it is misconfigured beyond our help. */
const MAX_MISSING = 4;

export interface MissingContext {
  readonly trust: TrustSet;
  readonly reader: CertificateReader;
  readonly issuers: IssuerFetch;
  readonly knownIssuers: KnownIssuers;
  /** What the last check of this monitor found missing. */
  readonly missingBefore: readonly ParsedCertificate[];
  readonly now: Date;
  readonly signal: AbortSignal;
}

/**
 * The intermediates that a server forgot, where their URLs give them, or we know them from elsewhere, and they complete a
 * path to an anchor; else empty. A sent chain of any shape is first climbed as far as it leads.
 */
export async function findMissing(
  leaf: ParsedCertificate,
  sent: readonly ParsedCertificate[],
  context: MissingContext,
): Promise<readonly ParsedCertificate[]> {
  const { trust, reader, knownIssuers, missingBefore, now } = context;
  const fetched: ParsedCertificate[] = [];
  for (let round = 0; round < MAX_MISSING; round += 1) {
    const issuer = await firstIssuer(climb(leaf, [...sent, ...fetched], reader), context);
    if (issuer === undefined) break;
    fetched.push(issuer);
    const path = findPath(leaf, [...sent, ...fetched], trust, reader, now);
    if (path !== undefined) return path.filter((one) => fetched.includes(one));
  }
  const before = missingBefore.filter((one) => isValidAt(one, now));
  const above = knownIssuers.above(trust, [leaf, ...sent, ...fetched, ...before], now);
  const sentFingerprints = new Set(sent.map(({ certificate }) => certificate.fingerprint));
  const given = [...fetched, ...before, ...above].filter(
    ({ certificate }) => !sentFingerprints.has(certificate.fingerprint),
  );
  const path = findPath(leaf, [...sent, ...given], trust, reader, now);
  return path?.filter((one) => given.includes(one)) ?? [];
}

async function firstIssuer(
  child: ParsedCertificate,
  { reader, issuers, now, signal }: MissingContext,
): Promise<ParsedCertificate | undefined> {
  for (const url of child.certificate.issuerUrls) {
    const found = (await issuers.fetch(url, now, signal)).find(
      (one) => one.certificate.fingerprint !== child.certificate.fingerprint && reader.isIssued(child, one),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
