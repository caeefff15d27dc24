import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import type { Member } from '../../src/core/incident.ts';
import { nextCheckAt } from '../../src/core/next-check.ts';
import type { Urgency } from '../../src/core/next-check.ts';
import type { Observation } from '../../src/core/observation.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import type { Profile } from '../../src/core/profile.ts';
import { NOTHING_SERVED } from '../../src/core/served.ts';
import type { KnownLeaf } from '../../src/core/served.ts';
import * as build from '../helpers/builders.ts';
import {
  certificate,
  DAY_MS,
  failedAddress,
  inDays,
  NOW as now,
  observation,
  readAddress,
} from '../helpers/builders.ts';

const MINUTE_MS = 60_000;

function observed(lifetimeDays: number) {
  const leaf = certificate({ notBefore: now, notAfter: inDays(lifetimeDays) });
  return observation({ addresses: [readAddress({ chain: [leaf], path: [leaf] })] });
}

const urgency = (overrides: Partial<Urgency> = {}): Urgency => ({
  isUnconfirmed: false,
  monitorId: build.monitor().id,
  incidents: [],
  served: NOTHING_SERVED,
  ...overrides,
});

const incident = (code: Member['code'], ageMs: number) =>
  build.incident({ openedAt: new Date(now.getTime() - ageMs), members: [build.member({ code })] });

/** It came back once, and has been well for some minutes of the fifteen. */
const held = (minutes: number) =>
  build.incident({
    openedAt: inDays(-2),
    reopened: 1,
    reopenedAt: inDays(-0.1),
    members: [],
    lastMembers: [build.member()],
    wellSince: new Date(now.getTime() - minutes * MINUTE_MS),
  });

describe('the next check', () => {
  it.each([
    {
      title: 'usually after the interval of the profile',
      lifetime: 90,
      unconfirmed: false,
      incidents: [],
      minutes: 60,
    },
    {
      title: 'a 6-day certificate at least every 5 % of its life',
      lifetime: 0.5,
      unconfirmed: false,
      incidents: [],
      minutes: 36,
    },
    { title: 'never more often than once a minute', lifetime: 0.001, unconfirmed: false, incidents: [], minutes: 1 },
    { title: 'an unconfirmed failure after a minute', lifetime: 90, unconfirmed: true, incidents: [], minutes: 1 },
    {
      title: 'an incident in its first day every 5 minutes',
      lifetime: 90,
      unconfirmed: false,
      incidents: [incident('expired', DAY_MS - 1)],
      minutes: 5,
    },
    {
      title: 'an older incident at its own interval',
      lifetime: 90,
      unconfirmed: false,
      incidents: [incident('expired', DAY_MS)],
      minutes: 60,
    },
    {
      title: 'what is wrong with another monitor of the incident is no hurry for this one',
      lifetime: 90,
      unconfirmed: false,
      incidents: [
        build.incident({
          openedAt: now,
          members: [build.member(), build.member({ monitorId: 'CM2', code: 'addresses-differ' })],
        }),
      ],
      minutes: 60,
    },
    {
      title: 'one that is held, when its time is over',
      lifetime: 90,
      unconfirmed: false,
      incidents: [held(12)],
      minutes: 3,
    },
    {
      title: 'one that is held for long, every 5 minutes',
      lifetime: 90,
      unconfirmed: false,
      incidents: [held(2)],
      minutes: 5,
    },
    {
      title: 'expiring alone at its own interval',
      lifetime: 90,
      unconfirmed: false,
      incidents: [incident('expiring', 0)],
      minutes: 60,
    },
  ])('$title', ({ lifetime, unconfirmed, incidents, minutes }) => {
    const next = nextCheckAt(
      STANDARD_PROFILE,
      observed(lifetime),
      urgency({ isUnconfirmed: unconfirmed, incidents }),
      0,
      now,
    );

    expect(next.getTime() - now.getTime()).toBe(minutes * MINUTE_MS);
  });

  it('jitter takes off up to a tenth, and nothing from a confirmation try', () => {
    const late = nextCheckAt(STANDARD_PROFILE, observed(90), urgency(), 0.999, now).getTime() - now.getTime();

    expect(late).toBeGreaterThan(54 * MINUTE_MS);
    expect(late).toBeLessThan(54.1 * MINUTE_MS);
    const retry = nextCheckAt(STANDARD_PROFILE, observed(90), urgency({ isUnconfirmed: true }), 0.999, now);
    expect(retry.getTime() - now.getTime()).toBe(MINUTE_MS);
  });

  it.each([
    { minutes: 59, next: 5 },
    { minutes: 60, next: 60 },
  ])('$minutes minutes after a new leaf was seen: in $next minutes', ({ minutes, next }) => {
    const seen = (fingerprint: string, at: Date) => ({
      address: '192.0.2.10',
      fingerprint,
      firstSeenAt: at,
      lastSeenAt: at,
      returnedAt: undefined,
    });
    const leaves = [seen('new', new Date(now.getTime() - minutes * MINUTE_MS)), seen('old', inDays(-3))];

    const at = nextCheckAt(STANDARD_PROFILE, observed(90), urgency({ served: { leaves, change: undefined } }), 0, now);

    expect(at.getTime() - now.getTime()).toBe(next * MINUTE_MS);
  });
});

describe('how soon a check comes', () => {
  const lives = (days: number, subject = 'CN=mail.example.com') =>
    certificate({ subject, notBefore: inDays(-days / 2), notAfter: inDays(days / 2) });
  const yearly = lives(365);
  const sending = (path: readonly Certificate[] | undefined, chain: readonly Certificate[] = path ?? []) =>
    readAddress({ chain, path });
  const newLeaf = (addresses: readonly string[], minutes: number) =>
    addresses.map((address): KnownLeaf => {
      const at = new Date(now.getTime() - minutes * MINUTE_MS);
      return { address, fingerprint: 'new', firstSeenAt: at, lastSeenAt: at, returnedAt: undefined };
    });

  it.each<{
    title: string;
    profile?: Profile;
    addresses?: Observation['addresses'];
    urgent?: Partial<Urgency>;
    minutes: number;
  }>([
    {
      title: "the interval is the profile's",
      profile: { ...STANDARD_PROFILE, checkIntervalMs: 10 * MINUTE_MS },
      minutes: 10,
    },
    {
      title: 'an interval shorter than 5 % of the lifetime is kept',
      profile: { ...STANDARD_PROFILE, checkIntervalMs: 10 * MINUTE_MS },
      addresses: [sending([lives(1)])],
      minutes: 10,
    },
    { title: 'a certificate of half a day, by 5 % of it', addresses: [sending([lives(0.5)])], minutes: 36 },
    {
      title: 'the intermediate lives shortest: by 5 % of its life',
      addresses: [sending([yearly, lives(0.5, 'CN=CA')])],
      minutes: 36,
    },
    {
      title: 'one of two addresses serves the shortest: by that',
      addresses: [sending([yearly]), sending([lives(0.5)])],
      minutes: 36,
    },
    {
      title: 'what is sent beside the path counts for nothing',
      addresses: [sending([yearly], [yearly, lives(0.5, 'CN=extra')])],
      minutes: 60,
    },
    {
      title: 'without a path the leaf alone counts',
      addresses: [sending(undefined, [yearly, lives(0.5, 'CN=CA')])],
      minutes: 60,
    },
    { title: 'without a path the leaf counts', addresses: [sending(undefined, [lives(0.5), yearly])], minutes: 36 },
    { title: 'where nothing was read, by the profile', addresses: [failedAddress()], minutes: 60 },
    { title: 'where the name gave none, by the profile', addresses: [], minutes: 60 },
    {
      title: 'a try of its own interval, where the profile says so',
      profile: { ...STANDARD_PROFILE, confirm: { tries: 5, everyMs: 20 * MINUTE_MS } },
      urgent: { isUnconfirmed: true },
      minutes: 20,
    },
    {
      title: 'a try is never later than the check that was due anyway',
      profile: { ...STANDARD_PROFILE, confirm: { tries: 5, everyMs: 120 * MINUTE_MS } },
      urgent: { isUnconfirmed: true },
      minutes: 60,
    },
    {
      title: 'a try comes before the five minutes of an incident',
      urgent: { isUnconfirmed: true, incidents: [incident('timeout', 0)] },
      minutes: 1,
    },
    { title: 'an incident just opened', urgent: { incidents: [incident('timeout', 0)] }, minutes: 5 },
    {
      title: 'expiring, and something else of the same certificate',
      urgent: {
        incidents: [build.incident({ openedAt: now, members: [build.member(), build.member({ code: 'weak-key' })] })],
      },
      minutes: 5,
    },
    {
      title: 'expiring in one incident, something else in another',
      urgent: { incidents: [incident('expiring', 0), incident('name-mismatch', 0)] },
      minutes: 5,
    },
    {
      title: 'one incident over a day old, another of today',
      urgent: { incidents: [incident('expired', 2 * DAY_MS), incident('name-mismatch', 0)] },
      minutes: 5,
    },
    {
      title: 'an incident that is closed is no hurry',
      urgent: { incidents: [{ ...incident('expired', 0), closed: { at: now, reason: 'accepted' } }] },
      minutes: 60,
    },
    {
      title: 'an incident of five minutes, where the profile checks oftener',
      profile: { ...STANDARD_PROFILE, checkIntervalMs: 2 * MINUTE_MS },
      urgent: { incidents: [incident('expired', 0)] },
      minutes: 2,
    },
    { title: 'the end of one that is held, to the millisecond', urgent: { incidents: [held(14.99)] }, minutes: 0.01 },
    { title: 'the nearer end of two that are held', urgent: { incidents: [held(11), held(13)] }, minutes: 2 },
    {
      title: 'the end of one that is held, before a try',
      urgent: { isUnconfirmed: true, incidents: [held(14.5)] },
      minutes: 0.5,
    },
    { title: 'an end that is past is waited for no longer', urgent: { incidents: [held(15)] }, minutes: 5 },
    {
      title: 'the first leaf of a monitor is no renewal',
      urgent: { served: { leaves: newLeaf(['192.0.2.10', '192.0.2.11'], 0), change: undefined } },
      minutes: 60,
    },
  ])('$title', ({ profile = STANDARD_PROFILE, addresses = [sending([yearly])], urgent, minutes }) => {
    const next = nextCheckAt(profile, observation({ addresses }), urgency(urgent), 0, now);

    expect(next.getTime() - now.getTime()).toBe(minutes * MINUTE_MS);
  });

  it.each<{ title: string; urgent?: Partial<Urgency>; earliest: number; latest: number }>([
    { title: 'the interval', earliest: 54, latest: 60 },
    {
      title: 'the five minutes of an incident',
      urgent: { incidents: [incident('expired', 0)] },
      earliest: 4.5,
      latest: 5,
    },
    { title: 'no try', urgent: { isUnconfirmed: true }, earliest: 1, latest: 1 },
    { title: 'no end of what is held', urgent: { incidents: [held(12)] }, earliest: 3, latest: 3 },
  ])('jitter spreads $title', ({ urgent, earliest, latest }) => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const at = nextCheckAt(STANDARD_PROFILE, observed(90), urgency(urgent), random, now);
        const minutes = (at.getTime() - now.getTime()) / MINUTE_MS;
        expect(minutes).toBeGreaterThanOrEqual(earliest - 1 / MINUTE_MS);
        expect(minutes).toBeLessThanOrEqual(latest);
      }),
    );
    const first = nextCheckAt(STANDARD_PROFILE, observed(90), urgency(urgent), 0, now);
    expect(first.getTime() - now.getTime()).toBe(latest * MINUTE_MS);
  });
});
