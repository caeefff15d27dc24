/** What a person changes of a profile; what is not given stays. */
import { DEFAULT_SEVERITY } from './finding.ts';
import type { FindingCode, Severity } from './finding.ts';
import type { Profile, RemindedSeverity } from './profile.ts';
import type { ReminderWish, RuleWish } from './profile-reading.ts';

export interface ProfileChange {
  readonly thresholdsDays?: readonly number[];
  readonly scale?: boolean;
  readonly checkIntervalMs?: number;
  /** In the order given: a later one wins. */
  readonly rules?: readonly RuleWish[];
  /** PEM; `none` takes the CAs away. */
  readonly ca?: { readonly pem: string } | 'none';
  readonly caOnly?: boolean;
  readonly confirm?: Profile['confirm'];
  readonly remind?: readonly ReminderWish[];
  readonly timeoutMs?: number;
}

/** The profile once it is changed. That nobody trusts nothing at all is the caller's to see to: `only` without a CA. */
export function withChange(profile: Profile, change: ProfileChange): Profile {
  return {
    ...profile,
    thresholdsDays: change.thresholdsDays ?? profile.thresholdsDays,
    scale: change.scale ?? profile.scale,
    checkIntervalMs: change.checkIntervalMs ?? profile.checkIntervalMs,
    confirm: change.confirm ?? profile.confirm,
    timeoutMs: change.timeoutMs ?? profile.timeoutMs,
    severities: withRules(profile.severities, change.rules ?? []),
    remind: withReminders(profile.remind, change.remind ?? []),
    trust: trustAfter(profile.trust, change),
  };
}

function trustAfter(trust: Profile['trust'], { ca, caOnly }: ProfileChange): Profile['trust'] {
  if (ca === 'none') return { extraCaPem: undefined, only: caOnly ?? false };
  return { extraCaPem: ca?.pem ?? trust.extraCaPem, only: caOnly ?? trust.only };
}

/** A severity that is the default anyway is still kept where it was asked for: some differ by case (`expiring`). */
function withRules(before: Profile['severities'], rules: readonly RuleWish[]): Profile['severities'] {
  const after = new Map<FindingCode, Severity | 'off'>(Object.entries(before) as [FindingCode, Severity | 'off'][]);
  for (const { codes, severity } of rules) {
    for (const code of codes) {
      if (severity === 'default') after.delete(code);
      else after.set(code, severity);
    }
  }
  const known = Object.keys(DEFAULT_SEVERITY) as FindingCode[];
  return Object.fromEntries(known.flatMap((code) => (after.has(code) ? [[code, after.get(code)]] : [])));
}

function withReminders(before: Profile['remind'], wishes: readonly ReminderWish[]): Profile['remind'] {
  const after = new Map<RemindedSeverity, number>(Object.entries(before) as [RemindedSeverity, number][]);
  for (const { severity, everyMs } of wishes) {
    if (everyMs === undefined) after.delete(severity);
    else after.set(severity, everyMs);
  }
  return Object.fromEntries(after);
}
