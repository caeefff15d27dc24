/** What people change of monitors. */
import { and, eq, sql } from 'drizzle-orm';
import type { MonitorStore } from '../core/ports.ts';
import { at, storable } from './database.ts';
import type { Executor } from './database.ts';
import { monitorGroups, monitors, monitorTags } from './schema.ts';

export function monitorEdits(db: Executor): Pick<MonitorStore, 'edit' | 'hasten'> {
  return {
    async edit(workspaceId, id, { groupIds, tags, ...fields }) {
      const set = {
        ...fields,
        ...(typeof fields.name === 'string' ? { name: storable(fields.name) } : {}),
        // Another name gets another certificate: no change of the one that was served.
        ...(fields.serverName === undefined ? {} : { served: null }),
      };
      if (Object.keys(set).length > 0) {
        await db
          .update(monitors)
          .set(set)
          .where(and(eq(monitors.workspaceId, workspaceId), eq(monitors.id, id)));
      }
      if (groupIds !== undefined) {
        await db
          .delete(monitorGroups)
          .where(and(eq(monitorGroups.workspaceId, workspaceId), eq(monitorGroups.monitorId, id)));
        await addGroups(db, workspaceId, id, groupIds);
      }
      if (tags !== undefined) {
        await db
          .delete(monitorTags)
          .where(and(eq(monitorTags.workspaceId, workspaceId), eq(monitorTags.monitorId, id)));
        await addTags(db, workspaceId, id, tags);
      }
    },

    async hasten(workspaceId, profileId, now, withinMs) {
      // In order of id, as whoever changes several monitors takes them; the id says when, so that they come evenly spread.
      await db.execute(sql`
        with mine as materialized (
          select id from ${monitors}
           where workspace_id = ${workspaceId} and profile_id = ${profileId} and not paused
           order by id for no key update
        ), due as (
          select id, ${at(now)} + abs(hashtext(id)::bigint) % ${withinMs} * interval '1 ms' as due_at from mine
        )
        update ${monitors} set
          next_check_at = least(next_check_at, due_at),
          claimable_at = case when lease_token is null then least(claimable_at, due_at) else claimable_at end
          from due where ${monitors}.workspace_id = ${workspaceId} and ${monitors}.id = due.id
      `);
    },
  };
}

export async function addGroups(
  db: Executor,
  workspaceId: string,
  monitorId: string,
  groupIds: readonly string[],
): Promise<void> {
  const values = [...new Set(groupIds)].map((groupId) => ({ workspaceId, monitorId, groupId }));
  if (values.length > 0) await db.insert(monitorGroups).values(values);
}

export async function addTags(
  db: Executor,
  workspaceId: string,
  monitorId: string,
  tags: readonly string[],
): Promise<void> {
  const values = [...new Set(tags.map(storable))].map((tag) => ({ workspaceId, monitorId, tag }));
  if (values.length > 0) await db.insert(monitorTags).values(values);
}
