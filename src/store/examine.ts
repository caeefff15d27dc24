/**
 * What there is to know of a database from outside, for `certmon doctor`: beside a certmon that runs as well as without
 * one, and without changing anything. A database that is not there is not made, and no migration is applied.
 */
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Channel } from '../core/workspace.ts';
import { toChannel } from './channels.ts';
import { DataDirectoryError, own } from './data-directory-lock.ts';
import { connectToServer, connectToSocket, toDatabaseError } from './database.ts';
import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { migrationState } from './migrate.ts';
import type { MigrationState } from './migrate.ts';
import type { StoreSettings } from './open.ts';
import {
  channels,
  connections,
  contactGroupChannels,
  digests,
  monitors,
  workspaces,
  workspaceSettings,
} from './schema.ts';
import { answeredWithin } from './store.ts';

export type DatabaseFacts =
  /** The embedded one, which the first start makes. */
  | { readonly state: 'not-made' }
  | {
      readonly state: 'there';
      /** The process that owns the embedded database, where one does. */
      readonly ownerPid: number | undefined;
      /** Of PostgreSQL, such as `17.5`. */
      readonly version: string;
      /** How far this machine's clock is ahead of the database's, give or take half of `askedForMs`. */
      readonly aheadMs: number;
      readonly askedForMs: number;
      readonly migrations: MigrationState;
      /** `undefined` where this certmon cannot read it: see `migrations`. */
      readonly contents: DatabaseContents | undefined;
    };

export interface DatabaseContents {
  readonly monitors: number;
  readonly workspaces: readonly WorkspaceFacts[];
}

export interface WorkspaceFacts {
  readonly name: string;
  readonly fallback: Channel | undefined;
  readonly admins: Channel | undefined;
  /** Where nothing can be sent although a group, a digest or a monitor leads there. */
  readonly dead: readonly Channel[];
}

const ANSWER_WITHIN_MS = 10_000;
const OWNER_STARTS_WITHIN_MS = 10_000;
const OWNER_POLL_MS = 100;
/** Of the dead ones, in each workspace: more of them say nothing more. */
const MOST_CHANNELS = 50;

/**
 * @throws {DataDirectoryError} where the data directory cannot be used.
 * @throws {AppError} where the database does not answer, or does not let us in.
 */
export async function examineDatabase(
  { databaseUrl, dataDirectory }: Omit<StoreSettings, 'mayJoin'>,
  signal: AbortSignal,
): Promise<DatabaseFacts> {
  if (databaseUrl !== undefined) return lookAndClose(connectToServer(databaseUrl), undefined);
  if (!existsSync(join(dataDirectory, 'database'))) {
    await demandWritable(dataDirectory);
    return { state: 'not-made' };
  }
  for (let waited = 0; ; waited += OWNER_POLL_MS) {
    const ownership = await own(dataDirectory);
    if (ownership.isOwner) {
      try {
        const embedded = await openEmbedded(dataDirectory);
        try {
          return await lookAndClose(connectToSocket(embedded.socketPath), undefined);
        } finally {
          await embedded.close();
        }
      } finally {
        await ownership.release();
      }
    }
    if (existsSync(ownership.socketPath)) return lookAndClose(connectToSocket(ownership.socketPath), ownership.pid);
    if (waited >= OWNER_STARTS_WITHIN_MS) {
      throw new DataDirectoryError(
        `the certmon that owns ${dataDirectory} (process ${String(ownership.pid)}) does not let its database be reached; restart it`,
      );
    }
    await sleep(OWNER_POLL_MS, undefined, { signal });
  }
}

/** Somebody waits for what is said there; a private chat with someone who has left is nobody's trouble. */
const IS_LED_TO = sql`(
  exists (select from ${contactGroupChannels} where ${contactGroupChannels.workspaceId} = ${channels.workspaceId}
            and ${contactGroupChannels.channelId} = ${channels.id})
  or exists (select from ${digests} where ${digests.workspaceId} = ${channels.workspaceId}
               and ${digests.channelId} = ${channels.id})
  or exists (select from ${monitors} where ${monitors.workspaceId} = ${channels.workspaceId}
               and ${monitors.addedInChannelId} = ${channels.id})
)`;

/** The directory itself, or what it would be made in. */
async function demandWritable(directory: string): Promise<void> {
  let place = directory;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    await access(place, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DataDirectoryError(
      `the data directory ${directory} cannot be written by this user; give it to the user that runs certmon, or set CERTMON_DATA_DIR to another`,
      { cause },
    );
  }
}

async function lookAndClose(database: Database, ownerPid: number | undefined): Promise<DatabaseFacts> {
  try {
    return await answeredWithin(ANSWER_WITHIN_MS, look(database, ownerPid));
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await database.close();
  }
}

async function look(database: Database, ownerPid: number | undefined): Promise<DatabaseFacts> {
  const { pool } = database;
  // The first answer waits for the connection, which says nothing of the clock.
  await pool.execute(sql`select 1`);
  const [asked, askedAt] = [performance.now(), Date.now()];
  const [row] = await pool.execute<{ version: string; now: string }>(sql`
    select current_setting('server_version') as version,
           to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now
  `);
  const askedForMs = performance.now() - asked;
  const migrations = await migrationState(database);
  const isReadable = migrations.missing === 0 && !migrations.isNewer;
  return {
    state: 'there',
    ownerPid,
    version: row?.version.split(' ')[0] ?? 'unknown',
    aheadMs: askedAt + askedForMs / 2 - new Date(row?.now ?? Number.NaN).getTime(),
    askedForMs,
    migrations,
    contents: isReadable ? await contentsOf(pool) : undefined,
  };
}

async function contentsOf(pool: Database['pool']): Promise<DatabaseContents> {
  const [count] = await pool.select({ all: sql<number>`count(*)::int` }).from(monitors);
  const rows = await pool
    .select({ workspace: workspaces, settings: workspaceSettings })
    .from(workspaces)
    .leftJoin(workspaceSettings, eq(workspaceSettings.workspaceId, workspaces.id))
    .orderBy(workspaces.name);
  const found: WorkspaceFacts[] = [];
  for (const { workspace, settings } of rows) {
    const channel = async (id: string | null | undefined): Promise<Channel | undefined> => {
      const [one] = id == null ? [] : await channelsWhere(pool, workspace.id, eq(channels.id, id));
      return one;
    };
    found.push({
      name: workspace.name,
      fallback: await channel(settings?.fallbackChannelId),
      admins: await channel(settings?.adminChannelId),
      dead: await channelsWhere(pool, workspace.id, and(isNotNull(channels.deadReason), IS_LED_TO)),
    });
  }
  return { monitors: count?.all ?? 0, workspaces: found };
}

async function channelsWhere(
  pool: Database['pool'],
  workspaceId: string,
  condition: SQL | undefined,
): Promise<Channel[]> {
  const rows = await pool
    .select({ channel: channels, connection: connections })
    .from(channels)
    .innerJoin(connections, eq(channels.connectionId, connections.id))
    .where(and(eq(channels.workspaceId, workspaceId), condition))
    .orderBy(channels.name)
    .limit(MOST_CHANNELS);
  return rows.map(toChannel);
}
