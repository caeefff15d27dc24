import { randomUUID } from 'node:crypto';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ChannelStore } from '../core/ports.ts';
import type { Channel, PlatformName } from '../core/workspace.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { channels, connections, folded } from './schema.ts';

export function channelStore(db: Executor): ChannelStore {
  const select = () =>
    db
      .select({ channel: channels, connection: connections })
      .from(channels)
      .innerJoin(connections, eq(channels.connectionId, connections.id));

  return {
    async ensure(workspaceId, { connectionId, externalId, name, isPrivateChat }) {
      // A connection of another workspace is not one: nothing is written, and nothing is found.
      const [connection] = await db
        .select()
        .from(connections)
        .where(and(eq(connections.workspaceId, workspaceId), eq(connections.id, connectionId)));
      if (connection === undefined) throw new Error(`connection ${connectionId} is not of workspace ${workspaceId}`);
      const [row] = await db
        .insert(channels)
        .values({ id: randomUUID(), workspaceId, connectionId, externalId, name: storable(name), isPrivateChat })
        .onConflictDoUpdate({
          target: [channels.connectionId, channels.externalId],
          set: { name: storable(name), isPrivateChat, deadReason: null },
        })
        .returning();
      if (row === undefined) throw new Error('an upsert returned nothing');
      return toChannel({ channel: row, connection });
    },

    async find(workspaceId, id) {
      const [row] = await select().where(and(eq(channels.workspaceId, workspaceId), eq(channels.id, id)));
      return row === undefined ? undefined : toChannel(row);
    },

    async findByName(workspaceId, connectionId, name) {
      const [row] = await select().where(
        and(
          eq(channels.workspaceId, workspaceId),
          eq(channels.connectionId, connectionId),
          eq(channels.isPrivateChat, false),
          eq(folded(channels.name), folded(sql`${storable(name)}`)),
        ),
      );
      return row === undefined ? undefined : toChannel(row);
    },

    async listByIds(workspaceId, ids) {
      if (ids.length === 0) return [];
      const rows = await select().where(and(eq(channels.workspaceId, workspaceId), inArray(channels.id, [...ids])));
      return rows.map(toChannel);
    },

    async markDead(workspaceId, id, reason) {
      await db
        .update(channels)
        .set({ deadReason: storable(reason) })
        .where(and(eq(channels.workspaceId, workspaceId), eq(channels.id, id)));
    },
  };
}

export function toChannel(row: {
  channel: typeof channels.$inferSelect;
  connection: typeof connections.$inferSelect;
}): Channel {
  const { channel, connection } = row;
  return {
    id: channel.id,
    workspaceId: channel.workspaceId,
    connectionId: channel.connectionId,
    platform: connection.platform as PlatformName,
    teamId: connection.externalId,
    externalId: channel.externalId,
    name: channel.name,
    isPrivateChat: channel.isPrivateChat,
    deadReason: channel.deadReason ?? undefined,
  };
}
