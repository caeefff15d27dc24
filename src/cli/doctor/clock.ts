/** This machine's clock, held against others'. */
import { fault, skipped, warning, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';

const CLOCK = 'Clock';
const WELL_WITHIN_MS = 30_000;
/** Of the 5 minutes after which a request of Slack's counts as a replay (docs.slack.dev, "Verifying requests from Slack"). */
const SLACK_REFUSED_AFTER_MS = 300_000;

export interface ClockReading {
  readonly whose: 'the database' | 'Slack';
  /** How far ours is ahead. */
  readonly aheadMs: number;
}

const REMEDY = 'Let this machine set its clock by NTP: timedatectl set-ntp true, or chrony.';

export function diagnoseClock(readings: readonly ClockReading[]): Diagnosis {
  const [worst] = [...readings].sort((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs));
  if (worst === undefined) return skipped(CLOCK, 'There is nobody to compare it with.');
  const off = readings.map(({ whose, aheadMs }) => `${offText(aheadMs)} ${whose}'s`).join(' and ');
  if (Math.abs(worst.aheadMs) <= WELL_WITHIN_MS) return well(CLOCK, `This machine's is ${off}.`);
  if (worst.whose === 'Slack' && Math.abs(worst.aheadMs) >= SLACK_REFUSED_AFTER_MS) {
    return fault(CLOCK, `This machine's is ${off}, so every request of Slack's is refused as a replay.`, REMEDY);
  }
  return warning(
    CLOCK,
    `This machine's is ${off}. certmon judges certificates by the database's, but Slack's signatures by this one: from five minutes on all are refused.`,
    REMEDY,
  );
}

function offText(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  if (seconds < 2) return 'the same as';
  return `${String(seconds)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
}
