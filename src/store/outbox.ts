/**
 * What is to be said. The channel is the unit of delivery: a claim takes channels that are free, and for each the next
 * thing to say there, so that order, pace and a platform's delays hold back that channel and no other.
 *
 * A row is marked while it is being sent. Marked still at the next claim, its sender was cut off, and the row may have
 * been sent: the platform is told so, and may look.
 */
import { randomUUID } from 'node:crypto';
import { and, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { NoticeAlert, ThreadAlert } from '../core/alert.ts';
import { SEVERITY_RANK } from '../core/finding.ts';
import type { Severity } from '../core/finding.ts';
import type { OutboxContent, OutboxItem, OutboxStore } from '../core/ports.ts';
import { toChannel } from './channels.ts';
import { at, storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { channels, connections, outbox, threads } from './schema.ts';

interface NextRow extends Record<string, unknown> {
  readonly id: string;
  readonly channel_id: string;
  readonly was_cut_off: boolean;
  readonly message_id: string | null;
}

export function outboxStore(
  db: Executor,
  inTransaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>,
): OutboxStore {
  const insert = async (
    workspaceId: string,
    incidentId: string | null,
    channelId: string,
    content: Exclude<OutboxContent, { kind: 'head' }>,
    severity: Severity,
    notBefore: Date,
  ): Promise<void> => {
    await db.insert(outbox).values({
      workspaceId,
      incidentId,
      channelId,
      kind: content.kind,
      content: storableJson(content),
      severityRank: SEVERITY_RANK[severity],
      notBefore,
    });
  };

  /** Gives the channel back; false where it is no longer ours. */
  const freeChannel = async (tx: Executor, item: OutboxItem, freeAt: Date): Promise<boolean> => {
    const rows = await tx
      .update(channels)
      .set({ freeAt, leaseToken: null })
      .where(and(eq(channels.id, item.channel.id), eq(channels.leaseToken, item.lease.token)))
      .returning({ id: channels.id });
    return rows.length > 0;
  };

  const row = (item: OutboxItem) => eq(outbox.id, Number(item.rowId));

  return {
    async queueHead(workspaceId, incidentId, channelId, severity, notBefore) {
      await db
        .insert(outbox)
        .values({ workspaceId, incidentId, channelId, kind: 'head', severityRank: SEVERITY_RANK[severity], notBefore })
        .onConflictDoUpdate({
          target: [outbox.incidentId, outbox.channelId],
          targetWhere: sql`${outbox.kind} = 'head' and ${outbox.givenUpAt} is null`,
          set: {
            // What is being sent now answers the request before; this one has a time of its own.
            notBefore: sql`case when ${outbox.sendingSince} >= ${outbox.notBefore} then excluded.not_before
              else least(${outbox.notBefore}, excluded.not_before) end`,
            severityRank: sql`excluded.severity_rank`,
            generation: sql`${outbox.generation} + 1`,
          },
        });
    },

    queueThread: (workspaceId, incidentId, channelId, content, notBefore) =>
      insert(workspaceId, incidentId, channelId, content, content.severity, notBefore),

    queueNotice: (workspaceId, channelId, content, notBefore) =>
      insert(workspaceId, null, channelId, content, content.severity, notBefore),

    async toldChannels(workspaceId, incidentId) {
      const rows = await db.execute<{ channel_id: string; is_posted: boolean }>(sql`
        select channel_id, bool_or(is_posted) as is_posted from (
          select channel_id, true as is_posted from ${threads}
           where workspace_id = ${workspaceId} and incident_id = ${incidentId}
          union all
          select channel_id, false from ${outbox}
           where workspace_id = ${workspaceId} and incident_id = ${incidentId} and kind = 'head' and given_up_at is null
        ) told group by channel_id order by channel_id
      `);
      return rows.map((one) => ({ channelId: one.channel_id, isPosted: one.is_posted }));
    },

    async releaseThread(workspaceId, incidentId, channelId, notBefore) {
      await db
        .update(outbox)
        .set({ notBefore: sql`least(${outbox.notBefore}, ${at(notBefore)})` })
        .where(
          and(
            eq(outbox.workspaceId, workspaceId),
            eq(outbox.incidentId, incidentId),
            eq(outbox.channelId, channelId),
            eq(outbox.kind, 'thread'),
            isNull(outbox.givenUpAt),
          ),
        );
    },

    async withdraw(workspaceId, incidentId, channelId) {
      await db.execute(sql`
        delete from ${outbox} o
         where o.workspace_id = ${workspaceId} and o.incident_id = ${incidentId} and o.channel_id = ${channelId}
           and o.given_up_at is null
           and not exists (select 1 from ${threads} t where t.incident_id = o.incident_id and t.channel_id = o.channel_id)
           and not exists (select 1 from ${outbox} s where s.incident_id = o.incident_id and s.channel_id = o.channel_id
                            and s.sending_since is not null)
      `);
    },

    async waitingIn(workspaceId, channelId) {
      const rows = await db
        .selectDistinctOn([outbox.incidentId], { incidentId: outbox.incidentId })
        .from(outbox)
        .where(and(eq(outbox.workspaceId, workspaceId), eq(outbox.channelId, channelId), isNull(outbox.givenUpAt)))
        .orderBy(outbox.incidentId);
      return rows.flatMap(({ incidentId }) => incidentId ?? []);
    },

    async claim(platforms, now, limit, leaseMs) {
      if (platforms.length === 0) return [];
      return inTransaction(async (tx) => {
        const token = randomUUID();
        const leaseUntil = new Date(now.getTime() + leaseMs);
        const free = await tx.execute<{ id: string }>(sql`
          with free as materialized (
            select c.id from ${channels} c join ${connections} n on n.id = c.connection_id
             where c.free_at <= ${at(now)} and c.dead_reason is null and n.platform in (${list(platforms)})
               and exists (select 1 from ${outbox} o where o.channel_id = c.id and ${sendable(now)} offset 0)
             order by c.free_at
             limit ${limit}
             for no key update of c skip locked
          )
          update ${channels} set free_at = ${at(leaseUntil)}, lease_token = ${token}
            from free where ${channels}.id = free.id
          returning ${channels}.id
        `);
        if (free.length === 0) return [];
        const ids = free.map((one) => one.id);
        const next = await tx.execute<NextRow>(nextIn(ids, now));
        const known = new Map(next.map((one) => [Number(one.id), one]));
        // Another said the last thing there while we looked: the channel is not ours for nothing.
        const idle = ids.filter((id) => !next.some((one) => one.channel_id === id));
        if (idle.length > 0) {
          await tx.update(channels).set({ freeAt: now, leaseToken: null }).where(inArray(channels.id, idle));
        }
        if (next.length === 0) return [];
        await tx
          .update(outbox)
          .set({ sendingSince: now })
          .where(inArray(outbox.id, [...known.keys()]));
        const rows = await tx
          .select({ outbox, channel: channels, connection: connections })
          .from(outbox)
          .innerJoin(channels, eq(channels.id, outbox.channelId))
          .innerJoin(connections, eq(connections.id, channels.connectionId))
          .where(inArray(outbox.id, [...known.keys()]))
          .orderBy(sql`${outbox.severityRank} desc`, outbox.id);
        return rows.map(({ outbox: one, ...place }): OutboxItem => ({
          rowId: String(one.id),
          workspaceId: one.workspaceId,
          channel: toChannel(place),
          incidentId: one.incidentId ?? undefined,
          content: toContent(one),
          headId: known.get(one.id)?.message_id ?? undefined,
          attempts: one.attempts,
          wasCutOff: one.maybeSent || (known.get(one.id)?.was_cut_off ?? false),
          queuedAt: one.queuedAt,
          recheckAt: one.recheckAt ?? undefined,
          lease: { token, generation: one.generation },
        }));
      });
    },

    sent: (item, messageId, now, channelFreeAt) =>
      inTransaction(async (tx) => {
        await freeChannel(tx, item, channelFreeAt);
        if (item.content.kind === 'head' && item.incidentId !== undefined) {
          await tx
            .insert(threads)
            .values({
              workspaceId: item.workspaceId,
              incidentId: item.incidentId,
              channelId: item.channel.id,
              messageId,
              postedAt: now,
            })
            .onConflictDoNothing();
        }
        // A head that was asked for anew while it was being sent stays, to be sent again as it is by then.
        const gone = await tx
          .delete(outbox)
          .where(and(row(item), eq(outbox.generation, item.lease.generation)))
          .returning({ id: outbox.id });
        if (gone.length === 0) {
          await tx
            .update(outbox)
            .set({ sendingSince: null, attempts: 0, maybeSent: false, recheckAt: null })
            .where(row(item));
        }
      }),

    retry: (item, again, reason, channelToo, maybeSent = false) =>
      inTransaction(async (tx) => {
        if (!(await freeChannel(tx, item, channelToo ? again : EPOCH))) return;
        await tx
          .update(outbox)
          .set({
            sendingSince: null,
            attempts: item.attempts + 1,
            lastProblem: storable(reason),
            ...(maybeSent ? { maybeSent } : {}),
            ...(channelToo ? {} : { notBefore: again }),
          })
          .where(row(item));
      }),

    defer: (item, again, now) =>
      inTransaction(async (tx) => {
        if (!(await freeChannel(tx, item, EPOCH))) return;
        await tx
          .update(outbox)
          .set({ sendingSince: null, notBefore: again, recheckAt: sql`coalesce(${outbox.recheckAt}, ${at(now)})` })
          .where(row(item));
      }),

    drop: (item, now) =>
      inTransaction(async (tx) => {
        if (!(await freeChannel(tx, item, now))) return;
        // A head that was asked for anew meanwhile stays: it may be open again.
        const gone = await tx
          .delete(outbox)
          .where(and(row(item), eq(outbox.generation, item.lease.generation)))
          .returning({ id: outbox.id });
        if (gone.length === 0) await tx.update(outbox).set({ sendingSince: null }).where(row(item));
        else if (item.incidentId !== undefined) {
          await tx
            .delete(outbox)
            .where(and(eq(outbox.incidentId, item.incidentId), eq(outbox.channelId, item.channel.id)));
        }
      }),

    headGone: (item, now) =>
      inTransaction(async (tx) => {
        if (!(await freeChannel(tx, item, now)) || item.incidentId === undefined) return;
        await tx
          .delete(threads)
          .where(and(eq(threads.incidentId, item.incidentId), eq(threads.channelId, item.channel.id)));
        await tx
          .update(outbox)
          .set({ sendingSince: null, attempts: item.attempts + 1 })
          .where(row(item));
        await tx
          .insert(outbox)
          .values({
            workspaceId: item.workspaceId,
            incidentId: item.incidentId,
            channelId: item.channel.id,
            kind: 'head',
            severityRank: SEVERITY_RANK.warning,
            notBefore: now,
          })
          .onConflictDoUpdate({
            target: [outbox.incidentId, outbox.channelId],
            targetWhere: sql`${outbox.kind} = 'head' and ${outbox.givenUpAt} is null`,
            set: { notBefore: now },
          });
      }),

    giveUp: (item, reason, now) =>
      inTransaction(async (tx) => {
        if (!(await freeChannel(tx, item, now))) return;
        const given = { givenUpAt: now, sendingSince: null, lastProblem: storable(reason) };
        await tx.update(outbox).set(given).where(row(item));
        // Replies wait for a head that will not come.
        if (item.content.kind !== 'head' || item.incidentId === undefined || item.headId !== undefined) return;
        await tx
          .update(outbox)
          .set(given)
          .where(
            and(
              eq(outbox.incidentId, item.incidentId),
              eq(outbox.channelId, item.channel.id),
              isNull(outbox.givenUpAt),
            ),
          );
      }),

    async countWaiting() {
      const [one] = await db
        .select({ count: sql<string>`count(*)` })
        .from(outbox)
        .where(isNull(outbox.givenUpAt));
      return Number(one?.count ?? 0);
    },

    sinceClockWentBack: (now) =>
      inTransaction(async (tx) => {
        await tx.execute(sql`
          update ${outbox} set not_before = ${at(now)} + (not_before - queued_at), queued_at = ${at(now)}
           where queued_at > ${at(now)} and given_up_at is null
        `);
        await tx
          .update(channels)
          .set({ freeAt: now, leaseToken: null })
          .where(gt(channels.freeAt, new Date(now.getTime() + LONGEST_DELAY_MS)));
      }),
  };
}

/**
 * No pace, lease or back-off of ours holds a channel back for longer. A platform that asks for more says so again, once;
 * a channel that stayed back for as long as the clock went back would keep what is critical to itself.
 */
const LONGEST_DELAY_MS = 300_000;

const EPOCH = new Date(0);

/** A head holds nothing; what JSON leaves out of the rest is put back. */
function toContent({ kind, content }: typeof outbox.$inferSelect): OutboxContent {
  if (kind === 'head') return { kind };
  const said = content as ThreadAlert | NoticeAlert;
  if (said.kind === 'notice') return said;
  // Rows of before certmon called anybody have no mentions.
  const { mentions = [] } = said as Partial<ThreadAlert>;
  return { ...said, acknowledgedBy: said.acknowledgedBy, mentions };
}

function list(values: readonly string[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
}

/**
 * For each of these channels the row to say next: the first that may be said of the thread in which the worst waits, the
 * oldest of these. What waits there but may not be said yet counts too.
 *
 * Reads outbox_order_idx up to the first row whose thread has something to say: that is one row, unless heads are missing.
 */
function nextIn(channelIds: readonly string[], now: Date): SQL {
  const alive = sql`o.given_up_at is null and o.not_before <= ${at(now)}`;
  return sql`
    select c.id as channel_id, next.id, next.sending_since is not null as was_cut_off, t.message_id
      from ${channels} c
     cross join lateral (
       select first.* from ${outbox} w
        cross join lateral (
          select ready.id, ready.incident_id, ready.sending_since from (
            select o.* from ${outbox} o where o.id = w.id and o.kind = 'notice' and ${alive}
            union all
            select o.* from ${outbox} o
             where o.channel_id = w.channel_id and o.incident_id = w.incident_id and o.kind = 'head' and ${alive}
            union all
            select o.* from (
              select * from ${outbox} r
               where r.channel_id = w.channel_id and r.incident_id = w.incident_id and r.kind = 'thread' and r.given_up_at is null
               order by r.id limit 1
            ) o where ${alive} and ${isPosted}
          ) ready order by ready.id limit 1
        ) first
        where w.channel_id = c.id and w.given_up_at is null
        -- As outbox_order_idx has it.
        order by w.severity_rank desc nulls last, w.id
        limit 1
     ) next
      left join ${threads} t on t.incident_id = next.incident_id and t.channel_id = c.id
     where c.id in (${list(channelIds)})`;
}

/** Whether the head of row `o` was posted. `offset 0` keeps it a look at one index entry, instead of a join with all threads. */
const isPosted = sql`exists (
  select 1 from ${threads} h where h.incident_id = o.incident_id and h.channel_id = o.channel_id offset 0)`;

/**
 * Rows `o` that may be said now: not given up, due, and in their turn. A reply comes after its head, and after every
 * earlier reply of its thread, due or not.
 */
function sendable(now: Date): SQL {
  return sql`
    o.given_up_at is null and o.not_before <= ${at(now)}
    and (o.kind <> 'thread' or (${isPosted} and not exists (
      select 1 from ${outbox} earlier
       where earlier.channel_id = o.channel_id and earlier.incident_id = o.incident_id
         and earlier.kind = 'thread' and earlier.given_up_at is null and earlier.id < o.id offset 0)))`;
}
