/** The sites of a year: how many play which story, and one certificate that many share. */
import type { Random } from '../random.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../time.ts';
import { createMint } from './certificates.ts';
import type { Mint } from './certificates.ts';
import type { GroupName, Site } from './site.ts';
import { STORIES } from './stories.ts';
import type { Authorities, Cast } from './stories.ts';

const GROUPS: readonly GroupName[] = ['ops', 'ops', 'berlin', 'new-york', 'night'];
/** Monitors are added over the first day, an hour's worth at once: their checks spread over all days. */
const ADDED_OVER_HOURS = 24;
const WILDCARD_SHARE = 0.2;
const WILDCARD_MOST = 200;

export function buildSites(monitors: number, days: number, random: Random): readonly Site[] {
  const mint = createMint(random.fork('certificates').next().toString(16));
  const authorities = establish(mint, days);
  const wild = Math.min(WILDCARD_MOST, Math.floor(monitors * WILDCARD_SHARE));
  const sites = wildcard(wild, days, mint, authorities, random.fork('wildcard'));
  const others = storiesFor(monitors - wild);
  return [
    ...sites,
    ...others.map((story, nth): Site => {
      const index = wild + nth;
      const host = `host-${String(index)}.example.com`;
      const own = random.fork(host);
      const cast: Cast = { random: own, mint, days, authorities };
      const plot = story.plot(host, cast, index);
      return {
        host,
        story: story.name,
        faults: [],
        hiccups: [],
        profile: 'Daily',
        group: GROUPS[index % GROUPS.length] ?? 'ops',
        addedAtMs: addedAt(index),
        ...plot,
      };
    }),
  ];
}

function addedAt(index: number): number {
  return START_MS + (index % ADDED_OVER_HOURS) * HOUR_MS;
}

function establish(mint: Mint, days: number): Authorities {
  const oldMs = START_MS - 700 * DAY_MS;
  const longMs = START_MS + 3_000 * DAY_MS;
  const long = { notBeforeMs: oldMs, notAfterMs: longMs };
  const agingEndMs = START_MS + Math.floor(Math.max(100, days * 0.6)) * DAY_MS + 5 * HOUR_MS;
  return {
    usual: mint.authority('Usual', long),
    other: mint.authority('Other', long),
    aging: mint.authority('Aging', { notBeforeMs: agingEndMs - 1_825 * DAY_MS, notAfterMs: agingEndMs }),
    next: mint.authority('Aging', { notBeforeMs: oldMs, notAfterMs: longMs }),
    inHouse: mint.authority('In-House', { ...long, trusted: false }),
  };
}

/** Every story at least once where there is room, then by weight. */
function storiesFor(count: number): typeof STORIES {
  const total = STORIES.reduce((sum, { weight }) => sum + weight, 0);
  const shares = STORIES.map((story) => ({ story, share: Math.max(1, Math.round((story.weight / total) * count)) }));
  const list = shares.flatMap(({ story, share }) => Array.from({ length: share }, () => story));
  const [filler] = STORIES;
  while (list.length < count && filler !== undefined) list.push(filler);
  // What is too much goes from the first and largest.
  return list.slice(list.length - count);
}

/** One wildcard certificate on many hosts: renewed in time on most, late on some, and very late on a few. */
function wildcard(count: number, days: number, mint: Mint, authorities: Authorities, random: Random): Site[] {
  const names = ['*.wild.example.com'];
  const lifetimeDays = 398;
  const endMs = START_MS + Math.floor(Math.max(70, days * 0.5)) * DAY_MS + 9 * HOUR_MS;
  const old = mint.leaf(authorities.usual, { names, lifetimeDays, notBeforeMs: endMs - lifetimeDays * DAY_MS });
  const newMs = endMs - 66 * DAY_MS;
  const next = mint.leaf(authorities.usual, { names, lifetimeDays, notBeforeMs: newMs - HOUR_MS });
  return Array.from({ length: count }, (_, index): Site => {
    const daysLeft = index % 10 < 7 ? 64 : index % 10 < 9 ? random.between(4, 55) : random.between(-2, 3);
    const fromMs = endMs - daysLeft * DAY_MS;
    return {
      host: `host-${String(index)}.wild.example.com`,
      story: 'a wildcard',
      addresses: [
        {
          ip: `10.200.${String(index >> 8)}.${String(index & 255)}`,
          serves: [
            { fromMs: START_MS - DAY_MS, serving: old },
            { fromMs, serving: next },
          ],
        },
      ],
      faults: [],
      hiccups: [],
      profile: 'Daily',
      group: GROUPS[index % GROUPS.length] ?? 'ops',
      isQuiet: daysLeft > 60,
      addedAtMs: addedAt(index),
    };
  });
}
