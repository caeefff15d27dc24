import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/core/incident.ts';
import { nextCheckAt } from '../../src/core/next-check.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import * as build from '../helpers/builders.ts';
import { certificate, DAY_MS, inDays, NOW as now, observation, readAddress } from '../helpers/builders.ts';

const MINUTE_MS = 60_000;

function observed(lifetimeDays: number) {
  const leaf = certificate({ notBefore: now, notAfter: inDays(lifetimeDays) });
  return observation({ addresses: [readAddress({ chain: [leaf], path: [leaf] })] });
}

const incident = (code: Member['code'], ageMs: number) =>
  build.incident({ openedAt: new Date(now.getTime() - ageMs), members: [build.member({ code })] });

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
      title: 'expiring alone at its own interval',
      lifetime: 90,
      unconfirmed: false,
      incidents: [incident('expiring', 0)],
      minutes: 60,
    },
  ])('$title', ({ lifetime, unconfirmed, incidents, minutes }) => {
    const next = nextCheckAt(STANDARD_PROFILE, observed(lifetime), unconfirmed, incidents, 0, now);

    expect(next.getTime() - now.getTime()).toBe(minutes * MINUTE_MS);
  });

  it('jitter takes off up to a tenth, and nothing from a confirmation try', () => {
    const late = nextCheckAt(STANDARD_PROFILE, observed(90), false, [], 0.999, now).getTime() - now.getTime();

    expect(late).toBeGreaterThan(54 * MINUTE_MS);
    expect(late).toBeLessThan(54.1 * MINUTE_MS);
    expect(nextCheckAt(STANDARD_PROFILE, observed(90), true, [], 0.999, now).getTime() - now.getTime()).toBe(MINUTE_MS);
  });
});
