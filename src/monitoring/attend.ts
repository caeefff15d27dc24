/** What incidents want as time passes: the end of a silence is told, a reminder is given, another group is told too. */
import { attentionAt, nextAttention } from '../core/attention.ts';
import { DatabaseAwayError } from '../core/errors.ts';
import { silenceEnded } from '../core/incident.ts';
import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { Stores } from '../core/ports.ts';
import { attentionInput, contextOf, storeAndAnnounce } from './announce.ts';
import type { MonitoringDeps } from './deps.ts';
import { routingOf } from './routing.ts';

const AT_ONCE = 100;
const AGAIN_MS = 600_000;

/** Attends to what is due, in every workspace; gives back how many incidents were. */
export async function attend(deps: MonitoringDeps): Promise<number> {
  const due = await deps.store.incidents.dueAttention(deps.clock.now(), AT_ONCE);
  for (const { workspaceId, id } of due) {
    try {
      await deps.store.transaction(async (stores) => {
        await stores.incidents.lockAll(workspaceId);
        const incident = await stores.incidents.find(workspaceId, id);
        if (incident !== undefined) await attendTo(stores, incident, deps.clock.now());
      });
    } catch (error) {
      if (error instanceof DatabaseAwayError) throw error;
      // One incident's trouble is not another's; it is looked at again later, and not at every tick.
      deps.log.error({ incidentId: id, err: error }, 'incident not attended to');
      await deps.store.incidents.setAttention(workspaceId, id, new Date(deps.clock.now().getTime() + AGAIN_MS));
    }
  }
  return due.length;
}

async function attendTo(stores: Stores, incident: Incident, now: Date): Promise<void> {
  const { monitors } = await contextOf(stores, incident);
  const routing = await routingOf(stores, incident, monitors, now);
  const input = await attentionInput(stores, incident, monitors, routing);
  const { isSilenceOver, isReminderDue, escalateTo } = attentionAt(input, now);
  const events: IncidentEvent[] = [];
  let next = incident;
  const ended = isSilenceOver ? silenceEnded(incident, now) : undefined;
  if (ended !== undefined) {
    next = ended.incident;
    events.push(...ended.events);
  }
  if (escalateTo.length > 0) {
    next = { ...next, escalated: [...next.escalated, ...escalateTo.map((groupId) => ({ groupId, at: now }))] };
    const names = routing.allGroups.filter(({ id }) => escalateTo.includes(id)).map(({ name }) => name);
    if (names.length > 0) events.push({ type: 'escalated', groups: names });
  }
  if (isReminderDue) {
    next = { ...next, remindedAt: now };
    events.push({ type: 'reminded' });
  }
  if (next === incident) {
    // What had decided it has changed since: it wants attention later, or never.
    await stores.incidents.setAttention(incident.workspaceId, incident.id, nextAttention(input));
    return;
  }
  await storeAndAnnounce(stores, { incident: next, events, isNew: false }, { causedBy: 'machine', sections: [] }, now);
}
