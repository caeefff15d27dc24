/** Takes out what is older than a workspace keeps it. Of any workspace. */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { RetentionStore } from '../core/ports.ts';
import { DEFAULT_SETTINGS } from '../core/workspace.ts';
import { at } from './database.ts';
import type { Executor } from './database.ts';
import {
  acceptances,
  audit,
  certificates,
  checkSpans,
  crossings,
  inbox,
  incidents,
  linkCodes,
  monitors,
  outbox,
  workspaces,
  workspaceSettings,
} from './schema.ts';

/** Apart from other advisory locks in the same database. */
const LOCK_SPACE = 0x63_6d_72_74;
const DAY_MS = 86_400_000;
const FINISHED_COMMANDS_FOR_MS = 7 * DAY_MS;
const GIVEN_UP_FOR_MS = 30 * DAY_MS;
/** Longer than any transaction: whoever kept the certificate before it was marked has named it by then. */
const UNNAMED_FOR_MS = 3_600_000;

export function retentionStore(db: Executor): RetentionStore {
  const isOurs = async (): Promise<boolean> => {
    const [row] = await db.execute<{ ours: boolean }>(
      sql`select pg_try_advisory_xact_lock(${LOCK_SPACE}::int, 0) as ours`,
    );
    return row?.ours === true;
  };
  const count = async (deletion: SQL): Promise<number> => {
    const [row] = await db.execute<{ count: number }>(
      sql`with gone as (${deletion} returning 1) select count(*)::int as count from gone`,
    );
    return row?.count ?? 0;
  };

  return {
    async removeOld(now, limit) {
      if (!(await isOurs())) return undefined;
      const kept = keptSince(now);
      const before = (ms: number): SQL => at(new Date(now.getTime() - ms));
      const deletions = [
        sql`delete from ${checkSpans} where id in (
              select s.id from (${kept}) k
                join ${checkSpans} s on s.workspace_id = k.workspace_id and s.first_at < k.since and s.last_at < k.since
               where exists (select 1 from ${checkSpans} n where n.monitor_id = s.monitor_id and n.id > s.id)
               limit ${limit})`,
        sql`delete from ${incidents} where (workspace_id, id) in (
              select i.workspace_id, i.id from (${kept}) k
                join ${incidents} i on i.workspace_id = k.workspace_id and i.closed_at < k.since
               limit ${limit})`,
        sql`delete from ${audit} where id in (
              select a.id from (${kept}) k
                join ${audit} a on a.workspace_id = k.workspace_id and a.at < k.since
               limit ${limit})`,
        sql`delete from ${acceptances} where ctid in (
              select a.ctid from (${kept}) k
                join ${acceptances} a on a.workspace_id = k.workspace_id and a.until < k.since
               limit ${limit})`,
        sql`delete from ${inbox} where id in (
              select id from ${inbox} where finished_at < ${before(FINISHED_COMMANDS_FOR_MS)} limit ${limit})`,
        sql`delete from ${outbox} where id in (
              select id from ${outbox} where given_up_at < ${before(GIVEN_UP_FOR_MS)} limit ${limit})`,
        sql`delete from ${linkCodes} where code_hash in (
              select code_hash from ${linkCodes} where expires_at <= ${at(now)} limit ${limit})`,
      ];
      let removed = 0;
      let isMore = false;
      for (const deletion of deletions) {
        const gone = await count(deletion);
        removed += gone;
        isMore ||= gone >= limit;
      }
      return { removed, isMore };
    },

    async removeUnnamedCertificates(now, limit) {
      if (!(await isOurs())) return undefined;
      // Marked first, and gone at a later pass: a check that finds it there meanwhile takes the mark away.
      await db.execute(sql`
        with named as materialized (${NAMED})
        update ${certificates} c
           set unnamed_since = case when c.unnamed_since is null then ${at(now)} end
          from (${keptSince(now)}) k
         where k.workspace_id = c.workspace_id and c.first_seen_at < k.since
           and (c.unnamed_since is null) = not exists (
             select 1 from named n where n.workspace_id = c.workspace_id and n.fingerprint = c.fingerprint)
      `);
      const [row] = await db.execute<{ count: number }>(sql`
        with gone as (
          delete from ${certificates} where (workspace_id, fingerprint) in (
            select workspace_id, fingerprint from ${certificates}
             where unnamed_since < ${at(new Date(now.getTime() - UNNAMED_FOR_MS))} limit ${limit})
             and unnamed_since is not null
          returning workspace_id, fingerprint
        ), uncrossed as (
          delete from ${crossings} x using gone
           where x.workspace_id = gone.workspace_id and x.fingerprint = gone.fingerprint
        )
        select count(*)::int as count from gone
      `);
      return row?.count ?? 0;
    },
  };
}

/** From when on each workspace keeps what it found. */
function keptSince(now: Date): SQL {
  return sql`
    select w.id as workspace_id,
           ${at(now)} - coalesce(s.retention_days, ${DEFAULT_SETTINGS.retentionDays}::int) * interval '1 day' as since
      from ${workspaces} w left join ${workspaceSettings} s on s.workspace_id = w.id`;
}

/** Every certificate that a span, a monitor or an incident is still about. */
const NAMED = sql`
  select s.workspace_id, f.value #>> '{}' as fingerprint
    from ${checkSpans} s, jsonb_path_query(s.observation, '$.addresses[*].chain[*]') f(value)
  union
  select s.workspace_id, f.value #>> '{}'
    from ${checkSpans} s, jsonb_path_query(s.observation, '$.addresses[*].path[*]') f(value)
  union
  select s.workspace_id, f.value #>> '{}'
    from ${checkSpans} s, jsonb_path_query(s.observation, '$.addresses[*].missing[*].fingerprint') f(value)
  union
  select m.workspace_id, f.value #>> '{}'
    from ${monitors} m, jsonb_path_query(m.served, '$.leaves[*].fingerprint') f(value)
  union
  select m.workspace_id, f.value #>> '{}'
    from ${monitors} m, jsonb_path_query(m.served, '$.change.*') f(value)
  union
  select workspace_id, subject from ${incidents}`;
