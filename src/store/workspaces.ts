import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { DEFAULT_SETTINGS } from '../core/workspace.ts';
import type { WorkspaceStore } from '../core/ports.ts';
import { BUILT_IN_PROFILES } from '../core/profile.ts';
import { toSid } from '../core/sid.ts';
import type { Connection, PlatformName, Role, Workspace } from '../core/workspace.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { profileRow } from './profiles.ts';
import { connections, folded, personRoles, profiles, workspaces, workspaceSettings } from './schema.ts';

const DEFAULT_NAME = 'default';

export function workspaceStore(db: Executor): WorkspaceStore {
  const findByName = async (name: string): Promise<Workspace | undefined> => {
    const [row] = await db.select().from(workspaces).where(eq(workspaces.name, name));
    return row === undefined ? undefined : { id: row.id, name: row.name };
  };

  return {
    async ensureDefault() {
      const [made] = await db
        .insert(workspaces)
        .values({ id: randomUUID(), name: DEFAULT_NAME })
        .onConflictDoNothing()
        .returning();
      const workspace = made ?? (await findByName(DEFAULT_NAME));
      if (workspace === undefined) throw new Error('the default workspace vanished while it was being made');
      // Also where it is there already: a process may have died between the two.
      await db
        .insert(profiles)
        .values(
          BUILT_IN_PROFILES.map((profile) =>
            profileRow(workspace.id, { ...profile, id: toSid('profile', randomUUID()) }),
          ),
        )
        .onConflictDoNothing();
      return { id: workspace.id, name: workspace.name };
    },

    async ensureConnection(workspaceId, platform, externalId) {
      await db
        .insert(connections)
        .values({ id: randomUUID(), workspaceId, platform, externalId })
        .onConflictDoNothing();
      const connection = await this.findConnection(platform, externalId);
      if (connection === undefined)
        throw new Error(`connection ${platform} ${externalId} vanished while it was being made`);
      return connection;
    },

    async findConnection(platform, externalId) {
      const [row] = await db
        .select()
        .from(connections)
        .where(and(eq(connections.platform, platform), eq(connections.externalId, externalId)));
      return row === undefined ? undefined : toConnection(row);
    },

    async settings(workspaceId) {
      const [row] = await db.select().from(workspaceSettings).where(eq(workspaceSettings.workspaceId, workspaceId));
      if (row === undefined) return DEFAULT_SETTINGS;
      return {
        timeZone: row.timeZone,
        fallbackChannelId: row.fallbackChannelId ?? undefined,
        adminChannelId: row.adminChannelId ?? undefined,
        retentionDays: row.retentionDays,
      };
    },

    async changeSettings(workspaceId, change) {
      const { fallbackChannelId, adminChannelId, ...rest } = change;
      const set = {
        ...rest,
        ...('fallbackChannelId' in change ? { fallbackChannelId: fallbackChannelId ?? null } : {}),
        ...('adminChannelId' in change ? { adminChannelId: adminChannelId ?? null } : {}),
      };
      await db
        .insert(workspaceSettings)
        .values({ workspaceId, ...set })
        .onConflictDoUpdate({ target: workspaceSettings.workspaceId, set: { workspaceId, ...set } });
    },

    async roleOf(workspaceId, { platform, externalId }) {
      const [row] = await db
        .select()
        .from(personRoles)
        .where(person(workspaceId, platform, externalId));
      return row === undefined ? undefined : (row.role as Role);
    },

    async setRole(workspaceId, { platform, externalId, name }, role) {
      if (role === undefined) {
        await db.delete(personRoles).where(person(workspaceId, platform, externalId));
        return;
      }
      await db
        .insert(personRoles)
        .values({ workspaceId, platform, externalId, name: storable(name), role })
        .onConflictDoUpdate({
          target: [personRoles.workspaceId, personRoles.platform, personRoles.externalId],
          set: { name: storable(name), role },
        });
    },

    async listRoles(workspaceId) {
      const rows = await db
        .select()
        .from(personRoles)
        .where(eq(personRoles.workspaceId, workspaceId))
        .orderBy(folded(personRoles.name), personRoles.platform, personRoles.externalId);
      return rows.map((row) => ({
        person: { platform: row.platform as PlatformName, externalId: row.externalId, name: row.name },
        role: row.role as Role,
      }));
    },
  };
}

function person(workspaceId: string, platform: string, externalId: string) {
  return and(
    eq(personRoles.workspaceId, workspaceId),
    eq(personRoles.platform, platform),
    eq(personRoles.externalId, externalId),
  );
}

function toConnection(row: typeof connections.$inferSelect): Connection {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    platform: row.platform as PlatformName,
    externalId: row.externalId,
  };
}
