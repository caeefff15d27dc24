/** What a check leaves in the monitor itself: its status, its days left, and when it is to be checked again. */
import { statusOf } from '../core/assess.ts';
import type { Incident } from '../core/incident.ts';
import type { MonitorStatus } from '../core/monitor.ts';
import { nextCheckAt } from '../core/next-check.ts';
import { isRead } from '../core/observation.ts';
import type { MonitorUpdate } from '../core/ports.ts';
import type { Judgement } from './judge.ts';

/**
 * @param incidents those that the monitor is in once the check is recorded.
 * @param random from 0 up to 1, for jitter.
 */
export function updateAfter(judgement: Judgement, incidents: readonly Incident[], random: number): MonitorUpdate {
  const { monitor, profile, observation, confirmation, before, expiresAt, daysLeft, now } = judgement;
  const { served } = before.look;
  const urgency = { isUnconfirmed: confirmation.failing !== undefined, monitorId: monitor.id, incidents, served };
  return {
    status: statusAfter(judgement, incidents),
    daysLeft,
    expiresAt,
    failing: confirmation.failing,
    served: served.leaves.length === 0 ? undefined : served,
    lastCheckedAt: observation.checkedAt,
    nextCheckAt: nextCheckAt(profile, observation, urgency, random, now),
  };
}

function statusAfter(
  { monitor, observation, confirmation, before }: Judgement,
  incidents: readonly Incident[],
): MonitorStatus {
  if (monitor.paused) return 'paused';
  const isUnsure = confirmation.failing !== undefined && !observation.addresses.some(isRead);
  if (isUnsure) return monitor.status;
  // What is wrong with the other of two certificates in turn is still so while this one is seen.
  const inTurn = new Set(before.inTurn.map(({ address }) => address));
  const others = incidents.flatMap(({ members }) =>
    members.filter((member) => member.monitorId === monitor.id && inTurn.has(member.address)),
  );
  return statusOf([...confirmation.findings, ...others]);
}
