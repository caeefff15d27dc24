import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { WorkspaceStore } from '../core/ports.ts';
import { BUILT_IN_PROFILES } from '../core/profile.ts';
import { toSid } from '../core/sid.ts';
import type { Connection, PlatformName, Workspace } from '../core/workspace.ts';
import type { Executor } from './database.ts';
import { profileRow } from './profiles.ts';
import { connections, profiles, workspaces } from './schema.ts';

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
  };
}

function toConnection(row: typeof connections.$inferSelect): Connection {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    platform: row.platform as PlatformName,
    externalId: row.externalId,
  };
}
