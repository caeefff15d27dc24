/** The state machine under any order of checks, clicks and time: what holds whatever happens. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newCrossings } from '../../src/core/crossing.ts';
import type { Crossing } from '../../src/core/crossing.ts';
import { crossedThresholds } from '../../src/core/expiry.ts';
import { SEVERITY_RANK, worst } from '../../src/core/finding.ts';
import { act, open, silenceEnded, withMembers } from '../../src/core/incident.ts';
import type { Incident, IncidentEvent, Member, PersonAction, Silence } from '../../src/core/incident.ts';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import { certificate, incident, member, NOW } from '../helpers/builders.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ANN = { platform: 'console', externalId: 'ann', name: 'Ann' } as const;

const members = fc.uniqueArray(
  fc.record({
    monitorId: fc.constantFrom('CM1', 'CM2', 'CM3'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    code: fc.constantFrom('expiring' as const, 'expired' as const, 'weak-key' as const),
    severity: fc.constantFrom('warning' as const, 'critical' as const),
  }),
  { maxLength: 4, selector: ({ monitorId, address, code }) => `${monitorId} ${address} ${code}` },
);

type Step =
  | { readonly type: 'check'; readonly members: readonly Member[]; readonly crossedDays: number | undefined }
  | { readonly type: 'leave' }
  | { readonly type: 'person'; readonly action: PersonAction }
  | { readonly type: 'time' };

const silences = fc.constantFrom<Silence>(
  { kind: 'until', instant: new Date(NOW.getTime() + 3 * DAY_MS) },
  { kind: 'next-threshold' },
  { kind: 'renewed' },
);

const steps = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 2_000 }),
    fc.oneof<fc.Arbitrary<Step>[]>(
      fc.record({
        type: fc.constant('check' as const),
        members: members.map((some) => some.map((one) => member(one))),
        crossedDays: fc.option(fc.constantFrom(30, 15, 7), { nil: undefined }),
      }),
      fc.constant({ type: 'leave' as const }),
      fc.record({
        type: fc.constant('person' as const),
        action: fc.oneof(
          fc.constantFrom<PersonAction>({ type: 'acknowledge' }, { type: 'unacknowledge' }, { type: 'unsnooze' }),
          fc.tuple(silences, fc.boolean()).map(([until, thresholdLeft]): PersonAction => ({
            type: 'snooze',
            until,
            thresholdLeft,
          })),
        ),
      }),
      fc.constant({ type: 'time' as const }),
    ),
  ),
  { maxLength: 30 },
);

function taken(one: Incident, step: Step, now: Date): { incident: Incident; events: readonly IncidentEvent[] } {
  switch (step.type) {
    case 'check':
      return withMembers(one, step.members, { reason: 'well', mayComeBack: true, crossedDays: step.crossedDays }, now);
    case 'leave':
      return withMembers(one, [], { reason: 'removed', mayComeBack: false }, now);
    case 'person': {
      const result = act(one, step.action, ANN, now);
      return 'refused' in result ? { incident: one, events: [] } : result;
    }
    case 'time':
      return silenceEnded(one, now) ?? { incident: one, events: [] };
  }
}

it('an incident is in one sane state after any order of checks, clicks and time, and says each change', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const identity = incident();
      let one = open(identity, [member()], NOW).incident;
      let now = NOW;
      for (const [minutes, step] of story) {
        now = new Date(now.getTime() + minutes * MINUTE_MS);
        const before = one;
        const { incident: after, events } = taken(before, step, now);
        const types = events.map(({ type }) => type);
        one = after;

        if (after.closed !== undefined || after.wellSince !== undefined) {
          expect(after.members).toEqual([]);
          expect(after.lastMembers.length).toBeGreaterThan(0);
        } else {
          expect(after.members.length).toBeGreaterThan(0);
          expect(after.severity).toBe(worst(after.members.map(({ severity }) => severity)));
        }
        // Opened and closed once each, and reopened only from closed.
        expect(types.filter((type) => type === 'closed')).toHaveLength(
          before.closed === undefined && after.closed !== undefined ? 1 : 0,
        );
        expect(types.includes('reopened')).toBe(before.closed !== undefined && after.closed === undefined);
        // An acknowledgement comes by a person, and goes by a person or by getting worse.
        if (before.acknowledged === undefined && after.acknowledged !== undefined)
          expect(types).toContain('acknowledged');
        if (before.acknowledged !== undefined && after.acknowledged === undefined) {
          expect(types.includes('unacknowledged') || types.includes('worse')).toBe(true);
        }
        if (types.includes('worse')) {
          expect(after.acknowledged).toBeUndefined();
          expect(after.silence).toBeUndefined();
          expect(after.risenAt).toEqual(now);
          expect(after.escalated).toEqual([]);
        }
        // What rises is said, unless it was closed or held before: that is said as coming back.
        if (step.type === 'check' && after.closed === undefined && after.wellSince === undefined) {
          const rises = SEVERITY_RANK[after.severity] > SEVERITY_RANK[before.severity];
          if (rises) expect(types).toContain('worse');
        }
        // No message without a change, no change of what people see without a message but who is in it.
        if (after === before) expect(events).toEqual([]);
        // Closed for people: nothing they do reopens it.
        if (step.type === 'person' && before.closed !== undefined) expect(after).toBe(before);
        // What was said of an end is not taken back by the same check again.
        if (step.type === 'check') {
          const again = taken(after, { ...step, crossedDays: undefined }, now);
          expect(again.events.filter(({ type }) => type !== 'left')).toEqual([]);
        }
      }
    }),
    { numRuns: 500 },
  );
});

it('each threshold is told once, the deepest alone where several were crossed, whatever is checked when and by which profile', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(6, 47, 90, 398),
      fc.array(
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: BUILT_IN_PROFILES.length - 1 })),
        { maxLength: 40 },
      ),
      (lifetimeDays, looks) => {
        const leaf = certificate({ notBefore: NOW, notAfter: new Date(NOW.getTime() + lifetimeDays * DAY_MS) });
        let stored: Crossing[] = [];
        const told: Crossing[] = [];
        for (const [share, index] of [...looks].sort(([a], [b]) => a - b)) {
          const profile = { ...BUILT_IN_PROFILES[index], id: `CP${String(index)}` } as Parameters<
            typeof crossedThresholds
          >[0] & {
            id: string;
          };
          const now = new Date(NOW.getTime() + share * lifetimeDays * DAY_MS);
          const { rows, told: one } = newCrossings(
            leaf.fingerprint,
            profile.id,
            crossedThresholds(profile, leaf, now),
            stored,
          );
          // A restart in between: what is known is what was stored.
          stored = [...stored, ...rows].map((row) => ({ ...row, instant: new Date(row.instant.toISOString()) }));
          if (one !== undefined) told.push(one);
          // All that is crossed has its row.
          const known = stored.filter((row) => row.profileId === profile.id).map((row) => row.thresholdDays);
          for (const { thresholdDays } of crossedThresholds(profile, leaf, now)) expect(known).toContain(thresholdDays);
        }
        const keys = told.map(({ profileId, thresholdDays }) => `${profileId} ${String(thresholdDays)}`);
        expect(new Set(keys).size).toBe(keys.length);
        // Each that is told lies deeper than all told before.
        const instants = told.map(({ instant }) => instant.getTime());
        expect(instants).toEqual([...instants].sort((a, b) => a - b));
        expect(new Set(instants).size).toBe(instants.length);
      },
    ),
    { numRuns: 300 },
  );
});
