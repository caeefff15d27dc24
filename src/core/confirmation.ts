import { isConnectionCode } from './finding.ts';
import type { ConnectionCode, Finding, Severity } from './finding.ts';
import type { Monitor } from './monitor.ts';
import type { Observation } from './observation.ts';
import type { Profile } from './profile.ts';

/** A connection failure in the making; `address` is empty where the name gave none. */
export interface ConnectionFailure {
  readonly address: string;
  readonly code: ConnectionCode;
  readonly since: Date;
  /** Scheduled tries that failed in a row; a person's own check does not count. */
  readonly tries: number;
  readonly lastTryAt: Date;
}

export interface Confirmation {
  /** All that fail now, confirmed or not. */
  readonly failures: readonly ConnectionFailure[];
  /** Connection findings only where they are confirmed; all others as they were. */
  readonly findings: readonly Finding[];
  /** What is shown until it is confirmed: `failing 1/3`. */
  readonly failing: Monitor['failing'];
}

/**
 * Tells a connection failure that is to be believed from a hiccup: it must have failed `confirm.tries` times over at
 * least the time that those tries take, whatever the connection code (design, section 5).
 *
 * Where the name gives no address, what was failing before is unknown and stays as it was.
 */
export function confirm(
  previous: readonly ConnectionFailure[],
  observation: Observation,
  findings: readonly Finding[],
  profile: Profile,
  counts: boolean,
  now: Date,
): Confirmation {
  const failures = new Map<string, ConnectionFailure>();
  if (observation.resolution.outcome === 'dns-failure') {
    for (const failure of previous) if (failure.address !== '') failures.set(failure.address, failure);
  }
  for (const finding of findings) {
    if (!isConnectionCode(finding.code) || finding.severity === 'info') continue;
    for (const address of addressesOf(finding)) {
      const known = previous.find((failure) => failure.address === address);
      failures.set(address, {
        address,
        code: finding.code,
        since: known?.since ?? now,
        tries: (known?.tries ?? 0) + (counts ? 1 : 0),
        lastTryAt: now,
      });
    }
  }
  const isConfirmed = (address: string): boolean => {
    const failure = failures.get(address);
    return failure !== undefined && believed(failure, profile);
  };
  const unconfirmed = [...failures.values()].filter((failure) => !believed(failure, profile));
  // While an address is only suspected, it counts as one that may answer: what is confirmed is a warning then.
  const severityOf = (finding: Finding): Severity =>
    finding.severity === 'critical' && unconfirmed.length > 0 && profile.severities[finding.code] === undefined
      ? 'warning'
      : finding.severity;
  return {
    failures: [...failures.values()],
    findings: findings.flatMap((finding) => {
      if (!isConnectionCode(finding.code) || finding.severity === 'info') return [finding];
      const addresses = finding.addresses.filter(isConfirmed);
      if (finding.addresses.length === 0) return isConfirmed('') ? [finding] : [];
      return addresses.length === 0 ? [] : [{ ...finding, severity: severityOf(finding), addresses }];
    }),
    failing:
      unconfirmed.length === 0
        ? undefined
        : { tries: Math.max(...unconfirmed.map((failure) => failure.tries)), of: profile.confirm.tries },
  };
}

function believed(failure: ConnectionFailure, profile: Profile): boolean {
  const { tries, everyMs } = profile.confirm;
  return failure.tries >= tries && failure.lastTryAt.getTime() - failure.since.getTime() >= (tries - 1) * everyMs;
}

/**
 * Whether just those fail that failed before, each tried anew, and nothing follows of it: what was believed then is so now,
 * and what was not is no nearer to it.
 */
export function failsAsBefore(
  previous: readonly ConnectionFailure[],
  { failures }: Pick<Confirmation, 'failures'>,
  profile: Profile,
): boolean {
  return (
    failures.length === previous.length &&
    failures.every((failure) => {
      const known = previous.find(({ address }) => address === failure.address);
      return (
        failure.code === known?.code &&
        failure.lastTryAt.getTime() !== known.lastTryAt.getTime() &&
        (believed(known, profile) || (failure.tries === known.tries && !believed(failure, profile)))
      );
    })
  );
}

/** The addresses a finding is about; one empty address where it is about the monitor as a whole. */
export function addressesOf(finding: Finding): readonly string[] {
  return finding.addresses.length === 0 ? [''] : finding.addresses;
}
