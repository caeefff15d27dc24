import { and, eq, sql } from 'drizzle-orm';
import type { ProfileStore } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import type { Executor } from './database.ts';
import { folded, profiles } from './schema.ts';

export function profileStore(db: Executor): ProfileStore {
  return {
    async find(workspaceId, id) {
      const [row] = await db
        .select()
        .from(profiles)
        .where(and(eq(profiles.workspaceId, workspaceId), eq(profiles.id, id)));
      return row === undefined ? undefined : toProfile(row);
    },

    async findByName(workspaceId, name) {
      const [row] = await db
        .select()
        .from(profiles)
        .where(and(eq(profiles.workspaceId, workspaceId), eq(folded(profiles.name), folded(sql`${name}`))));
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
  };
}

export function profileRow(workspaceId: string, profile: Profile): typeof profiles.$inferInsert {
  const { confirm, trust, thresholdsDays, ...rest } = profile;
  return {
    ...rest,
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
