import { and, eq, sql } from 'drizzle-orm';
import type { FilterStore } from '../core/ports.ts';
import { savedFilterText } from '../core/saved-filter.ts';
import type { SavedFilter } from '../core/saved-filter.ts';
import { filterText } from '../core/tag-filter.ts';
import { parseTagFilter } from '../core/tag-filter-parser.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { contactGroupChannels, contactGroups, digests, folded, tagFilters } from './schema.ts';

export function filterStore(db: Executor): FilterStore {
  return {
    async save(workspaceId, id, name, filter) {
      const expression = storable(filterText(filter));
      const [row] = await db.execute<{ id: string; name: string }>(sql`
        insert into ${tagFilters} (id, workspace_id, name, expression)
        values (${id}, ${workspaceId}, ${name}, ${expression})
        on conflict (workspace_id, ${folded(sql`name`)}) do update set expression = excluded.expression
        returning id, name
      `);
      if (row === undefined) throw new Error(`filter ${name} was not saved`);
      return { id: row.id, name: row.name, filter };
    },

    async findByName(workspaceId, name) {
      const [row] = await db
        .select()
        .from(tagFilters)
        .where(and(eq(tagFilters.workspaceId, workspaceId), eq(folded(tagFilters.name), folded(sql`${name}`))));
      return row === undefined ? undefined : toFilter(row);
    },

    async list(workspaceId) {
      const rows = await db
        .select()
        .from(tagFilters)
        .where(eq(tagFilters.workspaceId, workspaceId))
        .orderBy(folded(tagFilters.name));
      return rows.map(toFilter);
    },

    async remove(workspaceId, id) {
      await db.delete(tagFilters).where(and(eq(tagFilters.workspaceId, workspaceId), eq(tagFilters.id, id)));
    },

    async usesOf(workspaceId, name) {
      const wanted = folded(sql`${savedFilterText(name)}`);
      const rows = await db.execute<{ channel_id: string; group_name: string | null }>(sql`
        select m.channel_id, g.name as group_name
          from ${contactGroupChannels} m join ${contactGroups} g on g.id = m.group_id
         where m.workspace_id = ${workspaceId} and ${folded(sql`m.filter`)} = ${wanted}
        union all
        select d.channel_id, null from ${digests} d
         where d.workspace_id = ${workspaceId} and ${folded(sql`d.filter`)} = ${wanted}
         order by 2 nulls last, 1
      `);
      return rows.map((row) => ({ channelId: row.channel_id, group: row.group_name ?? undefined }));
    },
  };
}

function toFilter({ id, name, expression }: typeof tagFilters.$inferSelect): SavedFilter {
  const read = parseTagFilter(expression);
  if (!read.ok) throw new Error(`saved filter ${id} cannot be read: ${read.problem.message}`);
  return { id, name, filter: read.value };
}
