/** What a person changes of one monitor. */
import { monitorSubject } from '../core/audit.ts';
import { TakenError } from '../core/errors.ts';
import type { Monitor } from '../core/monitor.ts';
import type { MonitorEdit, Stores } from '../core/ports.ts';
import { detailsOf, storeAndAnnounce } from './announce.ts';
import { record } from './check.ts';
import type { CheckOutcome } from './check.ts';
import type { Commit, MonitoringDeps, Note } from './deps.ts';
import { observe, profileOf } from './look.ts';

export type EditOutcome =
  /** `check` is there where what was changed is something that a check depends on, and it is not paused. */
  | { readonly type: 'edited'; readonly monitor: Monitor; readonly check: CheckOutcome | undefined }
  | { readonly type: 'duplicate'; readonly of: Monitor }
  | { readonly type: 'gone' };

/**
 * Looks first where the change asks for it, and writes the change with what was found in one transaction.
 *
 * @param detail what changed, in words, for the audit.
 */
export async function editMonitor(
  deps: MonitoringDeps,
  monitor: Monitor,
  change: MonitorEdit,
  detail: string,
  commit: Commit,
  signal: AbortSignal,
  note: Note,
): Promise<EditOutcome> {
  const { workspaceId, id } = monitor;
  const wanted = edited(monitor, change);
  const taken = await otherAt(deps.store, wanted);
  if (taken !== undefined) return { type: 'duplicate', of: taken };
  const last = await deps.store.checks.last(workspaceId, id);
  const observation =
    !monitor.paused && asksForLook(change)
      ? await observe(deps, wanted, await profileOf(deps.store, wanted), last, 'all', signal)
      : undefined;

  const write = async (stores: Stores): Promise<EditOutcome> => {
    const locked = await stores.monitors.lock(workspaceId, id);
    if (locked === undefined) return { type: 'gone' };
    const meanwhile = await otherAt(stores, edited(locked, change));
    if (meanwhile !== undefined) return { type: 'duplicate', of: meanwhile };
    await stores.monitors.edit(workspaceId, id, change);
    const after = edited(locked, change);
    await note(stores, 'changed', monitorSubject(after), detail);
    const check =
      observation === undefined
        ? undefined
        : await record(deps, stores, after, observation, { type: 'person', isJudgedAnew: true });
    if (change.groupIds !== undefined) await tellNewChannels(deps, stores, after);
    return { type: 'edited', monitor: check?.monitor ?? after, check };
  };
  try {
    return await commit(write);
  } catch (error) {
    // Another came to the same place in the same instant, and nobody could see it before.
    const first = error instanceof TakenError ? await otherAt(deps.store, wanted) : undefined;
    if (first === undefined) throw error;
    return { type: 'duplicate', of: first };
  }
}

function edited(monitor: Monitor, { name, serverName, direct, ...rest }: MonitorEdit): Monitor {
  return {
    ...monitor,
    ...rest,
    name: name === undefined ? monitor.name : (name ?? undefined),
    endpoint: {
      ...monitor.endpoint,
      serverName: serverName ?? monitor.endpoint.serverName,
      direct: direct ?? monitor.endpoint.direct,
    },
  };
}

/** Another monitor at the same place. */
async function otherAt(stores: Pick<Stores, 'monitors'>, { workspaceId, id, endpoint }: Monitor) {
  const found = await stores.monitors.findByEndpoint(workspaceId, endpoint);
  return found?.id === id ? undefined : found;
}

function asksForLook({ profileId, groupIds, serverName, direct }: MonitorEdit): boolean {
  return [profileId, groupIds, serverName, direct].some((one) => one !== undefined);
}

/** Channels that an open incident of the monitor now concerns, and that have not heard of it, get its head and no more. */
async function tellNewChannels(deps: MonitoringDeps, stores: Stores, { workspaceId, id }: Monitor): Promise<void> {
  await stores.incidents.lockAll(workspaceId);
  const now = deps.clock.now();
  for (const incident of await stores.incidents.openOf(workspaceId, id)) {
    const sections = await detailsOf(stores, incident, now);
    const change = { incident, events: [], isNew: false };
    await storeAndAnnounce(stores, change, { causedBy: 'person', sections }, now);
  }
}
