/** One run of certmon: what `app.ts` joins, on the fake clock, network and platform, until it ends or is killed. */
import { readOwnCas } from '../../src/probe/own-cas.ts';
import type { Clock, Log, Messenger, Prober, Store } from '../../src/core/ports.ts';
import { attend } from '../../src/monitoring/attend.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import { createDispatcher } from '../../src/monitoring/dispatch.ts';
import { createNetworkWatch } from '../../src/monitoring/network.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { KilledError, mortalStore } from './stores.ts';
import type { Life, OnRecorded } from './stores.ts';

/** As `app.ts` has it. */
const LEASE_MS = 120_000;
const CHECKS_AT_ONCE = 64;
const CHANNELS_AT_ONCE = 8;

export interface Surroundings {
  readonly store: Store;
  readonly prober: Prober;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly newUuid: () => string;
  readonly onRecorded: OnRecorded;
}

export interface Run {
  readonly deps: MonitoringDeps;
  /** Everything that the second's tick does, and what comes of it; true where the process was killed meanwhile. */
  checks(): Promise<boolean>;
  speaks(): Promise<boolean>;
  attends(): Promise<boolean>;
}

export function startRun(around: Surroundings, life: Life): Run {
  const store = mortalStore(around.store, life, around.onRecorded);
  const prober: Prober = {
    async observe(request, now, signal) {
      await life.queue.turn(request.endpoint.host);
      if (life.isOver) throw new KilledError();
      return around.prober.observe(request, now, signal);
    },
  };
  const messenger: Messenger = {
    ...around.messenger,
    async deliver(delivery, signal) {
      life.deliveryStep();
      const outcome = await around.messenger.deliver(delivery, signal);
      life.deliveryStep();
      return outcome;
    },
  };
  // What a dying process says of itself is nobody's concern.
  const log: Log = {
    ...around.log,
    warn: (fields, message) => {
      if (!life.isOver) around.log.warn(fields, message);
    },
    error: (fields, message) => {
      if (!life.isOver) around.log.error(fields, message);
    },
  };
  const { clock, random, newUuid } = around;
  const deps: MonitoringDeps = { store, prober, readCas: readOwnCas, clock, log, random, newUuid };
  const round = createRound(deps, {
    concurrency: CHECKS_AT_ONCE,
    leaseMs: LEASE_MS,
    network: createNetworkWatch(deps, () => undefined),
    onNews: () => undefined,
  });
  const dispatcher = createDispatcher(deps, {
    messengers: [messenger],
    concurrency: life.isMortal ? 1 : CHANNELS_AT_ONCE,
  });
  const untilKilled = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
    } catch (error) {
      if (!life.isOver) throw error;
    }
    return life.isOver;
  };
  return {
    deps,
    checks: () => untilKilled(() => round.settled()),
    speaks: () => untilKilled(() => dispatcher.drain()),
    attends: () => untilKilled(() => attend(deps)),
  };
}
