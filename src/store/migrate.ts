/**
 * Brings the database up to date, safely when several processes start at once: one transaction, under a
 * transaction-level advisory lock, since the embedded database keeps no session locks. Drizzle's own migrator is not safe
 * then. Files and record are drizzle's, so that its tools see what was applied.
 */
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { fileURLToPath } from 'node:url';
import { AppError } from '../core/errors.ts';
import type { Database, Executor } from './database.ts';

/** Beside `src/` and `dist/` alike. */
const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const LOCK = 0x63_65_72_74;

/** The database was made by a newer certmon. */
export class NewerDatabaseError extends AppError {
  readonly code = 'newer-database';
}

/** How far a database is from this certmon, without a change to it. */
export interface MigrationState {
  /** So many are not applied. */
  readonly missing: number;
  /** A newer certmon made it. */
  readonly isNewer: boolean;
}

export async function migrationState({ pool }: Database): Promise<MigrationState> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER });
  const [table] = await pool.execute<{ is_there: boolean }>(
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as is_there`,
  );
  return stateOf(known, table?.is_there === true ? await appliedIn(pool) : new Set());
}

/** @returns how many migrations were applied. */
export async function migrate({ pool }: Database): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER });
  return pool.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK}::bigint)`);
    await tx.execute(sql`create schema if not exists drizzle`);
    await tx.execute(sql`
      create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)
    `);
    const applied = await appliedIn(tx);
    if (stateOf(known, applied).isNewer) {
      throw new NewerDatabaseError('the database was made by a newer certmon; run that version, or restore a backup');
    }
    // A large table may take longer to change than any statement of the service may.
    await tx.execute(sql`set local statement_timeout = 0`);
    const missing = known.filter((migration) => !applied.has(migration.folderMillis));
    for (const migration of missing) {
      for (const statement of migration.sql) await tx.execute(sql.raw(statement));
      await tx.execute(sql`
        insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})
      `);
    }
    return missing.length;
  });
}

async function appliedIn(db: Pick<Executor, 'execute'>): Promise<ReadonlySet<number>> {
  const rows = await db.execute<{ created_at: string }>(sql`select created_at from drizzle.__drizzle_migrations`);
  return new Set(rows.map((row) => Number(row.created_at)));
}

function stateOf(known: readonly { readonly folderMillis: number }[], applied: ReadonlySet<number>): MigrationState {
  const newest = Math.max(0, ...known.map(({ folderMillis }) => folderMillis));
  return {
    missing: known.filter(({ folderMillis }) => !applied.has(folderMillis)).length,
    isNewer: [...applied].some((millis) => millis > newest),
  };
}
