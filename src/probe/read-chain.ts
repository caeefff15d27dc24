/** What a look saw, turned into an observation: the chain parsed, the path found, the missing intermediates fetched. */
import type { Certificate } from '../core/certificate.ts';
import type { MissingCertificate, ReadAddress } from '../core/observation.ts';
import type { CertificateReader } from './certificate-reader.ts';
import { ProbeError } from './errors.ts';
import type { Verdict } from './handshake.ts';
import type { LookRequest } from './look.ts';
import { findMissing } from './missing-issuer.ts';
import type { MissingContext } from './missing-issuer.ts';
import { UnreadableCertificateError } from './parse-certificate.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { climb, findPath } from './path.ts';

/** What only reading the chain tells; an earlier reading stands in where it would tell the same. */
export type ReadChain = Pick<ReadAddress, 'chain' | 'unreadable' | 'path' | 'isPublic' | 'missing'>;

/** What a look has to find for an earlier reading to stand in; `undefined` where time has changed its path. */
export function expectedOf(known: ReadAddress | undefined, now: Date): LookRequest['expected'] {
  const [leaf] = known?.chain ?? [];
  if (known === undefined || leaf === undefined) return undefined;
  const isAsItWas = (known.path ?? []).every(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter);
  return isAsItWas ? { leafFingerprint: leaf.fingerprint, verdict: known.verdict } : undefined;
}

/** @throws {ProbeError} if the leaf cannot be read. Of the others, those that cannot are counted. */
export async function readChain(
  ders: readonly Uint8Array[],
  verdict: Verdict,
  context: MissingContext,
): Promise<ReadChain> {
  const { trust, reader, knownIssuers, now } = context;
  const { leaf, others, unreadable } = parseAll(ders, reader);
  const path = findPath(leaf, others, trust, reader, now);
  const top = path === undefined ? climb(leaf, others, reader) : undefined;
  // A chain that ends in a root of somebody else is complete; nothing is missing but our trust.
  const isIncomplete = !verdict.trusted && top !== undefined && !top.certificate.isSelfSigned;
  const missing = isIncomplete ? await findMissing(leaf, others, context) : [];
  knownIssuers.learn(trust, verdict.trusted ? (path ?? []).slice(1, -1) : missing);
  const anchor = path?.at(-1);
  return {
    chain: [leaf, ...others].map(toCertificate),
    unreadable,
    path: path?.map(toCertificate),
    isPublic: anchor !== undefined && trust.isPublic(anchor.certificate.fingerprint),
    missing: missing.map(toMissing),
  };
}

function parseAll(
  ders: readonly Uint8Array[],
  reader: CertificateReader,
): { leaf: ParsedCertificate; others: ParsedCertificate[]; unreadable: number } {
  const [leafDer, ...otherDers] = ders;
  if (leafDer === undefined) throw new ProbeError('handshake-failed', 'the server sent no certificate');
  let leaf: ParsedCertificate;
  try {
    leaf = reader.read(leafDer);
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error;
    throw new ProbeError('handshake-failed', "the server's own certificate cannot be read", { cause: error });
  }
  const others: ParsedCertificate[] = [];
  for (const der of otherDers) {
    try {
      others.push(reader.read(der));
    } catch (error) {
      if (!(error instanceof UnreadableCertificateError)) throw error;
    }
  }
  return { leaf, others, unreadable: otherDers.length - others.length };
}

function toCertificate({ certificate }: ParsedCertificate): Certificate {
  return certificate;
}

function toMissing({ certificate, x509 }: ParsedCertificate): MissingCertificate {
  return { certificate, pem: x509.toString() };
}
