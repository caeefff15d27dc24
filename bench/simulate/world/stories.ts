/**
 * What the sites of the fake network do in their year, by kind. Each kind is a story that certmon must tell rightly:
 * automation that works is never told, a renewal that is late is told at each threshold, and so on.
 */
import type { Random } from '../random.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, START_MS } from '../time.ts';
import type { Authority, Mint, Serving } from './certificates.ts';
import type { Address, Fault, Hiccup, Site } from './site.ts';

/** What a story is told with. */
export interface Cast {
  readonly random: Random;
  readonly mint: Mint;
  readonly days: number;
  readonly authorities: Authorities;
}

export interface Authorities {
  readonly usual: Authority;
  readonly other: Authority;
  /** Its intermediate ends within the year; `next` replaces it. */
  readonly aging: Authority;
  readonly next: Authority;
  /** Nobody's trust set has it. */
  readonly inHouse: Authority;
}

export type Plot = Pick<Site, 'addresses' | 'isQuiet'> & Partial<Pick<Site, 'faults' | 'hiccups' | 'profile'>>;

/** A story and how many of a thousand monitors play it. */
export interface Story {
  readonly name: string;
  readonly weight: number;
  readonly plot: (host: string, cast: Cast, index: number) => Plot;
}

type Serves = readonly { readonly fromMs: number; readonly serving: Serving }[];

interface Renewals {
  readonly lifetimeDays: number;
  /** How many days the certificate has left when it is replaced; `never` for one that is let run out. */
  readonly daysLeft: (generation: number) => number | 'never';
  readonly authority?: (generation: number) => Authority;
  readonly names?: (generation: number) => readonly string[];
  readonly isWeak?: (generation: number) => boolean;
  /** When the first certificate ends, in days from the beginning; without it it is anywhere in the first part of its life. */
  readonly firstEnds?: number;
}

/** One certificate after the other for the whole year, the first somewhere in the part of its life that needs no renewal. */
function renewed(host: string, { random, mint, days, authorities }: Cast, renewals: Renewals): Serves {
  const { lifetimeDays, daysLeft } = renewals;
  const issue = (generation: number, notBeforeMs: number): Serving =>
    mint.leaf(renewals.authority?.(generation) ?? authorities.usual, {
      names: renewals.names?.(generation) ?? [host, `www.${host}`],
      notBeforeMs,
      lifetimeDays,
      weak: renewals.isWeak?.(generation) ?? false,
    });
  const serves: { fromMs: number; serving: Serving }[] = [];
  const ageMs = Math.floor(random.between(0.02, 0.6) * lifetimeDays) * DAY_MS + random.whole(0, DAY_MS);
  let fromMs =
    renewals.firstEnds === undefined
      ? START_MS - ageMs
      : START_MS + Math.floor((renewals.firstEnds - lifetimeDays) * DAY_MS);
  for (let generation = 0; fromMs < START_MS + days * DAY_MS; generation += 1) {
    const serving = issue(generation, fromMs - HOUR_MS);
    serves.push({ fromMs, serving });
    const left = daysLeft(generation);
    if (left === 'never') break;
    fromMs = serving.leaf.notAfter.getTime() - left * DAY_MS;
  }
  return serves;
}

const ip = (index: number, nth = 0): string =>
  `10.${String((index >> 8) & 255)}.${String(index & 255)}.${String(nth + 1)}`;
const one = (index: number, serves: Address['serves']): readonly Address[] => [{ ip: ip(index), serves }];

/** A third of its life is left when automation renews: before any alarm (design, section 4). */
const automated = (lifetimeDays: number) => (host: string, cast: Cast) =>
  renewed(host, cast, { lifetimeDays, daysLeft: () => lifetimeDays / 3 });

/** A day of the run by which a certificate ends, with time left to see what follows. */
function withinRun({ random, days }: Cast): number {
  return random.between(0.15, 0.9) * days;
}

/** Some time after the first fortnight, and early enough to be told before the end. */
function sometime({ random, days }: Cast): number {
  return START_MS + random.whole(14 * 24 * 60, Math.max(15, days - 12) * 24 * 60) * MINUTE_MS;
}

const outage = (cast: Cast, leastHours: number, mostHours: number, code: Fault['code'] = 'refused'): Fault => {
  const fromMs = sometime(cast);
  return { fromMs, toMs: fromMs + cast.random.whole(leastHours * 60, mostHours * 60) * MINUTE_MS, code };
};

/** Down for a day, so that it is noticed, then up and down by turns of minutes. */
function flapping(cast: Cast): Fault[] {
  const fromMs = sometime(cast);
  const faults: Fault[] = [{ fromMs, toMs: fromMs + 26 * HOUR_MS, code: 'refused' }];
  let atMs = fromMs + 26 * HOUR_MS;
  for (let turn = 0; turn < 8; turn += 1) {
    atMs += cast.random.whole(12, 40) * MINUTE_MS;
    const toMs = atMs + cast.random.whole(15, 40) * MINUTE_MS;
    faults.push({ fromMs: atMs, toMs, code: 'refused' });
    atMs = toMs;
  }
  return faults;
}

/** Apart from each other: two at once would be an outage. */
const HICCUPS_APART_MS = 3 * DAY_MS;

function hiccups(cast: Cast, count: number): Hiccup[] {
  const instants = Array.from({ length: count }, () => sometime(cast)).sort((a, b) => a - b);
  return instants
    .filter((fromMs, nth) => nth === 0 || fromMs - (instants[nth - 1] ?? 0) > HICCUPS_APART_MS)
    .map((fromMs) => ({ fromMs, looks: cast.random.chance(0.5) ? 1 : 2 }));
}

/** Several addresses behind one name, renewed one after the other within days. */
function rollout(host: string, cast: Cast, index: number): readonly Address[] {
  const { random } = cast;
  const first = renewed(host, cast, { lifetimeDays: 90, daysLeft: () => 32 });
  return Array.from({ length: 4 }, (_, nth) => ({
    ip: ip(index, nth),
    serves: first.map(({ fromMs, serving }, generation) => ({
      fromMs: generation === 0 || nth === 0 ? fromMs : fromMs + random.whole(20, 60) * HOUR_MS,
      serving,
    })),
  }));
}

/** One address in front of several servers: for three days after each renewal it answers with the old one in turns. */
function inTurns(host: string, cast: Cast, index: number): readonly Address[] {
  const serves = renewed(host, cast, { lifetimeDays: 398, daysLeft: () => 80, firstEnds: 82 + withinRun(cast) * 0.8 });
  return one(
    index,
    serves.flatMap(({ fromMs, serving }, generation): Address['serves'] => {
      const before = serves[generation - 1]?.serving;
      if (before === undefined) return [{ fromMs, serving }];
      return [
        { fromMs, serving: [before, serving] as const },
        { fromMs: fromMs + 3 * DAY_MS, serving },
      ];
    }),
  );
}

export const STORIES: readonly Story[] = [
  {
    name: '90 days, automated',
    weight: 290,
    plot: (host, cast, index) => ({ addresses: one(index, automated(90)(host, cast)), isQuiet: true }),
  },
  {
    name: '47 days, automated',
    weight: 80,
    plot: (host, cast, index) => ({ addresses: one(index, automated(47)(host, cast)), isQuiet: true }),
  },
  {
    name: '6 days, automated',
    weight: 30,
    plot: (host, cast, index) => ({ addresses: one(index, automated(6)(host, cast)), isQuiet: true }),
  },
  {
    name: '398 days, renewed in time',
    weight: 130,
    plot: (host, cast, index) => ({
      addresses: one(index, renewed(host, cast, { lifetimeDays: 398, daysLeft: () => 64 })),
      isQuiet: true,
    }),
  },
  {
    name: '90 days, with hiccups',
    weight: 40,
    plot: (host, cast, index) => ({
      addresses: one(index, automated(90)(host, cast)),
      hiccups: hiccups(cast, 4),
      isQuiet: true,
    }),
  },
  {
    name: '398 days, renewed late',
    weight: 50,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 398,
          daysLeft: () => cast.random.between(0.5, 58),
          firstEnds: withinRun(cast),
        }),
      ),
      profile: cast.random.chance(0.5) ? 'Daily' : 'Daily, many thresholds',
      isQuiet: false,
    }),
  },
  {
    name: '90 days, automation that broke',
    weight: 30,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 90,
          daysLeft: (generation) => (generation === 1 ? cast.random.between(-3, 26) : 30),
        }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: '6 days, automation that broke',
    weight: 4,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 6,
          daysLeft: (generation) => (generation % 20 === 7 ? cast.random.between(-0.5, 1.7) : 2),
        }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'never renewed',
    weight: 12,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, { lifetimeDays: 398, daysLeft: () => 'never', firstEnds: withinRun(cast) }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'another CA',
    weight: 8,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 90,
          daysLeft: () => 30,
          authority: (generation) => (generation < 2 ? cast.authorities.usual : cast.authorities.other),
        }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'a weaker key',
    weight: 5,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, { lifetimeDays: 90, daysLeft: () => 30, isWeak: (generation) => generation === 2 }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'names lost',
    weight: 6,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 90,
          daysLeft: () => 30,
          names: (generation) => (generation < 2 ? [host, `www.${host}`] : [host]),
        }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'the wrong name for days',
    weight: 4,
    plot: (host, cast, index) => {
      const serves = automated(90)(host, cast);
      const fromMs = sometime(cast);
      const wrong = cast.mint.leaf(cast.authorities.usual, {
        names: [`another-${host}`],
        notBeforeMs: fromMs - HOUR_MS,
        lifetimeDays: 90,
      });
      const backMs = fromMs + 5 * DAY_MS;
      const back = serves.filter((before) => before.fromMs <= backMs).at(-1);
      const with5Days = [
        ...serves.filter((before) => before.fromMs < fromMs),
        { fromMs, serving: wrong },
        ...(back === undefined ? [] : [{ fromMs: backMs, serving: back.serving }]),
        ...serves.filter((after) => after.fromMs > backMs),
      ];
      return { addresses: one(index, with5Days), isQuiet: false };
    },
  },
  {
    name: 'half renewed',
    weight: 8,
    plot: (host, cast, index) => ({ addresses: rollout(host, cast, index), isQuiet: false }),
  },
  {
    name: 'two in turns',
    weight: 5,
    plot: (host, cast, index) => ({ addresses: inTurns(host, cast, index), isQuiet: false }),
  },
  {
    name: 'an aging intermediate',
    weight: 40,
    plot: (host, cast, index) => {
      const { aging, next } = cast.authorities;
      const endMs = aging.intermediate.notAfter.getTime();
      const moveMs = endMs - cast.random.between(1, 80) * DAY_MS;
      const serves = automated(90)(host, cast);
      const addresses = one(
        index,
        serves.flatMap(({ fromMs, serving }) => {
          const { leaf } = serving;
          const under = (authority: Authority): Serving => ({
            leaf: { ...leaf, issuer: authority.intermediate.subject },
            authority,
          });
          const isLast = serves.filter((other) => other.fromMs <= moveMs).at(-1)?.fromMs === fromMs;
          if (fromMs > moveMs) return [{ fromMs, serving: under(next) }];
          const before = { fromMs, serving: under(aging) };
          return isLast && moveMs > fromMs ? [before, { fromMs: moveMs, serving: under(next) }] : [before];
        }),
      );
      return { addresses, isQuiet: false };
    },
  },
  {
    name: 'a CA nobody trusts',
    weight: 25,
    plot: (host, cast, index) => ({
      addresses: one(
        index,
        renewed(host, cast, {
          lifetimeDays: 90,
          daysLeft: () => 30,
          authority: (generation) =>
            index % 2 === 0 || generation < 3 ? cast.authorities.inHouse : cast.authorities.usual,
        }),
      ),
      isQuiet: false,
    }),
  },
  {
    name: 'outages',
    weight: 30,
    plot: (host, cast, index) => ({
      addresses: one(index, automated(90)(host, cast)),
      faults: [outage(cast, 30, 60), outage(cast, 1, 5)],
      isQuiet: false,
    }),
  },
  {
    name: 'no such name for a while',
    weight: 5,
    plot: (host, cast, index) => ({
      addresses: one(index, automated(90)(host, cast)),
      faults: [outage(cast, 30, 40, 'dns-failure')],
      isQuiet: false,
    }),
  },
  {
    name: 'flapping',
    weight: 8,
    plot: (host, cast, index) => ({
      addresses: one(index, automated(90)(host, cast)),
      faults: flapping(cast),
      isQuiet: false,
    }),
  },
];
