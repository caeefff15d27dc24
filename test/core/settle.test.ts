import { describe, expect, it } from 'vitest';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import { keysOf } from '../../src/core/settle.ts';
import { inDays, NOW as now, observation } from '../helpers/builders.ts';
import {
  A,
  B,
  certificate,
  finding,
  incident,
  member,
  observed,
  read,
  settled,
  timedOut,
  TOLD,
} from '../helpers/settling.ts';

describe('what follows from a check', () => {
  it('nothing wrong and nothing open: nothing', () => {
    expect(settled({})).toEqual({ changes: [], crossings: [] });
  });

  it('a first finding opens its incident, deep in the thresholds with one told', () => {
    const { changes, crossings } = settled({ findings: [finding()] });

    expect(changes).toMatchObject([
      {
        isNew: true,
        events: [{ type: 'opened' }],
        incident: { id: 'CI7', number: 7, workspaceId: 'w', members: [{ ...member(), since: now }] },
      },
    ]);
    expect(crossings.map((row) => [row.thresholdDays, row.silent])).toEqual([
      [60, true],
      [30, false],
    ]);
  });

  it('info opens nothing', () => {
    expect(settled({ findings: [finding({ severity: 'info' })] })).toEqual({ changes: [], crossings: [] });
    expect(keysOf('CM1', [finding({ severity: 'info' })])).toEqual([]);
  });

  it('the same finding again changes nothing and keeps since', () => {
    expect(settled({ findings: [finding()], incidents: [incident()], crossings: TOLD })).toEqual({
      changes: [],
      crossings: [],
    });
  });

  it('a text that changed is stored without an event', () => {
    const { changes } = settled({
      findings: [finding({ message: 'a day less' })],
      incidents: [incident()],
      crossings: TOLD,
    });

    expect(changes).toMatchObject([
      { isNew: false, events: [], incident: { members: [{ message: 'a day less', since: inDays(-1) }] } },
    ]);
  });

  it('the next threshold is told in the thread', () => {
    const input = {
      observation: observed(read(A, certificate('old', 14))),
      findings: [finding()],
      incidents: [incident()],
      crossings: TOLD,
    };

    expect(settled(input).changes).toMatchObject([{ events: [{ type: 'crossed', thresholdDays: 15 }] }]);
  });

  it("a wildcard on two monitors is one incident; one monitor's renewal leaves the other in it", () => {
    const both = incident({ members: [member(), member({ monitorId: 'CM2' })] });
    const renewed = { observation: observed(read(A, certificate('new', 365))), incidents: [both] };

    expect(settled(renewed).changes).toMatchObject([
      {
        incident: { closed: undefined, members: [{ monitorId: 'CM2' }] },
        events: [{ type: 'left', monitorIds: ['CM1'], reason: 'renewed' }],
      },
    ]);
    expect(
      settled({
        findings: [finding()],
        crossings: TOLD,
        incidents: [incident({ members: [member({ monitorId: 'CM2' })] })],
      }).changes,
    ).toMatchObject([
      { isNew: false, events: [], incident: { members: [{ monitorId: 'CM2' }, { monitorId: 'CM1' }] } },
    ]);
  });

  it.each([
    {
      title: 'renewed',
      seen: observed(read(A, certificate('new', 365))),
      profile: STANDARD_PROFILE,
      reason: 'renewed',
    },
    {
      title: 'well again with the same certificate',
      seen: observed(read(A, certificate('old', 20))),
      profile: STANDARD_PROFILE,
      reason: 'well',
    },
    {
      title: 'its address gone from DNS',
      seen: observed(read(B, certificate('new', 365))),
      profile: STANDARD_PROFILE,
      reason: 'removed',
    },
    {
      title: 'its rule off',
      seen: observed(read(A, certificate('old', 20))),
      profile: { ...STANDARD_PROFILE, severities: { expiring: 'off' as const } },
      reason: 'rule-off',
    },
  ])('the last member leaves, $title: closed as $reason', ({ seen, profile, reason }) => {
    expect(settled({ observation: seen, profile, incidents: [incident()] }).changes).toMatchObject([
      { events: [{ type: 'closed', reason }], incident: { closed: { reason, at: now }, lastMembers: [member()] } },
    ]);
  });

  it('a probe that failed ends no certificate finding', () => {
    expect(settled({ observation: observed(timedOut(A)), incidents: [incident()] }).changes).toEqual([]);
    const noName = observation({ resolution: { outcome: 'dns-failure', detail: '' }, addresses: [] });
    expect(settled({ observation: noName, incidents: [incident()] }).changes).toEqual([]);
  });

  it('a confirmed connection failure opens an endpoint incident and leaves as the address answers', () => {
    const down = finding({ code: 'timeout', severity: 'critical', message: 'no answer' });
    const opened = settled({ observation: observed(timedOut(A)), findings: [down] }).changes[0]?.incident;

    expect(opened).toMatchObject({ key: { kind: 'endpoint', subject: 'CM1' }, severity: 'critical' });
    expect(settled({ incidents: opened === undefined ? [] : [opened] }).changes).toMatchObject([
      { events: [{ type: 'closed', reason: 'well' }] },
    ]);
  });

  it.each([
    { minutes: 59, isNew: false, events: [{ type: 'reopened' }], id: 'CI1' },
    { minutes: 61, isNew: true, events: [{ type: 'opened' }], id: 'CI7' },
  ])('back $minutes minutes after its end: $events', ({ minutes, isNew, events, id }) => {
    const closed = incident({
      members: [],
      lastMembers: [member()],
      closed: { at: new Date(now.getTime() - minutes * 60_000), reason: 'well' },
    });

    expect(settled({ findings: [finding()], crossings: TOLD, incidents: [closed] }).changes).toMatchObject([
      { isNew, events, incident: { id, closed: undefined } },
    ]);
  });

  it('a renewal under way is told once in the thread of the old certificate, and ends with it', () => {
    const differs = finding({ code: 'addresses-differ', message: '1 of 2 addresses still serves it' });
    const half = {
      observation: observed(read(A, certificate('old', 20)), read(B, certificate('new', 365))),
      crossings: TOLD,
    };

    const [change, ...others] = settled({ ...half, findings: [finding(), differs], incidents: [incident()] }).changes;
    expect(others).toEqual([]);
    expect(change).toMatchObject({
      events: [{ type: 'noted', text: '1 of 2 addresses still serves it' }],
      incident: { key: { kind: 'certificate' }, members: [{ code: 'expiring' }, { code: 'addresses-differ' }] },
    });
    const after = change === undefined ? [] : [change.incident];
    expect(settled({ ...half, findings: [finding(), differs], incidents: after }).changes).toEqual([]);
    const done = observed(read(A, certificate('new', 365)), read(B, certificate('new', 365)));
    expect(settled({ observation: done, incidents: after }).changes).toMatchObject([
      { events: [{ type: 'closed', reason: 'renewed' }] },
    ]);
  });

  it('addresses that differ without a fault in a certificate are an incident of the endpoint', () => {
    expect(settled({ findings: [finding({ code: 'addresses-differ' })] }).changes).toMatchObject([
      { incident: { key: { kind: 'endpoint', subject: 'CM1' } } },
    ]);
  });

  it('two causes are two incidents with numbers of their own', () => {
    const findings = [
      finding(),
      finding({ code: 'name-mismatch', severity: 'critical' }),
      finding({ code: 'weak-protocol' }),
    ];

    const { changes } = settled({ findings });

    expect(
      changes.map((change) => [change.incident.number, change.incident.key.kind, change.incident.members.length]),
    ).toEqual([
      [7, 'certificate', 1],
      [8, 'endpoint', 2],
    ]);
  });
});
