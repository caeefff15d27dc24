/**
 * First sight in bulk (design, section 5): what the first checks of one bulk add find goes out as one summary a channel,
 * with threads for at most the ten worst. The rest open their thread at their first change.
 *
 * Until then their heads wait in the outbox: were this process to end before it has told, they would be told one by one.
 */
import { counted } from '../core/counted.ts';
import { incidentTitle } from '../core/alert-text.ts';
import { SEVERITY_RANK, worst } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import type { Stores } from '../core/ports.ts';
import { contextOf } from './announce.ts';
import type { MonitoringDeps } from './deps.ts';
import { groupsOf, mayBeSaidAt, routingOf } from './routing.ts';

/** A bulk add is over by then. */
export const FIRST_SIGHT_MS = 30 * 60_000;

const MOST_THREADS = 10;
const LISTED = 20;

interface Opened {
  readonly incident: Incident;
  readonly title: string;
  /** When it may be said there. */
  readonly due: Date;
}

/**
 * @param monitorIds those added whose first check changed incidents, of `added` in all.
 * @param since when the bulk began: incidents that were open before are told as they always are.
 */
export async function tellFirstSight(
  deps: MonitoringDeps,
  workspaceId: string,
  monitorIds: readonly string[],
  added: number,
  since: Date,
): Promise<void> {
  if (monitorIds.length === 0) return;
  await deps.store.transaction(async (stores) => {
    await stores.incidents.lockAll(workspaceId);
    const now = deps.clock.now();
    for (const [channelId, opened] of await openedByChannel(stores, workspaceId, monitorIds, since, now)) {
      await tellChannel(stores, workspaceId, channelId, opened, added);
    }
  });
}

async function openedByChannel(
  stores: Stores,
  workspaceId: string,
  monitorIds: readonly string[],
  since: Date,
  now: Date,
): Promise<Map<string, Opened[]>> {
  const incidents = new Map<string, Incident>();
  for (const id of monitorIds) {
    for (const incident of await stores.incidents.openOf(workspaceId, id)) {
      if (incident.openedAt >= since) incidents.set(incident.id, incident);
    }
  }
  const byChannel = new Map<string, Opened[]>();
  for (const incident of incidents.values()) {
    const context = await contextOf(stores, incident);
    const routing = await routingOf(stores, incident, context.monitors, now);
    for (const { channelId, isPosted } of await stores.outbox.toldChannels(workspaceId, incident.id)) {
      if (isPosted) continue;
      const due = mayBeSaidAt(groupsOf(routing, channelId), routing.timeZone, incident.severity, now);
      const opened = { incident, title: incidentTitle(context, now), due };
      byChannel.set(channelId, [...(byChannel.get(channelId) ?? []), opened]);
    }
  }
  return byChannel;
}

async function tellChannel(
  stores: Stores,
  workspaceId: string,
  channelId: string,
  opened: readonly Opened[],
  added: number,
): Promise<void> {
  const sorted = [...opened].sort(
    ({ incident: a }, { incident: b }) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || a.number - b.number,
  );
  const told = sorted.slice(0, MOST_THREADS);
  const rest = sorted.slice(MOST_THREADS);
  for (const { incident, due } of told) {
    await stores.outbox.queueHead(workspaceId, incident.id, channelId, incident.severity, due);
    await stores.outbox.releaseThread(workspaceId, incident.id, channelId, due);
  }
  for (const { incident } of rest) await stores.outbox.withdraw(workspaceId, incident.id, channelId);
  const lines = rest
    .slice(0, LISTED)
    .map(({ incident, title }) => `• #${String(incident.number)} ${incident.severity}: ${title}`);
  const more = rest.length - lines.length;
  const first = told.reduce((earliest, { due }) => (due < earliest ? due : earliest), told[0]?.due ?? new Date(0));
  await stores.outbox.queueNotice(
    workspaceId,
    channelId,
    {
      kind: 'notice',
      severity: worst(sorted.map(({ incident }) => incident.severity)) ?? 'warning',
      title: `${counted(added, 'monitor')} added: ${counted(sorted.length, 'problem')} found at first sight`,
      lines: [
        rest.length === 0
          ? 'Each has a thread here.'
          : `The ${String(told.length)} worst have threads here; the others open theirs when they change:`,
        ...lines,
        ...(more > 0 ? [`• and ${String(more)} more`] : []),
        'The command incidents lists them all.',
      ],
    },
    first,
  );
}
