/**
 * Scheduled checks that find what the last one found: nothing is said, no incident is touched, so that nothing need be
 * locked or read again. They are judged by what was on record when the monitor was claimed; where that is not so any
 * more, they are not recorded here, and go the long way.
 */
import type { LeasedMonitor, QuietCheck } from '../core/ports.ts';
import type { Observation } from '../core/observation.ts';
import type { MonitoringDeps } from './deps.ts';
import type { Dossier } from './dossier.ts';
import { findsTheSame, isAsBefore, isLate, isWell, judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { updateAfter } from './update-after.ts';

/** A claimed monitor, and what is on record of it. */
export interface DueMonitor {
  readonly lease: LeasedMonitor;
  readonly dossier: Dossier;
}

/** False where it was not recorded, since what it was judged by is no longer so. */
export type RecordQuiet = (check: QuietCheck) => Promise<boolean>;

/** The check as it is to be recorded, and how it was judged; `undefined` where it is none of these. */
export async function quietCheck(
  deps: MonitoringDeps,
  { lease, dossier }: DueMonitor,
  seen: Observation,
  counts: boolean,
): Promise<{ readonly check: QuietCheck; readonly judgement: Judgement } | undefined> {
  const { monitor } = lease;
  const { profile, last, failures, incidents, acceptances } = dossier;
  const now = deps.clock.now();
  const acceptancesOf = () => Promise.resolve(acceptances);
  const judgement = await judge(deps.store, { monitor, profile, last, failures, acceptancesOf }, seen, counts, now);
  const { observation, assessment, digest } = judgement;
  if (!findsTheSame(judgement) || isLate(judgement)) return undefined;
  if (!isWell(judgement, incidents) && !isAsBefore(judgement, incidents)) return undefined;
  const update = updateAfter(judgement, incidents, deps.random());
  const memberships = incidents.flatMap(({ members }) => members.filter(({ monitorId }) => monitorId === monitor.id));
  return {
    check: {
      lease,
      profileEdition: dossier.edition,
      counts,
      memberships: memberships.length,
      observation,
      findings: assessment.findings,
      digest,
      update,
    },
    judgement,
  };
}
