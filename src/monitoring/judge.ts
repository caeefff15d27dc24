/** What a look at a monitor means, by all that is on record of it. Reads certificates, and writes nothing. */
import { keysFor, withAcceptances } from '../core/acceptance.ts';
import type { Acceptance } from '../core/acceptance.ts';
import { assess } from '../core/assess.ts';
import type { Assessment, ServedBefore } from '../core/assess.ts';
import type { Certificate } from '../core/certificate.ts';
import { confirm, failsAsBefore } from '../core/confirmation.ts';
import type { Confirmation, ConnectionFailure } from '../core/confirmation.ts';
import { daysUntilExpiry } from '../core/expiry.ts';
import { severityIsTold } from '../core/finding.ts';
import type { Finding } from '../core/finding.ts';
import { heldUntil } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Observation } from '../core/observation.ts';
import type { CheckSpan, Stores } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { inLightOf } from '../core/revocation.ts';
import { comparedWith, leavesInTurn, NOTHING_SERVED, served } from '../core/served.ts';
import { digestOf } from './result-digest.ts';

/** What a check is judged by. */
export interface OnRecord {
  readonly monitor: Monitor;
  readonly profile: Profile;
  readonly last: CheckSpan | undefined;
  readonly failures: readonly ConnectionFailure[];
  /** In force, of these findings. */
  readonly acceptancesOf: (findings: readonly Finding[]) => Promise<readonly Acceptance[]>;
}

export interface Judgement {
  readonly monitor: Monitor;
  readonly profile: Profile;
  readonly last: CheckSpan | undefined;
  readonly failuresBefore: readonly ConnectionFailure[];
  readonly observation: Observation;
  readonly before: ServedBefore;
  readonly assessment: Assessment;
  readonly confirmation: Confirmation;
  /** Equal for equal results. */
  readonly digest: string;
  /** Where no certificate could be read, those of the one that was read last. */
  readonly expiresAt: Date | undefined;
  readonly daysLeft: number | undefined;
  readonly now: Date;
}

/** @param counts whether a failure counts as a try. */
export async function judge(
  stores: Pick<Stores, 'checks'>,
  { monitor, profile, last, failures, acceptancesOf }: OnRecord,
  seen: Observation,
  counts: boolean,
  now: Date,
): Promise<Judgement> {
  const observation = inLightOf(last?.observation, seen);
  const before = await servedBefore(stores, monitor, observation, now);
  const assessed = assess(observation, monitor.endpoint, profile, now, before);
  const acceptances = await acceptancesOf(assessed.findings);
  const accepting = (findings: readonly Finding[]) => withAcceptances(findings, acceptances, monitor.id, now);
  const assessment = { ...assessed, findings: accepting(assessed.findings) };
  const expiresAt = assessed.expiresAt ?? monitor.expiresAt;
  const raw = confirm(failures, observation, assessed.findings, profile, counts, now);
  return {
    monitor,
    profile,
    last,
    failuresBefore: failures,
    observation,
    before,
    assessment,
    confirmation: { ...raw, findings: accepting(raw.findings) },
    digest: digestOf(observation, assessment.findings),
    expiresAt,
    daysLeft: assessed.daysLeft ?? (expiresAt === undefined ? undefined : daysUntilExpiry(expiresAt, now)),
    now,
  };
}

/** A span that ends after now was recorded before the clock went back: nothing is late against it. */
export function isLate({ observation, last, now }: Judgement): boolean {
  return last !== undefined && observation.checkedAt < last.lastAt && last.lastAt <= now;
}

/** What is healthy day after day has nothing to do with incidents, and waits for nobody's. */
export function isWell({ confirmation }: Judgement, open: readonly Incident[]): boolean {
  return open.length === 0 && !confirmation.findings.some(({ severity }) => severityIsTold(severity));
}

/** Whether it found what the last check found, and nothing but a try more has come of what fails. */
export function findsTheSame({ monitor, profile, last, failuresBefore, confirmation, digest }: Judgement): boolean {
  return (
    last?.digest === digest &&
    // A monitor that was paused has left its incidents, and may have been seen meanwhile: `pending` settles anew.
    monitor.status !== 'pending' &&
    failsAsBefore(failuresBefore, confirmation, profile)
  );
}

/** Whether what is wrong is just what was wrong at the last check, and no time of it is up. */
export function isAsBefore(judgement: Judgement, open: readonly Incident[]): boolean {
  const { monitor, daysLeft, now } = judgement;
  return (
    findsTheSame(judgement) &&
    monitor.daysLeft === daysLeft &&
    !open.some((incident) => endsByItself(incident, monitor.id, now))
  );
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
  stores: Pick<Stores, 'checks'>,
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
  stores: Pick<Stores, 'checks'>,
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

/** What the findings could be accepted for. */
export function acceptableKeys(findings: readonly Finding[], monitorId: string) {
  return findings.filter(({ severity }) => severityIsTold(severity)).flatMap((finding) => keysFor(finding, monitorId));
}
