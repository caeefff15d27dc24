import { and, eq, lte } from 'drizzle-orm';
import type { Digest } from '../core/digest.ts';
import type { DigestStore } from '../core/ports.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { digests } from './schema.ts';

export function digestStore(db: Executor): DigestStore {
  const one = (workspaceId: string, channelId: string) =>
    and(eq(digests.workspaceId, workspaceId), eq(digests.channelId, channelId));

  return {
    async put(workspaceId, { channelId, weekday, minute, filter, nextAt, lastAt }) {
      const values = {
        weekday: weekday ?? null,
        minute,
        filter: filter === undefined ? null : storable(filter),
        nextAt,
        lastAt,
      };
      await db
        .insert(digests)
        .values({ workspaceId, channelId, ...values })
        .onConflictDoUpdate({ target: [digests.workspaceId, digests.channelId], set: values });
    },

    async remove(workspaceId, channelId) {
      const rows = await db.delete(digests).where(one(workspaceId, channelId)).returning();
      return rows.length > 0;
    },

    async list(workspaceId) {
      const rows = await db
        .select()
        .from(digests)
        .where(eq(digests.workspaceId, workspaceId))
        .orderBy(digests.nextAt, digests.channelId);
      return rows.map(toDigest);
    },

    async due(now, limit) {
      const rows = await db.select().from(digests).where(lte(digests.nextAt, now)).orderBy(digests.nextAt).limit(limit);
      return rows.map((row) => ({ workspaceId: row.workspaceId, digest: toDigest(row) }));
    },

    async advance(workspaceId, { channelId, nextAt }, next, last) {
      const rows = await db
        .update(digests)
        .set({ nextAt: next, lastAt: last })
        .where(and(one(workspaceId, channelId), eq(digests.nextAt, nextAt)))
        .returning();
      return rows.length > 0;
    },
  };
}

function toDigest(row: typeof digests.$inferSelect): Digest {
  return {
    channelId: row.channelId,
    weekday: row.weekday ?? undefined,
    minute: row.minute,
    filter: row.filter ?? undefined,
    nextAt: row.nextAt,
    lastAt: row.lastAt,
  };
}
