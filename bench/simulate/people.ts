/** What people do in a year: acknowledge, silence, pause, resume, remove; when and what is the seed's to say. */
import type { Stores } from '../../src/core/ports.ts';
import type { Person } from '../../src/core/workspace.ts';
import { actOnIncident } from '../../src/monitoring/incidents.ts';
import type { PersonWish } from '../../src/monitoring/incidents.ts';
import { pauseMonitors, removeMonitors, resumeMonitors } from '../../src/monitoring/monitors.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import type { Oracle } from './oracle/oracle.ts';
import type { Random } from './random.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, START_MS } from './time.ts';
import type { Site } from './world/site.ts';

const ANN: Person = { platform: 'console', externalId: 'ann', name: 'Ann' };
const BOB: Person = { platform: 'console', externalId: 'bob', name: 'Bob' };

export interface People {
  /** When the next of them does something; `Infinity` where nobody will. */
  readonly nextMs: number;
  act(deps: MonitoringDeps): Promise<void>;
  readonly done: Readonly<Record<string, number>>;
}

type Deed =
  | { readonly type: 'incident'; readonly atMs: number }
  | { readonly type: 'pause' | 'resume' | 'remove'; readonly atMs: number; readonly site: Site };

export interface Town {
  readonly workspaceId: string;
  readonly days: number;
  readonly sites: readonly Site[];
  readonly monitorIdOf: (site: Site) => string | undefined;
  readonly oracle: Oracle;
}

export function createPeople(random: Random, { workspaceId, days, sites, monitorIdOf, oracle }: Town): People {
  const deeds = plan(random.fork('plan'), days, sites);
  const choose = random.fork('choose');
  const done: Record<string, number> = {};
  const gone = new Set<Site>();

  const count = (what: string): void => {
    done[what] = (done[what] ?? 0) + 1;
  };

  /** Of what is open and to be seen, one, whatever order it came in. */
  const actOnOne = async (deps: MonitoringDeps, nowMs: number): Promise<void> => {
    const open = oracle.book.all.filter(({ head }) => head.status === 'open');
    if (open.length === 0) return;
    open.sort((a, b) => (`${a.key} ${a.channel}` < `${b.key} ${b.channel}` ? -1 : 1));
    const thread = choose.pick(open);
    const wish: PersonWish = choose.pick<PersonWish>([
      { type: 'acknowledge' },
      { type: 'acknowledge' },
      { type: 'unacknowledge' },
      { type: 'snooze', until: { kind: 'until', instant: new Date(nowMs + choose.whole(1, 96) * HOUR_MS) } },
      { type: 'snooze', until: { kind: 'next-threshold' } },
      { type: 'snooze', until: { kind: 'renewed' } },
      { type: 'unsnooze' },
    ]);
    const by = choose.pick([ANN, BOB]);
    const commit = <T>(work: (stores: Stores) => Promise<T>): Promise<T> => deps.store.transaction(work);
    const result = await actOnIncident(deps, workspaceId, thread.head.incident.id, wish, by, commit);
    const isDone = result !== undefined && 'incident' in result;
    count(isDone ? wish.type : `${wish.type}, refused`);
    if (isDone) oracle.acted(thread.key, wish, nowMs);
  };

  const actOnSite = async (deps: MonitoringDeps, type: 'pause' | 'resume' | 'remove', site: Site): Promise<void> => {
    const id = monitorIdOf(site);
    if (id === undefined || gone.has(site)) return;
    const change = { pause: pauseMonitors, resume: resumeMonitors, remove: removeMonitors }[type];
    const commit = <T>(work: (stores: Stores) => Promise<T>): Promise<T> => deps.store.transaction(work);
    const { signal } = new AbortController();
    const changed = await change(deps, { workspaceId, ids: [id], by: ANN, commit, signal });
    if (changed.length === 0) return;
    count(type);
    if (type === 'resume') oracle.resumed(site.host);
    else oracle.paused(site.host);
    if (type === 'remove') gone.add(site);
  };

  return {
    get nextMs() {
      return deeds[0]?.atMs ?? Infinity;
    },
    done,
    async act(deps) {
      const deed = deeds.shift();
      if (deed === undefined) return;
      if (deed.type === 'incident') await actOnOne(deps, deed.atMs);
      else await actOnSite(deps, deed.type, deed.site);
    },
  };
}

/** Somebody looks at an incident nearly every day; one in fifty monitors is paused for days, one in a hundred goes. */
function plan(random: Random, days: number, sites: readonly Site[]): Deed[] {
  const deeds: Deed[] = [];
  const instantOn = (day: number): number => START_MS + day * DAY_MS + random.whole(0, 24 * 60 - 1) * MINUTE_MS;
  for (let day = 2; day < days; day += 1)
    if (random.chance(0.8)) deeds.push({ type: 'incident', atMs: instantOn(day) });
  const pauses = Math.ceil(sites.length / 50);
  for (let nth = 0; nth < pauses; nth += 1) {
    const site = random.pick(sites);
    const atMs = instantOn(random.whole(2, days - 10));
    deeds.push({ type: 'pause', atMs, site });
    deeds.push({ type: 'resume', atMs: atMs + random.whole(1, 120) * HOUR_MS, site });
  }
  const removals = Math.ceil(sites.length / 100);
  for (let nth = 0; nth < removals; nth += 1) {
    deeds.push({ type: 'remove', atMs: instantOn(random.whole(20, days - 1)), site: random.pick(sites) });
  }
  return deeds.sort((a, b) => a.atMs - b.atMs);
}
