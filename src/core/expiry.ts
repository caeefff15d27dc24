/**
 * When a certificate's end is told: thresholds in days, shrunk to fit certificates that live shorter than they reach, and
 * thinned out where checks are too far apart to tell them from each other (design, section 4). Instants are compared,
 * never whole days.
 */
import { lifetimeDays } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { Profile } from './profile.ts';

type Validity = Pick<Certificate, 'notBefore' | 'notAfter'>;
type ExpiryRules = Pick<Profile, 'thresholdsDays' | 'scale' | 'checkIntervalMs'>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Automation renews with a third of the lifetime left: an alarm before 30 % would be about nothing. */
const SHARE_OF_LIFETIME = 0.3;

/** From here on it is urgent, if the profile has no nearer threshold. */
const CRITICAL_FROM_DAYS = 7;

/** A certificate is looked at 20 times in its life at least, but not more than once a minute. */
const LONGEST_INTERVAL_SHARE = 0.05;
const SHORTEST_INTERVAL_MS = 60_000;

/** A threshold as it works for one certificate. */
export interface EffectiveThreshold {
  /** As the profile has it: what a crossing is known by. */
  readonly thresholdDays: number;
  /** How long before not after it is crossed. */
  readonly scaledMs: number;
  readonly severity: 'critical' | 'warning';
}

/** A threshold of one certificate, with the instant at which it is crossed. */
export interface ThresholdInstant extends EffectiveThreshold {
  readonly instant: Date;
}

/**
 * Whole days from `now` until the certificate stops being valid, rounded down; negative once it has expired.
 *
 * `notAfter` is the last valid instant, inclusive (RFC 5280, 4.1.2.5): at that instant the result is 0.
 *
 * @throws {RangeError} if either date is invalid.
 */
export function daysUntilExpiry(notAfter: Date, now: Date): number {
  const leftMs = notAfter.getTime() - now.getTime();
  if (Number.isNaN(leftMs)) throw new RangeError('not after or now is an invalid date');
  return Math.floor(leftMs / DAY_MS);
}

/** How often a certificate is looked at: as the profile says, and at least once in 5 % of its life. */
export function checkIntervalFor(profileIntervalMs: number, certificate: Validity): number {
  const longestMs = lifetimeDays(certificate) * DAY_MS * LONGEST_INTERVAL_SHARE;
  return Math.min(profileIntervalMs, Math.max(SHORTEST_INTERVAL_MS, longestMs));
}

/**
 * The thresholds that work for a certificate of this lifetime, largest first. Threshold 0 is `expired` itself and not
 * among them, but no other is kept that lies within two checks of it.
 */
export function effectiveThresholds(
  profile: Pick<Profile, 'thresholdsDays' | 'scale'>,
  lifetimeInDays: number,
  checkIntervalMs: number,
): readonly EffectiveThreshold[] {
  const ascending = [...new Set(profile.thresholdsDays)].sort((a, b) => a - b);
  const factor = profile.scale ? scalingFactor(ascending.at(-1) ?? 0, lifetimeInDays) : 1;
  const lowest = ascending[0];
  const criticalFrom = ascending.findLast((days) => days <= CRITICAL_FROM_DAYS) ?? lowest ?? 0;

  const kept: EffectiveThreshold[] = [];
  for (const thresholdDays of ascending) {
    const scaledMs = Math.round(thresholdDays * DAY_MS * factor);
    const last = kept.at(-1);
    const isFixed = last === undefined || thresholdDays === criticalFrom;
    if (!isFixed && scaledMs - last.scaledMs < 2 * checkIntervalMs) continue;
    kept.push({ thresholdDays, scaledMs, severity: thresholdDays <= criticalFrom ? 'critical' : 'warning' });
  }
  return kept.filter(({ thresholdDays }) => thresholdDays > 0).reverse();
}

function scalingFactor(largestDays: number, lifetimeInDays: number): number {
  if (largestDays <= 0) return 1;
  // What a hostile certificate says may end before it begins.
  return Math.max(0, Math.min(1, (SHARE_OF_LIFETIME * lifetimeInDays) / largestDays));
}

/** The thresholds of this certificate and when each is crossed, largest and so earliest first. */
export function thresholdInstants(profile: ExpiryRules, certificate: Validity): readonly ThresholdInstant[] {
  const intervalMs = checkIntervalFor(profile.checkIntervalMs, certificate);
  return effectiveThresholds(profile, lifetimeDays(certificate), intervalMs).map((threshold) => ({
    ...threshold,
    instant: new Date(certificate.notAfter.getTime() - threshold.scaledMs),
  }));
}

/** Those whose instant has come by `now`, largest first: the last is the deepest. */
export function crossedThresholds(profile: ExpiryRules, certificate: Validity, now: Date): readonly ThresholdInstant[] {
  return thresholdInstants(profile, certificate).filter(({ instant }) => instant.getTime() <= now.getTime());
}

/** The one that is crossed next; `undefined` where none is left before the certificate expires. */
export function nextThreshold(profile: ExpiryRules, certificate: Validity, now: Date): ThresholdInstant | undefined {
  return thresholdInstants(profile, certificate).find(({ instant }) => instant.getTime() > now.getTime());
}

/** `threshold 7 d, scaled to 3.1 d`: one decimal, cut; under a day in hours. */
export function thresholdText({
  thresholdDays,
  scaledMs,
}: Pick<EffectiveThreshold, 'thresholdDays' | 'scaledMs'>): string {
  const threshold = `threshold ${thresholdDays} d`;
  if (scaledMs === thresholdDays * DAY_MS) return threshold;
  return `${threshold}, scaled to ${scaledMs < DAY_MS ? `${cutTo(scaledMs, HOUR_MS)} h` : `${cutTo(scaledMs, DAY_MS)} d`}`;
}

/** Cut, not rounded: 3.15 d are not yet 3.2 d. */
function cutTo(ms: number, unitMs: number): string {
  return (Math.floor((ms * 10) / unitMs) / 10).toFixed(1);
}
