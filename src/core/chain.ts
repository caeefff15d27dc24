/**
 * What a server sent, judged as a chain: the role of each certificate, the order, what is too much, and which one trust
 * finding it earns. Validation is OpenSSL's and the path the probe's; where validation found no path, the certificates
 * are linked by issuer and subject text, which is only good enough to describe what was sent.
 */
import type { Certificate, CertificateRole } from './certificate.ts';
import type { ReadAddress } from './observation.ts';

/** `missing` tells which of what was sent hangs together; absent where nothing is known to be. */
type SentChain = Pick<ReadAddress, 'chain' | 'path'> & Partial<Pick<ReadAddress, 'missing'>>;

/** The server's own certificate: what it sends first, for it must prove to have the key (RFC 8446, 4.4.2). */
export function leafOf(address: Pick<ReadAddress, 'chain'>): Certificate {
  const [leaf] = address.chain;
  if (leaf === undefined) throw new RangeError('an address that was read has an empty chain');
  return leaf;
}

/**
 * From the leaf upwards: the path, or where there is none, the sent certificates that link by issuer and subject, across
 * those that are missing. A self-signed one ends it.
 */
export function lineOf(address: SentChain): readonly Certificate[] {
  if (address.path !== undefined) return address.path;
  const missing = (address.missing ?? []).map(({ certificate }) => certificate);
  // What is missing was verified to be the issuer: of two with one name it is the right one.
  const candidates = [...missing, ...address.chain];
  const line = [leafOf(address)];
  for (let top = line.at(-1); top !== undefined && !isIssuedByItself(top);) {
    const { issuer } = top;
    const next = candidates.find(
      ({ subject, fingerprint }) => subject === issuer && !line.some((one) => one.fingerprint === fingerprint),
    );
    if (next === undefined) break;
    line.push(next);
    top = next;
  }
  return line.filter((certificate) => !missing.includes(certificate));
}

function isIssuedByItself(certificate: Certificate): boolean {
  return certificate.isSelfSigned || certificate.subject === certificate.issuer;
}

/**
 * The role of a certificate in the line. The last of a path is the trust anchor; without a path it is the top of what was
 * sent where that is self-signed, trusted or not.
 */
export function roleInLine(address: SentChain, fingerprint: string): CertificateRole {
  const line = lineOf(address);
  const index = line.findIndex((certificate) => certificate.fingerprint === fingerprint);
  if (index === -1) return 'extra';
  if (index === 0) return 'leaf';
  const isTop = index === line.length - 1;
  return isTop && (address.path !== undefined || line[index]?.isSelfSigned === true) ? 'trust-anchor' : 'intermediate';
}

/** The role of each certificate as sent, in the order sent. The second of two that are the same is extra. */
export function rolesOf(address: SentChain): readonly CertificateRole[] {
  const seen = new Set<string>();
  return address.chain.map(({ fingerprint }, index) => {
    if (seen.has(fingerprint)) return 'extra';
    seen.add(fingerprint);
    return index === 0 ? 'leaf' : roleInLine(address, fingerprint);
  });
}

/** The sent certificates of the line in the order they should have; `undefined` where they have it. */
export function rightOrder(address: SentChain): readonly Certificate[] | undefined {
  const roles = rolesOf(address);
  const sent = address.chain.filter((_, index) => roles[index] !== 'extra');
  const right = lineOf(address).filter(({ fingerprint }) => sent.some((one) => one.fingerprint === fingerprint));
  // Each should certify the one before it; strangers between them are only untidy (RFC 8446, 4.4.2).
  return right.some((certificate, index) => certificate.fingerprint !== sent[index]?.fingerprint) ? right : undefined;
}

/** What was sent and need not have been. */
export interface Untidiness {
  readonly duplicates: readonly Certificate[];
  readonly extras: readonly Certificate[];
  /** A client has the root or does not trust it: sending it helps nobody. */
  readonly roots: readonly Certificate[];
}

/** `undefined` for a tidy chain. */
export function untidiness(address: SentChain): Untidiness | undefined {
  const roles = rolesOf(address);
  const isRepeat = address.chain.map(({ fingerprint }, index) => firstIndex(address.chain, fingerprint) < index);
  const duplicates = address.chain.filter(
    ({ fingerprint }, index) => isRepeat[index] && firstRepeat(address.chain, fingerprint) === index,
  );
  const extras = address.chain.filter((_, index) => roles[index] === 'extra' && !isRepeat[index]);
  const roots = address.chain.filter(({ isSelfSigned }, index) => roles[index] === 'trust-anchor' && isSelfSigned);
  return duplicates.length + extras.length + roots.length === 0 ? undefined : { duplicates, extras, roots };
}

function firstIndex(chain: readonly Certificate[], fingerprint: string): number {
  return chain.findIndex((certificate) => certificate.fingerprint === fingerprint);
}

function firstRepeat(chain: readonly Certificate[], fingerprint: string): number {
  const first = firstIndex(chain, fingerprint);
  return chain.findIndex((certificate, index) => index > first && certificate.fingerprint === fingerprint);
}
