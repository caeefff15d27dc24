import { describe, expect, it } from 'vitest';
import {
  act,
  canReopen,
  heldUntil,
  keyOf,
  open,
  silenceEnded,
  timesBack,
  withMembers,
} from '../../src/core/incident.ts';
import type { Cause, PersonAction } from '../../src/core/incident.ts';
import type { Person } from '../../src/core/workspace.ts';
import { incident as anIncident, inDays, member as aMember, NOW as now } from '../helpers/builders.ts';

const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const ann: Person = { platform: 'slack', externalId: 'U1', name: 'Ann' };
const bob: Person = { platform: 'console', externalId: 'bob', name: 'Bob' };
const fingerprint = 'ab'.repeat(32);

const member: typeof aMember = (overrides) => aMember({ monitorId: 'CM1', ...overrides });

const incident: typeof anIncident = (overrides) =>
  anIncident({ key: { kind: 'certificate', subject: fingerprint }, members: [member()], ...overrides });

const WELL: Cause = { reason: 'well', mayComeBack: true };
const acknowledged = { by: ann, at: minutesAgo(30) };
const silence = { until: { kind: 'renewed' } as const, by: ann, at: minutesAgo(30) };

describe('the key of a finding', () => {
  it.each([
    { code: 'expired', with: fingerprint, key: { kind: 'certificate', subject: fingerprint } },
    { code: 'expiring', with: fingerprint, key: { kind: 'certificate', subject: fingerprint } },
    { code: 'weak-key', with: fingerprint, key: { kind: 'certificate', subject: fingerprint } },
    { code: 'self-signed', with: fingerprint, key: { kind: 'certificate', subject: fingerprint } },
    { code: 'untrusted', with: fingerprint, key: { kind: 'issuer', subject: fingerprint } },
    { code: 'name-mismatch', with: fingerprint, key: { kind: 'endpoint', subject: 'CM1' } },
    { code: 'incomplete-chain', with: fingerprint, key: { kind: 'endpoint', subject: 'CM1' } },
    { code: 'timeout', with: undefined, key: { kind: 'endpoint', subject: 'CM1' } },
  ] as const)('$code -> $key.kind', ({ code, with: given, key }) => {
    expect(keyOf(given === undefined ? { code } : { code, fingerprint: given }, 'CM1')).toEqual(key);
  });
});

describe('what a person does', () => {
  const later = new Date(now.getTime() + 1);
  const snooze = (until: Extract<PersonAction, { type: 'snooze' }>['until'], thresholdLeft = true): PersonAction => ({
    type: 'snooze',
    until,
    thresholdLeft,
  });

  it.each([
    { given: 'open', state: {}, action: { type: 'acknowledge' }, then: { acknowledged: { by: bob, at: now } } },
    {
      given: 'acknowledged',
      state: { acknowledged },
      action: { type: 'unacknowledge' },
      then: { acknowledged: undefined },
    },
    {
      given: 'open',
      state: {},
      action: snooze({ kind: 'until', instant: later }),
      then: { silence: { until: { kind: 'until', instant: later }, by: bob, at: now } },
    },
    {
      given: 'open',
      state: {},
      action: snooze({ kind: 'next-threshold' }),
      then: { silence: { until: { kind: 'next-threshold' }, by: bob, at: now } },
    },
    { given: 'silent', state: { silence }, action: { type: 'unsnooze' }, then: { silence: undefined } },
    {
      given: 'silent',
      state: { silence },
      action: { type: 'acknowledge' },
      then: { silence, acknowledged: { by: bob, at: now } },
    },
  ] as const)('$given + $action.type changes that alone', ({ state, action, then }) => {
    const before = incident(state);
    expect(act(before, action, bob, now)).toMatchObject({ incident: { ...before, ...then } });
  });

  it.each([
    {
      given: 'acknowledged',
      state: { acknowledged },
      action: { type: 'acknowledge' },
      refused: { refused: 'already-acknowledged', by: ann },
    },
    { given: 'open', state: {}, action: { type: 'unacknowledge' }, refused: { refused: 'not-acknowledged' } },
    { given: 'open', state: {}, action: { type: 'unsnooze' }, refused: { refused: 'not-silent' } },
    { given: 'open', state: {}, action: snooze({ kind: 'until', instant: now }), refused: { refused: 'in-the-past' } },
    {
      given: 'open',
      state: {},
      action: snooze({ kind: 'next-threshold' }, false),
      refused: { refused: 'no-threshold-left' },
    },
    ...(['acknowledge', 'unacknowledge', 'unsnooze'] as const).map((type) => ({
      given: 'closed',
      state: { closed: { at: now, reason: 'well' as const }, acknowledged, silence },
      action: { type },
      refused: { refused: 'closed' },
    })),
  ] as const)('$given + $action.type is refused as $refused.refused', ({ state, action, refused }) => {
    expect(act(incident(state), action, bob, now)).toEqual(refused);
  });
});

describe('what a check does', () => {
  it('opens with the severity of the worst member', () => {
    const members = [member(), member({ monitorId: 'CM2', severity: 'critical', code: 'expired' })];

    const { incident: opened, events } = open(
      { id: 'CI1', workspaceId: 'w', number: 1, key: { kind: 'certificate', subject: fingerprint } },
      members,
      now,
    );

    expect(opened).toMatchObject({ severity: 'critical', openedAt: now, members, version: 0 });
    expect(events).toEqual([{ type: 'opened' }]);
  });

  it('a new member joins quietly and keeps acknowledgement and silence', () => {
    const before = incident({ acknowledged, silence });

    const { incident: after, events } = withMembers(
      before,
      [...before.members, member({ monitorId: 'CM2' })],
      WELL,
      now,
    );

    expect(events).toEqual([]);
    expect(after).toMatchObject({ acknowledged, silence });
  });

  it.each([
    { ended: 'both', state: { acknowledged, silence } },
    { ended: 'acknowledgement', state: { acknowledged } },
    { ended: 'silence', state: { silence } },
    { ended: undefined, state: {} },
  ] as const)('a rise in severity ends $ended and says so', ({ ended, state }) => {
    const { incident: after, events } = withMembers(incident(state), [member({ severity: 'critical' })], WELL, now);

    expect(events).toEqual([{ type: 'worse', from: 'warning', because: 'expiring', ended }]);
    expect(after).toMatchObject({ severity: 'critical', acknowledged: undefined, silence: undefined });
  });

  it('an expiry is worse even where the severity was critical already', () => {
    const before = incident({ severity: 'critical', members: [member({ severity: 'critical' })], acknowledged });

    const { incident: after, events } = withMembers(
      before,
      [member({ severity: 'critical', code: 'expired' })],
      WELL,
      now,
    );

    expect(events).toEqual([{ type: 'worse', from: 'critical', because: 'expired', ended: 'acknowledgement' }]);
    expect(after.acknowledged).toBeUndefined();
  });

  it('a severity that falls is quiet', () => {
    const before = incident({ severity: 'critical', members: [member({ severity: 'critical' })], acknowledged });

    expect(withMembers(before, [member()], WELL, now)).toMatchObject({
      incident: { severity: 'warning', acknowledged },
      events: [],
    });
  });

  it.each([
    { until: { kind: 'next-threshold' }, left: undefined },
    { until: { kind: 'renewed' }, left: { until: { kind: 'renewed' }, by: ann, at: now } },
  ] as const)(
    'a crossing without a rise is told and ends a silence until $until.kind only if it is until-next-threshold',
    ({ until, left }) => {
      const before = incident({ silence: { until, by: ann, at: now }, acknowledged });

      const { incident: after, events } = withMembers(before, before.members, { ...WELL, crossedDays: 15 }, now);

      expect(events).toEqual([{ type: 'crossed', thresholdDays: 15 }]);
      expect(after).toMatchObject({ silence: left, acknowledged });
    },
  );

  it('a monitor that leaves is told, and the last one closes it and leaves its evidence', () => {
    const both = incident({ members: [member(), member({ monitorId: 'CM2' })], silence });

    const first = withMembers(both, [member()], { ...WELL, reason: 'renewed' }, now);
    const last = withMembers(first.incident, [], { ...WELL, reason: 'renewed' }, now);

    expect(first.events).toEqual([{ type: 'left', monitorIds: ['CM2'], reason: 'renewed' }]);
    expect(last.events).toEqual([{ type: 'closed', reason: 'renewed' }]);
    expect(last.incident).toMatchObject({
      members: [],
      lastMembers: [member()],
      silence: undefined,
      closed: { at: now, reason: 'renewed' },
    });
  });

  it('what is closed does not close again', () => {
    const closed = incident({ members: [], closed: { at: now, reason: 'well' } });

    expect(withMembers(closed, [], WELL, now)).toEqual({ incident: closed, events: [] });
  });

  it('comes back as the same incident, quietly unless worse', () => {
    const closed = incident({ members: [], lastMembers: [member()], closed: { at: minutesAgo(5), reason: 'well' } });

    expect(withMembers(closed, [member()], WELL, now)).toMatchObject({
      incident: { closed: undefined, lastMembers: [] },
      events: [{ type: 'reopened' }],
    });
    expect(
      withMembers(closed, [member({ severity: 'critical' })], WELL, now).events.map((event) => event.type),
    ).toEqual(['reopened', 'worse']);
  });

  it.each([
    { minutes: 60, can: true },
    { minutes: 60.01, can: false },
  ])('can reopen $minutes minutes after its end: $can', ({ minutes, can }) => {
    expect(canReopen(incident({ closed: { at: minutesAgo(minutes), reason: 'well' } }), now)).toBe(can);
  });
});

describe('what comes back', () => {
  const MINUTE = 60_000;
  const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);
  const back = (reopened: number) => incident({ reopened, reopenedAt: minutesAgo(10) });
  const WAITS = [
    { reopened: 0, minutes: 0 },
    { reopened: 1, minutes: 15 },
    { reopened: 2, minutes: 60 },
    { reopened: 3, minutes: 240 },
    { reopened: 9, minutes: 240 },
  ];

  it.each(WAITS)('$reopened times resolves after $minutes minutes without a fault', ({ reopened, minutes }) => {
    const well = withMembers(back(reopened), [], WELL, now);
    if (minutes === 0) {
      expect(well.events).toEqual([{ type: 'closed', reason: 'well' }]);
      return;
    }
    expect(well.events).toEqual([]);
    expect(well.incident).toMatchObject({ closed: undefined, wellSince: now, members: [], lastMembers: [member()] });
    expect(heldUntil(well.incident)).toEqual(at(minutes));
    expect(withMembers(well.incident, [], WELL, at(minutes - 0.001))).toEqual(well);
    expect(withMembers(well.incident, [], WELL, at(minutes))).toMatchObject({
      events: [{ type: 'closed', reason: 'well' }],
      incident: { closed: { at: at(minutes), reason: 'well' }, wellSince: undefined, lastMembers: [member()] },
    });
  });

  it('while it is held says nothing, keeps who has it, and waits the longer for it', () => {
    const { incident: held } = withMembers({ ...back(1), acknowledged, silence }, [], WELL, now);

    const again = withMembers(held, [member()], WELL, at(5));

    expect(again.events).toEqual([]);
    expect(again.incident).toMatchObject({
      reopened: 2,
      reopenedAt: at(5),
      wellSince: undefined,
      acknowledged,
      silence,
    });
    expect(again.incident).toMatchObject({ members: [member()], lastMembers: [] });
  });

  it('worse while it is held says so', () => {
    const { incident: held } = withMembers(back(1), [], WELL, now);

    expect(withMembers(held, [member({ severity: 'critical' })], WELL, at(5)).events).toMatchObject([
      { type: 'worse' },
    ]);
  });

  it('after a day without a come-back counts as the first again', () => {
    const calm = incident({ reopened: 3, reopenedAt: inDays(-1) });

    expect(timesBack(calm, now)).toBe(0);
    expect(withMembers(calm, [], WELL, now).events).toEqual([{ type: 'closed', reason: 'well' }]);
    const closed = {
      ...calm,
      members: [],
      lastMembers: [member()],
      closed: { at: minutesAgo(1), reason: 'well' },
    } as const;
    expect(withMembers(closed, [member()], WELL, now).incident.reopened).toBe(1);
  });

  it.each(['paused', 'removed', 'rule-off', 'accepted'] as const)(
    'is not held where a person ended it: %s',
    (reason) => {
      const ended = withMembers(back(3), [], { reason, mayComeBack: false }, now);
      const { incident: held } = withMembers(back(3), [], WELL, now);

      expect(ended.incident.closed).toEqual({ at: now, reason });
      expect(withMembers(held, [], { reason, mayComeBack: false }, at(1)).incident).toMatchObject({
        closed: { at: at(1), reason },
        lastMembers: [member()],
      });
    },
  );
});

describe('a rise', () => {
  it('is when it opened, or last got worse, and begins reminders and escalation anew', () => {
    const before = incident({ remindedAt: minutesAgo(5), escalated: [{ groupId: 'CG1', at: minutesAgo(5) }] });

    const worse = withMembers(before, [member({ severity: 'critical' })], WELL, now).incident;
    const joined = withMembers(before, [member(), member({ monitorId: 'CM2' })], WELL, now).incident;

    expect(worse).toMatchObject({ risenAt: now, remindedAt: undefined, escalated: [] });
    expect(joined).toMatchObject({ risenAt: before.risenAt, remindedAt: minutesAgo(5), escalated: before.escalated });
  });
});

describe('a changed certificate', () => {
  const changed = member({ code: 'certificate-changed' });
  const key = { kind: 'endpoint', subject: 'CM1' } as const;

  it('leaves once its incident is acknowledged, and closes it', () => {
    expect(act(incident({ key, members: [changed] }), { type: 'acknowledge' }, ann, now)).toMatchObject({
      incident: { acknowledged: { by: ann, at: now }, closed: { at: now, reason: 'accepted' }, lastMembers: [changed] },
      events: [{ type: 'acknowledged' }, { type: 'noted' }, { type: 'closed', reason: 'accepted' }],
    });
  });

  it('leaves what else is wrong in it, acknowledged', () => {
    const both = incident({ key, members: [changed, member({ code: 'name-mismatch' })] });

    expect(act(both, { type: 'acknowledge' }, ann, now)).toMatchObject({
      incident: { acknowledged: { by: ann, at: now }, closed: undefined, members: [{ code: 'name-mismatch' }] },
      events: [{ type: 'acknowledged' }, { type: 'noted' }],
    });
  });
});

describe('the end of a silence', () => {
  it.each([
    { until: { kind: 'until', instant: now }, ended: true },
    { until: { kind: 'until', instant: new Date(now.getTime() + 1) }, ended: false },
    { until: { kind: 'renewed' }, ended: false },
    { until: { kind: 'next-threshold' }, ended: false },
  ] as const)('until $until.kind: $ended', ({ until, ended }) => {
    const transition = silenceEnded(incident({ silence: { until, by: ann, at: minutesAgo(10) } }), now);

    expect(transition !== undefined).toBe(ended);
    if (transition !== undefined)
      expect(transition).toMatchObject({ incident: { silence: undefined }, events: [{ type: 'silence-ended' }] });
  });
});
