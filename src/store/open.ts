/** Opens the store that the settings name: a PostgreSQL server, the embedded database, or one that another process owns. */
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseAwayError } from '../core/errors.ts';
import type { Log, Store } from '../core/ports.ts';
import { connectToServer, connectToSocket, toDatabaseError } from './database.ts';
import type { Database } from './database.ts';
import { DataDirectoryError, own } from './data-directory-lock.ts';
import type { Ownership } from './data-directory-lock.ts';
import { openEmbedded } from './embedded.ts';
import { endLeases } from './leases.ts';
import { migrate } from './migrate.ts';
import { createSecretBox } from './secret-box.ts';
import type { SecretBox } from './secret-box.ts';
import { createStore } from './store.ts';

export interface StoreSettings {
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  /** Whether to join the process that owns the data directory; otherwise it is an error that one does. */
  readonly mayJoin: boolean;
  /** What stored secrets are sealed with, the first, and opened with, any; none where there are none. */
  readonly secretKeys?: readonly string[];
}

export interface OpenStore {
  readonly store: Store;
  /** Another process owns the database: it does the work. */
  readonly joined: boolean;
  close(): Promise<void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const OWNER_STARTS_WITHIN_MS = 60_000;
const OWNER_POLL_MS = 100;

/**
 * Waits for a server that is away, and says so, until `signal` aborts. The database is up to date when it resolves.
 *
 * @throws {DataDirectoryError} where the data directory cannot be used.
 */
export async function openStore(settings: StoreSettings, log: Log, signal: AbortSignal): Promise<OpenStore> {
  const box = createSecretBox(settings.secretKeys ?? []);
  if (settings.databaseUrl !== undefined) return openServer(settings.databaseUrl, box, log, signal);
  const { dataDirectory } = settings;
  const ownership = await own(dataDirectory);
  if (ownership.isOwner) return openOwned(dataDirectory, ownership, box, log);
  if (!settings.mayJoin) {
    throw new DataDirectoryError(
      `another certmon (process ${String(ownership.pid)}) owns the data directory ${dataDirectory}; stop it, or set CERTMON_DATA_DIR to another, or open a console beside it with: certmon console`,
    );
  }
  return join(dataDirectory, box, log, signal);
}

async function openServer(databaseUrl: string, box: SecretBox, log: Log, signal: AbortSignal): Promise<OpenStore> {
  const database = connectToServer(databaseUrl);
  try {
    await whenThere(() => migrate(database), log, signal);
  } catch (error) {
    await database.close();
    throw error;
  }
  return opened(database, box, false, () => database.close());
}

async function openOwned(
  dataDirectory: string,
  ownership: Extract<Ownership, { isOwner: true }>,
  box: SecretBox,
  log: Log,
): Promise<OpenStore> {
  try {
    const embedded = await openEmbedded(dataDirectory);
    ownership.whenLost(() => {
      log.error({ dataDirectory }, 'another process took the data directory, the database was let go; restart certmon');
      // At once: whatever is written from now on would spoil what the other one writes.
      void embedded.kill();
    });
    const database = connectToSocket(embedded.socketPath);
    const close = async (): Promise<void> => {
      await database.close();
      await embedded.close();
      await ownership.release();
    };
    try {
      await migrate(database);
      await endLeases(database);
      await ownership.publish(embedded.socketPath);
    } catch (error) {
      await close();
      throw error;
    }
    return opened(database, box, false, close);
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

/** The owner may just be starting: its socket is published once the database is up to date. */
async function join(dataDirectory: string, box: SecretBox, log: Log, signal: AbortSignal): Promise<OpenStore> {
  const until = performance.now() + OWNER_STARTS_WITHIN_MS;
  for (;;) {
    const ownership = await own(dataDirectory);
    if (ownership.isOwner) return openOwned(dataDirectory, ownership, box, log);
    if (ownership.socketPath !== '' && (await isThere(ownership.socketPath))) {
      const database = connectToSocket(ownership.socketPath);
      return opened(database, box, true, () => database.close());
    }
    if (performance.now() > until) {
      throw new DataDirectoryError(
        `the certmon that owns ${dataDirectory} (process ${String(ownership.pid)}) does not let its database be reached; restart it`,
      );
    }
    await sleep(OWNER_POLL_MS, undefined, { signal });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A server that is away at the start is waited for, longer each time. */
async function whenThere(work: () => Promise<unknown>, log: Log, signal: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      await work();
      return;
    } catch (cause) {
      const error = toDatabaseError(cause);
      if (!(error instanceof DatabaseAwayError)) throw error;
      log.warn({ reason: error.message, retryInMs: waitMs }, 'database cannot be reached, certmon waits for it');
    }
    await sleep(waitMs, undefined, { signal });
  }
}

function opened(database: Database, box: SecretBox, joined: boolean, close: () => Promise<void>): OpenStore {
  let closing: Promise<void> | undefined;
  return { store: createStore(database, undefined, box), joined, close: () => (closing ??= close()) };
}
