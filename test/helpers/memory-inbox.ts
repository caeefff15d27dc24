/** An inbox in memory, for what a real database does not do on demand: being slow, or away. */
import { DatabaseAwayError } from '../../src/core/errors.ts';
import type { Incoming } from '../../src/core/inbox.ts';
import type { InboxStore, Store, Stores } from '../../src/core/ports.ts';

interface Row {
  readonly id: string;
  readonly incoming: Incoming;
  leaseUntil: number;
  token: string | undefined;
  wasApplied: boolean;
  finished: { readonly reply: unknown } | undefined;
}

export interface MemoryInbox {
  readonly store: Pick<Store, 'inbox' | 'transaction'>;
  readonly rows: Row[];
  /** Every call fails while it is true. */
  isAway: boolean;
  /** `accept` commits at once, and answers after this. */
  acceptTakesMs: number;
}

export function memoryInbox(now: () => Date): MemoryInbox {
  const rows: Row[] = [];
  let claims = 0;
  const find = (id: string): Row => {
    const row = rows.find((one) => one.id === id);
    if (row === undefined) throw new Error(`no row ${id}`);
    return row;
  };
  const present = (): void => {
    if (memory.isAway) throw new DatabaseAwayError('the database is away');
  };
  const inbox: InboxStore = {
    async accept(incoming, _receivedAt, deadline, leaseMs) {
      present();
      if (now().getTime() > deadline.getTime()) return { accepted: false, reason: 'too-slow' };
      const known = rows.find((row) => row.incoming.externalId === incoming.externalId);
      const id = known?.id ?? String(rows.length + 1);
      let token: string | undefined;
      if (known === undefined) {
        const leaseUntil = now().getTime() + leaseMs;
        // As a database keeps it: plain JSON.
        const kept = JSON.parse(JSON.stringify(incoming)) as Incoming;
        token = leaseMs > 0 ? `${id}-first` : undefined;
        rows.push({ id, incoming: kept, leaseUntil, token, wasApplied: false, finished: undefined });
      }
      if (memory.acceptTakesMs > 0) await new Promise((resolve) => setTimeout(resolve, memory.acceptTakesMs));
      return { accepted: true, isNew: known === undefined, id, token };
    },
    claimUnfinished(platforms, at, limit, leaseMs) {
      return settle(() => {
        const free = rows
          .filter((row) => platforms.includes(row.incoming.platform))
          .filter((row) => row.finished === undefined && row.leaseUntil <= at.getTime())
          .slice(0, limit);
        return free.map((row) => {
          row.leaseUntil = at.getTime() + leaseMs;
          const token = `${row.id}-${String((claims += 1))}`;
          row.token = token;
          return { id: row.id, token, incoming: row.incoming, wasApplied: row.wasApplied };
        });
      });
    },
    renewLease: (id, token, until) =>
      settle(() => {
        if (find(id).token === token) find(id).leaseUntil = until.getTime();
      }),
    markApplied: (id, token) =>
      settle(() => {
        const row = find(id);
        if (row.token === token) row.wasApplied = true;
        return row.token === token;
      }),
    finish: (id, reply) =>
      settle(() => {
        find(id).finished = { reply: JSON.parse(JSON.stringify(reply)) as unknown };
      }),
    replyTo: (id) => settle(() => find(id).finished),
  };
  const settle = <T>(work: () => T): Promise<T> =>
    Promise.resolve().then(() => {
      present();
      return work();
    });
  const memory: MemoryInbox = {
    store: { inbox, transaction: (work) => work({ inbox } as Stores) },
    rows,
    isAway: false,
    acceptTakesMs: 0,
  };
  return memory;
}
