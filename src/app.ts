/** The composition root: the one file that names every adapter, joins them, and closes what it made. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createConsolePlatform } from './chat/console/adapter.ts';
import type { ConsoleSettings } from './chat/console/adapter.ts';
import { createExecutor } from './chat/execute.ts';
import { createInbox } from './chat/inbox.ts';
import type { ChatPlatform } from './chat/platform.ts';
import { createSlackPlatform } from './chat/slack/adapter.ts';
import type { Config } from './config.ts';
import { AppError } from './core/errors.ts';
import type { Clock } from './core/ports.ts';
import { listen } from './listener.ts';
import type { Listener, Readiness } from './listener.ts';
import { createDatabaseClock } from './monitoring/clock.ts';
import type { MonitoringDeps } from './monitoring/deps.ts';
import { createDispatcher } from './monitoring/dispatch.ts';
import { endSilences } from './monitoring/incidents.ts';
import { createRound } from './monitoring/round.ts';
import { startSchedule } from './monitoring/schedule.ts';
import type { Task } from './monitoring/schedule.ts';
import { createProber } from './probe/probe.ts';
import { openStore } from './store/open.ts';

const CHECKS_AT_ONCE = 64;
const CHANNELS_AT_ONCE = 32;
const CLOCK_SET_EVERY_MS = 30_000;
const LEASE_MS = 120_000;
/** Of the 10 s within which a stop is promised. */
const STOP_DEADLINE_MS = 8_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** A console to open; `undefined` for none. */
  readonly console: ConsoleSettings | undefined;
  /** Where another process owns the embedded database: join it (a console), or be refused (`start`). */
  readonly mayJoin: boolean;
  /** Whether to serve HTTP where no platform needs it. */
  readonly servesHealth: boolean;
  /** A person's own machine may be looked at by its own certmon. */
  readonly loopbackAllowed: boolean;
  /** The demo's clock runs faster. */
  readonly adjustClock?: (clock: Clock) => Clock;
}

export interface App {
  /** `undefined` where nothing is served. */
  readonly port: number | undefined;
  /** Another process owns the database and runs what is asked here. */
  readonly joined: boolean;
  /** Resolves when the console was left; never without one. */
  readonly consoleEnded: Promise<void>;
  /** Sends what is due. */
  drain(): Promise<void>;
  /** Takes nothing new, finishes what is under way within seconds, and closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** @throws {AppError} for surroundings that a person can mend: a port in use, a directory that somebody else owns. */
export async function startApp(options: AppOptions, signal: AbortSignal): Promise<App> {
  const { log } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) {
      await close().catch((error: unknown) => {
        log.warn({ err: error }, 'not closed cleanly');
      });
    }
  };
  try {
    return await start(options, signal, closing, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  options: AppOptions,
  signal: AbortSignal,
  closing: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<App> {
  const { config, log } = options;
  let state: Readiness['state'] = 'starting';
  let databaseIsAway = false;
  const readiness = (): Readiness => ({
    ready: state === 'running',
    state,
    degraded: databaseIsAway ? ['the database is away: checks pause, commands are refused, nothing is lost'] : [],
  });

  const prober = createProber({
    ...config.probe,
    loopbackAllowed: options.loopbackAllowed,
    privateAllowed: true,
    perAddress: undefined,
  });
  closing.push(() => prober.close());

  const slack = config.slack === undefined ? undefined : createSlackPlatform(config.slack, log);
  const consolePlatform = options.console === undefined ? undefined : createConsolePlatform(options.console, log);
  const platforms: ChatPlatform[] = [slack, consolePlatform].filter((platform) => platform !== undefined);
  const routes = platforms.flatMap((platform) => platform.routes);

  let listener: Listener | undefined;
  if (options.servesHealth || routes.length > 0) {
    const served = await listenOn(config.port, routes, readiness);
    closing.push(() => served.close(STOP_DEADLINE_MS));
    listener = served;
  }

  const opened = await openStore(
    { databaseUrl: config.databaseUrl, dataDirectory: config.dataDirectory, mayJoin: options.mayJoin },
    log,
    signal,
  );
  closing.push(() => opened.close());
  const { store } = opened;
  const databaseClock = createDatabaseClock(store);
  await databaseClock.set();
  const workspace = await store.workspaces.ensureDefault();

  const deps: MonitoringDeps = {
    store,
    prober,
    clock: options.adjustClock?.(databaseClock) ?? databaseClock,
    log,
    random: Math.random,
    newUuid: randomUUID,
  };
  // A console that joined only hears and prints: the owner runs what is asked, and speaks to the other platforms.
  const mine = opened.joined ? platforms.filter((platform) => platform.platform === 'console') : platforms;
  const dispatcher = createDispatcher(deps, { messengers: mine, concurrency: CHANNELS_AT_ONCE });
  const round = createRound(deps, {
    concurrency: CHECKS_AT_ONCE,
    leaseMs: LEASE_MS,
    onRecorded: () => {
      dispatcher.wake();
    },
  });
  const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspace.id) });
  const inbox = createInbox({
    deps,
    execute,
    platforms: mine,
    onDone: () => {
      dispatcher.wake();
    },
  });

  const isWorker = config.roles.has('worker') && !opened.joined;
  const tasks: Task[] = [
    { name: 'outbox', run: () => dispatcher.drain() },
    every(CLOCK_SET_EVERY_MS, { name: 'clock', run: () => databaseClock.set() }),
    ...(opened.joined ? [] : [{ name: 'inbox', run: () => inbox.resume() }]),
    ...(isWorker
      ? [
          { name: 'round', run: () => round.tick() },
          { name: 'silences', run: () => endSilences(deps) },
        ]
      : []),
  ];
  const schedule = startSchedule(tasks, log, (away) => {
    databaseIsAway = away;
  });
  closing.push(
    () => dispatcher.stop(),
    () => inbox.stop(STOP_DEADLINE_MS),
    () => round.stop(),
    () => schedule.stop(),
  );
  for (const platform of mine) {
    await platform.start(opened.joined ? inbox.hearRemotely : inbox.hear);
    closing.push(() => platform.stop());
  }
  state = 'running';
  log.info(
    { port: listener?.port, joined: opened.joined, platforms: mine.map((one) => one.platform) },
    'certmon is ready',
  );

  return {
    port: listener?.port,
    joined: opened.joined,
    consoleEnded: consolePlatform?.ended ?? new Promise<void>(() => undefined),
    async drain() {
      await dispatcher.drain();
    },
    async stop() {
      state = 'stopping';
      await closeAll();
    },
  };
}

async function listenOn(...[port, routes, readiness]: Parameters<typeof listen>): Promise<Listener> {
  try {
    return await listen(port, routes, readiness);
  } catch (error) {
    throw new PortError(`port ${String(port)} cannot be listened on; set PORT to another, or end what uses it`, {
      cause: error,
    });
  }
}

/** The HTTP port is taken, or not ours to take. */
export class PortError extends AppError {
  readonly code = 'port';
}

/** The task, at its first tick and then once in `ms`. */
function every(ms: number, task: Task): Task {
  let next = 0;
  return {
    name: task.name,
    async run() {
      if (performance.now() < next) return;
      next = performance.now() + ms;
      await task.run();
    },
  };
}
