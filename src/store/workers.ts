/** Since when workers have been at work, and what they have left undone meanwhile. Of any workspace. */
import { sql } from 'drizzle-orm';
import type { WorkerStore } from '../core/ports.ts';
import { at } from './database.ts';
import type { Executor } from './database.ts';
import { incidentMembers, incidents, monitors, profiles, workerRun } from './schema.ts';

export function workerStore(db: Executor): WorkerStore {
  return {
    async seen(now, longestGapMs) {
      const [row] = await db
        .insert(workerRun)
        .values({ runningSince: now, seenAt: now })
        .onConflictDoUpdate({
          target: workerRun.id,
          set: {
            // A gap, or a clock that went back: what was before says nothing of how long workers have run.
            runningSince: sql`case
              when ${workerRun.seenAt} between ${at(new Date(now.getTime() - longestGapMs))} and ${at(now)}
              then ${workerRun.runningSince} else ${at(now)} end`,
            seenAt: now,
          },
        })
        .returning();
      if (row === undefined) throw new Error('the row of the workers vanished while it was being written');
      return { runningSince: row.runningSince, toldAt: row.toldAt ?? undefined };
    },

    async told(toldAt) {
      await db.update(workerRun).set({ toldAt: toldAt ?? null });
    },

    async notChecked(now, runningSince, intervals, limit) {
      // What is late is due, or leased to a check that does not come to an end.
      const rows = await db.execute<{ workspace_id: string; id: string }>(sql`
        select m.workspace_id, m.id
          from ${monitors} m
          join ${profiles} p on p.workspace_id = m.workspace_id and p.id = m.profile_id
         cross join lateral (select p.check_interval_ms * interval '1 millisecond' as length) every
         where not m.paused and m.claimable_at <= ${at(new Date(now.getTime() + LEASED_AT_MOST_MS))}
           and greatest(m.created_at, m.last_checked_at, m.next_check_at - every.length, ${at(runningSince)})
               + ${intervals}::int * every.length <= ${at(now)}
           and not exists (
             select 1 from ${incidentMembers} i
              join ${incidents} n on n.workspace_id = i.workspace_id and n.id = i.incident_id and n.closed_at is null
             where i.monitor_id = m.id and i.workspace_id = m.workspace_id
               and i.code = 'not-checked' and i.until is null)
         order by m.next_check_at
         limit ${limit}
      `);
      return rows.map((row) => ({ workspaceId: row.workspace_id, id: row.id }));
    },
  };
}

const LEASED_AT_MOST_MS = 600_000;
