import { and, count, eq, sql } from 'drizzle-orm';
import type { ProfileStore } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { anyOf, storable } from './database.ts';
import type { Executor } from './database.ts';
import { folded, monitors, profiles } from './schema.ts';

type InTransaction = <T>(work: (tx: Executor) => Promise<T>) => Promise<T>;

export function profileStore(db: Executor, inTransaction: InTransaction): ProfileStore {
  const one = (workspaceId: string, id: string) => and(eq(profiles.workspaceId, workspaceId), eq(profiles.id, id));

  return {
    async find(workspaceId, id) {
      const [row] = await db.select().from(profiles).where(one(workspaceId, id));
      return row === undefined ? undefined : toProfile(row);
    },

    async editions(workspaceId, ids) {
      const rows = await db
        // Every update of a row gives it another xmin (PostgreSQL manual, "System Columns").
        .select({ profile: profiles, edition: sql<string>`${profiles}.xmin::text` })
        .from(profiles)
        .where(and(eq(profiles.workspaceId, workspaceId), anyOf(profiles.id, ids)));
      return new Map(rows.map(({ profile, edition }) => [profile.id, { profile: toProfile(profile), edition }]));
    },

    async findByName(workspaceId, name) {
      const [row] = await db
        .select()
        .from(profiles)
        .where(and(eq(profiles.workspaceId, workspaceId), eq(folded(profiles.name), folded(sql`${storable(name)}`))));
      return row === undefined ? undefined : toProfile(row);
    },

    async list(workspaceId) {
      const rows = await db
        .select()
        .from(profiles)
        .where(eq(profiles.workspaceId, workspaceId))
        .orderBy(folded(profiles.name));
      return rows.map(toProfile);
    },

    async add(workspaceId, profile) {
      const rows = await db
        .insert(profiles)
        .values(profileRow(workspaceId, profile))
        .onConflictDoNothing()
        .returning({ id: profiles.id });
      return rows.length > 0;
    },

    async lock(workspaceId, id) {
      // NO KEY: monitors may be given the profile meanwhile.
      const [row] = await db.select().from(profiles).where(one(workspaceId, id)).for('no key update');
      return row === undefined ? undefined : toProfile(row);
    },

    async replace(workspaceId, profile) {
      await db
        .update(profiles)
        .set({ ...profileRow(workspaceId, profile), extraCaPem: profile.trust.extraCaPem ?? null })
        .where(one(workspaceId, profile.id));
    },

    remove(workspaceId, id) {
      return inTransaction(async (tx) => {
        await tx.select({ id: profiles.id }).from(profiles).where(one(workspaceId, id)).for('update');
        const [row] = await tx
          .select({ users: count() })
          .from(monitors)
          .where(and(eq(monitors.workspaceId, workspaceId), eq(monitors.profileId, id)));
        const users = row?.users ?? 0;
        if (users === 0) await tx.delete(profiles).where(one(workspaceId, id));
        return users;
      });
    },

    async usage(workspaceId) {
      const rows = await db
        .select({ profileId: monitors.profileId, users: count() })
        .from(monitors)
        .where(eq(monitors.workspaceId, workspaceId))
        .groupBy(monitors.profileId);
      return new Map(rows.map(({ profileId, users }) => [profileId, users]));
    },
  };
}

export function profileRow(workspaceId: string, profile: Profile): typeof profiles.$inferInsert {
  const { confirm, trust, thresholdsDays, ...rest } = profile;
  return {
    ...rest,
    name: storable(rest.name),
    workspaceId,
    thresholdsDays: [...thresholdsDays],
    confirmTries: confirm.tries,
    confirmEveryMs: confirm.everyMs,
    extraCaPem: trust.extraCaPem,
    caOnly: trust.only,
  };
}

function toProfile(row: typeof profiles.$inferSelect): Profile {
  return {
    id: row.id,
    name: row.name,
    isBuiltIn: row.isBuiltIn,
    thresholdsDays: row.thresholdsDays,
    scale: row.scale,
    checkIntervalMs: row.checkIntervalMs,
    confirm: { tries: row.confirmTries, everyMs: row.confirmEveryMs },
    timeoutMs: row.timeoutMs,
    severities: row.severities as Profile['severities'],
    remind: row.remind as Profile['remind'],
    trust: { extraCaPem: row.extraCaPem ?? undefined, only: row.caOnly },
  };
}
