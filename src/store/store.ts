import { sql } from 'drizzle-orm';
import type { Store, Stores } from '../core/ports.ts';
import { channelStore } from './channels.ts';
import { checkStore } from './checks.ts';
import { isWorthAnotherTry, toDatabaseError } from './database.ts';
import type { Database, Executor } from './database.ts';
import { groupStore } from './groups.ts';
import { inboxStore } from './inbox.ts';
import { incidentStore } from './incidents.ts';
import { monitorStore } from './monitors.ts';
import { outboxStore } from './outbox.ts';
import { profileStore } from './profiles.ts';
import { workspaceStore } from './workspaces.ts';

const TRIES = 5;

export function createStore(database: Database): Store {
  const { pool } = database;

  const transaction = async <T>(work: (tx: Executor) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await pool.transaction(work);
      } catch (error) {
        if (attempt >= TRIES || !isWorthAnotherTry(error)) throw toDatabaseError(error);
      }
    }
  };

  return {
    ...guarded(storesOn(pool, transaction)),
    transaction: (work) => transaction((tx) => work(storesOn(tx, (inner) => inner(tx)))),
    async databaseTime() {
      try {
        const [row] = await pool.execute<{ now: string }>(sql`
          select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now
        `);
        return new Date(row?.now ?? Number.NaN);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    close: () => database.close(),
  };
}

function storesOn(db: Executor, inTransaction: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>): Stores {
  return {
    workspaces: workspaceStore(db),
    channels: channelStore(db),
    groups: groupStore(db),
    profiles: profileStore(db),
    monitors: monitorStore(db),
    checks: checkStore(db),
    incidents: incidentStore(db),
    outbox: outboxStore(db, inTransaction),
    inbox: inboxStore(db),
  };
}

/** The same stores; what the driver throws for a database that is away comes out as a `DatabaseAwayError`. */
function guarded(stores: Stores): Stores {
  const guard = <S extends object>(store: S): S =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return async (...words: unknown[]): Promise<unknown> => {
          try {
            return await (Reflect.apply(member, target, words) as Promise<unknown>);
          } catch (error) {
            throw toDatabaseError(error);
          }
        };
      },
    });
  return {
    workspaces: guard(stores.workspaces),
    channels: guard(stores.channels),
    groups: guard(stores.groups),
    profiles: guard(stores.profiles),
    monitors: guard(stores.monitors),
    checks: guard(stores.checks),
    incidents: guard(stores.incidents),
    outbox: guard(stores.outbox),
    inbox: guard(stores.inbox),
  };
}
