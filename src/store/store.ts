import { sql } from 'drizzle-orm';
import { DatabaseAwayError } from '../core/errors.ts';
import type { Store, Stores } from '../core/ports.ts';
import { acceptanceStore } from './acceptances.ts';
import { auditStore } from './audit.ts';
import { channelStore } from './channels.ts';
import { checkStore } from './checks.ts';
import { isWorthAnotherTry, toDatabaseError } from './database.ts';
import type { Database, Executor } from './database.ts';
import { digestStore } from './digests.ts';
import { filterStore } from './filters.ts';
import { groupStore } from './groups.ts';
import { inboxStore } from './inbox.ts';
import { incidentStore } from './incidents.ts';
import { installationStore } from './installations.ts';
import { monitorStore } from './monitors.ts';
import { outboxStore } from './outbox.ts';
import { profileStore } from './profiles.ts';
import { retentionStore } from './retention.ts';
import { createSecretBox } from './secret-box.ts';
import type { SecretBox } from './secret-box.ts';
import { workerStore } from './workers.ts';
import { workspaceStore } from './workspaces.ts';

const TRIES = 5;
/**
 * Beyond what any statement may take: a server that is frozen, or a network that swallows what is sent, answers nothing,
 * and the driver waits for as long as the system lets it.
 */
const ANSWER_WITHIN_MS = 40_000;

/**
 * @param answerWithinMs how long one call, or one try of a transaction, may take before the database counts as away.
 * @param box for what is kept secret; without one nothing is.
 */
export function createStore(
  database: Database,
  answerWithinMs = ANSWER_WITHIN_MS,
  box: SecretBox = createSecretBox([]),
): Store {
  const { pool } = database;
  const within = <T>(work: Promise<T>): Promise<T> => answeredWithin(answerWithinMs, work);

  const transaction = async <T>(work: (tx: Executor) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await within(pool.transaction(work));
      } catch (error) {
        if (attempt >= TRIES || !isWorthAnotherTry(error)) throw toDatabaseError(error);
      }
    }
  };

  return {
    ...guarded(storesOn(pool, transaction, box), within),
    transaction: (work) => transaction((tx) => work(storesOn(tx, (inner) => inner(tx), box))),
    async databaseTime() {
      try {
        const [row] = await within(
          pool.execute<{ now: string }>(sql`
            select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now
          `),
        );
        return new Date(row?.now ?? Number.NaN);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    close: () => database.close(),
  };
}

function storesOn(
  db: Executor,
  inTransaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>,
  box: SecretBox,
): Stores {
  return {
    workspaces: workspaceStore(db, inTransaction),
    audit: auditStore(db),
    channels: channelStore(db),
    groups: groupStore(db),
    filters: filterStore(db),
    digests: digestStore(db),
    profiles: profileStore(db, inTransaction),
    monitors: monitorStore(db),
    checks: checkStore(db),
    incidents: incidentStore(db),
    acceptances: acceptanceStore(db),
    workers: workerStore(db),
    retention: retentionStore(db),
    outbox: outboxStore(db, inTransaction),
    inbox: inboxStore(db),
    installations: installationStore(db, inTransaction, box),
  };
}

/** The same stores; what the driver throws for a database that is away comes out as a `DatabaseAwayError`. */
function guarded(stores: Stores, within: <T>(work: Promise<T>) => Promise<T>): Stores {
  const guard = <S extends object>(store: S): S =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return async (...words: unknown[]): Promise<unknown> => {
          try {
            return await within(Reflect.apply(member, target, words) as Promise<unknown>);
          } catch (error) {
            throw toDatabaseError(error);
          }
        };
      },
    });
  return {
    workspaces: guard(stores.workspaces),
    audit: guard(stores.audit),
    channels: guard(stores.channels),
    groups: guard(stores.groups),
    filters: guard(stores.filters),
    digests: guard(stores.digests),
    profiles: guard(stores.profiles),
    monitors: guard(stores.monitors),
    checks: guard(stores.checks),
    incidents: guard(stores.incidents),
    acceptances: guard(stores.acceptances),
    workers: guard(stores.workers),
    retention: guard(stores.retention),
    outbox: guard(stores.outbox),
    inbox: guard(stores.inbox),
    installations: guard(stores.installations),
  };
}

/** @throws {DatabaseAwayError} where it takes longer. */
export async function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DatabaseAwayError(`the database did not answer within ${String(ms)} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
