import { and, eq, sql } from 'drizzle-orm';
import type { ContactGroup, GroupMapping } from '../core/contact-group.ts';
import type { GroupStore } from '../core/ports.ts';
import { storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { channels, contactGroupChannels, contactGroups, folded, monitorGroups } from './schema.ts';

const mappings = sql<GroupMapping[]>`coalesce(
  (select json_agg(json_build_object('channelId', ${contactGroupChannels.channelId}, 'filter', ${contactGroupChannels.filter})
                   order by ${contactGroupChannels.channelId})
     from ${contactGroupChannels} where ${contactGroupChannels.groupId} = ${contactGroups.id}), '[]')`;

export function groupStore(db: Executor): GroupStore {
  const select = async (workspaceId: string, name?: string): Promise<ContactGroup[]> => {
    const rows = await db
      .select({ group: contactGroups, mappings })
      .from(contactGroups)
      .where(
        and(
          eq(contactGroups.workspaceId, workspaceId),
          name === undefined ? undefined : eq(folded(contactGroups.name), folded(sql`${storable(name)}`)),
        ),
      )
      .orderBy(folded(contactGroups.name));
    return rows.map(({ group, mappings: mapped }) => toGroup(group, mapped));
  };

  return {
    async add(workspaceId, id, name) {
      const [row] = await db.insert(contactGroups).values({ id, workspaceId, name }).onConflictDoNothing().returning();
      return row === undefined ? undefined : toGroup(row, []);
    },

    async findByName(workspaceId, name) {
      return (await select(workspaceId, name))[0];
    },

    list: (workspaceId) => select(workspaceId),

    async map(workspaceId, groupId, channelId, filter) {
      const stored = filter === undefined ? null : storable(filter);
      // Both must be of the workspace: else there is nothing to insert.
      const rows = await db.execute<{ is_new: boolean }>(sql`
        insert into ${contactGroupChannels} as known (workspace_id, group_id, channel_id, filter)
        select ${workspaceId}, g.id, c.id, ${stored}::text from ${contactGroups} g, ${channels} c
         where g.id = ${groupId} and g.workspace_id = ${workspaceId} and c.id = ${channelId} and c.workspace_id = ${workspaceId}
        on conflict (group_id, channel_id) do update set filter = excluded.filter
         where known.filter is distinct from excluded.filter
        returning known.xmax = 0 as is_new
      `);
      const [row] = rows;
      return row === undefined ? 'same' : row.is_new ? 'new' : 'changed';
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

    async edit(workspaceId, id, change) {
      await db.execute(
        sql`select 1 from ${contactGroups} where workspace_id = ${workspaceId} and id = ${id} for update`,
      );
      const { hours, mention, escalation, ...rest } = change;
      const set = {
        ...('timeZone' in rest ? { timeZone: rest.timeZone ?? null } : {}),
        ...(rest.criticalThrough === undefined ? {} : { criticalThrough: rest.criticalThrough }),
        ...('hours' in change ? { hours: hours === undefined ? null : storableJson(hours) } : {}),
        ...('mention' in change ? { mention: mention === undefined ? null : storableJson(mention) } : {}),
        ...('escalation' in change
          ? { escalateTo: escalation?.groupId ?? null, escalateAfterMs: escalation?.afterMs ?? null }
          : {}),
      };
      if (Object.keys(set).length > 0) {
        await db
          .update(contactGroups)
          .set(set)
          .where(and(eq(contactGroups.workspaceId, workspaceId), eq(contactGroups.id, id)));
      }
      return (await select(workspaceId)).find((group) => group.id === id);
    },

    async remove(workspaceId, id) {
      await db
        .update(contactGroups)
        .set({ escalateTo: null, escalateAfterMs: null })
        .where(and(eq(contactGroups.workspaceId, workspaceId), eq(contactGroups.escalateTo, id)));
      await db.delete(contactGroups).where(and(eq(contactGroups.workspaceId, workspaceId), eq(contactGroups.id, id)));
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

function toGroup(row: typeof contactGroups.$inferSelect, mapped: readonly GroupMapping[]): ContactGroup {
  const { escalateTo, escalateAfterMs } = row;
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    name: row.name,
    mappings: mapped.map(({ channelId, filter }) => ({ channelId, filter: filter ?? undefined })),
    timeZone: row.timeZone ?? undefined,
    hours: (row.hours as ContactGroup['hours'] | null) ?? undefined,
    criticalThrough: row.criticalThrough,
    mention: (row.mention as ContactGroup['mention'] | null) ?? undefined,
    escalation:
      escalateTo === null || escalateAfterMs === null ? undefined : { groupId: escalateTo, afterMs: escalateAfterMs },
  };
}
