import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Incoming } from '../core/inbox.ts';
import type { InboxStore } from '../core/ports.ts';
import { at, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { inbox } from './schema.ts';

interface Claimed extends Record<string, unknown> {
  readonly id: string;
  readonly incoming: Incoming;
  readonly applied: boolean;
  readonly received_at: string;
  readonly lease_token: string;
}

export function inboxStore(db: Executor): InboxStore {
  const ours = (id: string, token: string) => and(eq(inbox.id, id), eq(inbox.leaseToken, token));

  return {
    async accept(incoming, receivedAt, deadline, leaseMs) {
      const { platform, externalId } = incoming;
      const id = randomUUID();
      const token = leaseMs > 0 ? randomUUID() : undefined;
      const leaseUntil = new Date(receivedAt.getTime() + leaseMs);
      const json = JSON.stringify(storableJson(incoming));
      // One statement, judged by the database's clock: what reaches it late is not kept, and so never run.
      const made = await db.execute(sql`
        insert into ${inbox} (id, platform, external_id, incoming, received_at, deadline, lease_until, lease_token)
        select ${id}, ${platform}, ${externalId}, ${json}::jsonb, ${at(receivedAt)}, ${at(deadline)}, ${at(leaseUntil)}, ${token ?? null}
         where clock_timestamp() <= ${at(deadline)}
        on conflict (platform, external_id) do nothing
        returning id
      `);
      if (made.length > 0) return { accepted: true, isNew: true, id, token };
      const [known] = await db
        .select({ id: inbox.id })
        .from(inbox)
        .where(and(eq(inbox.platform, platform), eq(inbox.externalId, externalId)));
      return known === undefined
        ? { accepted: false, reason: 'too-slow' }
        : { accepted: true, isNew: false, id: known.id, token: undefined };
    },

    async claimUnfinished(platforms, now, limit, leaseMs) {
      const leaseUntil = new Date(now.getTime() + leaseMs);
      const rows = await db.execute<Claimed>(sql`
        with waiting as materialized (
          select id from ${inbox}
           where finished_at is null and lease_until <= ${at(now)}
             and platform in (select jsonb_array_elements_text(${JSON.stringify(platforms)}::jsonb))
           order by received_at
           limit ${limit}
           for no key update skip locked
        )
        update ${inbox} set lease_until = ${at(leaseUntil)}, lease_token = gen_random_uuid()
          from waiting where ${inbox}.id = waiting.id
        returning ${inbox}.id, ${inbox}.incoming, ${inbox}.applied, ${inbox}.received_at, ${inbox}.lease_token
      `);
      return [...rows]
        .sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))
        .map(({ id, incoming, applied, lease_token: token }) => ({ id, token, incoming, wasApplied: applied }));
    },

    async renewLease(id, token, until) {
      await db.update(inbox).set({ leaseUntil: until }).where(ours(id, token));
    },

    async markApplied(id, token) {
      const rows = await db.update(inbox).set({ applied: true }).where(ours(id, token)).returning({ id: inbox.id });
      return rows.length > 0;
    },

    async finish(id, reply, now) {
      await db
        .update(inbox)
        .set({ finishedAt: now, reply: reply === undefined ? null : storableJson(reply) })
        .where(eq(inbox.id, id));
    },

    async replyTo(id) {
      const [row] = await db.select().from(inbox).where(eq(inbox.id, id));
      return row === undefined || row.finishedAt === null ? undefined : { reply: row.reply };
    },
  };
}
