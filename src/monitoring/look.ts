/** One look at a monitor's endpoint, with what earlier checks know of it. */
import type { Finding } from '../core/finding.ts';
import type { Monitor } from '../core/monitor.ts';
import { isRead } from '../core/observation.ts';
import type { Observation, ReadAddress } from '../core/observation.ts';
import type { CheckSpan, Stores } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import { asksAboutRevocation } from '../core/revocation.ts';
import type { MonitoringDeps } from './deps.ts';

/** @param reads whether every chain is read anew, or the last check's may stand in where nothing changed. */
export function observe(
  deps: MonitoringDeps,
  monitor: Monitor,
  profile: Profile,
  last: CheckSpan | undefined,
  reads: 'all' | 'what is new',
  signal: AbortSignal,
): Promise<Observation> {
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

export async function profileOf(stores: Stores, monitor: Monitor): Promise<Profile> {
  const profile = await stores.profiles.find(monitor.workspaceId, monitor.profileId);
  if (profile === undefined)
    throw new Error(`monitor ${monitor.id} has a profile that does not exist: ${monitor.profileId}`);
  return profile;
}
