import { and, eq, sql } from 'drizzle-orm';
import type { ContactGroup } from '../core/contact-group.ts';
import type { GroupStore } from '../core/ports.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { channels, contactGroupChannels, contactGroups, folded, monitorGroups } from './schema.ts';

export function groupStore(db: Executor): GroupStore {
  const select = async (workspaceId: string, name?: string): Promise<ContactGroup[]> => {
    const rows = await db
      .select({
        id: contactGroups.id,
        workspaceId: contactGroups.workspaceId,
        name: contactGroups.name,
        channelIds: sql<string[]>`coalesce(
          (select json_agg(${contactGroupChannels.channelId} order by ${contactGroupChannels.channelId})
             from ${contactGroupChannels} where ${contactGroupChannels.groupId} = ${contactGroups.id}), '[]')`,
      })
      .from(contactGroups)
      .where(
        and(
          eq(contactGroups.workspaceId, workspaceId),
          name === undefined ? undefined : eq(folded(contactGroups.name), folded(sql`${storable(name)}`)),
        ),
      )
      .orderBy(folded(contactGroups.name));
    return rows;
  };

  return {
    async add(workspaceId, id, name) {
      const [row] = await db.insert(contactGroups).values({ id, workspaceId, name }).onConflictDoNothing().returning();
      return row === undefined ? undefined : { ...row, channelIds: [] };
    },

    async findByName(workspaceId, name) {
      return (await select(workspaceId, name))[0];
    },

    list: (workspaceId) => select(workspaceId),

    async map(workspaceId, groupId, channelId) {
      // Both must be of the workspace: else there is nothing to insert.
      const rows = await db.execute(sql`
        insert into ${contactGroupChannels} (workspace_id, group_id, channel_id)
        select ${workspaceId}, g.id, c.id from ${contactGroups} g, ${channels} c
         where g.id = ${groupId} and g.workspace_id = ${workspaceId} and c.id = ${channelId} and c.workspace_id = ${workspaceId}
        on conflict do nothing
        returning group_id
      `);
      return rows.length > 0;
    },

    async unmap(workspaceId, groupId, channelId) {
      const rows = await db
        .delete(contactGroupChannels)
        .where(
          and(
            eq(contactGroupChannels.workspaceId, workspaceId),
            eq(contactGroupChannels.groupId, groupId),
            eq(contactGroupChannels.channelId, channelId),
          ),
        )
        .returning();
      return rows.length > 0;
    },

    async countMonitors(workspaceId, groupId) {
      const [row] = await db
        .select({ count: sql<string>`count(*)` })
        .from(monitorGroups)
        .where(and(eq(monitorGroups.workspaceId, workspaceId), eq(monitorGroups.groupId, groupId)));
      return Number(row?.count ?? 0);
    },
  };
}
