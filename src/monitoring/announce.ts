/** Turns a change of an incident into outbox rows, in the transaction of the change. */
import { headAlert, threadAlert } from '../core/alert-text.ts';
import type { AlertContext } from '../core/alert-text.ts';
import type { DetailSection, HeadAlert } from '../core/alert.ts';
import { nextAttention } from '../core/attention.ts';
import type { AttentionInput } from '../core/attention.ts';
import { chainDetails } from '../core/chain-details.ts';
import { membersShown } from '../core/incident.ts';
import type { Incident, IncidentEvent, Transition } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';
import { groupsOf, mayBeSaidAt, mentionsAt, routingOf } from './routing.ts';
import type { Routing } from './routing.ts';

/** Edits that machines cause wait for each other; an answer to a person does not wait. */
const MACHINE_DEBOUNCE_MS = 10_000;

export interface Announcement {
  readonly causedBy: 'machine' | 'person';
  /** Chain details for a thread that opens or got worse. */
  readonly sections: readonly DetailSection[];
  /** A head that opens is not said before: until then a bulk add may gather it in one summary. */
  readonly opensNotBefore?: Date | undefined;
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
  const context = await contextOf(stores, incident, events);
  const routing = await routingOf(stores, incident, context.monitors, now);
  const attendAt = nextAttention(await attentionInput(stores, incident, context.monitors, routing));
  if (isNew) {
    await stores.incidents.insert(workspaceId, incident, attendAt);
  } else if (!(await stores.incidents.replace(workspaceId, incident, attendAt))) {
    throw new Error(`incident ${incident.id} changed although the workspace's incidents were locked`);
  }
  const telling = { ...announcement, context, routing, events, now };
  const told = await stores.outbox.toldChannels(workspaceId, incident.id);
  for (const { channelId, isPosted } of told) await (isPosted ? followUp : holdOn)(stores, telling, channelId);
  if (incident.closed !== undefined) return;
  for (const { channelId } of routing.routes) {
    if (!told.some((one) => one.channelId === channelId)) await begin(stores, telling, channelId);
  }
}

/** What there is to tell, whichever the channel. */
interface Telling extends Announcement {
  readonly context: AlertContext;
  readonly routing: Routing;
  readonly events: readonly IncidentEvent[];
  readonly now: Date;
}

/** The head, and under it what it opened with, once the channel may be spoken to. */
async function begin(stores: Stores, telling: Telling, channelId: string): Promise<void> {
  const { context, sections, now } = telling;
  const { workspaceId, id, severity } = context.incident;
  const due = opensAt(telling, channelId);
  await stores.outbox.queueHead(workspaceId, id, channelId, severity, due);
  const opened = threadAlert(context, { type: 'opened' }, sections, now);
  await stores.outbox.queueThread(workspaceId, id, channelId, opened, due);
}

function opensAt({ context, routing, opensNotBefore, now }: Telling, channelId: string): Date {
  const { severity } = context.incident;
  const opening = mayBeSaidAt(groupsOf(routing, channelId), routing.timeZone, severity, now);
  return opensNotBefore !== undefined && opensNotBefore > opening ? opensNotBefore : opening;
}

/** Its head waits: it is said as it is then, so only its time may change. What people did is told under it all the same. */
async function holdOn(stores: Stores, telling: Telling, channelId: string): Promise<void> {
  const { context, events, now } = telling;
  const { workspaceId, id, severity } = context.incident;
  const due = opensAt(telling, channelId);
  await stores.outbox.queueHead(workspaceId, id, channelId, severity, due);
  await stores.outbox.releaseThread(workspaceId, id, channelId, due);
  for (const event of events) {
    if (!('by' in event)) continue;
    await stores.outbox.queueThread(workspaceId, id, channelId, threadAlert(context, event, [], now), due);
  }
}

/** Edits always pass. What a machine has to say waits for the opening, a reminder is not said at all outside it. */
async function followUp(stores: Stores, telling: Telling, channelId: string): Promise<void> {
  const { context, routing, events, sections, now } = telling;
  const { workspaceId, id, severity } = context.incident;
  const isPerson = telling.causedBy === 'person';
  const edited = new Date(now.getTime() + (isPerson ? 0 : MACHINE_DEBOUNCE_MS));
  await stores.outbox.queueHead(workspaceId, id, channelId, severity, edited);
  const groups = groupsOf(routing, channelId);
  const opening = mayBeSaidAt(groups, routing.timeZone, severity, now);
  // What waits in the thread since before it rose goes first, and now: order holds.
  if (events.some(({ type }) => type === 'worse'))
    await stores.outbox.releaseThread(workspaceId, id, channelId, opening);
  for (const event of events) {
    if (event.type === 'reminded' && opening > now) continue;
    const mentions = event.type === 'worse' ? mentionsAt(groups, severity) : [];
    const reply = threadAlert(context, event, sections, now, mentions);
    await stores.outbox.queueThread(workspaceId, id, channelId, reply, isPerson ? now : opening);
  }
}

/** What decides when an incident wants attention by itself. */
export async function attentionInput(
  stores: Stores,
  incident: Incident,
  monitors: ReadonlyMap<string, Monitor>,
  { groups }: Pick<Routing, 'groups'>,
): Promise<AttentionInput> {
  const used = new Set([...monitors.values()].map(({ profileId }) => profileId));
  const profiles = (await stores.profiles.list(incident.workspaceId)).filter(({ id }) => used.has(id));
  return { incident, groups, profiles };
}

/** The head of an incident as it is now. */
export async function headOf(stores: Stores, incident: Incident, now: Date): Promise<HeadAlert> {
  return headAlert(await contextOf(stores, incident), now);
}

/** The head as it is posted anew in a channel: it calls whom the groups that lead there want called. */
export async function newHeadOf(stores: Stores, incident: Incident, channelId: string, now: Date): Promise<HeadAlert> {
  const context = await contextOf(stores, incident);
  const routing = await routingOf(stores, incident, context.monitors, now);
  return headAlert(context, now, mentionsAt(groupsOf(routing, channelId), incident.severity));
}

/** Chain details of an incident, from the last check of its worst-hit monitor. */
export async function detailsOf(stores: Stores, incident: Incident, now: Date): Promise<DetailSection[]> {
  for (const { monitorId } of membersShown(incident)) {
    const span = await stores.checks.last(incident.workspaceId, monitorId);
    if (span !== undefined) return chainDetails(span.observation, now);
  }
  return [];
}

export async function contextOf(
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
