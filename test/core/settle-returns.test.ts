/** What comes and goes: an incident that is held, and a cause that is back. */
import { describe, expect, it } from 'vitest';
import type { Incident, IncidentEvent } from '../../src/core/incident.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import type { SettleInput } from '../../src/core/settle.ts';
import { inDays, NOW as now } from '../helpers/builders.ts';
import {
  A,
  B,
  certificate,
  closedAs,
  finding,
  incident,
  member,
  minutesAgo,
  noName,
  observed,
  read,
  renewed,
  settled,
  timedOut,
  TOLD,
} from '../helpers/settling.ts';

describe('an incident that is held', () => {
  /** It came back once, so it closes when it has been well for a quarter of an hour. */
  const held = (minutes: number, overrides: Partial<Incident> = {}) =>
    incident({
      reopened: 1,
      reopenedAt: minutesAgo(60),
      wellSince: minutesAgo(minutes),
      members: [],
      lastMembers: [member()],
      ...overrides,
    });
  const down = finding({ code: 'timeout', severity: 'critical', message: 'no answer' });

  it.each<{ title: string; given: Incident; input?: Partial<SettleInput>; then: readonly object[] }>([
    { title: 'waits while it is well', given: held(14.9), then: [] },
    { title: 'closes at its end', given: held(15), then: closedAs('well') },
    {
      title: 'closes at its end by what its evidence became',
      given: held(15),
      input: { observation: renewed },
      then: closedAs('renewed'),
    },
    {
      title: 'closes at its end where its address is gone',
      given: held(15),
      input: { observation: observed(read(B, certificate('old', 20))) },
      then: closedAs('removed'),
    },
    {
      title: 'goes on waiting at its end while its address does not answer',
      given: held(15),
      input: { observation: observed(timedOut(A)) },
      then: [],
    },
    {
      title: 'goes on waiting at its end while its name does not resolve',
      given: held(15),
      input: { observation: noName },
      then: [],
    },
    {
      title: 'goes on waiting at its end while its address serves two certificates in turn',
      given: held(15),
      input: { observation: renewed, inTurn: new Set([A]) },
      then: [],
    },
    {
      title: "is none of this monitor's if it never was in it",
      given: held(15, { lastMembers: [member({ monitorId: 'CM2' })] }),
      then: [],
    },
    {
      title: 'closes at its end for all who were in it',
      given: held(15, { lastMembers: [member(), member({ monitorId: 'CM2' })] }),
      then: closedAs('well'),
    },
    {
      title: 'is back without a word, and is held the longer next time',
      given: held(5),
      input: { findings: [finding()], crossings: TOLD },
      then: [{ isNew: false, events: [], incident: { id: 'CI1', wellSince: undefined, reopened: 2, reopenedAt: now } }],
    },
    {
      title: 'is back by another monitor too',
      given: held(5, { lastMembers: [member({ monitorId: 'CM2' })] }),
      input: { findings: [finding()], crossings: TOLD },
      then: [{ isNew: false, events: [], incident: { members: [{ monitorId: 'CM1' }], reopened: 2 } }],
    },
    {
      title: 'of a certificate is not back by a failure of the endpoint, which is another story',
      given: held(5),
      input: { observation: observed(timedOut(A)), findings: [down] },
      then: [{ isNew: true, events: [{ type: 'opened' }], incident: { id: 'CI7' } }],
    },
    {
      title: 'closes at once where its rule is off',
      given: incident({ reopened: 1, reopenedAt: minutesAgo(60) }),
      input: { profile: { ...STANDARD_PROFILE, severities: { expiring: 'off' } } },
      then: closedAs('rule-off'),
    },
    {
      title: 'is what becomes of one that came back today and is well',
      given: incident({ reopened: 1, reopenedAt: minutesAgo(60) }),
      then: [{ events: [], incident: { closed: undefined, wellSince: now, members: [], lastMembers: [member()] } }],
    },
    {
      title: 'is what becomes of one whose address is gone, since it may be back in DNS',
      given: incident({ reopened: 1, reopenedAt: minutesAgo(60) }),
      input: { observation: observed(read(B, certificate('new', 365))) },
      then: [{ events: [], incident: { closed: undefined, wellSince: now } }],
    },
    {
      title: 'is not what becomes of one that came back a day ago',
      given: incident({ reopened: 3, reopenedAt: inDays(-1) }),
      then: closedAs('well'),
    },
  ])('$title', ({ given, input, then }) => {
    expect(settled({ incidents: [given], ...input }).changes).toMatchObject(then);
  });
});

describe('a cause that is back', () => {
  const closed = (minutes: number, overrides: Partial<Incident> = {}) =>
    incident({
      members: [],
      lastMembers: [member()],
      closed: { at: minutesAgo(minutes), reason: 'well' },
      ...overrides,
    });
  const endpointKey = { kind: 'endpoint', subject: 'CM1' } as const;
  const failed = closed(61, { key: endpointKey, severity: 'critical', lastMembers: [member({ code: 'timeout' })] });
  const timeout = finding({ code: 'timeout', severity: 'critical', message: 'no answer' });
  const same = (...types: IncidentEvent['type'][]) => [
    { isNew: false, events: types.map((type) => ({ type })), incident: { id: 'CI1', closed: undefined, reopened: 1 } },
  ];
  const another = [{ isNew: true, events: [{ type: 'opened' }], incident: { id: 'CI7', reopened: 0 } }];

  it.each<{ title: string; given: Incident; input: Partial<SettleInput>; then: readonly object[] }>([
    {
      title: 'an hour after its end is the same story',
      given: closed(60),
      input: { findings: [finding()] },
      then: same('reopened'),
    },
    {
      title: 'more than an hour after is another',
      given: closed(60.01),
      input: { findings: [finding()] },
      then: another,
    },
    {
      title: 'on another monitor is the same story',
      given: closed(30, { lastMembers: [member({ monitorId: 'CM2' })] }),
      input: { findings: [finding()] },
      then: same('reopened'),
    },
    {
      title: 'worse than before says so',
      given: closed(30),
      input: { findings: [finding({ severity: 'critical' })] },
      then: same('reopened', 'worse'),
    },
    {
      title: 'as another cause is another story',
      given: closed(30),
      input: { findings: [finding({ fingerprint: 'another' })] },
      then: another,
    },
    {
      title: 'as a failure was back when it began, though it is believed only now',
      given: failed,
      input: { observation: observed(timedOut(A)), findings: [timeout], failingSince: minutesAgo(2) },
      then: same('reopened'),
    },
    {
      title: 'as a failure that began more than an hour after the end is another',
      given: failed,
      input: { observation: observed(timedOut(A)), findings: [timeout], failingSince: minutesAgo(0.9) },
      then: another,
    },
    {
      title: 'is not back since a failure beside it began',
      given: closed(61, { key: endpointKey }),
      input: { findings: [finding({ code: 'name-mismatch' })], failingSince: minutesAgo(2) },
      then: another,
    },
  ])('$title', ({ given, input, then }) => {
    expect(settled({ crossings: TOLD, incidents: [given], ...input }).changes).toMatchObject(then);
  });

  it('in another incident that is open stays where it is', () => {
    const open = incident({ id: 'CI2' });

    expect(settled({ crossings: TOLD, incidents: [open, closed(5)], findings: [finding()] }).changes).toEqual([]);
  });
});
