/** How a root cause goes on when a site joins it, leaves it or is worse off: what has to be said follows (design, section 5). */
import type { Site } from '../world/site.ts';
import { unattended } from './attended.ts';
import { comesBack, HOLD_DOWN_MOST_MS, holdDownMs, isWorse, REOPEN_WITHIN_MS, worstOf } from './case.ts';
import type { Case } from './case.ts';
import type { Court } from './court.ts';
import type { Duties } from './duties.ts';
import type { Fact, Key, NearEnd } from './facts.ts';
import type { What } from './threads.ts';

export interface Follower {
  /** What is wrong with the site in this root cause from now on; nothing where it leaves. */
  place(site: Site, key: Key, facts: readonly Fact[], news: News, atMs: number): void;
  /** The threshold to be told: once for a certificate and profile, the deepest, and not after another profile's. */
  newTelling(site: Site, near: NearEnd): What | undefined;
  readonly tellings: number;
}

export interface News {
  /** A threshold newly crossed. */
  readonly crossed?: What | undefined;
  readonly isByPerson?: boolean;
}

export function createFollower(court: Court, duties: Duties): Follower {
  /** Thresholds told, by certificate: the latest instant, and those known, by profile. */
  const crossings = new Map<string, { toldMs: number; readonly known: Set<string> }>();
  let tellings = 0;

  const leave = (one: Case, site: Site, { isByPerson = false }: News, atMs: number): void => {
    if (!one.sites.delete(site)) return;
    one.leftMs.set(site, atMs);
    if (one.sites.size > 0) {
      one.severity = worstOf(one);
      return;
    }
    one.endedMs = atMs;
    one.wasEndedByPerson = isByPerson;
    // A silence ends with what it was about.
    one.attended.silence = undefined;
    duties.over(one, atMs);
  };

  /** It touched nothing until now: back soon after its end it is the same story, else a new one. */
  const begin = (one: Case, atMs: number, isWorseThanBefore: boolean): void => {
    const goneMs = one.endedMs === undefined ? Infinity : atMs - one.endedMs;
    const heldMs = one.wasEndedByPerson ? 0 : holdDownMs(one, one.endedMs ?? atMs);
    one.endedMs = undefined;
    if (goneMs <= REOPEN_WITHIN_MS) {
      comesBack(one, atMs);
      if (!isWorseThanBefore) return;
      one.attended = unattended();
      duties.reply(one, 'worse', atMs);
      return;
    }
    // While it was held its channels stay what they were.
    if (goneMs > REOPEN_WITHIN_MS + Math.min(heldMs, HOLD_DOWN_MOST_MS)) one.channels.clear();
    else comesBack(one, atMs);
    one.openedMs = atMs;
    one.attended = unattended();
  };

  return {
    get tellings() {
      return tellings;
    },

    place(site, key, facts, news, atMs) {
      const one = court.caseOf(key);
      if (facts.length === 0) {
        leave(one, site, news, atMs);
        return;
      }
      const before = { severity: one.severity, hasExpired: one.hasExpired };
      const wasActive = one.sites.size > 0;
      const known = one.sites.get(site);
      one.sites.set(site, { facts, joinedMs: known?.joinedMs ?? atMs });
      one.severity = worstOf(one);
      one.hasExpired = [...one.sites.values()].some((other) => other.facts.some(({ code }) => code === 'expired'));
      if (!wasActive) {
        begin(one, atMs, isWorse(before, one));
        one.channels.add(site.group);
        duties.attend(one, atMs);
      } else if (isWorse(before, one)) {
        one.attended = unattended();
        duties.attend(one, atMs);
        duties.reply(one, 'worse', atMs);
        for (const [other, { joinedMs }] of one.sites) if (joinedMs < atMs) duties.listed(one, other, atMs);
      } else if (news.crossed !== undefined) {
        duties.reply(one, news.crossed, atMs);
        if (one.attended.silence?.kind === 'next-threshold') {
          one.attended.silence = undefined;
          duties.attend(one, atMs);
        }
      }
      one.channels.add(site.group);
      if (known === undefined) duties.listed(one, site, atMs);
    },

    newTelling(site, { certificate, crossed }) {
      const known = crossings.get(certificate.fingerprint) ?? { toldMs: -Infinity, known: new Set<string>() };
      crossings.set(certificate.fingerprint, known);
      const deepest = crossed.at(-1);
      let told: What | undefined;
      for (const one of crossed) {
        const row = `${site.profile} ${String(one.days)}`;
        if (known.known.has(row)) continue;
        known.known.add(row);
        if (one !== deepest || known.toldMs >= one.atMs) continue;
        known.toldMs = one.atMs;
        told = `crossed ${one.days}`;
        tellings += 1;
      }
      return told;
    },
  };
}
