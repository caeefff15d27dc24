/** Turns a change of an incident into outbox rows, in the transaction of the change. */
import { headAlert, threadAlert } from '../core/alert-text.ts';
import type { AlertContext } from '../core/alert-text.ts';
import type { DetailSection, HeadAlert } from '../core/alert.ts';
import { chainDetails } from '../core/chain-details.ts';
import { membersShown } from '../core/incident.ts';
import type { Incident, IncidentEvent, Transition } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';

/** Edits that machines cause wait for each other; an answer to a person does not wait. */
const MACHINE_DEBOUNCE_MS = 10_000;

export interface Announcement {
  readonly causedBy: 'machine' | 'person';
  /** Chain details for a thread that opens or got worse. */
  readonly sections: readonly DetailSection[];
}

/** Stores what an incident became, and queues what is to be said of it in every channel it concerns. */
export async function storeAndAnnounce(
  stores: Stores,
  change: Transition & { readonly isNew: boolean },
  announcement: Announcement,
  now: Date,
): Promise<void> {
  const { incident, events, isNew } = change;
  const { workspaceId } = incident;
  const attendAt = incident.silence?.until.kind === 'until' ? incident.silence.until.instant : undefined;
  if (isNew) {
    await stores.incidents.insert(workspaceId, incident, attendAt);
  } else if (!(await stores.incidents.replace(workspaceId, incident, attendAt))) {
    throw new Error(`incident ${incident.id} changed although the workspace's incidents were locked`);
  }
  const context = await contextOf(stores, incident, events);
  const told = await stores.outbox.channelsOf(workspaceId, incident.id);
  const concerned = incident.closed === undefined ? await channelsOf(stores, incident, context.monitors) : [];

  for (const channelId of new Set([...told, ...concerned])) {
    const isFirst = !told.includes(channelId);
    const debounce = isFirst || announcement.causedBy === 'person' ? 0 : MACHINE_DEBOUNCE_MS;
    const headDue = new Date(now.getTime() + debounce);
    await stores.outbox.queueHead(workspaceId, incident.id, channelId, incident.severity, headDue);
    const said: readonly IncidentEvent[] = isFirst ? [{ type: 'opened' }] : events;
    for (const event of said) {
      const reply = threadAlert(context, event, announcement.sections, now);
      await stores.outbox.queueThread(workspaceId, incident.id, channelId, reply, now);
    }
  }
}

/** The head of an incident as it is now. */
export async function headOf(stores: Stores, incident: Incident, now: Date): Promise<HeadAlert> {
  return headAlert(await contextOf(stores, incident), now);
}

/** Chain details of an incident, from the last check of its worst-hit monitor. */
export async function detailsOf(stores: Stores, incident: Incident, now: Date): Promise<DetailSection[]> {
  for (const { monitorId } of membersShown(incident)) {
    const span = await stores.checks.last(incident.workspaceId, monitorId);
    if (span !== undefined) return chainDetails(span.observation, now);
  }
  return [];
}

async function contextOf(
  stores: Stores,
  incident: Incident,
  events: readonly IncidentEvent[] = [],
): Promise<AlertContext> {
  const inIt = [...incident.members, ...incident.lastMembers].map((member) => member.monitorId);
  const left = events.flatMap((event) => (event.type === 'left' ? event.monitorIds : []));
  const monitors = await stores.monitors.listByIds(incident.workspaceId, [...new Set([...inIt, ...left])]);
  return {
    incident,
    monitors: new Map(monitors.map((monitor) => [monitor.id, monitor])),
    certificate:
      incident.key.kind === 'endpoint'
        ? undefined
        : await stores.checks.certificate(incident.workspaceId, incident.key.subject),
  };
}

/** Where the members' contact groups lead; a monitor that no mapped group covers leads to where it was added. */
async function channelsOf(
  stores: Stores,
  incident: Incident,
  monitors: ReadonlyMap<string, Monitor>,
): Promise<string[]> {
  const groups = await stores.groups.list(incident.workspaceId);
  const channels = new Set<string>();
  for (const monitorId of new Set(incident.members.map((member) => member.monitorId))) {
    const monitor = monitors.get(monitorId);
    if (monitor === undefined) continue;
    const mapped = groups
      .filter((group) => monitor.groupIds.includes(group.id))
      .flatMap((group) => group.mappings.map(({ channelId }) => channelId));
    for (const id of mapped.length > 0 ? mapped : [monitor.addedInChannelId]) channels.add(id);
  }
  return [...channels];
}
