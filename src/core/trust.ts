/**
 * Which trust finding an address earns: exactly one, or none. The verdict is OpenSSL's, and it gives one error only, the
 * last it met: one about dates hides those about trust, which then have to be told from what was sent.
 */
import type { Certificate } from './certificate.ts';
import { leafOf, lineOf } from './chain.ts';
import { UNVERIFIED } from './observation.ts';
import type { MissingCertificate, ReadAddress } from './observation.ts';

type Judged = Pick<ReadAddress, 'chain' | 'path' | 'verdict' | 'missing'>;

export type TrustFault =
  /** The leaf is issued by itself. */
  | { readonly code: 'self-signed'; readonly certificate: Certificate }
  /** `missing` is empty where nobody could say which it is. */
  | {
      readonly code: 'incomplete-chain';
      readonly certificate: Certificate;
      readonly missing: readonly MissingCertificate[];
    }
  | { readonly code: 'invalid-chain'; readonly certificate: Certificate; readonly reason: string }
  /** `certificate` is the topmost without a trusted issuer. */
  | { readonly code: 'untrusted'; readonly certificate: Certificate };

/** Those that say nothing on trust: the expiration rules speak of the first two. */
const SILENT_ON_TRUST = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', UNVERIFIED];

/** The name rule speaks of these. Node looks at the name only once the chain is trusted. */
const ABOUT_THE_NAME = ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'];

/** No way up to a trust anchor was found: `X509_V_ERR_…` as Node names them. */
const NO_TRUSTED_ISSUER = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
];

/** OpenSSL did not even find who issued the leaf, whatever else was sent, perhaps under the name of its issuer. */
const NO_ISSUER_OF_LEAF = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

export function trustFault(address: Judged, now: Date): TrustFault | undefined {
  const { verdict, path, missing } = address;
  if (verdict.trusted || ABOUT_THE_NAME.includes(verdict.code)) return undefined;
  const isSilent = SILENT_ON_TRUST.includes(verdict.code);
  if (isSilent && path !== undefined && !isLedAstray(address, path, now)) return undefined;

  const leaf = leafOf(address);
  const isSelfSigned = leaf.isSelfSigned || verdict.code === 'DEPTH_ZERO_SELF_SIGNED_CERT';
  if (isSelfSigned && path === undefined) return { code: 'self-signed', certificate: leaf };
  if (!isSilent && !NO_TRUSTED_ISSUER.includes(verdict.code)) {
    return { code: 'invalid-chain', certificate: leaf, reason: reasonOf(address, verdict) };
  }
  if (path !== undefined) {
    // OpenSSL looks at one certificate for each issuer, and turns back from none.
    const reason = `clients that follow it in the order sent are led astray (${reasonOf(address, verdict)})`;
    return { code: 'invalid-chain', certificate: leaf, reason };
  }
  const isAlone = address.chain.every(({ fingerprint }) => fingerprint === leaf.fingerprint);
  if (missing.length > 0 || (isAlone && leaf.issuerUrls.length > 0)) {
    return { code: 'incomplete-chain', certificate: leaf, missing };
  }
  const top = verdict.code === NO_ISSUER_OF_LEAF ? leaf : lineOf(address).at(-1);
  return { code: 'untrusted', certificate: top ?? leaf };
}

/**
 * The path is fine today, and something else that was sent is not: the date OpenSSL speaks of is that of a certificate
 * it met on another way. Without one like that its clock is wrong, not the chain.
 */
function isLedAstray({ chain, verdict }: Judged, path: readonly Certificate[], now: Date): boolean {
  if (verdict.trusted || verdict.code === UNVERIFIED) return false;
  const isValid = ({ notBefore, notAfter }: Certificate): boolean => notBefore <= now && now <= notAfter;
  return path.every(isValid) && !chain.every(isValid);
}

type Refusal = Extract<ReadAddress['verdict'], { trusted: false }>;

/** OpenSSL's, but that of one without CA:TRUE it ends up saying it is unsuitable, as of a leaf that is not for servers. */
function reasonOf(address: Judged, { code, reason }: Refusal): string {
  const above = address.path === undefined ? lineOf(address).slice(1) : [];
  if (code === 'INVALID_PURPOSE' && above.some(({ isCa, isSelfSigned }) => !isCa && !isSelfSigned)) {
    return 'invalid CA certificate';
  }
  return reason === '' ? code : reason;
}
