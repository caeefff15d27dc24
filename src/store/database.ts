/** The connection pool to a PostgreSQL server or to the embedded database: one driver, one dialect. */
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import postgres from 'postgres';
import { AppError, DatabaseAwayError, TakenError } from '../core/errors.ts';
import { createSessions, FORGOTTEN_CODES } from './sessions.ts';

/** What statements run on: the pool, or one transaction. */
export type Executor = Pick<
  PostgresJsDatabase,
  'select' | 'selectDistinct' | 'selectDistinctOn' | 'insert' | 'update' | 'delete' | 'execute'
>;

export interface Database {
  readonly pool: PostgresJsDatabase;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_S = 5;
const CLOSE_TIMEOUT_MS = 3_000;
const SERVER_CONNECTIONS = 10;
/** The embedded database is one session: more connections than a few only wait. */
const EMBEDDED_CONNECTIONS = 4;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A process that was stopped in the middle of a transaction must not keep its locks. */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;
/** Type `text` of PostgreSQL (pg_type.dat). */
const TEXT_OID = 25;

const COMMON = {
  max: 1,
  max_lifetime: null,
  connect_timeout: CONNECT_TIMEOUT_S,
  types: { text: { to: TEXT_OID, from: [TEXT_OID], serialize: storable, parse: (text: string) => text } },
  // No query of its own at the first connection; drizzle reads arrays itself.
  fetch_types: false,
  onnotice: () => undefined,
};

export function connectToServer(databaseUrl: string): Database {
  return toDatabase(SERVER_CONNECTIONS, true, (onclose) =>
    postgres(databaseUrl, {
      ...COMMON,
      onclose,
      connection: {
        application_name: 'certmon',
        statement_timeout: STATEMENT_TIMEOUT_MS,
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
        // Whatever the server is set to: instants are read as text.
        DateStyle: 'ISO',
        TimeZone: 'UTC',
      },
    }),
  );
}

export function connectToSocket(socketPath: string): Database {
  return toDatabase(EMBEDDED_CONNECTIONS, false, (onclose) =>
    postgres({
      ...COMMON,
      onclose,
      path: socketPath,
      database: 'postgres',
      username: 'postgres',
      password: '',
    }),
  );
}

function toDatabase(
  connections: number,
  keepsStatements: boolean,
  connect: (onclose: () => void) => postgres.Sql,
): Database {
  const sessions = createSessions(connect, connections, keepsStatements);
  return { pool: drizzle(sessions.client), close: () => sessions.close(CLOSE_TIMEOUT_MS) };
}

/** Of postgres.js and of the system: nobody is there, or went away. */
const AWAY_CODES: readonly string[] = [
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  // PostgreSQL manual, appendix A: cancelled by our own time limits, shut down, starting up, out of connections, or no
  // longer the primary, as the server was before a failover.
  '25006',
  '25P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '53300',
];
/** Unique violation (PostgreSQL manual, appendix A). */
const UNIQUE_VIOLATION = '23505';
const CONNECTION_EXCEPTION = '08';
const INVALID_AUTHORIZATION = '28';
const NO_SUCH_DATABASE = '3D000';

/** It answers, and can do nothing until somebody has made room (PostgreSQL manual, appendix A). */
const CANNOT_WORK: Readonly<Partial<Record<string, string>>> = {
  '53100': "the database's disk is full",
  '53200': 'the database is out of memory',
  '58030': 'the database cannot read or write its disk',
};

/**
 * Serialization failure and deadlock (PostgreSQL manual, appendix A), and a prepared statement that a pooler forgot: the
 * same work may well succeed the next time.
 */
const AGAIN_CODES: readonly string[] = ['40001', '40P01', ...FORGOTTEN_CODES];

export function isWorthAnotherTry(error: unknown): boolean {
  return AGAIN_CODES.includes(driverError(error)?.code ?? '');
}

/** The server is there and does not let us in: who we say we are, or the database we ask for. */
export class DatabaseRefusedError extends AppError {
  readonly code = 'database-refused';
}

/**
 * The error as it is to be thrown: a `DatabaseAwayError` where the database cannot be reached or cannot work, a
 * `DatabaseRefusedError` where it does not let us in, a `TakenError` where only one may have what was written, else what the driver threw. What drizzle wraps round it is left out:
 * it holds the statement's parameters, and so what people typed.
 */
export function toDatabaseError(error: unknown): unknown {
  const driver = driverError(error);
  if (driver === undefined) return error;
  const { code, message } = driver;
  const full = CANNOT_WORK[code];
  if (full !== undefined) return new DatabaseAwayError(`${full} (${code})`, { cause: driver });
  if (AWAY_CODES.includes(code) || code.startsWith(CONNECTION_EXCEPTION)) {
    return new DatabaseAwayError(`the database cannot be reached (${code})`, { cause: driver });
  }
  if (code.startsWith(INVALID_AUTHORIZATION) || code === NO_SUCH_DATABASE) {
    return new DatabaseRefusedError(`the database refuses certmon: ${message}; check DATABASE_URL`, { cause: driver });
  }
  if (code === UNIQUE_VIOLATION) return new TakenError('another has taken it just before', { cause: driver });
  return driver;
}

/** The innermost error that has a code: drizzle wraps what the driver throws. */
function driverError(error: unknown): (Error & { readonly code: string }) | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string') return one as Error & { readonly code: string };
  }
  return undefined;
}

/** An instant as a parameter of raw SQL, where postgres.js takes no `Date`. */
export function at(instant: Date): SQL {
  return sql`${instant.toISOString()}::timestamptz`;
}

/** `in`, as a statement of one form however many the values are: it stays prepared. */
export function anyOf(column: AnyPgColumn, values: readonly string[]): SQL {
  return sql`${column} = any(array(select jsonb_array_elements_text(${JSON.stringify(storableJson(values))}::jsonb)))`;
}

/** Text that PostgreSQL takes: it has no NUL in `text` or `jsonb`, and peers do send one. Every `text` parameter passes here. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}

/** A value for a `jsonb` column, NULs and lone surrogates replaced wherever they stand. */
export function storableJson(value: unknown): unknown {
  return JSON.parse(storableJsonText(value)) as unknown;
}

/** The same as text, for a parameter of raw SQL. */
export function storableJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // Both are escaped there: NULs always, surrogates where they stand alone (ECMA-262, "JSON.stringify").
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(
    JSON.parse(text, (_, part: unknown) => (typeof part === 'string' ? wellFormed(storable(part)) : part)),
  );
}

/** Half of a surrogate pair becomes U+FFFD, as UTF-8 has none. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
