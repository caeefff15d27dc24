import type { NoticeAlert } from '../core/alert.ts';
import type { Stores } from '../core/ports.ts';
import type { Channel } from '../core/workspace.ts';
import type { MonitoringDeps } from './deps.ts';

/**
 * Queues a notice for the admins of a workspace, in the caller's transaction: in their channel, else in the fallback
 * channel. Where neither can be spoken to it is logged, so that whoever runs certmon sees it.
 */
export async function tellAdmins(
  deps: Pick<MonitoringDeps, 'clock' | 'log'>,
  stores: Stores,
  workspaceId: string,
  notice: NoticeAlert,
): Promise<void> {
  const { adminChannelId, fallbackChannelId } = await stores.workspaces.settings(workspaceId);
  for (const id of [adminChannelId, fallbackChannelId]) {
    const channel = await livingChannel(stores, workspaceId, id);
    if (channel === undefined) continue;
    await stores.outbox.queueNotice(workspaceId, channel.id, notice, deps.clock.now());
    return;
  }
  deps.log.error(
    { workspaceId, title: notice.title, lines: notice.lines, remedy: 'settings admins #channel' },
    'admins not told, since they have no channel',
  );
}

/** A channel that a setting names, where something can be sent there. */
export async function livingChannel(
  stores: Stores,
  workspaceId: string,
  id: string | undefined,
): Promise<Channel | undefined> {
  const channel = id === undefined ? undefined : await stores.channels.find(workspaceId, id);
  return channel?.deadReason === undefined ? channel : undefined;
}
