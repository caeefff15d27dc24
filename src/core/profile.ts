import { DEFAULT_SEVERITY } from './finding.ts';
import type { FindingCode, Severity } from './finding.ts';

/** Which rules apply, how severe, when expiry is told, how often to look, whom to trust. */
export interface Profile {
  /** `CP` and 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly isBuiltIn: boolean;
  /** 1 to 10 whole days, 0 to 90, largest first. */
  readonly thresholdsDays: readonly number[];
  /** Thresholds shrink with a certificate's lifetime (design, section 4). */
  readonly scale: boolean;
  readonly checkIntervalMs: number;
  /** A connection failure becomes an incident after `tries` over at least `(tries - 1) * everyMs`. */
  readonly confirm: { readonly tries: number; readonly everyMs: number };
  readonly timeoutMs: number;
  /** Severities that differ from the default, by code; `off` switches a code off. */
  readonly severities: Readonly<Partial<Record<FindingCode, Severity | 'off'>>>;
  /** CAs trusted besides the public ones, or instead of them; PEM. */
  readonly trust: { readonly extraCaPem: string | undefined; readonly only: boolean };
  /** How often an incident of that severity is told again while nobody has acknowledged it; never where it is absent. */
  readonly remind: Readonly<Partial<Record<RemindedSeverity, number>>>;
}

/** What opens incidents can be reminded of. */
export type RemindedSeverity = Exclude<Severity, 'info'>;

export const DAY_MS = 86_400_000;

/** What monitors have that name none; it cannot go. */
export const DEFAULT_PROFILE_NAME = 'Standard';

/** The severity `profile` gives `code`, or `off`. */
export function severityIn(profile: Pick<Profile, 'severities'>, code: FindingCode): Severity | 'off' {
  return profile.severities[code] ?? DEFAULT_SEVERITY[code];
}

const MINUTE_MS = 60_000;

const BUILT_IN = {
  isBuiltIn: true,
  scale: true,
  checkIntervalMs: 60 * MINUTE_MS,
  confirm: { tries: 3, everyMs: MINUTE_MS },
  timeoutMs: 10_000,
  severities: {},
  trust: { extraCaPem: undefined, only: false },
  remind: { critical: DAY_MS },
} as const;

/** The profiles every workspace starts with; `Standard` is the default and cannot go. Ids are the workspace's own. */
export const BUILT_IN_PROFILES: readonly Omit<Profile, 'id'>[] = [
  { ...BUILT_IN, name: 'Standard', thresholdsDays: [60, 30, 15, 7, 0] },
  { ...BUILT_IN, name: 'Aggressive', thresholdsDays: [90, 60, 45, 30, 15, 7, 3, 1, 0] },
  { ...BUILT_IN, name: 'Minimal', thresholdsDays: [30, 7, 0] },
];

/** The profile `certmon probe` judges by: Standard, outside any workspace. */
export const STANDARD_PROFILE: Profile = { ...BUILT_IN, id: '', name: 'Standard', thresholdsDays: [60, 30, 15, 7, 0] };
