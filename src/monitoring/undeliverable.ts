/** What cannot be said where it should be: the admins hear of it with the remedy, the fallback channel of what is open. */
import type { DeliveryOutcome, OutboxItem, Stores } from '../core/ports.ts';
import { channelLabel } from '../core/workspace.ts';
import type { Channel } from '../core/workspace.ts';
import { livingChannel, tellAdmins } from './admins.ts';
import type { MonitoringDeps } from './deps.ts';

type DeadChannel = Extract<DeliveryOutcome, { type: 'dead-channel' }>;

/** What waits there waits until the channel is mended; meanwhile the fallback channel has the heads. */
export async function tellOfDeadChannel(
  deps: MonitoringDeps,
  { workspaceId, channel }: OutboxItem,
  { reason, remedy }: DeadChannel,
): Promise<void> {
  await deps.store.transaction(async (stores) => {
    const waiting = await stores.outbox.waitingIn(workspaceId, channel.id);
    const fallback = await sayInFallback(deps, stores, workspaceId, channel, waiting);
    await tellAdmins(deps, stores, workspaceId, {
      kind: 'notice',
      severity: 'warning',
      title: `No alert can be sent to ${channelLabel(channel)} any more`,
      lines: [
        `The platform says: ${reason}.`,
        `What to do: ${remedy}. Then write group map GROUP ${channelLabel(channel)} for a group that leads there, and what waits is sent.`,
        fallbackLine(fallback),
      ],
    });
  });
}

/** It was given up after a day in which it could not be sent. */
export async function tellOfLostAlert(
  deps: MonitoringDeps,
  { workspaceId, channel, incidentId, content }: OutboxItem,
  reason: string,
): Promise<void> {
  await deps.store.transaction(async (stores) => {
    const lost = incidentId === undefined ? [] : [incidentId];
    const fallback = await sayInFallback(deps, stores, workspaceId, channel, lost);
    // A notice that is lost is not told of by another: nobody would hear that one either.
    if (content.kind === 'notice') return;
    await tellAdmins(deps, stores, workspaceId, {
      kind: 'notice',
      severity: 'warning',
      title: `An alert could not be sent to ${channelLabel(channel)} for a day, and was given up`,
      lines: [
        `The last try ended with: ${reason}.`,
        'What to do: look whether the platform can be reached from here, and whether certmon may still write in that channel.',
        fallbackLine(fallback),
      ],
    });
  });
}

/** The heads of those incidents that are open go to the fallback channel, where it is another and alive. */
async function sayInFallback(
  deps: MonitoringDeps,
  stores: Stores,
  workspaceId: string,
  from: Channel,
  incidentIds: readonly string[],
): Promise<Channel | undefined> {
  const { fallbackChannelId } = await stores.workspaces.settings(workspaceId);
  if (fallbackChannelId === undefined || fallbackChannelId === from.id) return undefined;
  const fallback = await livingChannel(stores, workspaceId, fallbackChannelId);
  if (fallback === undefined) return undefined;
  for (const id of incidentIds) {
    const incident = await stores.incidents.find(workspaceId, id);
    if (incident === undefined || incident.closed !== undefined) continue;
    await stores.outbox.queueHead(workspaceId, id, fallback.id, incident.severity, deps.clock.now());
  }
  return fallback;
}

function fallbackLine(fallback: Channel | undefined): string {
  return fallback === undefined
    ? 'There is no fallback channel that could be used instead: settings fallback #channel names one.'
    : `Until then open incidents are told in ${channelLabel(fallback)}.`;
}
