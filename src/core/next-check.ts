import type { Certificate } from './certificate.ts';
import { checkIntervalFor } from './expiry.ts';
import { heldUntil } from './incident.ts';
import type { Incident } from './incident.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';
import type { Profile } from './profile.ts';
import { isFreshlyRenewed } from './served.ts';
import type { Served } from './served.ts';

const DAY_MS = 86_400_000;
const RECOVERY_INTERVAL_MS = 300_000;
const RECOVERY_FOR_MS = DAY_MS;
const JITTER = 0.1;

/** What makes the next check come sooner than the interval. */
export interface Urgency {
  /** A connection failure waits for more tries. */
  readonly isUnconfirmed: boolean;
  readonly monitorId: string;
  /** Those the monitor is in, or was in before they were held. */
  readonly incidents: readonly Incident[];
  readonly served: Served;
}

/**
 * When the monitor is to be checked again: after its interval, shortened for short-lived certificates; sooner while a
 * failure is unconfirmed, while it is in an incident younger than a day with more than `expiring`, while one waits to
 * close, and for an hour after a new leaf was seen. Up to a tenth is taken off by `random` (from 0 up to 1), so that
 * monitors added together spread out; a confirmation try comes on the minute.
 */
export function nextCheckAt(
  profile: Profile,
  observation: Observation,
  urgency: Urgency,
  random: number,
  now: Date,
): Date {
  const isWatched = urgency.incidents.some((incident) => isRecovering(incident, urgency.monitorId, now));
  const watchedMs = isWatched || isFreshlyRenewed(urgency.served, now) ? RECOVERY_INTERVAL_MS : Infinity;
  const intervals = certificatesOnPaths(observation).map((one) => checkIntervalFor(profile.checkIntervalMs, one));
  const usual = Math.min(profile.checkIntervalMs, watchedMs, ...intervals);
  const spread = usual * (1 - JITTER * random);
  const waitMs = urgency.isUnconfirmed ? Math.min(spread, profile.confirm.everyMs) : spread;
  // The check that closes a held incident comes when its time is over, not a while later.
  const ends = urgency.incidents.flatMap((incident) => heldUntil(incident)?.getTime() ?? []);
  return new Date(Math.min(now.getTime() + waitMs, ...ends.filter((end) => end > now.getTime())));
}

function isRecovering(incident: Incident, monitorId: string, now: Date): boolean {
  if (incident.closed !== undefined) return false;
  if (incident.wellSince !== undefined) return true;
  return (
    now.getTime() - incident.openedAt.getTime() < RECOVERY_FOR_MS &&
    incident.members.some((member) => member.monitorId === monitorId && member.code !== 'expiring')
  );
}

function certificatesOnPaths(observation: Observation): Certificate[] {
  return observation.addresses.filter(isRead).flatMap((address) => address.path ?? address.chain.slice(0, 1));
}
