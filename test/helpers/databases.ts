/** Both engines, as they run in production: migrated, and behind the same driver. One database a file. */
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest';
import type { Store } from '../../src/core/ports.ts';
import { connectToServer, connectToSocket } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import type { EmbeddedDatabase } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createStore } from '../../src/store/store.ts';
import { createDatabase } from './postgres-server.ts';

export const ENGINES = ['postgresql', 'embedded'] as const;
export type Engine = (typeof ENGINES)[number];

export interface TestDatabase {
  readonly store: Store;
  /** For what no port asks or changes. */
  readonly database: Database;
  /** Another pool on the same database, as another process has it. The caller closes it. */
  connect(): Database;
  close(): Promise<void>;
}

/** A freshly migrated database of its own. */
export async function withStore(engine: Engine): Promise<TestDatabase> {
  const test = await emptyDatabase(engine);
  try {
    await migrate(test.database);
  } catch (error) {
    await test.close();
    throw error;
  }
  return test;
}

/** A database without any table. */
export async function emptyDatabase(engine: Engine): Promise<TestDatabase> {
  return engine === 'postgresql' ? onServer() : onEmbedded();
}

/** The same tests on both engines; every test starts with empty tables and the workspace `default`. */
export function describeOnBothEngines(name: string, body: (test: () => TestDatabase) => void): void {
  describe.each(ENGINES)(`${name} on %s`, (engine) => {
    let opened: TestDatabase | undefined;
    const test = (): TestDatabase => {
      if (opened === undefined) throw new Error('the database is opened before the first test');
      return opened;
    };
    beforeAll(async () => {
      opened = await withStore(engine);
    });
    beforeEach(async () => {
      await emptyTables(test().database);
    });
    afterAll(() => opened?.close());
    body(test);
  });
}

/** Not by TRUNCATE: a new file for every table and index costs ten times as much as the few rows do. */
export async function emptyTables(database: Database): Promise<void> {
  await database.pool.execute(
    sql`with gone as (delete from monitors), all_gone as (delete from workspaces),
      removed as (delete from installations), unserved as (delete from installation_teams) delete from inbox`,
  );
}

async function onServer(): Promise<TestDatabase> {
  const url = await createDatabase(inject('postgresUrl'));
  const database = connectToServer(url);
  return {
    store: createStore(database),
    database,
    connect: () => connectToServer(url),
    close: () => database.close(),
  };
}

/** A data directory with an empty database in it, that nobody owns. The caller removes it. */
export async function dataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certmon-store-'));
  await cp(join(await embeddedTemplate(), 'database'), join(directory, 'database'), { recursive: true });
  return directory;
}

async function onEmbedded(): Promise<TestDatabase> {
  const directory = await dataDirectory();
  const embedded = await openEmbedded(directory);
  const database = connectToSocket(embedded.socketPath);
  return {
    store: createStore(database),
    database,
    connect: () => connectToSocket(embedded.socketPath),
    async close() {
      await database.close();
      await embedded.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const TEMPLATE_WITHIN_MS = 90_000;
const POLL_MS = 100;

/**
 * A data directory with an empty database in it, made by the first file of a run that needs one: making one takes
 * seconds, copying it does not.
 */
async function embeddedTemplate(): Promise<string> {
  const runDirectory = inject('runDirectory');
  const template = join(runDirectory, 'template');
  const making = join(runDirectory, 'making');
  const isMine = await mkdir(making).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (isMine) {
    const fresh: EmbeddedDatabase = await openEmbedded(making);
    await fresh.close();
    await rename(making, template);
    await mkdir(making);
    return template;
  }
  const until = performance.now() + TEMPLATE_WITHIN_MS;
  while (performance.now() < until) {
    if (await exists(template)) return template;
    await sleep(POLL_MS);
  }
  throw new Error('no embedded database was made for the tests to copy');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
