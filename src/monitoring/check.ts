/**
 * One check: look, judge, and record everything that follows in one transaction (design, section 8).
 *
 * Most checks find what the last one found. Those only extend its span and move the monitor on, many in one statement
 * (`quiet-check.ts`); the workspace's incidents are locked, and compared, only where something differs, a failure is
 * unconfirmed, or a day has passed.
 */
import { withAcceptances } from '../core/acceptance.ts';
import type { Assessment } from '../core/assess.ts';
import { chainDetails } from '../core/chain-details.ts';
import { AppError } from '../core/errors.ts';
import type { Finding } from '../core/finding.ts';
import { REOPEN_WITHIN_MS } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Observation } from '../core/observation.ts';
import type { CheckSpan, LeasedMonitor, Stores } from '../core/ports.ts';
import { keysOf, settle } from '../core/settle.ts';
import { toSid } from '../core/sid.ts';
import { storeAndAnnounce } from './announce.ts';
import type { Commit, MonitoringDeps } from './deps.ts';
import { acceptableKeys, isAsBefore, isLate, isWell, judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { observe, profileOf } from './look.ts';
import type { NetworkWatch } from './network.ts';
import { quietCheck } from './quiet-check.ts';
import type { DueMonitor, RecordQuiet } from './quiet-check.ts';
import { updateAfter } from './update-after.ts';

export interface CheckOutcome {
  /** As it stands after the check. */
  readonly monitor: Monitor;
  readonly observation: Observation;
  readonly assessment: Assessment;
  /** Incidents changed: there is something to say. */
  readonly hasNews: boolean;
}

/** Who asked: the schedule holds a lease; a person's check confirms no failure, but the first of a new monitor does. */
export type CheckReason =
  | {
      readonly type: 'schedule';
      readonly lease: LeasedMonitor;
      /** False while our own network is down: a failure says nothing of the server then. */
      readonly counts: boolean;
    }
  | {
      readonly type: 'person';
      /** It is judged by other rules than at the last check, so that the same result may mean something else. */
      readonly isJudgedAnew?: boolean;
    }
  | {
      readonly type: 'first';
      /** What it opens is not told before: a bulk add gathers it in one summary first. */
      readonly opensNotBefore?: Date | undefined;
    };

/** The lease was lost, or the monitor removed, while it was being checked: nothing was written. */
export class LeaseLostError extends AppError {
  readonly code = 'lease-lost';
}

/** Checks a monitor because a person asked, and records it; `undefined` if it was removed meanwhile. */
export async function checkNow(
  deps: MonitoringDeps,
  workspaceId: string,
  monitorId: string,
  commit: Commit,
  signal: AbortSignal,
): Promise<CheckOutcome | undefined> {
  const monitor = await deps.store.monitors.find(workspaceId, monitorId);
  if (monitor === undefined) return undefined;
  const last = await deps.store.checks.last(workspaceId, monitorId);
  const observation = await observe(deps, monitor, await profileOf(deps.store, monitor), last, 'all', signal);
  return commit((stores) => record(deps, stores, monitor, observation, { type: 'person' }, last));
}

/**
 * Checks a due monitor under its lease. Throws `LeaseLostError` where another took it meanwhile.
 *
 * @param network says which tries count; absent, all do.
 */
export async function checkLeased(
  deps: MonitoringDeps,
  { lease, dossier }: DueMonitor,
  recordQuiet: RecordQuiet,
  network: NetworkWatch | undefined,
  signal: AbortSignal,
): Promise<CheckOutcome | undefined> {
  const { monitor } = lease;
  const { last } = dossier;
  const seen = await observe(deps, monitor, dossier.profile, last, 'what is new', signal);
  const counts = (await network?.counts(monitor, seen, signal)) ?? true;
  const quiet = await quietCheck(deps, { lease, dossier }, seen, counts);
  if (quiet !== undefined && (await recordQuiet(quiet.check))) {
    const { observation, assessment } = quiet.judgement;
    return { monitor: { ...monitor, ...quiet.check.update }, observation, assessment, hasNews: false };
  }
  const reason = { type: 'schedule', lease, counts } as const;
  return deps.store.transaction((stores) => record(deps, stores, monitor, seen, reason, last));
}

/**
 * Records one observation: span, failures, crossings, incidents, what is to be said, and the monitor's next check.
 * Runs inside the caller's transaction. `undefined` if the monitor was removed since it was read.
 *
 * @param lastRead the newest span when `observed` was read: it still is, unless another check was recorded since.
 */
export async function record(
  deps: MonitoringDeps,
  stores: Stores,
  observed: Monitor,
  seen: Observation,
  reason: CheckReason,
  lastRead?: CheckSpan,
): Promise<CheckOutcome | undefined> {
  const { workspaceId, id } = observed;
  const monitor = await stores.monitors.lock(workspaceId, id);
  if (monitor === undefined) return undefined;
  const now = deps.clock.now();
  const isSameSince = monitor.lastCheckedAt?.getTime() === observed.lastCheckedAt?.getTime();
  const onRecord = {
    monitor,
    profile: await profileOf(stores, monitor),
    last: isSameSince && lastRead !== undefined ? lastRead : await stores.checks.last(workspaceId, id),
    failures: await stores.checks.failures(workspaceId, id),
    acceptancesOf: (findings: readonly Finding[]) =>
      stores.acceptances.of(workspaceId, acceptableKeys(findings, id), now),
  };
  const judgement = await judge(stores, onRecord, seen, countsAsTry(reason), now);
  const { observation, assessment, confirmation, digest } = judgement;
  if (isLate(judgement)) {
    // Another check began later and is recorded already: what this one saw is no longer so.
    if (reason.type === 'schedule') await stores.monitors.releaseLease(workspaceId, id, reason.lease.token);
    return { monitor, observation, assessment, hasNews: false };
  }

  await stores.checks.record(workspaceId, id, observation, assessment.findings, digest);
  const open = await stores.incidents.openOf(workspaceId, id);
  const isJudgedAnew = reason.type === 'person' && reason.isJudgedAnew === true;
  const isSettled = monitor.paused || isWell(judgement, open) || (!isJudgedAnew && isAsBefore(judgement, open));
  const { incidents, hasNews } = isSettled
    ? { incidents: open, hasNews: false }
    : await settleIncidents(deps, stores, judgement, reason);
  if (onRecord.failures.length + confirmation.failures.length > 0)
    await stores.checks.replaceFailures(workspaceId, id, confirmation.failures);

  const update = updateAfter(judgement, incidents, deps.random());
  if (reason.type === 'schedule') {
    if (!(await stores.monitors.updateLeased(workspaceId, id, reason.lease.token, update))) {
      throw new LeaseLostError(`the lease of monitor ${id} was lost while it was being checked`);
    }
  } else {
    await stores.monitors.update(workspaceId, id, update);
  }
  return { monitor: { ...monitor, ...update }, observation, assessment, hasNews };
}

function countsAsTry(reason: CheckReason): boolean {
  return reason.type === 'schedule' ? reason.counts : reason.type === 'first';
}

/** Opens, changes and closes incidents; gives back those that concern the monitor, as they are now. */
async function settleIncidents(
  deps: MonitoringDeps,
  stores: Stores,
  { monitor, profile, observation, confirmation, before, now }: Judgement,
  reason: CheckReason,
): Promise<{ incidents: Incident[]; hasNews: boolean }> {
  const { workspaceId } = monitor;
  await stores.incidents.lockAll(workspaceId);
  const mine = await stores.incidents.openOf(workspaceId, monitor.id);
  // Somebody may have accepted what is wrong while this waited for the incidents.
  const acceptable = [...acceptableKeys(confirmation.findings, monitor.id), ...mine.map(({ key }) => key)];
  const acceptances = await stores.acceptances.of(workspaceId, acceptable, now);
  const findings = withAcceptances(confirmation.findings, acceptances, monitor.id, now);
  const [failingSince] = confirmation.failures.map(({ since }) => since).sort((a, b) => a.getTime() - b.getTime());
  const closedSince = new Date((failingSince ?? now).getTime() - REOPEN_WITHIN_MS);
  const keys = keysOf(monitor.id, findings);
  const atKeys = await stores.incidents.findByKeys(workspaceId, keys, closedSince);
  const incidents = [...mine, ...atKeys.filter((one) => !mine.some((other) => other.id === one.id))];
  const fingerprints = findings.flatMap((finding) => finding.fingerprint ?? []);
  let number = await stores.incidents.nextNumber(workspaceId);
  const { changes, crossings } = settle(
    {
      monitor,
      profile,
      observation,
      findings,
      failingSince,
      crossings: await stores.checks.crossings(workspaceId, fingerprints),
      incidents,
      acceptances,
      inTurn: new Set(before.inTurn.map(({ address }) => address)),
      isChangeSettled: before.look.isSettled,
      newIncident: () => ({ id: toSid('incident', deps.newUuid()), number: number++ }),
    },
    now,
  );
  await stores.checks.addCrossings(workspaceId, crossings);
  const sections = changes.length === 0 ? [] : chainDetails(observation, now);
  const causedBy = reason.type === 'schedule' ? 'machine' : 'person';
  const opensNotBefore = reason.type === 'first' ? reason.opensNotBefore : undefined;
  for (const change of changes) await storeAndAnnounce(stores, change, { causedBy, sections, opensNotBefore }, now);
  const untouched = incidents.filter((incident) => !changes.some((change) => change.incident.id === incident.id));
  return { incidents: [...untouched, ...changes.map((change) => change.incident)], hasNews: changes.length > 0 };
}
