/** What follows from what was found out about revocation. */
import { lifetimeDays } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { isRead } from './observation.ts';
import type { CertificateRevocation, Observation, ReadAddress } from './observation.ts';

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

/**
 * `observation`, in which a certificate that was revoked at the check before stays so while nobody can be asked: a CRL that
 * is out of reach makes none good again.
 */
export function rememberRevoked(observation: Observation, before: Observation | undefined): Observation {
  const revoked = new Map(
    (before?.addresses ?? [])
      .filter(isRead)
      .flatMap(({ revocation }) => revocation.filter(({ status }) => status === 'revoked'))
      .map((one) => [one.fingerprint, one]),
  );
  if (revoked.size === 0) return observation;
  const remembered = (one: CertificateRevocation): CertificateRevocation =>
    one.status === 'unknown' ? (revoked.get(one.fingerprint) ?? one) : one;
  const addresses = observation.addresses.map((address) =>
    isRead(address) ? ({ ...address, revocation: address.revocation.map(remembered) } satisfies ReadAddress) : address,
  );
  return { ...observation, addresses };
}
