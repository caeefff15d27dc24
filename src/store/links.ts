/** How a connection joins another workspace. */
import { and, eq, gt, inArray } from 'drizzle-orm';
import type { WorkspaceStore } from '../core/ports.ts';
import type { Executor } from './database.ts';
import {
  channels,
  connections,
  contactGroupChannels,
  contactGroups,
  digests,
  linkCodes,
  outbox,
  tagFilters,
  threads,
  workspaceSettings,
} from './schema.ts';

type LinkStore = Pick<WorkspaceStore, 'addLinkCode' | 'useLinkCode' | 'lockConnection' | 'moveConnection'>;

export function linkStore(db: Executor): LinkStore {
  return {
    async addLinkCode(workspaceId, codeHash, expiresAt) {
      await db.insert(linkCodes).values({ workspaceId, codeHash, expiresAt });
    },

    async useLinkCode(codeHash, now) {
      const [row] = await db
        .delete(linkCodes)
        .where(and(eq(linkCodes.codeHash, codeHash), gt(linkCodes.expiresAt, now)))
        .returning();
      return row?.workspaceId;
    },

    async lockConnection(connectionId) {
      await db
        .select({ id: connections.id })
        .from(connections)
        .where(eq(connections.id, connectionId))
        .for('no key update');
    },

    async moveConnection({ id, workspaceId }, toWorkspaceId) {
      const moved = db.select({ id: channels.id }).from(channels).where(eq(channels.connectionId, id));
      for (const table of [contactGroupChannels, digests, threads, outbox]) {
        await db.delete(table).where(inArray(table.channelId, moved));
      }
      for (const [column, key] of [
        [workspaceSettings.fallbackChannelId, 'fallbackChannelId'],
        [workspaceSettings.adminChannelId, 'adminChannelId'],
      ] as const) {
        await db
          .update(workspaceSettings)
          .set({ [key]: null })
          .where(and(eq(workspaceSettings.workspaceId, workspaceId), inArray(column, moved)));
      }
      // Its channels follow by their reference.
      await db
        .update(connections)
        .set({ workspaceId: toWorkspaceId })
        .where(and(eq(connections.id, id), eq(connections.workspaceId, workspaceId)));
      const left = await db
        .select({ id: connections.id })
        .from(connections)
        .where(eq(connections.workspaceId, workspaceId))
        .limit(1);
      if (left.length > 0) return;
      await db.delete(workspaceSettings).where(eq(workspaceSettings.workspaceId, workspaceId));
      await db
        .update(contactGroups)
        .set({ escalateTo: null, escalateAfterMs: null })
        .where(eq(contactGroups.workspaceId, workspaceId));
      await db.delete(contactGroups).where(eq(contactGroups.workspaceId, workspaceId));
      await db.delete(tagFilters).where(eq(tagFilters.workspaceId, workspaceId));
    },
  };
}
