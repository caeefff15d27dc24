/**
 * What the oracle knows of one site from the looks that were recorded: what is wrong with it now, by the design's rules on
 * confirmation (section 5), on changed certificates and on two that are served in turns.
 */
import type { Certificate } from '../../../src/core/certificate.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts';
import type { Site } from '../world/site.ts';
import { readOf } from '../world/world.ts';
import type { Look } from '../world/world.ts';
import { factsOf, leavesOf } from './facts.ts';
import type { Fact, NearEnd } from './facts.ts';
import { longestGapMs, RULES } from './thresholds.ts';

const TRIES = 3;
const TRIES_TAKE_MS = 2 * MINUTE_MS;
const CHANGE_TOLD_FOR_MS = 7 * DAY_MS;
const IN_TURNS_FOR_MS = DAY_MS;
const CONNECTION_CODES = ['refused', 'timeout', 'unreachable', 'reset', 'dns-failure'];

export interface SiteState {
  readonly site: Site;
  facts: readonly Fact[];
  lastLookMs: number | undefined;
  /** When the next look must have come, had nothing delayed it. */
  nextLookByMs: number;
  isPaused: boolean;
  failing: { readonly sinceMs: number; readonly tries: number } | undefined;
  /** Leaves it ever served, the newest last. */
  readonly leaves: Map<string, Certificate>;
  /** What a new leaf is compared with: the one that nobody objected to. */
  usual: Certificate | undefined;
  /** The leaf of each address at its last look, and those before it. */
  readonly atAddress: Map<string, LeafSeen[]>;
  change: { readonly atMs: number; readonly to: Certificate } | undefined;
  newLeafMs: number | undefined;
}

interface LeafSeen {
  readonly fingerprint: string;
  lastMs: number;
  returnedMs: number;
}

export function newSiteState(site: Site): SiteState {
  return {
    site,
    facts: [],
    lastLookMs: undefined,
    nextLookByMs: Infinity,
    isPaused: false,
    failing: undefined,
    leaves: new Map(),
    usual: undefined,
    atAddress: new Map(),
    change: undefined,
    newLeafMs: undefined,
  };
}

export function isAboutConnection(code: string): boolean {
  return CONNECTION_CODES.includes(code);
}

/** What is wrong after this look, and what is near its end. Nothing changes by a look that our own network failed. */
export function learn(state: SiteState, look: Look): { facts: readonly Fact[]; nearEnds: readonly NearEnd[] } {
  const { site, atMs, observation } = look;
  if (readOf(observation).length === 0) {
    const sinceMs = state.failing?.sinceMs ?? atMs;
    state.failing = { sinceMs, tries: (state.failing?.tries ?? 0) + 1 };
    const isConfirmed = state.failing.tries >= TRIES && atMs - sinceMs >= TRIES_TAKE_MS;
    // A failed probe ends nothing that is known of certificates.
    const others = state.facts.filter(({ code }) => !isAboutConnection(code));
    const code = observation.addresses[0]?.outcome ?? 'dns-failure';
    const failure: Fact = { key: site.host, code, severity: 'critical' };
    return { facts: isConfirmed ? [...others, failure] : others, nearEnds: [] };
  }
  state.failing = undefined;
  const { facts, nearEnds } = factsOf(look);
  const alternates = readOf(observation)
    .map(({ address, chain: [leaf] }) => leaf !== undefined && servesInTurns(state, address, leaf.fingerprint, atMs))
    .includes(true);
  // What was found of the leaf that was not seen just now is still so.
  const ofTheOther = state.facts.filter(
    ({ key, code }) =>
      alternates &&
      !isAboutConnection(code) &&
      ![...OWN, ...facts.map((fact) => `${fact.key} ${fact.code}`)].some(
        (one) => one === code || one === `${key} ${code}`,
      ),
  );
  const change = changed(state, look, alternates);
  const isMixed = new Set(leavesOf(look).map(({ fingerprint }) => fingerprint)).size > 1;
  const differ: Fact[] =
    isMixed || alternates ? [{ key: site.host, code: 'addresses-differ', severity: 'warning' }] : [];
  return { facts: [...facts, ...ofTheOther, ...change, ...differ], nearEnds };
}

/** Judged anew at each look. */
const OWN: readonly string[] = ['certificate-changed', 'addresses-differ'];

/** "Served A, then B, then A again": while the other was seen within 24 hours. */
function servesInTurns(state: SiteState, address: string, fingerprint: string, atMs: number): boolean {
  const seen = state.atAddress.get(address) ?? [];
  const known = seen.find((one) => one.fingerprint === fingerprint);
  const now: LeafSeen = known ?? { fingerprint, lastMs: atMs, returnedMs: -Infinity };
  if (known !== undefined && seen[0] !== known) now.returnedMs = atMs;
  now.lastMs = atMs;
  const others = seen.filter((one) => one !== now);
  state.atAddress.set(address, [now, ...others]);
  const recent = others.filter((one) => atMs - one.lastMs < IN_TURNS_FOR_MS);
  return recent.length > 0 && [now, ...recent].some((one) => atMs - one.returnedMs < IN_TURNS_FOR_MS);
}

/** Only a leaf that the site never served is compared, with the last one that nobody objected to. */
function changed(state: SiteState, look: Look, alternates: boolean): Fact[] {
  const { site, atMs } = look;
  if (state.change !== undefined && atMs - state.change.atMs >= CHANGE_TOLD_FOR_MS) accept(state);
  const served = leavesOf(look);
  for (const leaf of served) {
    if (state.leaves.has(leaf.fingerprint)) continue;
    state.leaves.set(leaf.fingerprint, leaf);
    if (state.usual === undefined) {
      state.usual = leaf;
      continue;
    }
    state.newLeafMs = atMs;
    if (isStranger(state.usual, leaf)) state.change = { atMs, to: leaf };
    else if (state.change === undefined || !served.includes(state.change.to)) state.usual = leaf;
  }
  const { change } = state;
  if (change === undefined) return [];
  const isServed = served.includes(change.to);
  if (!isServed && !alternates) {
    state.change = undefined;
    return [];
  }
  return [{ key: site.host, code: 'certificate-changed', severity: 'warning' }];
}

/** Somebody has seen the change, or a week has passed: the new certificate is the usual one. */
export function accept(state: SiteState): void {
  state.usual = state.change?.to ?? state.usual;
  state.change = undefined;
}

/** Another issuer, names lost, or a weaker key. */
function isStranger(before: Certificate, after: Certificate): boolean {
  const names = new Set(after.subjectAltNames.map(({ value }) => value));
  const isWeaker =
    after.keyType === 'rsa' && (before.keyType !== 'rsa' || (after.keyBits ?? 0) < (before.keyBits ?? 0));
  return before.issuer !== after.issuer || before.subjectAltNames.some(({ value }) => !names.has(value)) || isWeaker;
}

/** How long until the next look at most, after this one (design, sections 5 and 8). */
export function longestWaitMs(state: SiteState, look: Look, openedMs: (key: string) => number | undefined): number {
  const read = readOf(look.observation);
  const { everyMs } = RULES[state.site.profile];
  const dated = read.flatMap(({ path, chain }) => path ?? chain.slice(0, 1));
  const usual = Math.min(everyMs, ...dated.map((certificate) => longestGapMs(everyMs, certificate)));
  if (state.failing !== undefined && !state.facts.some(({ code }) => isAboutConnection(code))) {
    return Math.min(usual, MINUTE_MS);
  }
  const isFresh = state.facts.some(({ key, code }) => {
    const opened = openedMs(key);
    return code !== 'expiring' && opened !== undefined && look.atMs - opened < DAY_MS;
  });
  const hasNewLeaf = state.newLeafMs !== undefined && look.atMs - state.newLeafMs < HOUR_MS;
  return isFresh || hasNewLeaf ? Math.min(usual, 5 * MINUTE_MS) : usual;
}
