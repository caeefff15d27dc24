/** What people and time do to incidents; what checks do is in `check.ts`. */
import { accept, acceptedText, refusalOf } from '../core/acceptance.ts';
import type { Acceptance, AcceptanceRefusal } from '../core/acceptance.ts';
import { silenceText } from '../core/alert-text.ts';
import { incidentSubject } from '../core/audit.ts';
import { act, hasChangedCertificate, membersShown, withMembers } from '../core/incident.ts';
import type { CloseReason, Incident, Refusal, Silence } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import type { Person } from '../core/workspace.ts';
import { nextThreshold } from '../core/expiry.ts';
import { detailsOf, storeAndAnnounce } from './announce.ts';
import type { Commit, MonitoringDeps, Note } from './deps.ts';

export type PersonWish =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'unacknowledge' }
  | { readonly type: 'snooze'; readonly until: Silence }
  | { readonly type: 'unsnooze' };

/** What a person did, as the audit says it. */
const DONE: Readonly<Record<PersonWish['type'], string>> = {
  acknowledge: 'acknowledged',
  unacknowledge: 'unacknowledged',
  snooze: 'silenced',
  unsnooze: 'ended the silence of',
};

/** The incident after a person's wish, or why it changed nothing; `undefined` for one that does not exist. */
export async function actOnIncident(
  deps: MonitoringDeps,
  workspaceId: string,
  incidentId: string,
  wish: PersonWish,
  by: Person,
  commit: Commit,
  note?: Note,
): Promise<{ readonly incident: Incident } | Refusal | undefined> {
  return commit(async (stores) => {
    const { incident, monitor } = await lockIncident(stores, workspaceId, incidentId);
    if (incident === undefined) return undefined;
    const now = deps.clock.now();
    const action =
      wish.type === 'snooze' ? { ...wish, thresholdLeft: await hasThresholdLeft(stores, incident, now) } : wish;
    const result = act(incident, action, by, now);
    if ('refused' in result) return result;
    if (monitor?.served !== undefined && wish.type === 'acknowledge' && hasChangedCertificate(incident)) {
      await stores.monitors.setServed(workspaceId, monitor.id, { ...monitor.served, change: undefined });
    }
    const sections = await detailsOf(stores, incident, now);
    await storeAndAnnounce(stores, { ...result, isNew: false }, { causedBy: 'person', sections }, now);
    await note?.(
      stores,
      DONE[wish.type],
      incidentSubject(incident),
      wish.type === 'snooze' ? silenceText(wish.until) : '',
    );
    return { incident: result.incident };
  });
}

/**
 * The incident, and for one about an endpoint its monitor, locked in the order in which checks lock them: what a person
 * does to one and what a check finds of it come one after the other.
 */
async function lockIncident(
  stores: Stores,
  workspaceId: string,
  incidentId: string,
): Promise<{ incident: Incident | undefined; monitor: Monitor | undefined }> {
  const key = (await stores.incidents.find(workspaceId, incidentId))?.key;
  const monitor = key?.kind === 'endpoint' ? await stores.monitors.lock(workspaceId, key.subject) : undefined;
  await stores.incidents.lockAll(workspaceId);
  return { incident: await stores.incidents.find(workspaceId, incidentId), monitor };
}

/**
 * Accepts one fault of an incident as known and wanted: its members leave, and until then it opens none. Why it was not
 * accepted where it was not; `undefined` for an incident that does not exist.
 */
export async function acceptFault(
  deps: MonitoringDeps,
  workspaceId: string,
  incidentId: string,
  wish: Pick<Acceptance, 'code' | 'until' | 'reason'>,
  by: Person,
  commit: Commit,
  note?: Note,
): Promise<{ readonly incident: Incident; readonly acceptance: Acceptance } | AcceptanceRefusal | undefined> {
  return commit(async (stores) => {
    const { incident } = await lockIncident(stores, workspaceId, incidentId);
    if (incident === undefined) return undefined;
    const now = deps.clock.now();
    const refusal = refusalOf(incident, wish, now);
    if (refusal !== undefined) return refusal;
    const acceptance: Acceptance = { ...wish, key: incident.key, by, at: now };
    await stores.acceptances.put(workspaceId, acceptance);
    const transition = accept(incident, acceptance, now);
    const sections = await detailsOf(stores, incident, now);
    await storeAndAnnounce(stores, { ...transition, isNew: false }, { causedBy: 'person', sections }, now);
    await note?.(stores, 'accepted', incidentSubject(incident), `${wish.code}: ${acceptedText(acceptance)}`);
    return { incident: transition.incident, acceptance };
  });
}

/** Whether any profile of the incident's monitors has a threshold still ahead of its certificate. */
async function hasThresholdLeft(stores: Stores, incident: Incident, now: Date): Promise<boolean> {
  if (incident.key.kind !== 'certificate') return false;
  const certificate = await stores.checks.certificate(incident.workspaceId, incident.key.subject);
  if (certificate === undefined) return false;
  const ids = [...new Set(incident.members.map((member) => member.monitorId))];
  const monitors = await stores.monitors.listByIds(incident.workspaceId, ids);
  const profiles = new Map<string, Profile>();
  for (const profile of await stores.profiles.list(incident.workspaceId)) profiles.set(profile.id, profile);
  return monitors.some((monitor) => {
    const profile = profiles.get(monitor.profileId);
    return profile !== undefined && nextThreshold(profile, certificate, now) !== undefined;
  });
}

/** Takes monitors out of every incident they are in, because a person removed or paused them. */
export async function leaveIncidents(
  stores: Stores,
  workspaceId: string,
  monitorIds: readonly string[],
  reason: CloseReason,
  now: Date,
): Promise<void> {
  const incidents = new Map<string, Incident>();
  for (const id of monitorIds) {
    for (const incident of await stores.incidents.openOf(workspaceId, id)) incidents.set(incident.id, incident);
  }
  const leaving = new Set(monitorIds);
  for (const incident of incidents.values()) {
    const others = incident.members.filter((member) => !leaving.has(member.monitorId));
    // One that waits to close goes on waiting while another monitor may come back to it.
    if (incident.wellSince !== undefined && membersShown(incident).some((member) => !leaving.has(member.monitorId))) {
      continue;
    }
    const transition = withMembers(incident, others, { reason, mayComeBack: false }, now);
    await storeAndAnnounce(stores, { ...transition, isNew: false }, { causedBy: 'person', sections: [] }, now);
  }
}
