/** The composition root: the one file that names every adapter, joins them, and closes what it made. */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { createConsolePlatform } from './chat/console/adapter.ts';
import type { ConsoleSettings } from './chat/console/adapter.ts';
import { createExecutor } from './chat/execute.ts';
import { createInbox } from './chat/inbox.ts';
import type { ChatPlatform } from './chat/platform.ts';
import { createSlackPlatform } from './chat/slack/adapter.ts';
import type { SlackServices } from './chat/slack/tokens.ts';
import type { Config } from './config.ts';
import { AppError } from './core/errors.ts';
import type { Clock, Store } from './core/ports.ts';
import { listen } from './listener.ts';
import type { Listener, Readiness } from './listener.ts';
import { attend } from './monitoring/attend.ts';
import { afterClockWentBack, createDatabaseClock } from './monitoring/clock.ts';
import type { DatabaseClock } from './monitoring/clock.ts';
import type { MonitoringDeps } from './monitoring/deps.ts';
import { sendDigests } from './monitoring/digest.ts';
import { createDispatcher } from './monitoring/dispatch.ts';
import { createNetworkWatch } from './monitoring/network.ts';
import { findNotChecked } from './monitoring/not-checked.ts';
import { retentionTask } from './monitoring/retention.ts';
import { createRound } from './monitoring/round.ts';
import { startSchedule } from './monitoring/schedule.ts';
import type { Task } from './monitoring/schedule.ts';
import { readOwnCas } from './probe/own-cas.ts';
import { createProber } from './probe/probe.ts';
import { openStore } from './store/open.ts';

const CHECKS_AT_ONCE = 64;
/** Each has OpenSSL's settings of its own, some megabytes for each set of CAs: a machine of many cores needs no more. */
const MOST_THREADS = 8;
const CHANNELS_AT_ONCE = 32;
const WORKER_SEEN_EVERY_MS = 30_000;
const CLOCK_SET_EVERY_MS = 30_000;
const LEASE_MS = 120_000;
/** Together within the 10 s in which a stop is promised. */
const COMMANDS_END_MS = 3_000;
const DELIVERIES_END_MS = 2_000;
const LAST_ANSWERS_MS = 1_000;

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
  let stopping: Promise<void> | undefined;
  let hearing: readonly ChatPlatform[] = [];
  const readiness = (): Readiness => ({
    ready: state === 'running',
    state,
    degraded: [
      ...(databaseIsAway ? ['the database is away: checks pause, commands are refused, nothing is lost'] : []),
      ...(state === 'running' ? hearing.flatMap((platform) => platform.troubles?.() ?? []) : []),
    ],
  });

  const prober = createProber({
    ...config.probe,
    loopbackAllowed: options.loopbackAllowed,
    privateAllowed: !config.servesManyWorkspaces,
    perAddress: undefined,
    threads: Math.min(availableParallelism(), MOST_THREADS),
  });
  closing.push(() => prober.close());

  const { isChat, isWorker } = { isChat: config.roles.has('chat'), isWorker: config.roles.has('worker') };
  // The routes are served before the database is open.
  let services: SlackServices | undefined = undefined;
  const chat: ChatPlatform[] =
    config.slack === undefined ? [] : [createSlackPlatform(config.slack, log, () => services)];
  const routes = isChat ? chat.flatMap((platform) => platform.routes) : [];
  const consolePlatform = options.console === undefined ? undefined : createConsolePlatform(options.console, log);
  const consoles: ChatPlatform[] = consolePlatform === undefined ? [] : [consolePlatform];

  let listener: Listener | undefined;
  const serve = async (): Promise<void> => {
    const served = await listenOn(config.port, routes, readiness, (error) => {
      log.error({ err: error }, 'a connection could not be taken');
    });
    closing.push(() => served.close(LAST_ANSWERS_MS));
    listener = served;
  };
  if (options.servesHealth) await serve();

  const opened = await openStore(
    {
      databaseUrl: config.databaseUrl,
      dataDirectory: config.dataDirectory,
      mayJoin: options.mayJoin,
      secretKeys: config.secretKeys,
    },
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
    readCas: readOwnCas,
    clock: options.adjustClock?.(databaseClock) ?? databaseClock,
    log,
    random: Math.random,
    newUuid: randomUUID,
  };
  services = { installations: store.installations, clock: deps.clock };
  if (!opened.joined && config.secretKeys.length > 0) await resealSecrets(store, log);
  // A console that joined only hears and prints: the owner runs what is asked, and speaks to the other platforms.
  const { joined } = opened;
  if (!options.servesHealth && !joined && routes.length > 0) await serveBesideAnother(serve, log);
  // The owner of an embedded database runs what consoles that joined it are told, whatever its roles.
  const isOwner = config.databaseUrl === undefined && !joined;
  // Beside a service on the same server, a console that connected too would be given some of the commands.
  const mayHear = (platform: ChatPlatform): boolean =>
    platform.connectsItself === true ? options.servesHealth || isOwner : listener !== undefined;
  hearing = [...(isChat && !joined ? chat.filter(mayHear) : []), ...consoles];
  const dispatcher = createDispatcher(deps, {
    messengers: [...(isWorker && !joined ? chat : []), ...consoles],
    concurrency: CHANNELS_AT_ONCE,
  });
  const wake = (): void => {
    dispatcher.wake();
  };
  const round = createRound(deps, {
    concurrency: CHECKS_AT_ONCE,
    leaseMs: LEASE_MS,
    network: createNetworkWatch(deps, wake),
    onNews: wake,
  });
  const execute = createExecutor(deps, {
    // A team of many has its workspace since certmon was installed there.
    workspaceOf: ({ platform }) =>
      Promise.resolve(platform === 'slack' && config.servesManyWorkspaces ? undefined : workspace.id),
    standingOf: (incoming) =>
      chat.find(({ platform }) => platform === incoming.platform)?.standingOf?.(incoming) ?? Promise.resolve(undefined),
    admins: config.admins,
  });
  const inbox = createInbox({
    deps,
    execute,
    platforms: [...chat, ...consoles],
    servesAlso: isOwner ? ['console'] : [],
    onDone: wake,
  });

  const tasks: Task[] = [{ name: 'outbox', run: () => dispatcher.drain() }, clockTask(databaseClock, deps)];
  if ((isChat && !joined) || isOwner) tasks.push({ name: 'inbox', run: () => inbox.resume() });
  if (isWorker && !joined) {
    tasks.push(
      { name: 'round', run: () => round.tick() },
      { name: 'attention', run: () => attend(deps) },
      { name: 'digests', run: () => sendDigests(deps) },
      notCheckedTask(deps, wake),
      retentionTask(deps),
    );
  }
  const schedule = startSchedule(tasks, log, (away) => {
    databaseIsAway = away;
  });
  closing.push(async () => {
    const ticked = schedule.stop();
    await Promise.all([round.stop(), inbox.stop(COMMANDS_END_MS)]);
    await dispatcher.stop(DELIVERIES_END_MS);
    await ticked;
  });
  for (const platform of hearing) {
    await platform.start(joined ? inbox.hearRemotely : inbox.hear);
    closing.push(() => platform.stop());
  }
  state = 'running';
  log.info({ port: listener?.port, joined, platforms: hearing.map((one) => one.platform) }, 'certmon is ready');

  return {
    port: listener?.port,
    joined,
    consoleEnded: consolePlatform?.ended ?? new Promise<void>(() => undefined),
    async drain() {
      await dispatcher.drain();
    },
    stop() {
      state = 'stopping';
      stopping ??= closeAll();
      return stopping;
    },
  };
}

/** What an old key sealed is sealed with the new one, so that the old one may go. */
async function resealSecrets({ installations }: Store, log: Logger): Promise<void> {
  const { resealed, unreadable } = await installations.reseal();
  if (resealed > 0) log.info({ installations: resealed }, 'stored tokens were encrypted with the new key');
  if (unreadable.length > 0) {
    log.error(
      { installations: unreadable, remedy: 'add the key that they were encrypted with to CERTMON_SECRET_KEY: new,old' },
      'stored tokens cannot be read with the keys that are set',
    );
  }
}

/** A console beside a service of the same settings finds the port taken: the service hears the platforms then. */
async function serveBesideAnother(serve: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await serve();
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    log.info({ reason: error.message }, 'chat platforms are left to whoever listens there');
  }
}

async function listenOn(...[port, ...rest]: Parameters<typeof listen>): Promise<Listener> {
  try {
    return await listen(port, ...rest);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'EADDRINUSE' ? 'is in use' : code === 'EACCES' ? 'is not ours to take' : 'cannot be listened on';
    throw new PortError(`port ${String(port)} ${why}; set PORT to another, or end what uses it`, { cause: error });
  }
}

/** The HTTP port is taken, or not ours to take. */
export class PortError extends AppError {
  readonly code = 'port';
}

/** Sets the clock at its first tick and then once in a while; sooner again where that did not succeed. */
function clockTask(databaseClock: DatabaseClock, { store, log, clock }: MonitoringDeps): Task {
  let next = 0;
  // What was recorded before this process began may lie ahead of the clock.
  let isAnew = true;
  return {
    name: 'clock',
    async run() {
      if (performance.now() < next) return;
      const setting = await databaseClock.set();
      if (setting === 'untrusted') return;
      if (setting === 'anew' || isAnew) {
        isAnew = true;
        const due = await afterClockWentBack(store, clock.now());
        isAnew = false;
        if (due > 0) log.warn({ monitors: due }, 'clock went back, monitors checked ahead of it are due');
      }
      next = performance.now() + CLOCK_SET_EVERY_MS;
    },
  };
}

/** Says every few seconds that a worker is there, and looks for what is not checked. */
function notCheckedTask(deps: MonitoringDeps, onNews: () => void): Task {
  let next = 0;
  return {
    name: 'not checked',
    async run() {
      if (performance.now() < next) return;
      next = performance.now() + WORKER_SEEN_EVERY_MS;
      if (await findNotChecked(deps)) onNews();
    },
  };
}
