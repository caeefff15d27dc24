/**
 * Monitors that nobody checked for three of their intervals although workers ran (design, section 5). A few are told in
 * incidents, which the next check of each ends; many at once are one fault of ours, and one message to the admins.
 */
import { nextStepOf, sentenceOf } from '../core/finding-text.ts';
import { severityIsTold } from '../core/finding.ts';
import { open, REOPEN_WITHIN_MS, withMembers } from '../core/incident.ts';
import type { IncidentKey, Member, Transition } from '../core/incident.ts';
import { monitorLabel } from '../core/monitor.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';
import { severityIn } from '../core/profile.ts';
import { toSid } from '../core/sid.ts';
import { acceptanceOf } from '../core/acceptance.ts';
import { tellAdmins } from './admins.ts';
import { storeAndAnnounce } from './announce.ts';
import type { MonitoringDeps } from './deps.ts';
import { profileOf } from './look.ts';

const INTERVALS = 3;
/** More at once are no fault of the monitors. */
const TOLD_SINGLY = 10;
const COUNTED_AT_MOST = 1_000;
/** A worker says twice a minute that it is there: after this long there was none. */
const LONGEST_GAP_MS = 120_000;

/** Notes that workers are at work, and tells what they leave undone; true where there is something to say. */
export async function findNotChecked(deps: MonitoringDeps): Promise<boolean> {
  const now = deps.clock.now();
  const { workers } = deps.store;
  const { runningSince, toldAt } = await workers.seen(now, LONGEST_GAP_MS);
  const late = await workers.notChecked(now, runningSince, INTERVALS, COUNTED_AT_MOST);
  if (late.length <= TOLD_SINGLY) {
    if (toldAt !== undefined) await workers.told(undefined);
    for (const { workspaceId, id } of late) {
      await deps.store.transaction((stores) => tell(deps, stores, workspaceId, id, now));
    }
    return late.length > 0;
  }
  if (toldAt !== undefined) return false;
  await deps.store.transaction(async (stores) => {
    await stores.workers.told(now);
    for (const workspaceId of new Set(late.map((one) => one.workspaceId))) {
      const count = late.filter((one) => one.workspaceId === workspaceId).length;
      await tellAdmins(deps, stores, workspaceId, {
        kind: 'notice',
        severity: 'warning',
        title: `${count >= COUNTED_AT_MOST ? 'At least ' : ''}${String(count)} monitors are not checked any more`,
        lines: [
          `They have waited for ${String(INTERVALS)} of their intervals and more: what is told of them may no longer be so.`,
          'Next step: see that certmon has room for its checks (more processes with the role worker, a faster database), and look for "check failed" in its log.',
        ],
      });
    }
  });
  return true;
}

async function tell(
  deps: MonitoringDeps,
  stores: Stores,
  workspaceId: string,
  monitorId: string,
  now: Date,
): Promise<void> {
  const monitor = await stores.monitors.lock(workspaceId, monitorId);
  // Checked, paused or removed since it was found.
  if (monitor === undefined || monitor.paused) return;
  const profile = await profileOf(stores, monitor);
  const since = monitor.lastCheckedAt ?? monitor.createdAt;
  if (now.getTime() - since.getTime() < INTERVALS * profile.checkIntervalMs) return;
  const severity = severityIn(profile, 'not-checked');
  const key: IncidentKey = { kind: 'endpoint', subject: monitorId };
  const accepted = await stores.acceptances.of(workspaceId, [key], now);
  if (
    severity === 'off' ||
    !severityIsTold(severity) ||
    acceptanceOf(accepted, key, 'not-checked', now) !== undefined
  ) {
    return;
  }
  const sighting = { code: 'not-checked', since, intervalMs: profile.checkIntervalMs } as const;
  const context = { endpoint: monitor.endpoint, now };
  const member: Member = {
    monitorId,
    label: monitorLabel(monitor),
    address: '',
    code: 'not-checked',
    severity,
    message: sentenceOf(sighting, context),
    nextStep: nextStepOf(sighting, context),
    since: now,
  };
  await stores.incidents.lockAll(workspaceId);
  const change = await changeOf(deps, stores, monitor, key, member, now);
  if (change !== undefined) await storeAndAnnounce(stores, change, { causedBy: 'machine', sections: [] }, now);
}

async function changeOf(
  deps: MonitoringDeps,
  stores: Stores,
  { workspaceId }: Monitor,
  key: IncidentKey,
  member: Member,
  now: Date,
): Promise<(Transition & { readonly isNew: boolean }) | undefined> {
  const closedSince = new Date(now.getTime() - REOPEN_WITHIN_MS);
  const [known] = await stores.incidents.findByKeys(workspaceId, [key], closedSince);
  if (known === undefined) {
    const identity = {
      id: toSid('incident', deps.newUuid()),
      number: await stores.incidents.nextNumber(workspaceId),
      workspaceId,
      key,
    };
    return { ...open(identity, [member], now), isNew: true };
  }
  if (known.members.some(({ code }) => code === 'not-checked')) return undefined;
  const cause = { reason: 'well', mayComeBack: true } as const;
  return { ...withMembers(known, [...known.members, member], cause, now), isNew: false };
}
