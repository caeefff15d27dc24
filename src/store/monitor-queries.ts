/** Monitors that somebody looks for: by a word that may mean one, or by a tag filter. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { MonitorStatus } from '../core/monitor.ts';
import type { MonitorQuery, MonitorStore } from '../core/ports.ts';
import { looksLikeSid } from '../core/sid.ts';
import { at, storable } from './database.ts';
import type { Executor } from './database.ts';
import { filterCondition } from './filter-sql.ts';
import { selectMonitors, toMonitor } from './monitor-row.ts';
import { folded, monitors, monitorTags } from './schema.ts';

const NO_STATUS: Readonly<Record<MonitorStatus, number>> = {
  paused: 0,
  pending: 0,
  expired: 0,
  error: 0,
  expiring: 0,
  valid: 0,
};

const SID_LENGTH = 34;

export function monitorQueries(
  db: Executor,
): Pick<MonitorStore, 'match' | 'list' | 'count' | 'ids' | 'matching' | 'tags' | 'renewedSince'> {
  const meant = (workspaceId: string, { filter, now }: MonitorQuery): SQL | undefined =>
    and(
      eq(monitors.workspaceId, workspaceId),
      filter === undefined ? undefined : filterCondition(workspaceId, filter, now),
    );

  return {
    async match(workspaceId, reference, limit) {
      const rows = await selectMonitors(db)
        .where(
          and(
            eq(monitors.workspaceId, workspaceId),
            sql`${monitors.id} in (${called(workspaceId, storable(reference))})`,
          ),
        )
        .orderBy(monitors.host, monitors.port, monitors.id)
        .limit(limit);
      return rows.map(toMonitor);
    },

    async list(workspaceId, which, limit, offset) {
      const rows = await selectMonitors(db)
        .where(meant(workspaceId, which))
        .orderBy(...IN_ORDER)
        .limit(limit)
        .offset(offset);
      return rows.map(toMonitor);
    },

    async count(workspaceId, which) {
      const rows = await db
        .select({
          status: monitors.status,
          count: sql<string>`count(*)`,
          failing: sql<string>`count(${monitors.failingTries})`,
        })
        .from(monitors)
        .where(meant(workspaceId, which))
        .groupBy(monitors.status);
      const sum = (of: (row: (typeof rows)[number]) => string): number =>
        rows.reduce((total, row) => total + Number(of(row)), 0);
      const byStatus = rows.map(({ status, count }) => [status, Number(count)] as const);
      return {
        total: sum(({ count }) => count),
        byStatus: { ...NO_STATUS, ...Object.fromEntries(byStatus) },
        failing: sum(({ failing }) => failing),
      };
    },

    async renewedSince(workspaceId, which, since, limit) {
      // The first leaf that was ever seen at an address is no renewal.
      const isRenewed = sql`exists (
        select 1 from jsonb_array_elements(${monitors.served} -> 'leaves') l
         where (l ->> 'firstSeenAt')::timestamptz > ${at(since)}
           and exists (select 1 from jsonb_array_elements(${monitors.served} -> 'leaves') o
                        where o ->> 'address' = l ->> 'address' and o ->> 'firstSeenAt' < l ->> 'firstSeenAt'))`;
      const rows = await selectMonitors(db)
        .where(and(meant(workspaceId, which), isRenewed))
        .orderBy(...IN_ORDER)
        .limit(limit);
      return rows.map(toMonitor);
    },

    async ids(workspaceId, which) {
      const rows = await db
        .select({ id: monitors.id })
        .from(monitors)
        .where(meant(workspaceId, which))
        .orderBy(...IN_ORDER);
      return rows.map(({ id }) => id);
    },

    async matching(workspaceId, which, ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .select({ id: monitors.id })
        .from(monitors)
        .where(and(meant(workspaceId, which), inArray(monitors.id, [...ids])));
      return rows.map(({ id }) => id);
    },

    async tags(workspaceId) {
      const tag = folded(monitorTags.tag);
      const rows = await db
        .select({
          tag: sql<string>`mode() within group (order by ${monitorTags.tag})`,
          count: sql<string>`count(distinct ${monitorTags.monitorId})`,
        })
        .from(monitorTags)
        .where(eq(monitorTags.workspaceId, workspaceId))
        .groupBy(tag)
        .orderBy(tag);
      return rows.map((row) => ({ tag: row.tag, count: Number(row.count) }));
    },
  };
}

/** Reads monitors_order_idx. */
const IN_ORDER = [sql`${monitors.expiresAt} asc nulls last`, monitors.host, monitors.port, monitors.id];

/**
 * Ids of those that a word may mean: a SID or its start, the name, the host, or the host and port, as typed or canonical,
 * whatever the case. Each way is a query of its own, so that each is a look into an index.
 */
function called(workspaceId: string, reference: string): SQL {
  const bracketed = /^\[(.+)\](?::(\d{1,5}))?$/.exec(reference);
  const plain = /^([^:]+):(\d{1,5})$/.exec(reference);
  const host = bracketed?.[1] ?? plain?.[1] ?? reference;
  const port = bracketed?.[2] ?? plain?.[2];
  const there = port === undefined ? sql`` : sql` and port = ${Number(port)}`;
  const ways = [
    sql`${folded(monitors.name)} = ${folded(sql`${reference}`)}`,
    // Canonical hosts are in ASCII. Folded as a display host is, it would have another collation than its index.
    sql`${monitors.host} = ${host.toLowerCase()}${there}`,
    sql`${folded(monitors.displayHost)} = ${folded(sql`${host}`)}${there}`,
    ...(looksLikeSid('monitor', reference) ? [startsWith(`CM${reference.slice(2).toLowerCase()}`)] : []),
  ];
  return sql.join(
    ways.map((way) => sql`select id from ${monitors} where workspace_id = ${workspaceId} and ${way}`),
    sql` union `,
  );
}

/** As a range of whole SIDs, which the primary key has in order. */
function startsWith(start: string): SQL {
  return sql`${monitors.id} between ${start.padEnd(SID_LENGTH, '0')} and ${start.padEnd(SID_LENGTH, 'f')}`;
}
