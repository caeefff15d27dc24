/**
 * One check: look, judge, and record everything that follows in one transaction (design, section 8).
 *
 * Most checks find what the last one found. Those only extend its span and move the monitor on; the workspace's
 * incidents are locked, and compared, only where something differs, a failure is unconfirmed, or a day has passed.
 */
import { keysFor, withAcceptances } from '../core/acceptance.ts';
import { assess, statusOf } from '../core/assess.ts';
import type { Assessment, ServedBefore } from '../core/assess.ts';
import type { Certificate } from '../core/certificate.ts';
import { chainDetails } from '../core/chain-details.ts';
import { confirm } from '../core/confirmation.ts';
import type { Confirmation } from '../core/confirmation.ts';
import { AppError } from '../core/errors.ts';
import { daysUntilExpiry } from '../core/expiry.ts';
import { severityIsTold } from '../core/finding.ts';
import type { Finding } from '../core/finding.ts';
import { heldUntil, REOPEN_WITHIN_MS } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor, MonitorStatus } from '../core/monitor.ts';
import { nextCheckAt } from '../core/next-check.ts';
import { isRead } from '../core/observation.ts';
import type { Observation } from '../core/observation.ts';
import type { CheckSpan, LeasedMonitor, MonitorUpdate, Stores } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { inLightOf } from '../core/revocation.ts';
import { comparedWith, leavesInTurn, NOTHING_SERVED, served } from '../core/served.ts';
import { keysOf, settle } from '../core/settle.ts';
import { toSid } from '../core/sid.ts';
import { storeAndAnnounce } from './announce.ts';
import type { Commit, MonitoringDeps } from './deps.ts';
import { observe, profileOf } from './look.ts';
import type { NetworkWatch } from './network.ts';
import { digestOf } from './result-digest.ts';

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
  const observation = await observe(deps, monitor, last, 'all', signal);
  return commit((stores) => record(deps, stores, monitor, observation, { type: 'person' }, last));
}

/**
 * Checks a due monitor under its lease. Throws `LeaseLostError` where another took it meanwhile.
 *
 * @param network says which tries count; absent, all do.
 */
export async function checkLeased(
  deps: MonitoringDeps,
  lease: LeasedMonitor,
  signal: AbortSignal,
  network?: NetworkWatch,
): Promise<CheckOutcome | undefined> {
  const { monitor } = lease;
  const last = await deps.store.checks.last(monitor.workspaceId, monitor.id);
  const observation = await observe(deps, monitor, last, 'what is new', signal);
  const counts = (await network?.counts(monitor, observation, signal)) ?? true;
  const reason = { type: 'schedule', lease, counts } as const;
  return deps.store.transaction((stores) => record(deps, stores, monitor, observation, reason, last));
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
  const profile = await profileOf(stores, monitor);
  const isSameSince = monitor.lastCheckedAt?.getTime() === observed.lastCheckedAt?.getTime();
  const last = isSameSince && lastRead !== undefined ? lastRead : await stores.checks.last(workspaceId, id);
  const observation = inLightOf(last?.observation, seen);
  const before = await servedBefore(stores, monitor, observation, now);
  const assessed = assess(observation, monitor.endpoint, profile, now, before);
  const acceptances = await acceptancesOf(stores, monitor, assessed.findings, now);
  const accepting = (findings: readonly Finding[]) => withAcceptances(findings, acceptances, id, now);
  const assessment = { ...assessed, findings: accepting(assessed.findings) };
  if (last !== undefined && isLate(observation, last, now)) {
    // Another check began later and is recorded already: what this one saw is no longer so.
    if (reason.type === 'schedule') await stores.monitors.releaseLease(workspaceId, id, reason.lease.token);
    return { monitor, observation, assessment, hasNews: false };
  }
  const digest = digestOf(observation, assessment.findings);
  // Where all was read, as it was the last time, none is left.
  const hasNone = last?.digest === digest && observation.addresses.length > 0 && observation.addresses.every(isRead);
  const failures = hasNone ? [] : await stores.checks.failures(workspaceId, id);
  const raw = confirm(failures, observation, assessed.findings, profile, countsAsTry(reason), now);
  const confirmation = { ...raw, findings: accepting(raw.findings) };

  await stores.checks.record(workspaceId, id, observation, assessment.findings, digest);
  const openBefore = await stores.incidents.openOf(workspaceId, id);
  // A monitor that was paused has left its incidents, and may have been seen meanwhile: `pending` settles anew.
  const isJudgedAnew = reason.type === 'person' && reason.isJudgedAnew === true;
  const isQuiet =
    !isJudgedAnew &&
    last?.digest === digest &&
    monitor.status !== 'pending' &&
    failures.length === 0 &&
    confirmation.failures.length === 0 &&
    monitor.daysLeft === assessment.daysLeft &&
    !openBefore.some((incident) => endsByItself(incident, id, now));
  // What is healthy day after day has nothing to do with incidents, and waits for nobody's.
  const isWell = openBefore.length === 0 && !confirmation.findings.some(({ severity }) => severityIsTold(severity));
  const judged = { monitor, profile, observation, confirmation, before, reason, now };
  const { incidents, hasNews } =
    isQuiet || isWell || monitor.paused
      ? { incidents: openBefore, hasNews: false }
      : await settleIncidents(deps, stores, judged);
  if (failures.length + confirmation.failures.length > 0)
    await stores.checks.replaceFailures(workspaceId, id, confirmation.failures);

  const { served } = before.look;
  const isUnconfirmed = confirmation.failing !== undefined;
  const urgency = { isUnconfirmed, monitorId: id, incidents, served };
  const update: MonitorUpdate = {
    ...statusAfter(judged, assessment, incidents),
    failing: confirmation.failing,
    served: served.leaves.length === 0 ? undefined : served,
    lastCheckedAt: observation.checkedAt,
    nextCheckAt: nextCheckAt(profile, observation, urgency, deps.random(), now),
  };
  if (reason.type === 'schedule') {
    if (!(await stores.monitors.updateLeased(workspaceId, id, reason.lease.token, update))) {
      throw new LeaseLostError(`the lease of monitor ${id} was lost while it was being checked`);
    }
  } else {
    await stores.monitors.update(workspaceId, id, update);
  }
  return { monitor: { ...monitor, ...update }, observation, assessment, hasNews };
}

/** A span that ends after now was recorded before the clock went back: nothing is late against it. */
function isLate(observation: Observation, last: CheckSpan, now: Date): boolean {
  return observation.checkedAt < last.lastAt && last.lastAt <= now;
}

function countsAsTry(reason: CheckReason): boolean {
  return reason.type === 'schedule' ? reason.counts : reason.type === 'first';
}

/** Whether a check ends something of the incident although it found what the last one found. */
function endsByItself(incident: Incident, monitorId: string, now: Date): boolean {
  const until = heldUntil(incident);
  return (
    (until !== undefined && until <= now) ||
    incident.members.some((member) => member.monitorId === monitorId && member.code === 'not-checked')
  );
}

/** What the checks before know of the leaves; certificates are looked up only where one is new, or not the only one. */
export async function servedBefore(
  stores: Stores,
  monitor: Monitor,
  observation: Observation,
  now: Date,
): Promise<ServedBefore> {
  const known = monitor.served ?? NOTHING_SERVED;
  const compared = await certificatesAt(stores, monitor.workspaceId, comparedWith(known, observation));
  const look = served(known, observation, compared, now);
  const others = leavesInTurn(look.served, observation, now);
  const certificates = await certificatesAt(
    stores,
    monitor.workspaceId,
    others.map(({ fingerprint }) => fingerprint),
  );
  return {
    look,
    inTurn: others.flatMap(({ address, fingerprint }) => {
      const leaf = certificates.get(fingerprint);
      return leaf === undefined ? [] : [{ address, leaf }];
    }),
  };
}

async function certificatesAt(
  stores: Stores,
  workspaceId: string,
  fingerprints: readonly string[],
): Promise<Map<string, Certificate>> {
  const found = new Map<string, Certificate>();
  for (const fingerprint of new Set(fingerprints)) {
    const certificate = await stores.checks.certificate(workspaceId, fingerprint);
    if (certificate !== undefined) found.set(fingerprint, certificate);
  }
  return found;
}

function acceptancesOf(stores: Stores, monitor: Monitor, findings: readonly Finding[], now: Date) {
  const told = findings.filter(({ severity }) => severityIsTold(severity));
  const keys = told.flatMap((finding) => keysFor(finding, monitor.id));
  return stores.acceptances.of(monitor.workspaceId, keys, now);
}

interface Judged {
  readonly monitor: Monitor;
  readonly profile: Profile;
  readonly observation: Observation;
  readonly confirmation: Confirmation;
  readonly before: ServedBefore;
  readonly reason: CheckReason;
  readonly now: Date;
}

/** Opens, changes and closes incidents; gives back those that concern the monitor, as they are now. */
async function settleIncidents(
  deps: MonitoringDeps,
  stores: Stores,
  judged: Judged,
): Promise<{ incidents: Incident[]; hasNews: boolean }> {
  const { monitor, profile, observation, confirmation, before, reason, now } = judged;
  const { workspaceId } = monitor;
  const { findings } = confirmation;
  await stores.incidents.lockAll(workspaceId);
  const mine = await stores.incidents.openOf(workspaceId, monitor.id);
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
      acceptances: await stores.acceptances.of(
        workspaceId,
        mine.map(({ key }) => key),
        now,
      ),
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

function statusAfter(
  { monitor, observation, confirmation, before, now }: Judged,
  assessment: Assessment,
  incidents: readonly Incident[],
): { status: MonitorStatus; daysLeft: number | undefined; expiresAt: Date | undefined } {
  const expiresAt = assessment.expiresAt ?? monitor.expiresAt;
  const daysLeft = assessment.daysLeft ?? (expiresAt === undefined ? undefined : daysUntilExpiry(expiresAt, now));
  const isUnsure = confirmation.failing !== undefined && !observation.addresses.some(isRead);
  if (monitor.paused) return { status: 'paused', daysLeft, expiresAt };
  // What is wrong with the other of two certificates in turn is still so while this one is seen.
  const inTurn = new Set(before.inTurn.map(({ address }) => address));
  const others = incidents.flatMap(({ members }) =>
    members.filter((member) => member.monitorId === monitor.id && inTurn.has(member.address)),
  );
  return { status: isUnsure ? monitor.status : statusOf([...confirmation.findings, ...others]), daysLeft, expiresAt };
}
