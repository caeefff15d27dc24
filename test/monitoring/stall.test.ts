/**
 * A process that stands still for an hour, and a clock that goes back by one, with 200 monitors: no threshold is missed,
 * nothing is told twice, and nothing is told that the hour alone has made.
 */
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import type { Observation } from '../../src/core/observation.ts';
import { attend } from '../../src/monitoring/attend.ts';
import { afterClockWentBack } from '../../src/monitoring/clock.ts';
import { actOnIncident } from '../../src/monitoring/incidents.ts';
import { createNetworkWatch } from '../../src/monitoring/network.ts';
import { findNotChecked } from '../../src/monitoring/not-checked.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { certificate, DAY_MS, failedAddress, NOW, observation, servingLeaf } from '../helpers/builders.ts';
import { emptyTables, withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { ANN, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';
import { addMonitors, defaultTenant } from '../helpers/stored.ts';

const MINUTE_MS = 60_000;
const EVERY_MINUTES = 10;
/** Thousands of statements, on a machine that may have other things to do. */
const WITHIN_MS = 120_000;
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE_MS);

/** The process stands still after the 20th minute, and goes on in the 85th. */
const STOPS = 20;
const WAKES = 85;

type Served = Observation['addresses'][number];

/** A year's certificate, another for each host, that crosses a threshold of so many days in the 50th minute. */
const ending = (days: number, host: string): Certificate =>
  certificate({
    serialNumber: host,
    notBefore: new Date(inMinutes(50).getTime() + (days - 365) * DAY_MS),
    notAfter: new Date(inMinutes(50).getTime() + days * DAY_MS),
  });
const healthy = certificate({
  notBefore: new Date(NOW.getTime() - 165 * DAY_MS),
  notAfter: new Date(NOW.getTime() + 200 * DAY_MS),
});
const well = servingLeaf(healthy);
const weak = servingLeaf(healthy, { tlsVersion: 'TLSv1.1' });

/** What becomes of a host meanwhile, and how many there are of its kind. */
interface Kind {
  readonly count: number;
  readonly serves: (host: string, minute: number) => Served;
}

const KINDS: Readonly<Record<string, Kind>> = {
  '60d': { count: 20, serves: (host) => servingLeaf(ending(60, host)) },
  '15d': { count: 10, serves: (host) => servingLeaf(ending(15, host)) },
  expires: { count: 10, serves: (host) => servingLeaf(ending(0, host)) },
  // Lives for six hours, and crosses two thresholds: 54 minutes and 12.6 before its end.
  'two-at-once': {
    count: 1,
    serves: (serialNumber) =>
      servingLeaf(certificate({ serialNumber, notBefore: inMinutes(95 - 360), notAfter: inMinutes(95) })),
  },
  // Found just before the process stops, and not told yet.
  untold: { count: 5, serves: (_, minute) => (minute >= STOPS ? weak : well) },
  'untold-and-mended': { count: 4, serves: (_, minute) => (minute >= STOPS && minute < WAKES ? weak : well) },
  'failed-once': { count: 1, serves: (_, minute) => (minute >= STOPS && minute < WAKES ? failedAddress() : well) },
  down: { count: 1, serves: (_, minute) => (minute >= STOPS ? failedAddress() : well) },
  silent: { count: 1, serves: (host) => servingLeaf(ending(20, host)) },
  well: { count: 147, serves: () => well },
};

describe('with 200 monitors', () => {
  let test: TestDatabase;
  let stage: Stage;
  beforeAll(async () => {
    test = await withStore('postgresql');
  });
  beforeEach(async () => {
    await emptyTables(test.database);
    stage = await setStage(test.store);
    await test.database.pool.execute(sql`update profiles set check_interval_ms = ${EVERY_MINUTES * MINUTE_MS}`);
    const admins = await stage.ensureChannel('admins');
    await stage.store.workspaces.changeSettings(stage.workspaceId, { adminChannelId: admins.id });
  });
  afterAll(() => test.close());

  const setClock = (minute: number): void => {
    stage.passes(inMinutes(minute).getTime() - stage.deps.clock.now().getTime());
  };
  const look = async () => {
    const network = createNetworkWatch(stage.deps, () => undefined);
    const round = createRound(stage.deps, { concurrency: 32, leaseMs: MINUTE_MS, network, onNews: () => undefined });
    await round.settled();
    await round.stop();
  };
  /** What a tick does, the check of what is due last: all else sees the world as it was before the hour. */
  const tick = async (minute: number) => {
    setClock(minute);
    await findNotChecked(stage.deps);
    await stage.dispatcher.drain();
    while ((await attend(stage.deps)) > 0);
    await look();
  };
  const ticks = async (from: number, to: number) => {
    for (let minute = from; minute <= to; minute += 1) await tick(minute);
  };
  /** How often each was said since it was last asked, whatever it is about. */
  const told = async () => {
    await stage.dispatcher.drain();
    const counts: Record<string, number> = {};
    for (const { how, channel, content } of stage.heard.splice(0)) {
      const text = content.kind === 'thread' ? (content.lines[0] ?? '') : content.title;
      const said = `${channel}, ${how}: ${text.replace(/^.*(?=certificate (?:expire|is)|outdated|timed)/, '').replace(/ at .*/, '')}`;
      counts[said] = (counts[said] ?? 0) + 1;
    }
    return counts;
  };
  const addAll = async (
    kinds: Readonly<Record<string, Kind>>,
    minuteOf: (clock: number) => number = (clock) => clock,
  ) => {
    stage.sees(({ endpoint: { host } }) => {
      const minute = minuteOf((stage.deps.clock.now().getTime() - NOW.getTime()) / MINUTE_MS);
      const served = kinds[host.slice(0, host.indexOf('.'))]?.serves(host, minute);
      if (served === undefined) throw new Error(`nobody knows ${host}`);
      return observation({ addresses: [{ ...served, address: '192.0.2.10' }] });
    });
    for (const [kind, { count }] of Object.entries(kinds)) {
      for (let number = 0; number < count; number += 1)
        await stage.add({ host: `${kind}.${String(number)}.example.com`, serverName: 'mail.example.com' });
    }
  };

  it(
    'an hour in which nothing ran misses no threshold and tells each thing once',
    async () => {
      await addAll(KINDS);
      await ticks(0, STOPS - 1);
      await told();
      const open = await stage.store.incidents.listOpen(stage.workspaceId, 100);
      const silent = open.find(({ members }) => members.some(({ label }) => label.startsWith('silent')));
      const until = { kind: 'until', instant: inMinutes(50) } as const;
      await actOnIncident(
        stage.deps,
        stage.workspaceId,
        silent?.id ?? '',
        { type: 'snooze', until },
        ANN,
        stage.commit,
      );
      await told();
      // What this finds waits to be told, and the process stops.
      await tick(STOPS);
      stage.requests.length = 0;
      stage.heard.length = 0;

      await ticks(WAKES, WAKES + 4);

      // Each once, and the one that failed then and now in its third try.
      expect(stage.requests).toHaveLength(200 + 1);
      expect(await told()).toEqual({
        'here, post: certificate expires in 59 days': 20,
        'here, post: outdated TLS version': 5,
        'here, post: timed out': 1,
        'here, reply: Opened': 26,
        'here, reply: The certificate has crossed the 15-day threshold: it expires in 14 days.': 10,
        'here, edit: certificate expires in 14 days': 10,
        'here, reply: Worse: the certificate has expired.': 10,
        'here, edit: certificate expired 36 minutes ago': 10,
        'here, reply: Worse: from warning to critical.': 1,
        'here, edit: certificate expires in 9 minutes': 1,
        'here, reply: The silence has ended, and the problem is still there.': 1,
        'here, edit: certificate expires in 19 days': 1,
      });
      // Then all goes on as ever: what is wrong is looked at after five minutes, the rest after ten.
      await tick(WAKES + EVERY_MINUTES - 1);
      expect(stage.requests).toHaveLength(200 + 1 + 16);
      expect(await told()).toEqual({});
    },
    WITHIN_MS,
  );

  it(
    'an hour in which nothing ran leaves nobody unchecked; half an hour in which checks did not run does',
    async () => {
      await addMonitors(stage.store, await defaultTenant(test), 200);
      stage.sees({
        addresses: [servingLeaf({ ...healthy, subjectAltNames: [{ type: 'dns', value: '*.example.com' }] })],
      });
      const beats = async (from: number, to: number) => {
        for (let minute = from; minute <= to; minute += 1) {
          setClock(minute);
          await findNotChecked(stage.deps);
        }
      };
      await tick(0);
      await beats(1, STOPS);

      await beats(WAKES, WAKES + 3 * EVERY_MINUTES - 1);
      expect(await told()).toEqual({});
      await beats(WAKES + 3 * EVERY_MINUTES, WAKES + 3 * EVERY_MINUTES + 10);
      expect(await told()).toEqual({ 'admins, post: 200 monitors are not checked any more': 1 });

      await ticks(WAKES + 3 * EVERY_MINUTES + 11, WAKES + 3 * EVERY_MINUTES + 13);
      expect(await told()).toEqual({});
      expect(await stage.store.incidents.listOpen(stage.workspaceId, 9)).toEqual([]);
    },
    WITHIN_MS,
  );

  it(
    'a clock that goes back by an hour has all checked once, and tells again only what is so again',
    async () => {
      await test.database.pool.execute(sql`update profiles set check_interval_ms = ${30 * MINUTE_MS}`);
      // The world does not go back: what broke stays broken.
      let hours = 0;
      await addAll(
        {
          '60d': { count: 10, serves: (host) => servingLeaf(ending(60, host)) },
          '15d': { count: 10, serves: (host) => servingLeaf(ending(15, host)) },
          expires: { count: 5, serves: (host) => servingLeaf(ending(0, host)) },
          broken: { count: 5, serves: (_, minute) => (minute >= 40 ? weak : well) },
          well: { count: 170, serves: () => well },
        },
        (minute) => minute + 60 * hours,
      );
      await told();
      await ticks(0, 61);
      expect(await told()).toEqual({
        'here, post: certificate expires in 59 days': 10,
        'here, post: outdated TLS version': 5,
        'here, reply: Opened': 15,
        'here, reply: The certificate has crossed the 15-day threshold: it expires in 14 days.': 10,
        'here, edit: certificate expires in 14 days': 10,
        'here, reply: Worse: the certificate has expired.': 5,
        'here, edit: certificate expired 11 minutes ago': 5,
      });

      hours = 1;
      setClock(1);
      stage.requests.length = 0;
      expect(await afterClockWentBack(stage.store, stage.deps.clock.now())).toBe(200);
      await ticks(1, 29);
      // Each once, and what is broken every five minutes.
      expect(stage.requests).toHaveLength(200 + 5 * 5);
      // By this clock ten certificates are not near their end yet, and none has ended.
      expect(await told()).toEqual({
        'here, reply: Resolved': 10,
        'here, edit: certificate expires in 60 days': 10,
        'here, edit: certificate expires in 15 days': 10,
        'here, edit: certificate expires in 48 minutes': 5,
      });
      await ticks(30, 62);
      // The threshold of 15 days was told already, and is not told again.
      expect(await told()).toEqual({
        'here, reply: It is back within an hour of its end; this thread goes on.': 10,
        'here, edit: certificate expires in 59 days': 10,
        'here, edit: certificate expires in 14 days': 10,
        'here, reply: Worse: the certificate has expired.': 5,
        'here, edit: certificate expired 12 minutes ago': 5,
      });
    },
    WITHIN_MS,
  );
});
