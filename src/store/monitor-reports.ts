/** Figures over many monitors, counted where they are kept. */
import { and, eq, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { MonitorStore } from '../core/ports.ts';
import { anyOf, at } from './database.ts';
import type { Executor } from './database.ts';
import { filterCondition } from './filter-sql.ts';
import { certificates, monitors } from './schema.ts';

export function monitorReports(db: Executor): Pick<MonitorStore, 'report' | 'issuersOf'> {
  return {
    async report(workspaceId, { filter, now }, instants, issuers) {
      const meant = and(
        eq(monitors.workspaceId, workspaceId),
        filter === undefined ? undefined : filterCondition(workspaceId, filter, now),
      );
      const edges = sql.join(instants.map(at), sql`, `);
      const ends = await db.execute<{ bucket: number | null; count: string }>(sql`
        select width_bucket(${monitors.expiresAt}, array[${edges}]) as bucket, count(*) as count
          from ${monitors} where ${meant} group by 1
      `);
      const counts = await db.execute<{ issuer: string; count: string }>(sql`
        select issuer, count(*) as count from (${issuerOfEach(meant)}) each
         group by issuer order by count(*) desc, issuer limit ${issuers}
      `);
      const countOf = (bucket: number | null): number => Number(ends.find((end) => end.bucket === bucket)?.count ?? 0);
      return {
        byEnd: Array.from({ length: instants.length + 1 }, (_, bucket) => countOf(bucket)),
        unread: countOf(null),
        byIssuer: counts.map(({ issuer, count }) => ({ issuer, count: Number(count) })),
      };
    },

    async issuersOf(workspaceId, ids) {
      if (ids.length === 0) return new Map();
      const meant = and(eq(monitors.workspaceId, workspaceId), anyOf(monitors.id, ids));
      const rows = await db.execute<{ id: string; issuer: string }>(issuerOfEach(meant));
      return new Map(rows.map(({ id, issuer }) => [id, issuer]));
    },
  };
}

/** Instants in `served` are ISO 8601 in UTC: as text they are in order. */
function issuerOfEach(meant: SQL | undefined): SQL {
  return sql`
    select ${monitors.id} as id, ${certificates.fields} ->> 'issuer' as issuer
      from ${monitors}
     cross join lateral (
       select leaf ->> 'fingerprint' as fingerprint from jsonb_array_elements(${monitors.served} -> 'leaves') leaf
        order by leaf ->> 'lastSeenAt' desc, leaf ->> 'address' limit 1
     ) last
      join ${certificates} on ${certificates.workspaceId} = ${monitors.workspaceId}
       and ${certificates.fingerprint} = last.fingerprint
     where ${meant}`;
}
