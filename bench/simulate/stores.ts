/**
 * The store as one run of certmon has it. A run that is to be killed dies at one of its steps, and leaves what a dead
 * process leaves: a transaction rolled back, or committed and never heard of; leases; a message sent and not noted down.
 * Tells which checks were recorded.
 */
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
  line(monitorIds: readonly string[]): void;
  /** Resolves when it is this one's turn; at once for one that is not in line. */
  turn(monitorId: string): Promise<void>;
  /** It has ended: the next one's turn. */
  ended(monitorId: string): void;
  /** Nobody waits any more. */
  open(): void;
}

function createQueue(isOrderly: () => boolean): Queue {
  let waiting: readonly string[] = [];
  const resolvers = new Map<string, () => void>();
  const callFirst = (): void => {
    const [first] = waiting;
    if (first !== undefined) resolvers.get(first)?.();
  };
  return {
    isOrderly,
    line(monitorIds) {
      waiting = [...waiting, ...monitorIds];
    },
    turn(monitorId) {
      if (!waiting.includes(monitorId)) return Promise.resolve();
      return new Promise((resolve) => {
        resolvers.set(monitorId, resolve);
        callFirst();
      });
    },
    ended(monitorId) {
      if (waiting[0] !== monitorId) return;
      waiting = waiting.slice(1);
      callFirst();
    },
    open() {
      waiting = [];
      for (const resolve of resolvers.values()) resolve();
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
      queue.line(leases.map(({ monitor }) => monitor.id));
      return leases;
    },
  };
  const checks: Stores['checks'] = {
    ...overSteps(store.checks, alive),
    // What a scheduled check asks first.
    async last(workspaceId, monitorId) {
      await queue.turn(monitorId);
      alive();
      return store.checks.last(workspaceId, monitorId);
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
