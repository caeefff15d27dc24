/** What follows from what was found out about revocation. */
import { lifetimeDays } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { leafOf } from './chain.ts';
import { isRead } from './observation.ts';
import type { CertificateRevocation, Observation, ReadAddress, StapleState } from './observation.ts';
import { severityIn } from './profile.ts';
import type { Profile } from './profile.ts';

/** From then on "short-lived" is at most 7 days, before it was 10 (Baseline Requirements, 1.6.1, "Short-lived Subscriber Certificate"). */
const SHORTER_FROM = new Date('2026-03-15T00:00:00Z');
const SHORT_LIVED_DAYS = { before: 10, after: 7 } as const;

/**
 * Whether a certificate lives so shortly that its CA need not say whether it is revoked: it has run out before anybody
 * would have looked.
 */
export function isShortLived(certificate: Pick<Certificate, 'notBefore' | 'notAfter' | 'isCa'>): boolean {
  const most = certificate.notBefore < SHORTER_FROM ? SHORT_LIVED_DAYS.before : SHORT_LIVED_DAYS.after;
  return !certificate.isCa && lifetimeDays(certificate) <= most;
}

/** Whether a profile says anything of what CRLs and OCSP responders answer. */
export function asksAboutRevocation(profile: Pick<Profile, 'severities'>): boolean {
  return (['revoked', 'revocation-unknown'] as const).some((code) => severityIn(profile, code) !== 'off');
}

/**
 * `observation` in the light of the check before: what one look cannot tell from a hiccup.
 *
 * - A certificate that was revoked stays so while nobody can be asked: a CRL that is out of reach makes none good again,
 *   nor does a chain that leads nowhere any more, nor a staple, which the server may choose among old ones.
 * - A staple that must be there is missed from the second check on: servers such as nginx send none with the first
 *   connection after a start or a renewal, since only then they fetch it.
 */
export function inLightOf(before: Observation | undefined, observation: Observation): Observation {
  if (before === undefined) return observation;
  const readBefore = before.addresses.filter(isRead);
  const revoked = readBefore.flatMap(({ revocation }) => revocation.filter(({ status }) => status === 'revoked'));
  const addresses = observation.addresses.map((address) => {
    if (!isRead(address)) return address;
    const last = readBefore.find((one) => one.address === address.address);
    return { ...address, revocation: withRevoked(address, revoked), staple: stapleAfter(last, address) };
  });
  return { ...observation, addresses };
}

function withRevoked(
  { revocation, path, chain }: ReadAddress,
  revoked: readonly CertificateRevocation[],
): readonly CertificateRevocation[] {
  const known = new Map(revoked.map((one) => [one.fingerprint, one]));
  const judged = revocation.map((one) => {
    const last = known.get(one.fingerprint);
    if (last === undefined) return one;
    const isNoNews = one.status === 'unknown' || (one.status === 'good' && one.via === 'staple' && last.via === 'crl');
    return isNoNews ? last : one;
  });
  if (path !== undefined) return judged;
  const sent = new Set(chain.map(({ fingerprint }) => fingerprint));
  return [...known.values()].filter(({ fingerprint }) => sent.has(fingerprint));
}

function stapleAfter(last: ReadAddress | undefined, address: ReadAddress): StapleState {
  const { staple } = address;
  if (!leafOf(address).mustStaple || !lacksStaple(staple)) return staple;
  const wasMissed =
    last !== undefined && leafOf(last).mustStaple && (last.staple === 'missed-once' || lacksStaple(last.staple));
  return wasMissed ? staple : 'missed-once';
}

/** Whether a must-staple certificate goes without a response that can be relied on. */
export function lacksStaple(staple: StapleState): boolean {
  return staple === 'none' || staple === 'unusable';
}
