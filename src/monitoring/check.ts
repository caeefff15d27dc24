/**
 * One check: look, judge, and record everything that follows in one transaction (design, section 8).
 *
 * Most checks find what the last one found. Those only extend its span and move the monitor on; the workspace's
 * incidents are locked, and compared, only where something differs, a failure is unconfirmed, or a day has passed.
 */
import { createHash } from 'node:crypto';
import { assess, statusOf } from '../core/assess.ts';
import type { Assessment } from '../core/assess.ts';
import { chainDetails } from '../core/chain-details.ts';
import { confirm } from '../core/confirmation.ts';
import type { Confirmation } from '../core/confirmation.ts';
import { AppError } from '../core/errors.ts';
import { daysUntilExpiry } from '../core/expiry.ts';
import type { Finding } from '../core/finding.ts';
import { REOPEN_WITHIN_MS } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor, MonitorStatus } from '../core/monitor.ts';
import { nextCheckAt } from '../core/next-check.ts';
import { isRead } from '../core/observation.ts';
import type { Observation, ReadAddress } from '../core/observation.ts';
import type { CheckSpan, LeasedMonitor, MonitorUpdate, Stores } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { asksAboutRevocation, inLightOf } from '../core/revocation.ts';
import { keysOf, settle } from '../core/settle.ts';
import { toSid } from '../core/sid.ts';
import { storeAndAnnounce } from './announce.ts';
import type { Commit, MonitoringDeps } from './deps.ts';

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
  | { readonly type: 'schedule'; readonly lease: LeasedMonitor }
  | { readonly type: 'person' }
  | { readonly type: 'first' };

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
  return commit((stores) => record(deps, stores, monitor, observation, { type: 'person' }));
}

/** Checks a due monitor under its lease. Throws `LeaseLostError` where another took it meanwhile. */
export async function checkLeased(
  deps: MonitoringDeps,
  lease: LeasedMonitor,
  signal: AbortSignal,
): Promise<CheckOutcome | undefined> {
  const { monitor } = lease;
  const last = await deps.store.checks.last(monitor.workspaceId, monitor.id);
  const observation = await observe(deps, monitor, last, 'what is new', signal);
  return deps.store.transaction((stores) => record(deps, stores, monitor, observation, { type: 'schedule', lease }));
}

/** @param reads whether every chain is read anew, or the last check's may stand in where nothing changed. */
async function observe(
  deps: MonitoringDeps,
  monitor: Monitor,
  last: CheckSpan | undefined,
  reads: 'all' | 'what is new',
  signal: AbortSignal,
): Promise<Observation> {
  const profile = await profileOf(deps.store, monitor);
  const now = deps.clock.now();
  return deps.prober.observe(
    {
      endpoint: monitor.endpoint,
      timeoutMs: profile.timeoutMs,
      trust: profile.trust,
      known: reads === 'all' ? new Map() : knownChains(last, now),
      knownIssuers: missingIn(last),
      leavesOutRevocation: !asksAboutRevocation(profile),
    },
    now,
    signal,
  );
}

/** Chains are read anew at the first check of a UTC day, and while a finding of the last check hangs on them. */
function knownChains(last: CheckSpan | undefined, now: Date): ReadonlyMap<string, ReadAddress> {
  if (last === undefined) return new Map();
  const isSameDay = last.lastAt.toISOString().slice(0, 10) === now.toISOString().slice(0, 10);
  if (!isSameDay || last.findings.some((finding) => CHAIN_CODES.includes(finding.code))) return new Map();
  // Those of a row from before certmon looked for revocation do not say whom to ask about it.
  const whole = last.observation.addresses
    .filter(isRead)
    .filter((one) => one.path === undefined || one.staple !== 'not-judged');
  return new Map(whole.map((address) => [address.address, address]));
}

/** So that a restart does not turn an incomplete chain into an untrusted one. */
function missingIn(last: CheckSpan | undefined): readonly string[] {
  const read = last?.observation.addresses.filter(isRead) ?? [];
  return [...new Set(read.flatMap(({ missing }) => missing.map(({ pem }) => pem)))];
}

const CHAIN_CODES: readonly Finding['code'][] = [
  'incomplete-chain',
  'invalid-chain',
  'wrong-order',
  'untrusted',
  'certificate-unreadable',
];

async function profileOf(stores: Stores, monitor: Monitor): Promise<Profile> {
  const profile = await stores.profiles.find(monitor.workspaceId, monitor.profileId);
  if (profile === undefined)
    throw new Error(`monitor ${monitor.id} has a profile that does not exist: ${monitor.profileId}`);
  return profile;
}

/**
 * Records one observation: span, failures, crossings, incidents, what is to be said, and the monitor's next check.
 * Runs inside the caller's transaction. `undefined` if the monitor was removed since it was read.
 */
export async function record(
  deps: MonitoringDeps,
  stores: Stores,
  observed: Monitor,
  seen: Observation,
  reason: CheckReason,
): Promise<CheckOutcome | undefined> {
  const { workspaceId, id } = observed;
  const monitor = await stores.monitors.lock(workspaceId, id);
  if (monitor === undefined) return undefined;
  const now = deps.clock.now();
  const profile = await profileOf(stores, monitor);
  const last = await stores.checks.last(workspaceId, id);
  const observation = inLightOf(last?.observation, seen);
  const assessment = assess(observation, monitor.endpoint, profile, now);
  if (last !== undefined && observation.checkedAt < last.lastAt) {
    // Another check began later and is recorded already: what this one saw is no longer so.
    if (reason.type === 'schedule') await stores.monitors.releaseLease(workspaceId, id, reason.lease.token);
    return { monitor, observation, assessment, hasNews: false };
  }
  const failures = await stores.checks.failures(workspaceId, id);
  const confirmation = confirm(failures, observation, assessment.findings, profile, reason.type !== 'person', now);
  const digest = digestOf(observation, assessment.findings);

  await stores.checks.record(workspaceId, id, observation, assessment.findings, digest);
  // A monitor that was paused has left its incidents, and may have been seen meanwhile: `pending` settles anew.
  const isQuiet =
    last?.digest === digest &&
    monitor.status !== 'pending' &&
    failures.length === 0 &&
    confirmation.failures.length === 0 &&
    monitor.daysLeft === assessment.daysLeft;
  const { incidents, hasNews } =
    isQuiet || monitor.paused
      ? { incidents: await stores.incidents.openOf(workspaceId, id), hasNews: false }
      : await settleIncidents(deps, stores, { monitor, profile, observation, confirmation, reason, now });
  if (!isQuiet) await stores.checks.replaceFailures(workspaceId, id, confirmation.failures);

  const update: MonitorUpdate = {
    ...statusAfter(monitor, observation, assessment, confirmation, now),
    failing: confirmation.failing,
    served: monitor.served,
    lastCheckedAt: observation.checkedAt,
    nextCheckAt: nextCheckAt(profile, observation, confirmation.failing !== undefined, incidents, deps.random(), now),
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

interface Judged {
  readonly monitor: Monitor;
  readonly profile: Profile;
  readonly observation: Observation;
  readonly confirmation: Confirmation;
  readonly reason: CheckReason;
  readonly now: Date;
}

/** Opens, changes and closes incidents; gives back those that concern the monitor, as they are now. */
async function settleIncidents(
  deps: MonitoringDeps,
  stores: Stores,
  judged: Judged,
): Promise<{ incidents: Incident[]; hasNews: boolean }> {
  const { monitor, profile, observation, confirmation, reason, now } = judged;
  const { workspaceId } = monitor;
  const { findings } = confirmation;
  await stores.incidents.lockAll(workspaceId);
  const mine = await stores.incidents.openOf(workspaceId, monitor.id);
  const closedSince = new Date(now.getTime() - REOPEN_WITHIN_MS);
  const atKeys = await stores.incidents.findByKeys(workspaceId, keysOf(monitor.id, findings), closedSince);
  const incidents = [...mine, ...atKeys.filter((one) => !mine.some((other) => other.id === one.id))];
  const fingerprints = findings.flatMap((finding) => finding.fingerprint ?? []);
  let number = await stores.incidents.nextNumber(workspaceId);
  const { changes, crossings } = settle(
    {
      monitor,
      profile,
      observation,
      findings,
      crossings: await stores.checks.crossings(workspaceId, fingerprints),
      incidents,
      newIncident: () => ({ id: toSid('incident', deps.newUuid()), number: number++ }),
    },
    now,
  );
  await stores.checks.addCrossings(workspaceId, crossings);
  const sections = changes.length === 0 ? [] : chainDetails(observation, now);
  const causedBy = reason.type === 'schedule' ? 'machine' : 'person';
  for (const change of changes) await storeAndAnnounce(stores, change, { causedBy, sections }, now);
  const untouched = incidents.filter((incident) => !changes.some((change) => change.incident.id === incident.id));
  return { incidents: [...untouched, ...changes.map((change) => change.incident)], hasNews: changes.length > 0 };
}

function statusAfter(
  monitor: Monitor,
  observation: Observation,
  assessment: Assessment,
  confirmation: Confirmation,
  now: Date,
): { status: MonitorStatus; daysLeft: number | undefined; expiresAt: Date | undefined } {
  const expiresAt = assessment.expiresAt ?? monitor.expiresAt;
  const daysLeft = assessment.daysLeft ?? (expiresAt === undefined ? undefined : daysUntilExpiry(expiresAt, now));
  const isUnsure = confirmation.failing !== undefined && !observation.addresses.some(isRead);
  if (monitor.paused) return { status: 'paused', daysLeft, expiresAt };
  return { status: isUnsure ? monitor.status : statusOf(confirmation.findings), daysLeft, expiresAt };
}

/** Equal for results that say the same: no instants, no durations, no peer's wording. */
function digestOf(observation: Observation, findings: readonly Finding[]): string {
  const fingerprints = (certificates: readonly { fingerprint: string }[] | undefined) =>
    certificates?.map((certificate) => certificate.fingerprint);
  const said = [
    observation.resolution.outcome === 'ok' ? observation.resolution.notProbed : observation.resolution.outcome,
    observation.addresses.map((address) =>
      isRead(address)
        ? [
            address.address,
            address.tlsVersion,
            fingerprints(address.chain),
            address.unreadable,
            address.verdict.trusted || address.verdict.code,
            fingerprints(address.path),
            address.missing.map((one) => one.certificate.fingerprint),
            // Not by whom it is known: some servers staple only now and then.
            address.revocation.map(({ fingerprint, status, reason }) => [fingerprint, status, reason]),
            address.failure?.code,
            address.clientCertificateWanted,
            address.weakness !== undefined,
          ]
        : [address.address, address.outcome],
    ),
    findings.map(({ code, severity, addresses, fingerprint, thresholdDays }) => [
      code,
      severity,
      addresses,
      fingerprint,
      thresholdDays,
    ]),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
