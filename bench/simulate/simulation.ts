/**
 * A year in minutes: certmon's own core, store and tasks on a real PostgreSQL, on a clock that jumps from one thing to do
 * to the next, a network and people that a seed makes up, and an oracle that knows what has to come of it.
 */
import type { Log } from '../../src/core/ports.ts';
import { addMonitor } from '../../src/monitoring/monitors.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import type { Database } from '../../src/store/database.ts';
import { createStore } from '../../src/store/store.ts';
import { countDue, nextDue } from './due.ts';
import { createOracle } from './oracle/oracle.ts';
import type { Violation } from './oracle/court.ts';
import { createPeople } from './people.ts';
import { createPlatform } from './platform.ts';
import { startRun } from './process.ts';
import type { Run, Surroundings } from './process.ts';
import { chanceAt, seeded } from './random.ts';
import type { Random } from './random.ts';
import { furnish } from './setup.ts';
import { createLife } from './stores.ts';
import type { Lifetime } from './stores.ts';
import { createTally } from './tally.ts';
import type { Numbers } from './tally.ts';
import { DAY_MS, HOUR_MS, instant, MINUTE_MS, START_MS } from './time.ts';
import { buildSites } from './world/build.ts';
import type { Site } from './world/site.ts';
import { createWorld } from './world/world.ts';

export interface Wish {
  readonly monitors: number;
  readonly days: number;
  readonly seed: string;
  /** Told of each tenth of the way. */
  readonly onProgress?: (text: string) => void;
}

export interface Result {
  /** The same for the same wish. */
  readonly numbers: Numbers;
  readonly violations: readonly Violation[];
}

/** A machine that checks daily what it has takes some dozens at once, however many these are. */
const HEAP_OF = 50;
const HEAPS_MS = [15, 30, 60, 120, 240, 360].map((minutes) => minutes * MINUTE_MS);
const OUTAGE_MS = HOUR_MS;
/** Fewer hosts than that at once say nothing about our own network (design, section 5: ten). */
const OUTAGE_FROM_DUE = 12;
const RESTART_EVERY_DAYS = 9;
const MOST_STEPS_OF_A_LIFE = 400;
const MOST_DELIVERY_STEPS_OF_A_LIFE = 8;
const PROGRESS_PARTS = 20;

/** @param database migrated, and empty. */
export async function simulate(database: Database, wish: Wish): Promise<Result> {
  const { monitors, days, seed } = wish;
  const random = seeded(seed);
  const endMs = START_MS + days * DAY_MS;
  const heapMs = HEAPS_MS.findLast((ms) => (monitors * ms) / DAY_MS <= HEAP_OF) ?? 15 * MINUTE_MS;

  let nowMs = START_MS;
  const clock = { now: () => new Date(nowMs) };
  let issued = 0;
  const newUuid = (): string => {
    issued += 1;
    return issued.toString(16).padStart(32, '0');
  };
  const sites = buildSites(monitors, days, random.fork('sites'));
  const byHost = new Map(sites.map((site) => [site.host, site]));
  const hosts = new Map<string, string>();
  const ids = new Map<Site, string>();
  const oracle = createOracle({
    nowMs: () => nowMs,
    hostOf: (monitorId) => hosts.get(monitorId) ?? monitorId,
    siteOf: (host) => byHost.get(host),
    latenessMs: heapMs,
  });
  const tally = createTally();
  const world = createWorld(sites, (look) => {
    oracle.looked(look);
  });
  const platform = createPlatform(clock, (message) => {
    tally.message(message);
    oracle.told(message);
  });
  const troubles: Violation[] = [];
  const trouble = (fields: object, message: string): void => {
    const error = 'err' in fields && fields.err instanceof Error ? `: ${fields.err.stack ?? fields.err.message}` : '';
    troubles.push({ rule: 'no trouble', text: `${message}${error}`, atMs: nowMs });
  };
  const nothing = (): void => undefined;
  const warn: Log['warn'] = (fields, message) => {
    if ('err' in fields) trouble(fields, message);
  };
  const log: Log = { debug: nothing, info: nothing, warn, error: trouble };

  const store = createStore(database);
  const office = await furnish(store, database, newUuid);
  const around: Surroundings = {
    store,
    prober: world.prober,
    messenger: platform.messenger,
    clock,
    log,
    random: () => chanceAt(seed, nowMs),
    newUuid,
    onRecorded: (monitorId, checkedAtMs) => {
      oracle.recorded(hosts.get(monitorId) ?? adding ?? '', checkedAtMs);
    },
  };
  /** The host that is being added: its monitor's id is not known before it is. */
  let adding: string | undefined;
  const add = async (deps: MonitoringDeps, site: Site): Promise<void> => {
    const { host } = site;
    adding = host;
    const outcome = await addMonitor(
      deps,
      office.workspaceId,
      {
        endpoint: {
          host,
          displayHost: host,
          hostKind: 'name',
          port: 443,
          protocol: 'https',
          serverName: host,
          direct: false,
        },
        name: undefined,
        profileId: office.profiles[site.profile].id,
        groupIds: [office.groups[site.group].id],
        tags: [],
        channelId: office.groups.ops.channelId,
        by: { platform: 'console', externalId: 'ann', name: 'Ann' },
      },
      (work) => deps.store.transaction(work),
      new AbortController().signal,
    );
    adding = undefined;
    if (outcome.type !== 'added') throw new Error(`${host} was not added: ${outcome.type}`);
    hosts.set(outcome.monitor.id, host);
    ids.set(site, outcome.monitor.id);
  };

  const people = createPeople(random.fork('people'), {
    workspaceId: office.workspaceId,
    days,
    sites,
    monitorIdOf: (site) => ids.get(site),
    oracle,
  });
  const toAdd = [...sites].sort((a, b) => a.addedAtMs - b.addedAtMs || (a.host < b.host ? -1 : 1));
  const kills = random.fork('kills');
  let nextKillMs = START_MS + 3 * DAY_MS;
  let isOutageAhead = true;
  const outageFromMs = START_MS + Math.floor(days / 3) * DAY_MS;
  let restarts = 0;
  let steps = 0;
  let nextProgressMs = START_MS;

  /** For what people do, whose commands are the inbox's to keep. */
  const { deps } = startRun(
    around,
    createLife({}, () => false),
  );
  const immortal = (): Run =>
    startRun(
      around,
      createLife({}, () => world.isCutOff(nowMs)),
    );
  let run = immortal();
  const restart = (): void => {
    restarts += 1;
    run = immortal();
  };

  const doAround = async (): Promise<boolean> => {
    let isBusy = false;
    for (let [site] = toAdd; site !== undefined && site.addedAtMs <= nowMs; [site] = toAdd) {
      await add(deps, site);
      toAdd.shift();
      isBusy = true;
    }
    for (; people.nextMs <= nowMs; isBusy = true) await people.act(deps);
    if (isOutageAhead && nowMs >= outageFromMs && (await countDue(database, clock.now())) >= OUTAGE_FROM_DUE) {
      isOutageAhead = false;
      world.cutOff(nowMs, nowMs + OUTAGE_MS);
      oracle.cutOff(nowMs, nowMs + OUTAGE_MS);
    }
    // Whoever begins anew in an outage finds it anew.
    if (nowMs >= nextKillMs && !world.isCutOff(nowMs)) {
      nextKillMs += kills.whole(1, 2 * RESTART_EVERY_DAYS) * DAY_MS + kills.whole(0, 1_440) * MINUTE_MS;
      run = startRun(
        around,
        createLife(lifetime(kills), () => true),
      );
    }
    return isBusy;
  };

  let due = await nextDue(database, clock.now(), heapMs);
  for (;;) {
    steps += 1;
    oracle.passed();
    let isBusy = await doAround();
    if (due.checksMs <= nowMs) {
      isBusy = true;
      if (await run.checks()) restart();
    }
    if (due.attentionMs <= nowMs) {
      isBusy = true;
      if (await run.attends()) restart();
    }
    if ((due.waits || due.outboxMs <= nowMs) && (await run.speaks())) restart();
    due = await nextDue(database, clock.now(), heapMs);
    if (due.checksMs <= nowMs || due.attentionMs <= nowMs || (due.waits && isBusy)) continue;

    nowMs = Math.min(due.checksMs, due.attentionMs, due.outboxMs, toAdd[0]?.addedAtMs ?? Infinity, people.nextMs);
    if (nowMs >= endMs) break;
    if (nowMs >= nextProgressMs) {
      wish.onProgress?.(`${instant(nowMs)}: ${String(world.looks)} looks, ${String(tally.messages)} messages`);
      nextProgressMs += (days * DAY_MS) / PROGRESS_PARTS;
    }
  }
  nowMs = endMs;
  oracle.passed();
  oracle.finish();
  const repeats = platform.repeats.map((text): Violation => ({ rule: 'told twice', text, atMs: nowMs }));
  return {
    numbers: {
      monitors,
      days,
      seed,
      looks: world.looks,
      steps,
      restarts,
      thresholds: oracle.tellings,
      sent: tally.numbers,
      people: people.done,
    },
    violations: [...oracle.violations, ...repeats, ...troubles].sort((a, b) => a.atMs - b.atMs),
  };
}

/** Half of them die anywhere, half while a message is sent: before or after the platform has it. */
function lifetime(kills: Random): Lifetime {
  return kills.chance(0.5)
    ? { steps: kills.whole(1, MOST_STEPS_OF_A_LIFE) }
    : { deliverySteps: kills.whole(1, MOST_DELIVERY_STEPS_OF_A_LIFE) };
}
