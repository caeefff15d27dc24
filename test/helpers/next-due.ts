import { sql } from 'drizzle-orm';
import type { Database } from '../../src/store/database.ts';

/**
 * The next instant at which something is due by itself: a check, an incident's attention, something to say, a digest.
 * `undefined` where nothing ever is. A clock that jumps from one to the next misses nothing.
 */
export async function nextDue({ pool }: Database): Promise<Date | undefined> {
  const [row] = await pool.execute<{ at: string | null }>(sql`
    select to_char(min(at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from (
      select min(claimable_at) as at from monitors where not paused
      union all select min(attend_at) from incidents where closed_at is null
      union all select min(greatest(o.not_before, c.free_at)) from outbox o join channels c on c.id = o.channel_id
                 where o.given_up_at is null and c.dead_reason is null
                   -- A reply comes after its head, and after the replies before it.
                   and (o.kind <> 'thread' or (
                     exists (select 1 from threads t where t.incident_id = o.incident_id and t.channel_id = o.channel_id)
                     and not exists (select 1 from outbox e where e.incident_id = o.incident_id and e.channel_id = o.channel_id
                                      and e.kind = 'thread' and e.given_up_at is null and e.id < o.id)))
      union all select min(next_at) from digests
    ) due`);
  return row?.at == null ? undefined : new Date(row.at);
}
