/** What platforms gave when certmon was installed there; the tokens sealed, each for its own row. */
import { randomUUID } from 'node:crypto';
import { and, eq, exists, inArray, isNull, lte, not, sql } from 'drizzle-orm';
import type { Installation, InstallationStore, InstallationTokens } from '../core/installation.ts';
import type { Connection, PlatformName } from '../core/workspace.ts';
import { storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { channels, connections, installations, installationTeams, outbox, personRoles } from './schema.ts';
import { SecretBoxError } from './secret-box.ts';
import type { SecretBox } from './secret-box.ts';
import { ensureWorkspace, toConnection } from './workspaces.ts';

type Key = Pick<Installation, 'platform' | 'key'>;

export function installationStore(
  db: Executor,
  inTransaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>,
  box: SecretBox,
): InstallationStore {
  const toInstallation = (row: typeof installations.$inferSelect): Installation => {
    const { platform, key, isOrganisation, name, installedBy, installedAt, version } = row;
    return {
      platform: platform as PlatformName,
      key,
      isOrganisation,
      name,
      installedBy: installedBy as Installation['installedBy'],
      installedAt,
      version,
      tokens: openTokens(box, row),
    };
  };

  return {
    install: ({ platform, key, isOrganisation, name, installedBy, installedAt, tokens }, teamId) =>
      inTransaction(async (tx) => {
        const what = {
          isOrganisation,
          name: storable(name),
          installedBy: storableJson(installedBy),
          installedAt,
          sealedTokens: sealTokens(box, { platform, key }, tokens),
        };
        await tx
          .insert(installations)
          .values({ platform, key, ...what })
          .onConflictDoUpdate({
            target: [installations.platform, installations.key],
            set: { ...what, version: sql`${installations.version} + 1`, refreshUntil: sql`'epoch'` },
          });
        if (teamId !== undefined) await connect(tx, { platform, key, installedBy }, teamId);
        await setDead(tx, { platform, key }, null);
      }),

    async find(platform, key) {
      const [row] = await db.select().from(installations).where(is({ platform, key }));
      return row === undefined ? undefined : toInstallation(row);
    },

    async ofTeam(platform, teamId) {
      const [row] = await db
        .select({ installation: installations })
        .from(installationTeams)
        .innerJoin(
          installations,
          and(eq(installations.platform, installationTeams.platform), eq(installations.key, installationTeams.key)),
        )
        .where(and(eq(installationTeams.platform, platform), eq(installationTeams.teamId, teamId)));
      return row === undefined ? undefined : toInstallation(row.installation);
    },

    connectTeam: (installation, teamId) => inTransaction((tx) => connect(tx, installation, teamId)),

    async claimRefresh({ platform, key, version }, now, until) {
      const rows = await db
        .update(installations)
        .set({ refreshUntil: until })
        .where(and(is({ platform, key }), eq(installations.version, version), lte(installations.refreshUntil, now)))
        .returning({ key: installations.key });
      return rows.length > 0;
    },

    async saveTokens({ platform, key, version }, tokens) {
      const rows = await db
        .update(installations)
        .set({
          sealedTokens: sealTokens(box, { platform, key }, tokens),
          version: sql`${installations.version} + 1`,
          refreshUntil: sql`'epoch'`,
        })
        .where(and(is({ platform, key }), eq(installations.version, version)))
        .returning({ key: installations.key });
      return rows.length > 0;
    },

    remove: (platform, key, removedAt, reason) =>
      inTransaction(async (tx) => {
        const rows = await tx
          .delete(installations)
          .where(and(is({ platform, key }), lte(installations.installedAt, removedAt)))
          .returning({ key: installations.key });
        if (rows.length === 0) return false;
        await setDead(tx, { platform, key }, storable(reason));
        return true;
      }),

    async reseal() {
      const rows = await db.select().from(installations);
      const unreadable: string[] = [];
      let resealed = 0;
      for (const row of rows) {
        const tokens = readable(box, row);
        if (tokens === undefined) unreadable.push(row.key);
        else if (box.isOld(row.sealedTokens)) {
          const where = { platform: row.platform as PlatformName, key: row.key };
          // Not where another process was faster, or the tokens are others by now.
          const done = await db
            .update(installations)
            .set({ sealedTokens: sealTokens(box, where, tokens) })
            .where(and(is(where), eq(installations.sealedTokens, row.sealedTokens)))
            .returning({ key: installations.key });
          resealed += done.length;
        }
      }
      return { resealed, unreadable };
    },
  };
}

async function connect(
  tx: Executor,
  { platform, key, installedBy }: Pick<Installation, 'platform' | 'key' | 'installedBy'>,
  teamId: string,
): Promise<Connection> {
  await tx
    .insert(installationTeams)
    .values({ platform, teamId, key })
    .onConflictDoUpdate({ target: [installationTeams.platform, installationTeams.teamId], set: { key } });
  const ofTeam = and(eq(connections.platform, platform), eq(connections.externalId, teamId));
  const [known] = await tx.select().from(connections).where(ofTeam);
  if (known !== undefined) return toConnection(known);
  const workspace = await ensureWorkspace(tx, `${platform} ${teamId}`);
  const [made] = await tx
    .insert(connections)
    .values({ id: randomUUID(), workspaceId: workspace.id, platform, externalId: teamId })
    .onConflictDoNothing()
    .returning();
  if (made === undefined) {
    const [others] = await tx.select().from(connections).where(ofTeam);
    if (others === undefined) throw new Error(`connection ${platform} ${teamId} vanished while it was being made`);
    return toConnection(others);
  }
  const { externalId, name } = installedBy;
  await tx
    .insert(personRoles)
    .values({ workspaceId: workspace.id, platform, externalId, name: storable(name), role: 'admin' })
    .onConflictDoNothing();
  return toConnection(made);
}

/** Of every team that it serves, or served. */
async function setDead(tx: Executor, { platform, key }: Key, reason: string | null): Promise<void> {
  const served = tx
    .select({ id: connections.id })
    .from(connections)
    .innerJoin(
      installationTeams,
      and(eq(installationTeams.platform, connections.platform), eq(installationTeams.teamId, connections.externalId)),
    )
    .where(and(eq(installationTeams.platform, platform), eq(installationTeams.key, key)));
  // Where something waits, its delivery finds the channel dead, and then the admins and the fallback channel hear of it.
  const waits = exists(
    tx
      .select({ id: outbox.id })
      .from(outbox)
      .where(and(eq(outbox.channelId, channels.id), isNull(outbox.givenUpAt))),
  );
  await tx
    .update(channels)
    .set({ deadReason: reason })
    .where(and(inArray(channels.connectionId, served), reason === null ? undefined : not(waits)));
}

function is({ platform, key }: Key) {
  return and(eq(installations.platform, platform), eq(installations.key, key));
}

function rowOf({ platform, key }: Pick<typeof installations.$inferSelect, 'platform' | 'key'>): string {
  return `installation ${platform} ${key}`;
}

function sealTokens(box: SecretBox, of: Key, { accessToken, refresh }: InstallationTokens): string {
  const plain =
    refresh === undefined
      ? { accessToken }
      : { accessToken, refreshToken: refresh.token, expiresAt: refresh.expiresAt.toISOString() };
  return box.seal(JSON.stringify(plain), rowOf(of));
}

function openTokens(box: SecretBox, row: typeof installations.$inferSelect): InstallationTokens {
  const plain = box.open(row.sealedTokens, rowOf(row));
  const { accessToken, refreshToken, expiresAt } = JSON.parse(plain) as {
    readonly accessToken: string;
    readonly refreshToken?: string;
    readonly expiresAt?: string;
  };
  return {
    accessToken,
    refresh:
      refreshToken === undefined ? undefined : { token: refreshToken, expiresAt: new Date(expiresAt ?? Number.NaN) },
  };
}

function readable(box: SecretBox, row: typeof installations.$inferSelect): InstallationTokens | undefined {
  try {
    return openTokens(box, row);
  } catch (error) {
    if (error instanceof SecretBoxError) return undefined;
    throw error;
  }
}
