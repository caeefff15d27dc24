/**
 * Which leaves a monitor has served, at which address and when: what tells a certificate that is new from one that is
 * back, and an address that serves two in turn (a load balancer half renewed) from one that was renewed.
 *
 * A leaf that was never served before is compared with the last one. One that is no plain renewal is a change that waits
 * to be acknowledged, seven days at most; then it is what the next is compared with.
 */
import { differenceOf } from './change.ts';
import type { CertificateDifference } from './change.ts';
import type { Certificate } from './certificate.ts';
import { leafOf } from './chain.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';

export interface KnownLeaf {
  readonly address: string;
  readonly fingerprint: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** When it last came back after another had been served there. */
  readonly returnedAt: Date | undefined;
}

/** A certificate that is no plain renewal of the one before it, and that nobody has acknowledged yet. */
export interface PendingChange {
  /** Fingerprints of leaves. */
  readonly from: string;
  readonly to: string;
  readonly at: Date;
  readonly difference: CertificateDifference;
}

export interface Served {
  readonly leaves: readonly KnownLeaf[];
  readonly change: PendingChange | undefined;
}

export const NOTHING_SERVED: Served = { leaves: [], change: undefined };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An address that has not served the other for this long serves one alone again. */
const IN_TURN_FOR_MS = DAY_MS;
/** What nobody objected to for so long is the usual one. */
const CHANGE_LASTS_MS = 7 * DAY_MS;
/** After a new leaf it is looked at more often, to see whether the old one comes back. */
export const WATCHED_AFTER_RENEWAL_MS = HOUR_MS;

const REMEMBERED_FOR_MS = 30 * DAY_MS;
const REMEMBERED_LEAVES = 64;

/** A plain renewal, seen for the first time. */
export interface Renewal {
  readonly leaf: Certificate;
  readonly addresses: readonly string[];
}

/** What one check means for what is served. */
export interface Look {
  readonly served: Served;
  readonly renewals: readonly Renewal[];
  /** A change ended because its time was over: the new certificate is the usual one. */
  readonly isSettled: boolean;
}

/** Leaves whose certificates `served` wants to see, for what is new in `observation`: mostly none. */
export function comparedWith(before: Served, observation: Observation): string[] {
  const last = freshLeaves(before, observation).flatMap((one) => lastBefore(before, one) ?? []);
  if (last.length === 0) return [];
  return [...new Set([...last, ...(before.change === undefined ? [] : [before.change.from, before.change.to])])];
}

/**
 * What is served once `observation` is known.
 *
 * @param certificates those that `comparedWith` names, by fingerprint; what cannot be compared is taken as it is.
 */
export function served(
  before: Served,
  observation: Observation,
  certificates: ReadonlyMap<string, Certificate>,
  now: Date,
): Look {
  const leaves = remembered(before.leaves, leavesOf(observation), now);
  const isOver = before.change !== undefined && now.getTime() - before.change.at.getTime() >= CHANGE_LASTS_MS;
  let change = isOver ? undefined : before.change;
  const renewals: Renewal[] = [];
  for (const one of freshLeaves(before, observation)) {
    const last = certificates.get(lastBefore(before, one) ?? '');
    if (last === undefined) continue;
    const difference = differenceOf(last, one.leaf);
    const changedTo = certificates.get(change?.to ?? '');
    if (difference === undefined) {
      renewals.push(one);
    } else if (change !== undefined && changedTo !== undefined && differenceOf(changedTo, one.leaf) === undefined) {
      // The certificate nobody has acknowledged was renewed: no new story, and no new week.
      change = { ...change, to: one.leaf.fingerprint };
    } else {
      change = { from: last.fingerprint, to: one.leaf.fingerprint, at: now, difference };
    }
  }
  if (change !== undefined && !isServed(leaves, change.to, now)) change = undefined;
  return { served: { leaves, change }, renewals, isSettled: isOver && change === undefined };
}

/** A leaf that the monitor never served before, where it is served, and what was served there last. */
interface FreshLeaf {
  readonly leaf: Certificate;
  readonly addresses: readonly string[];
  readonly replaces: readonly string[];
}

function freshLeaves({ leaves }: Served, observation: Observation): FreshLeaf[] {
  const known = new Set(leaves.map((leaf) => leaf.fingerprint));
  const fresh = new Map<string, FreshLeaf>();
  for (const { address, leaf } of leavesOf(observation)) {
    if (known.has(leaf.fingerprint)) continue;
    const { addresses, replaces } = fresh.get(leaf.fingerprint) ?? { addresses: [], replaces: [] };
    const last = newest(leaves.filter((one) => one.address === address))?.fingerprint;
    fresh.set(leaf.fingerprint, {
      leaf,
      addresses: [...addresses, address],
      replaces: last === undefined ? replaces : [...replaces, last],
    });
  }
  return [...fresh.values()];
}

/** What a new leaf is judged by: the one that nobody objected to, there or anywhere. */
function lastBefore({ leaves, change }: Served, { replaces }: FreshLeaf): string | undefined {
  const [last = newest(leaves)?.fingerprint] = replaces;
  return last !== undefined && last === change?.to ? change.from : last;
}

function newest(leaves: readonly KnownLeaf[]): KnownLeaf | undefined {
  return leaves.reduce<KnownLeaf | undefined>((latest, leaf) => {
    if (latest === undefined) return leaf;
    const later =
      leaf.lastSeenAt.getTime() - latest.lastSeenAt.getTime() ||
      leaf.firstSeenAt.getTime() - latest.firstSeenAt.getTime();
    return later > 0 ? leaf : latest;
  }, undefined);
}

function remembered(
  before: readonly KnownLeaf[],
  seen: readonly { readonly address: string; readonly leaf: Certificate }[],
  now: Date,
): KnownLeaf[] {
  const same = (a: KnownLeaf, address: string, fingerprint: string): boolean =>
    a.address === address && a.fingerprint === fingerprint;
  const updated = seen.map(({ address, leaf: { fingerprint } }): KnownLeaf => {
    const known = before.find((leaf) => same(leaf, address, fingerprint));
    if (known === undefined) return { address, fingerprint, firstSeenAt: now, lastSeenAt: now, returnedAt: undefined };
    const isBack = before.some((leaf) => leaf.address === address && leaf.lastSeenAt > known.lastSeenAt);
    return { ...known, lastSeenAt: now, returnedAt: isBack ? now : known.returnedAt };
  });
  const others = before.filter((leaf) => !seen.some((one) => same(leaf, one.address, one.leaf.fingerprint)));
  const last = newest(others);
  const kept = others.filter(
    (leaf) => now.getTime() - leaf.lastSeenAt.getTime() < REMEMBERED_FOR_MS || (seen.length === 0 && leaf === last),
  );
  return [...updated, ...kept.sort((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())].slice(
    0,
    REMEMBERED_LEAVES,
  );
}

/** Whether a leaf is what an address served last, or was served lately: an address that fails says nothing against it. */
function isServed(leaves: readonly KnownLeaf[], fingerprint: string, now: Date): boolean {
  return leaves.some(
    (leaf) =>
      leaf.fingerprint === fingerprint &&
      (isRecent(leaf.lastSeenAt, now) ||
        newest(leaves.filter((one) => one.address === leaf.address))?.fingerprint === fingerprint),
  );
}

function isRecent(instant: Date, now: Date): boolean {
  return now.getTime() - instant.getTime() < IN_TURN_FOR_MS;
}

/** A leaf that counts as served at an address although this check saw another there. */
export interface LeafInTurn {
  readonly address: string;
  readonly fingerprint: string;
}

/** What addresses that serve several leaves in turn serve beside what was just seen there. */
export function leavesInTurn({ leaves }: Served, observation: Observation, now: Date): LeafInTurn[] {
  return leavesOf(observation).flatMap(({ address, leaf }) => {
    const recent = leaves.filter((one) => one.address === address && isRecent(one.lastSeenAt, now));
    const isInTurn = recent.some((one) => one.returnedAt !== undefined && isRecent(one.returnedAt, now));
    return isInTurn ? recent.filter((one) => one.fingerprint !== leaf.fingerprint) : [];
  });
}

/** Where the certificate that a change is about is served. */
export function addressesOfChange(known: Served, observation: Observation, now: Date): string[] {
  const to = known.change?.to;
  const seen = leavesOf(observation).map(({ address, leaf }) => ({ address, fingerprint: leaf.fingerprint }));
  const serving = [...seen, ...leavesInTurn(known, observation, now)].filter(({ fingerprint }) => fingerprint === to);
  return [...new Set(serving.map(({ address }) => address))];
}

/** Whether a leaf appeared lately beside or in place of another: the old one may come back. */
export function isFreshlyRenewed({ leaves }: Served, now: Date): boolean {
  const latest = leaves.reduce((last, leaf) => Math.max(last, leaf.firstSeenAt.getTime()), 0);
  const hasOlder = leaves.some((leaf) => leaf.firstSeenAt.getTime() < latest);
  return hasOlder && now.getTime() - latest < WATCHED_AFTER_RENEWAL_MS;
}

function leavesOf(observation: Observation): { address: string; leaf: Certificate }[] {
  return observation.addresses.filter(isRead).map((address) => ({ address: address.address, leaf: leafOf(address) }));
}
