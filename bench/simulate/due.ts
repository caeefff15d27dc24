/** When something is to be done next, as the database has it: the clock jumps there. */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { at } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { HOUR_MS, MINUTE_MS } from './time.ts';

export interface Due {
  /** When the next check is due; `Infinity` where none ever is. */
  readonly checksMs: number;
  readonly attentionMs: number;
  /** When the next of what waits to be said may be said: later than now. */
  readonly outboxMs: number;
  /** Something waits whose time has come, though it may have to wait for its head. */
  readonly waits: boolean;
}

/** A failure is tried again after a minute. */
const TRY_MS = 61_000;
/** What is looked at every five minutes, is so with others. */
const SOON_HEAP_MS = 5 * MINUTE_MS;

/** More are never looked at: what comes due within one heap are fewer, also where hundreds were checked at one time. */
const AHEAD = 1_000;

interface Row extends Record<string, unknown> {
  readonly checks: string | null;
  readonly outbox: string | null;
  readonly channels: string | null;
  readonly attention: string | null;
  readonly waits: boolean;
}

/**
 * What is checked daily comes due in heaps of `heapMs`, as on a machine that is a little late, so that thousands of days
 * are not spent one check at a time; what is checked more often than every hour in heaps of five minutes. A try that is to
 * confirm a failure, what is to be seen again before it is told, and what a dead process held come due to the instant.
 */
export async function nextDue(database: Database, now: Date, heapMs: number): Promise<Due> {
  const [row] = await database.pool.execute<Row>(sql`
    select
      (select min(case
           when lease_token is not null or claimable_at - last_checked_at <= interval '1 ms' * ${TRY_MS}::int then claimable_at
           when claimable_at <= ${at(now)} and exists (select 1 from outbox where recheck_at is not null) then claimable_at
           when claimable_at - last_checked_at < interval '1 ms' * ${HOUR_MS}::int then ${heaped(SOON_HEAP_MS)}
           else ${heaped(heapMs)} end)
         from (select claimable_at, last_checked_at, lease_token from monitors
                where not paused order by claimable_at limit ${AHEAD}) ahead)::text as checks,
      (select min(not_before) from outbox where given_up_at is null and not_before > ${at(now)})::text as outbox,
      (select min(c.free_at) from channels c where c.free_at > ${at(now)} and exists
        (select 1 from outbox o where o.channel_id = c.id and o.given_up_at is null))::text as channels,
      (select min(attend_at) from incidents where closed_at is null)::text as attention,
      exists (select 1 from outbox where given_up_at is null and not_before <= ${at(now)}) as waits
  `);
  return {
    checksMs: toMs(row?.checks),
    attentionMs: toMs(row?.attention),
    outboxMs: Math.min(toMs(row?.outbox), toMs(row?.channels)),
    waits: row?.waits === true,
  };
}

/** The next whole `ms` since the epoch. */
function heaped(ms: number): SQL {
  return sql`to_timestamp(ceil(extract(epoch from claimable_at) * 1000 / ${ms}::int) * ${ms}::int / 1000)`;
}

/** PostgreSQL's text of an instant in UTC: `2027-01-04 00:00:00+00`. */
function toMs(text: string | null | undefined): number {
  return text === null || text === undefined ? Infinity : Date.parse(`${text.replace(' ', 'T')}:00`);
}

export async function countDue(database: Database, now: Date): Promise<number> {
  const [row] = await database.pool.execute<{ count: string }>(
    sql`select count(*) as count from monitors where not paused and claimable_at <= ${at(now)}`,
  );
  return Number(row?.count ?? 0);
}
