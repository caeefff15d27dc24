/** What an observation would be if a profile trusted less: worked out, since nobody looks anew to tell. */
import { isRead } from './observation.ts';
import type { Observation, ReadAddress } from './observation.ts';
import { leafOf } from './chain.ts';

/** Own CAs by fingerprint, and whether they alone are trusted. */
export interface Trusting {
  readonly own: ReadonlySet<string>;
  readonly only: boolean;
}

/**
 * The same, where what was trusted through a CA that is trusted no more is untrusted. What is trusted newly is not known
 * before somebody looks.
 */
export function withTrust(observation: Observation, before: Trusting, after: Trusting): Observation {
  return {
    ...observation,
    addresses: observation.addresses.map((address) =>
      isRead(address) && address.verdict.trusted && !isStillTrusted(address, before, after)
        ? distrusted(address)
        : address,
    ),
  };
}

function isStillTrusted({ path }: ReadAddress, before: Trusting, after: Trusting): boolean {
  const anchor = path?.at(-1)?.fingerprint;
  // OpenSSL found a way that we do not see.
  if (anchor === undefined) return !after.only || before.only;
  if (after.own.has(anchor)) return true;
  return !after.only && !before.own.has(anchor);
}

function distrusted(address: ReadAddress): ReadAddress {
  const { chain, revocation } = address;
  const leaf = leafOf(address);
  const code = leaf.isSelfSigned
    ? 'DEPTH_ZERO_SELF_SIGNED_CERT'
    : chain.some(({ isSelfSigned }) => isSelfSigned)
      ? 'SELF_SIGNED_CERT_IN_CHAIN'
      : chain.length === 1
        ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
        : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
  return {
    ...address,
    verdict: { trusted: false, code, reason: '' },
    path: undefined,
    isPublic: false,
    revocation: revocation.filter(({ status }) => status === 'revoked'),
    staple: 'not-judged',
  };
}
