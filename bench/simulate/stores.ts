/**
 * The store as one run of certmon has it. A run that is to be killed dies at one of its steps, and leaves what a dead
 * process leaves: a transaction rolled back, or committed and never heard of; leases; a message sent and not noted down.
 * Tells which checks were recorded.
 */
import type { Monitor } from '../../src/core/monitor.ts';
import type { MonitorUpdate, Store, Stores } from '../../src/core/ports.ts';

/** How long a run lives, in steps of its own: what it asks of the database within transactions or for its outbox. */
export interface Life {
  readonly isOver: boolean;
  readonly isMortal: boolean;
  step(): void;
  /** One that a message is being sent in. */
  deliveryStep(): void;
  readonly queue: Queue;
}

export class KilledError extends Error {
  constructor() {
    super('the process was killed');
  }
}

/** How many steps a run has left, of any kind or of those that messages are sent in; for ever without either. */
export interface Lifetime {
  readonly steps?: number;
  readonly deliverySteps?: number;
}

/**
 * @param isOrderly whether checks that are claimed now go one after the other, since their order matters: always where it
 * is to die, so that the same seed dies at the same step.
 */
export function createLife({ steps = Infinity, deliverySteps = Infinity }: Lifetime, isOrderly: () => boolean): Life {
  let left = steps;
  let deliveriesLeft = deliverySteps;
  const isMortal = Math.min(steps, deliverySteps) < Infinity;
  const liveOn = (): void => {
    if (left > 0 && deliveriesLeft > 0) return;
    queue.open();
    throw new KilledError();
  };
  const queue = createQueue(() => isMortal || isOrderly());
  return {
    isMortal,
    queue,
    get isOver() {
      return left <= 0 || deliveriesLeft <= 0;
    },
    step() {
      left -= 1;
      liveOn();
    },
    deliveryStep() {
      deliveriesLeft -= 1;
      liveOn();
    },
  };
}

/** Lets one check begin after the other has ended. */
interface Queue {
  readonly isOrderly: () => boolean;
  line(monitors: readonly Monitor[]): void;
  /** Resolves when it is this host's turn; at once for one that is not in line, or is looked at beside its own check. */
  turn(host: string): Promise<void>;
  /** It has ended: the next one's turn. */
  ended(monitorId: string): void;
  /** Nobody waits any more. */
  open(): void;
}

function createQueue(isOrderly: () => boolean): Queue {
  let line: readonly Monitor[] = [];
  const waiting = new Map<string, () => void>();
  const callFirst = (): void => {
    const [first] = line;
    if (first !== undefined) waiting.get(first.endpoint.host)?.();
  };
  return {
    isOrderly,
    line(monitors) {
      line = [...line, ...monitors];
    },
    turn(host) {
      if (waiting.has(host) || !line.some(({ endpoint }) => endpoint.host === host)) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.set(host, resolve);
        callFirst();
      });
    },
    ended(monitorId) {
      const [first] = line;
      if (first?.id !== monitorId) return;
      waiting.delete(first.endpoint.host);
      line = line.slice(1);
      callFirst();
    },
    open() {
      line = [];
      for (const resolve of waiting.values()) resolve();
    },
  };
}

export type OnRecorded = (monitorId: string, checkedAtMs: number) => void;

const ALL_DUE = 1_000;

export function mortalStore(store: Store, life: Life, onRecorded: OnRecorded): Store {
  const { queue } = life;
  const alive = (): void => {
    if (life.isOver) throw new KilledError();
  };
  const step = (): void => life.step();
  const monitors: Stores['monitors'] = {
    // What a process only asks, outside its transactions, is no step.
    ...overSteps(store.monitors, alive, { onRecorded }),
    async claimDue(now, limit, leaseMs) {
      alive();
      const isOrderly = queue.isOrderly();
      const leases = await store.monitors.claimDue(now, isOrderly ? ALL_DUE : limit, leaseMs);
      if (!isOrderly) return leases;
      leases.sort((a, b) => (a.monitor.endpoint.host < b.monitor.endpoint.host ? -1 : 1));
      queue.line(leases.map(({ monitor }) => monitor));
      return leases;
    },
  };
  const checks: Stores['checks'] = {
    ...overSteps(store.checks, alive),
    // A transaction of its own: the run may die before it, or after it was committed and before it heard of that.
    async recordQuiet(quiet) {
      step();
      const recorded = await store.checks.recordQuiet(quiet);
      for (const { lease, update } of quiet) {
        if (!recorded.has(lease.monitor.id)) continue;
        onRecorded(lease.monitor.id, update.lastCheckedAt.getTime());
        queue.ended(lease.monitor.id);
      }
      step();
      return recorded;
    },
  };
  return {
    ...store,
    monitors,
    checks,
    outbox: overSteps(store.outbox, step),
    async transaction(work) {
      let recorded: [string, number][] = [];
      let locked: string | undefined;
      try {
        step();
        const result = await store.transaction((stores) => {
          recorded = [];
          const inner = Object.entries(stores).map(([name, part]) => [name, overSteps(part as object, step)]);
          const tapped = {
            ...(Object.fromEntries(inner) as Stores),
            monitors: overSteps(stores.monitors, step, {
              onRecorded: (...one) => recorded.push(one),
              onLock: (monitorId) => {
                locked = monitorId;
              },
            }),
          };
          return work(tapped);
        });
        for (const one of recorded) onRecorded(...one);
        step();
        return result;
      } finally {
        if (locked !== undefined) queue.ended(locked);
      }
    },
  };
}

interface Tap {
  readonly onRecorded: OnRecorded;
  readonly onLock?: (monitorId: string) => void;
}

const UPDATES: readonly string[] = ['update', 'updateLeased'];

function overSteps<S extends object>(part: S, step: () => void, tap?: Tap): S {
  const methods = Object.keys(part).map((name) => {
    const method = Reflect.get(part, name) as (...words: unknown[]) => Promise<unknown>;
    const wrapped = async (...words: unknown[]): Promise<unknown> => {
      step();
      if (name === 'lock') tap?.onLock?.(String(words[1]));
      const result = await Reflect.apply(method, part, words);
      if (tap !== undefined && UPDATES.includes(name) && result !== false) {
        const update = words.at(-1) as MonitorUpdate;
        tap.onRecorded(String(words[1]), update.lastCheckedAt.getTime());
      }
      return result;
    };
    return [name, wrapped];
  });
  return Object.fromEntries(methods) as S;
}
