/**
 * What the edit of a profile would mean, before it is done: the last check of each of its monitors is judged and settled
 * twice, by the old profile and by the new, on copies of what is stored. What the new one makes of it and the old does
 * not is the edit's doing. Nothing is locked and nothing written; the checks that follow an edit say the same, as long as
 * they find what the last ones found.
 */
import { withAcceptances } from '../core/acceptance.ts';
import { assess } from '../core/assess.ts';
import type { ServedBefore } from '../core/assess.ts';
import { confirm } from '../core/confirmation.ts';
import type { Crossing } from '../core/crossing.ts';
import { isConnectionCode } from '../core/finding.ts';
import type { Finding } from '../core/finding.ts';
import { REOPEN_WITHIN_MS, keyText, membersShown } from '../core/incident.ts';
import type { Incident, IncidentEvent } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Observation } from '../core/observation.ts';
import type { Profile } from '../core/profile.ts';
import { inLightOf } from '../core/revocation.ts';
import { keysOf, settle } from '../core/settle.ts';
import { withTrust } from '../core/trust-change.ts';
import type { Trusting } from '../core/trust-change.ts';
import { acceptableKeys, servedBefore } from './judge.ts';
import type { MonitoringDeps } from './deps.ts';

export interface Foreseen {
  /** Those that the incidents below are about. */
  readonly monitors: number;
  /** Incidents that would open, or open again. */
  readonly opened: number;
  readonly worse: number;
  /** Thresholds that would be told in the thread of an open incident. */
  readonly crossed: number;
  readonly closed: number;
}

const AT_ONCE = 200;
const OPEN_INCIDENTS = 100_000;

/** What incidents and crossings come to under one profile. */
interface Future {
  readonly profile: Profile;
  readonly trust: Trusting;
  readonly incidents: Map<string, Incident>;
  readonly crossings: Map<string, readonly Crossing[]>;
  /** `opened certificate:…`. */
  readonly events: Set<string>;
  /** The monitors in each incident, by its key. */
  readonly monitors: Map<string, Set<string>>;
}

/** A monitor as one profile judges what its last check saw. */
interface Judged {
  readonly monitor: Monitor;
  readonly observation: Observation;
  readonly before: ServedBefore;
  readonly findings: readonly Finding[];
}

export async function foresee(
  deps: MonitoringDeps,
  workspaceId: string,
  before: Profile,
  after: Profile,
): Promise<Foreseen> {
  const { monitors, incidents } = deps.store;
  const now = deps.clock.now();
  const open = await incidents.listOpen(workspaceId, OPEN_INCIDENTS);
  const futureOf = (profile: Profile): Future => ({
    profile,
    trust: trustingOf(deps, profile),
    incidents: new Map(open.map((incident) => [keyText(incident.key), incident])),
    crossings: new Map(),
    events: new Set(),
    monitors: new Map(),
  });
  const unchanged = futureOf(before);
  const changed = futureOf(after);
  const filter = { type: 'profile', name: before.name } as const;
  const ids = await monitors.ids(workspaceId, { filter, now });
  const entered = keysByMonitor(open);
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    for (const future of [unchanged, changed]) {
      const judged = await judgeAll(deps, workspaceId, some, future, unchanged.trust, now);
      await learn(deps, workspaceId, judged, future, now);
      for (const one of judged) await settleOne(deps, one, future, entered.get(one.monitor.id) ?? [], now);
    }
  }
  return difference(unchanged, changed);
}

function trustingOf(deps: MonitoringDeps, { trust }: Profile): Trusting {
  const cas = trust.extraCaPem === undefined ? undefined : deps.readCas(trust.extraCaPem);
  const certificates = cas?.ok === true ? cas.value.certificates : [];
  return { own: new Set(certificates.map(({ fingerprint }) => fingerprint)), only: trust.only };
}

/** The incidents that each monitor is in, or was in before they were held. */
function keysByMonitor(open: readonly Incident[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const incident of open) {
    for (const id of new Set(membersShown(incident).map(({ monitorId }) => monitorId))) {
      keys.set(id, [...(keys.get(id) ?? []), keyText(incident.key)]);
    }
  }
  return keys;
}

/** @param trust by which the last checks looked. */
async function judgeAll(
  deps: MonitoringDeps,
  workspaceId: string,
  ids: readonly string[],
  { profile, trust: trusting }: Future,
  trust: Trusting,
  now: Date,
): Promise<Judged[]> {
  const { store } = deps;
  const spans = await store.checks.lastOf(workspaceId, ids);
  const judged: Judged[] = [];
  for (const monitor of await store.monitors.listByIds(workspaceId, ids)) {
    const span = spans.get(monitor.id);
    if (span === undefined || monitor.paused) continue;
    const seen = inLightOf(span.observation, span.observation);
    const observation = withTrust(seen, trust, trusting);
    const before = await servedBefore(store, monitor, observation, now);
    const { findings } = assess(observation, monitor.endpoint, profile, now, before);
    const fails = findings.some(({ code }) => isConnectionCode(code));
    const failures = fails ? await store.checks.failures(workspaceId, monitor.id) : [];
    const confirmed = confirm(failures, observation, findings, profile, true, now).findings;
    const acceptances = await store.acceptances.of(workspaceId, acceptableKeys(confirmed, monitor.id), now);
    judged.push({
      monitor,
      observation,
      before,
      findings: withAcceptances(confirmed, acceptances, monitor.id, now),
    });
  }
  return judged;
}

/** What is stored of the keys and certificates that come up, where it is not known yet. */
async function learn(
  deps: MonitoringDeps,
  workspaceId: string,
  judged: readonly Judged[],
  { incidents, crossings }: Future,
  now: Date,
): Promise<void> {
  const { store } = deps;
  const keys = judged
    .flatMap(({ monitor, findings }) => keysOf(monitor.id, findings))
    .filter((key) => !incidents.has(keyText(key)));
  const closedSince = new Date(now.getTime() - REOPEN_WITHIN_MS);
  for (const incident of await store.incidents.findByKeys(workspaceId, keys, closedSince)) {
    incidents.set(keyText(incident.key), incident);
  }
  const fingerprints = new Set(
    judged.flatMap(({ findings }) => findings.flatMap(({ fingerprint }) => fingerprint ?? [])),
  );
  const unknown = [...fingerprints].filter((fingerprint) => !crossings.has(fingerprint));
  for (const fingerprint of unknown) crossings.set(fingerprint, []);
  for (const row of await store.checks.crossings(workspaceId, unknown)) remember(crossings, row);
}

function remember(crossings: Future['crossings'], row: Crossing): void {
  crossings.set(row.fingerprint, [...(crossings.get(row.fingerprint) ?? []), row]);
}

async function settleOne(
  deps: MonitoringDeps,
  { monitor, observation, before, findings }: Judged,
  { profile, incidents, crossings, events, monitors }: Future,
  entered: readonly string[],
  now: Date,
): Promise<void> {
  const keys = new Set([...entered, ...keysOf(monitor.id, findings).map(keyText)]);
  if (keys.size === 0) return;
  for (const key of keys) monitors.set(key, (monitors.get(key) ?? new Set()).add(monitor.id));
  const concerned = [...keys].flatMap((key) => incidents.get(key) ?? []);
  const mine = concerned.map(({ key }) => key);
  const settlement = settle(
    {
      monitor,
      profile,
      observation,
      findings,
      crossings: findings.flatMap(({ fingerprint }) => crossings.get(fingerprint ?? '') ?? []),
      incidents: concerned,
      acceptances: await deps.store.acceptances.of(monitor.workspaceId, mine, now),
      inTurn: new Set(before.inTurn.map(({ address }) => address)),
      isChangeSettled: before.look.isSettled,
      newIncident: (key) => ({ id: `new ${keyText(key)}`, number: 0 }),
    },
    now,
  );
  for (const row of settlement.crossings) remember(crossings, row);
  for (const change of settlement.changes) {
    const key = keyText(change.incident.key);
    incidents.set(key, change.incident);
    for (const event of change.events) {
      const kind = kindOf(event);
      if (kind !== undefined) events.add(`${kind} ${key}`);
    }
  }
}

type Kind = Exclude<keyof Foreseen, 'monitors'>;

/** What of an incident is worth a line in the question. */
function kindOf({ type }: IncidentEvent): Kind | undefined {
  switch (type) {
    case 'opened':
    case 'reopened':
      return 'opened';
    case 'worse':
    case 'crossed':
    case 'closed':
      return type;
    default:
      return undefined;
  }
}

function difference(unchanged: Future, changed: Future): Foreseen {
  const news = [...changed.events].filter((event) => !unchanged.events.has(event));
  const count = (kind: Kind): number => news.filter((event) => event.startsWith(`${kind} `)).length;
  const touched = news.flatMap((event) => [...(changed.monitors.get(event.slice(event.indexOf(' ') + 1)) ?? [])]);
  return {
    monitors: new Set(touched).size,
    opened: count('opened'),
    worse: count('worse'),
    crossed: count('crossed'),
    closed: count('closed'),
  };
}
