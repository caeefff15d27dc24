/** What people do to monitors: add, pause, resume, remove. */
import { monitorSubject } from '../core/audit.ts';
import type { Endpoint, Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';
import { asksAboutRevocation } from '../core/revocation.ts';
import { toSid } from '../core/sid.ts';
import type { Person } from '../core/workspace.ts';
import { record } from './check.ts';
import type { CheckOutcome } from './check.ts';
import type { Commit, MonitoringDeps, Note } from './deps.ts';
import { leaveIncidents } from './incidents.ts';

export interface MonitorWish {
  readonly endpoint: Endpoint;
  readonly name: string | undefined;
  readonly profileId: string;
  readonly groupIds: readonly string[];
  readonly tags: readonly string[];
  /** Where alerts go while no contact group covers it. */
  readonly channelId: string;
  readonly by: Person;
  /** One of a bulk: what it opens waits for the summary (`first-sight.ts`), but no longer than this. */
  readonly opensNotBefore?: Date | undefined;
}

export type AddOutcome =
  | { readonly type: 'added'; readonly monitor: Monitor; readonly check: CheckOutcome }
  | { readonly type: 'duplicate'; readonly of: Monitor }
  /** The name has no addresses: nothing was added. */
  | { readonly type: 'no-addresses'; readonly detail: string }
  /** The person has added as many as they may: nothing was added, and the next is possible then. */
  | { readonly type: 'too-many'; readonly until: Date };

/** What goes with an add because a person asked for it. */
export interface AddRules {
  /** When the next may be added; `undefined` for now. Asked before anything is looked at, and again in the transaction. */
  readonly nextAt: (stores: Stores) => Promise<Date | undefined>;
  readonly note: Note;
}

/** Looks first, and adds the monitor with what was found in one transaction: it is either there with its result or not. */
export async function addMonitor(
  deps: MonitoringDeps,
  workspaceId: string,
  wish: MonitorWish,
  commit: Commit,
  signal: AbortSignal,
  rules?: AddRules,
): Promise<AddOutcome> {
  const known = await deps.store.monitors.findByEndpoint(workspaceId, wish.endpoint);
  if (known !== undefined) return { type: 'duplicate', of: known };
  const early = await rules?.nextAt(deps.store);
  if (early !== undefined) return { type: 'too-many', until: early };
  const profile = await deps.store.profiles.find(workspaceId, wish.profileId);
  if (profile === undefined) throw new Error(`profile does not exist: ${wish.profileId}`);

  const observation = await deps.prober.observe(
    {
      endpoint: wish.endpoint,
      timeoutMs: profile.timeoutMs,
      trust: profile.trust,
      known: new Map(),
      knownIssuers: [],
      leavesOutRevocation: !asksAboutRevocation(profile),
    },
    deps.clock.now(),
    signal,
  );
  if (observation.resolution.outcome === 'dns-failure') {
    return { type: 'no-addresses', detail: observation.resolution.detail };
  }
  const { channelId, by, opensNotBefore, ...rest } = wish;
  const monitor = {
    ...rest,
    id: toSid('monitor', deps.newUuid()),
    addedInChannelId: channelId,
    addedBy: `${by.platform}:${by.externalId}`,
  };
  return commit(async (stores) => {
    const until = await rules?.nextAt(stores);
    if (until !== undefined) return { type: 'too-many', until };
    const result = await stores.monitors.add(workspaceId, monitor, deps.clock.now());
    if ('duplicateOf' in result) return { type: 'duplicate', of: result.duplicateOf };
    const check = await record(deps, stores, result.added, observation, { type: 'first', opensNotBefore });
    if (check === undefined) throw new Error(`monitor ${monitor.id} vanished while it was being added`);
    await rules?.note(stores, 'added', monitorSubject(check.monitor));
    return { type: 'added', monitor: check.monitor, check };
  });
}

/** Monitors, and who wants something of them. */
export interface TheseMonitors {
  readonly workspaceId: string;
  readonly ids: readonly string[];
  readonly by: Person;
  readonly commit: Commit;
  readonly note?: Note;
  /** Between one batch and the next it is given up: asked again, it goes on with what is left. */
  readonly signal: AbortSignal;
}

/**
 * In one transaction. More would keep the checks of the workspace waiting for its incidents, fewer would take thousands of
 * transactions.
 */
const BATCH = 50;

/** Those that were running and are paused now; they leave their incidents. */
export function pauseMonitors(deps: MonitoringDeps, these: TheseMonitors): Promise<Monitor[]> {
  return changeEach(deps, these, 'paused', async (stores, locked, now) => {
    const running = locked.filter((monitor) => !monitor.paused);
    await leaveIncidents(stores, these.workspaceId, idsOf(running), 'paused', now);
    for (const { id } of running) {
      await stores.checks.replaceFailures(these.workspaceId, id, []);
      await stores.monitors.setPaused(these.workspaceId, id, true, 'paused', now);
    }
    return running.map((monitor) => ({ ...monitor, paused: true, status: 'paused' }));
  });
}

/** Those that were paused and run now: each is due at once. */
export function resumeMonitors(deps: MonitoringDeps, these: TheseMonitors): Promise<Monitor[]> {
  return changeEach(deps, these, 'resumed', async (stores, locked, now) => {
    const paused = locked.filter((monitor) => monitor.paused);
    for (const { id } of paused) await stores.monitors.setPaused(these.workspaceId, id, false, 'pending', now);
    return paused.map((monitor) => ({ ...monitor, paused: false, status: 'pending' }));
  });
}

/** Those that were there and are gone now, with their history; they leave their incidents. */
export function removeMonitors(deps: MonitoringDeps, these: TheseMonitors): Promise<Monitor[]> {
  return changeEach(deps, these, 'removed', async (stores, locked, now) => {
    await leaveIncidents(stores, these.workspaceId, idsOf(locked), 'removed', now);
    for (const { id } of locked) await stores.monitors.remove(these.workspaceId, id);
    return locked;
  });
}

function idsOf(monitors: readonly Monitor[]): string[] {
  return monitors.map(({ id }) => id);
}

/**
 * Monitors are locked in order of id, then the workspace's incidents: as checks do, so that neither waits for ever. All but
 * the last batch commit by themselves: a command that is cut off is run again, and finds less to do.
 */
async function changeEach(
  deps: MonitoringDeps,
  { workspaceId, ids, by, commit, note, signal }: TheseMonitors,
  what: string,
  change: (stores: Stores, locked: readonly Monitor[], now: Date) => Promise<readonly Monitor[]>,
): Promise<Monitor[]> {
  const waiting = [...new Set(ids)].sort();
  const changed: Monitor[] = [];
  do {
    signal.throwIfAborted();
    const batch = waiting.splice(0, BATCH);
    const commitBatch: Commit = waiting.length > 0 ? (work) => deps.store.transaction(work) : commit;
    const done = await commitBatch(async (stores) => {
      const locked: Monitor[] = [];
      for (const id of batch) {
        const monitor = await stores.monitors.lock(workspaceId, id);
        if (monitor !== undefined) locked.push(monitor);
      }
      await stores.incidents.lockAll(workspaceId);
      const after = await change(stores, locked, deps.clock.now());
      for (const monitor of after) await note?.(stores, what, monitorSubject(monitor));
      return after;
    });
    changed.push(...done);
    if (done.length > 0)
      deps.log.info({ workspaceId, monitorIds: idsOf(done), by: by.name, change: what }, 'monitors changed');
  } while (waiting.length > 0);
  return changed;
}
