import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Incoming } from '../core/inbox.ts';
import type { InboxStore } from '../core/ports.ts';
import { at, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { inbox } from './schema.ts';

export function inboxStore(db: Executor): InboxStore {
  return {
    async accept(incoming, receivedAt, deadline, leaseMs) {
      const { platform, externalId } = incoming;
      const id = randomUUID();
      const leaseUntil = new Date(receivedAt.getTime() + leaseMs);
      const json = JSON.stringify(storableJson(incoming));
      // One statement, judged by the database's clock: what reaches it late is not kept, and so never run.
      const made = await db.execute(sql`
        insert into ${inbox} (id, platform, external_id, incoming, received_at, deadline, lease_until)
        select ${id}, ${platform}, ${externalId}, ${json}::jsonb, ${at(receivedAt)}, ${at(deadline)}, ${at(leaseUntil)}
         where clock_timestamp() <= ${at(deadline)}
        on conflict (platform, external_id) do nothing
        returning id
      `);
      if (made.length > 0) return { accepted: true, isNew: true, id };
      const [known] = await db
        .select({ id: inbox.id })
        .from(inbox)
        .where(and(eq(inbox.platform, platform), eq(inbox.externalId, externalId)));
      return known === undefined
        ? { accepted: false, reason: 'too-slow' }
        : { accepted: true, isNew: false, id: known.id };
    },

    async claimUnfinished(now, limit, leaseMs) {
      const leaseUntil = new Date(now.getTime() + leaseMs);
      const rows = await db.execute<{ id: string; incoming: Incoming; applied: boolean; received_at: string }>(sql`
        with waiting as materialized (
          select id from ${inbox}
           where finished_at is null and lease_until <= ${at(now)}
           order by received_at
           limit ${limit}
           for no key update skip locked
        )
        update ${inbox} set lease_until = ${at(leaseUntil)}
          from waiting where ${inbox}.id = waiting.id
        returning ${inbox}.id, ${inbox}.incoming, ${inbox}.applied, ${inbox}.received_at
      `);
      return [...rows]
        .sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))
        .map(({ id, incoming, applied }) => ({ id, incoming, wasApplied: applied }));
    },

    async renewLease(id, until) {
      await db.update(inbox).set({ leaseUntil: until }).where(eq(inbox.id, id));
    },

    async markApplied(id) {
      await db.update(inbox).set({ applied: true }).where(eq(inbox.id, id));
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
