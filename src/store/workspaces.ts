import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { DEFAULT_SETTINGS } from '../core/workspace.ts';
import type { WorkspaceStore } from '../core/ports.ts';
import { BUILT_IN_PROFILES } from '../core/profile.ts';
import { toSid } from '../core/sid.ts';
import type { Connection, PlatformName, Role, Workspace } from '../core/workspace.ts';
import { storable } from './database.ts';
import type { Executor } from './database.ts';
import { linkStore } from './links.ts';
import { profileRow } from './profiles.ts';
import { connections, folded, personRoles, profiles, workspaces, workspaceSettings } from './schema.ts';

const DEFAULT_NAME = 'default';

type InTransaction = <T>(work: (tx: Executor) => Promise<T>) => Promise<T>;

export function workspaceStore(db: Executor, inTransaction: InTransaction): WorkspaceStore {
  return {
    ensureDefault: () => inTransaction((tx) => ensureWorkspace(tx, DEFAULT_NAME)),

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

    ...linkStore(db),
  };
}

/** The workspace of that name, made with its built-in profiles where it is not there yet. Wants a transaction. */
export async function ensureWorkspace(tx: Executor, name: string): Promise<Workspace> {
  const id = randomUUID();
  // Whoever makes it at the same time waits here until the other's profiles are there too.
  const [made] = await tx.insert(workspaces).values({ id, name }).onConflictDoNothing().returning();
  if (made === undefined) {
    const workspace = await findByName(tx, name);
    if (workspace === undefined) throw new Error(`workspace ${name} vanished while it was being made`);
    return workspace;
  }
  const builtIn = BUILT_IN_PROFILES.map((profile) => ({ ...profile, id: toSid('profile', randomUUID()) }));
  await tx.insert(profiles).values(builtIn.map((profile) => profileRow(id, profile)));
  return { id, name };
}

async function findByName(db: Executor, name: string): Promise<Workspace | undefined> {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.name, name));
  return row === undefined ? undefined : { id: row.id, name: row.name };
}

function person(workspaceId: string, platform: string, externalId: string) {
  return and(
    eq(personRoles.workspaceId, workspaceId),
    eq(personRoles.platform, platform),
    eq(personRoles.externalId, externalId),
  );
}

export function toConnection(row: typeof connections.$inferSelect): Connection {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    platform: row.platform as PlatformName,
    externalId: row.externalId,
  };
}
