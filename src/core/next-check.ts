import type { Certificate } from './certificate.ts';
import { checkIntervalFor } from './expiry.ts';
import type { Incident } from './incident.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';
import type { Profile } from './profile.ts';

const DAY_MS = 86_400_000;
const RECOVERY_INTERVAL_MS = 300_000;
const RECOVERY_FOR_MS = DAY_MS;
const JITTER = 0.1;

/**
 * When the monitor is to be checked again: after its interval, shortened for short-lived certificates, sooner while a
 * failure is unconfirmed or an incident other than `expiring` alone is younger than a day. Up to a tenth is taken off by
 * `random` (from 0 up to 1), so that monitors added together spread out; a confirmation try comes on the minute.
 *
 * @param isUnconfirmed whether a connection failure waits for more tries.
 */
export function nextCheckAt(
  profile: Profile,
  observation: Observation,
  isUnconfirmed: boolean,
  incidents: readonly Incident[],
  random: number,
  now: Date,
): Date {
  const recovering = incidents.some(
    (incident) =>
      incident.closed === undefined &&
      now.getTime() - incident.openedAt.getTime() < RECOVERY_FOR_MS &&
      incident.members.some((member) => member.code !== 'expiring'),
  );
  const intervals = certificatesOnPaths(observation).map((one) => checkIntervalFor(profile.checkIntervalMs, one));
  const usual = Math.min(profile.checkIntervalMs, recovering ? RECOVERY_INTERVAL_MS : Infinity, ...intervals);
  const spread = usual * (1 - JITTER * random);
  return new Date(now.getTime() + (isUnconfirmed ? Math.min(spread, profile.confirm.everyMs) : spread));
}

function certificatesOnPaths(observation: Observation): Certificate[] {
  return observation.addresses.filter(isRead).flatMap((address) => address.path ?? address.chain.slice(0, 1));
}
