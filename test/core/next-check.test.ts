import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/core/incident.ts';
import { nextCheckAt } from '../../src/core/next-check.ts';
import type { Urgency } from '../../src/core/next-check.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import { NOTHING_SERVED } from '../../src/core/served.ts';
import * as build from '../helpers/builders.ts';
import { certificate, DAY_MS, inDays, NOW as now, observation, readAddress } from '../helpers/builders.ts';

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
