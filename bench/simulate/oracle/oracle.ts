/**
 * The oracle: knows the world, follows what is recorded, and says what people must be told, where, by when, and what they
 * must not be told. It is written from the design's text; of certmon it sees only which looks were recorded and what the
 * platform was given.
 */
import type { PersonWish } from '../../../src/monitoring/incidents.ts';
import type { Message } from '../platform.ts';
import { HOUR_MS, instant } from '../time.ts';
import type { Site } from '../world/site.ts';
import type { Look } from '../world/world.ts';
import { wished } from './attended.ts';
import { createCourt, SLACK_MS } from './court.ts';
import type { CourtSettings, Violation } from './court.ts';
import { createDuties } from './duties.ts';
import type { Key } from './facts.ts';
import { createFollower } from './follow.ts';
import { createJudge, judgeLast } from './judge.ts';
import { createNetworkJudge } from './network.ts';
import { accept, learn, longestWaitMs, newSiteState } from './site-state.ts';
import type { SiteState } from './site-state.ts';
import type { ThreadBook } from './threads.ts';

export interface OracleSettings extends CourtSettings {
  /** How late a check that is not urgent may come, since the driver takes them in heaps. */
  readonly latenessMs: number;
}

export interface Oracle {
  readonly violations: readonly Violation[];
  readonly book: ThreadBook;
  /** Crossings that had to be told so far. */
  readonly tellings: number;
  /** A site was looked at; whether that is recorded is another matter. */
  looked(look: Look): void;
  recorded(host: string, checkedAtMs: number): void;
  told(message: Message): void;
  /** The clock has moved on. */
  passed(): void;
  /** Our own network is down from then to then. */
  cutOff(fromMs: number, toMs: number): void;
  paused(host: string): void;
  resumed(host: string): void;
  acted(key: Key, wish: PersonWish, atMs: number): void;
  /** The end: what the heads say must be so. */
  finish(): void;
}

export function createOracle(settings: OracleSettings): Oracle {
  const { nowMs, siteOf, latenessMs } = settings;
  const court = createCourt(settings);
  const duties = createDuties(court);
  const follower = createFollower(court, duties);
  const network = createNetworkJudge(court);
  const judge = createJudge(court, duties, network.judgeNotice);
  const states = new Map<Site, SiteState>();
  const looks = new Map<Site, Look>();

  const stateOf = (site: Site): SiteState => {
    const state = states.get(site) ?? newSiteState(site);
    states.set(site, state);
    return state;
  };

  const follow = (state: SiteState, look: Look): void => {
    const { site, atMs } = look;
    const { facts, nearEnds } = learn(state, look);
    const keys = new Set([...state.facts, ...facts].map(({ key }) => key));
    state.facts = facts;
    for (const key of keys) {
      const near = nearEnds.find(({ certificate }) => certificate.fingerprint === key);
      const crossed = near === undefined ? undefined : follower.newTelling(site, near);
      follower.place(site, key, factsAt(state, key), { crossed }, atMs);
    }
  };

  return {
    violations: court.violations,
    book: court.book,
    get tellings() {
      return follower.tellings;
    },
    looked(look) {
      looks.set(look.site, look);
    },
    recorded(host, checkedAtMs) {
      const site = siteOf(host);
      const look = site === undefined ? undefined : looks.get(site);
      if (site === undefined || look?.atMs !== checkedAtMs) {
        court.violate('checked', `${host}: a check of ${instant(checkedAtMs)} is recorded that nobody made`);
        return;
      }
      const state = stateOf(site);
      const { atMs } = look;
      if (atMs > state.nextLookByMs) {
        const due = `due by ${instant(state.nextLookByMs)} after ${instant(state.lastLookMs ?? atMs)}`;
        court.violate('checked', `${host} (${site.story}) is checked late, at ${instant(atMs)}: ${due}`);
      }
      state.lastLookMs = atMs;
      if (state.isPaused) return;
      if (!look.isCutOff) follow(state, look);
      const waitMs = longestWaitMs(state, look, (key) => court.cases.get(key)?.openedMs);
      state.nextLookByMs = atMs + waitMs + (waitMs >= HOUR_MS ? latenessMs : 0) + SLACK_MS;
    },
    told: judge,
    passed() {
      court.expectations.pass(nowMs(), (text, deadlineMs) => {
        court.violate('told in time', text, deadlineMs);
      });
    },
    cutOff: network.cutOff,
    paused(host) {
      const site = siteOf(host);
      if (site === undefined) return;
      const state = stateOf(site);
      state.isPaused = true;
      court.personMs = nowMs();
      state.nextLookByMs = Infinity;
      state.failing = undefined;
      const keys = new Set(state.facts.map(({ key }) => key));
      state.facts = [];
      for (const key of keys) follower.place(site, key, [], { isByPerson: true }, nowMs());
    },
    resumed(host) {
      const site = siteOf(host);
      if (site === undefined) return;
      stateOf(site).isPaused = false;
      stateOf(site).nextLookByMs = nowMs() + latenessMs + SLACK_MS;
    },
    acted(key, wish, atMs) {
      court.personMs = atMs;
      const one = court.cases.get(key);
      if (one === undefined) return;
      wished(one.attended, wish);
      duties.silenceEnd(one);
      duties.attend(one, atMs);
      if (wish.type !== 'acknowledge') return;
      for (const site of [...one.sites.keys()]) {
        const state = stateOf(site);
        if (!state.facts.some(({ code }) => code === 'certificate-changed')) continue;
        accept(state);
        state.facts = state.facts.filter(({ code }) => code !== 'certificate-changed');
        follower.place(site, key, factsAt(state, key), { isByPerson: true }, atMs);
      }
    },
    finish() {
      const atMs = nowMs();
      for (const { site, nextLookByMs } of states.values()) {
        if (atMs > nextLookByMs) court.violate('checked', `${site.host} was to be checked by ${instant(nextLookByMs)}`);
      }
      judgeLast(court);
    },
  };
}

function factsAt(state: SiteState, key: Key) {
  return state.facts.filter((fact) => fact.key === key);
}
