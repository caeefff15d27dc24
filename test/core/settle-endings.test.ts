/** What ends without being mended, and what does not end since nobody could look. */
import { describe, expect, it } from 'vitest';
import type { Acceptance } from '../../src/core/acceptance.ts';
import type { FindingCode } from '../../src/core/finding.ts';
import type { Incident } from '../../src/core/incident.ts';
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
} from '../helpers/settling.ts';

describe('a fault that was accepted', () => {
  const acceptance = (until: Date, code: FindingCode = 'expiring'): Acceptance => ({
    key: { kind: 'certificate', subject: 'old' },
    code,
    until,
    reason: 'replaced in January',
    by: { platform: 'console', externalId: 'ann', name: 'Ann' },
    at: inDays(-1),
  });
  const valid = [acceptance(inDays(1))];
  const info = finding({ severity: 'info' });

  it.each<{ title: string; given?: Incident; input: Partial<SettleInput>; then: readonly object[] }>([
    { title: 'opens nothing', input: { findings: [info], acceptances: valid }, then: [] },
    {
      title: 'leaves an incident that has it still',
      given: incident(),
      input: { findings: [info], acceptances: valid },
      then: closedAs('accepted'),
    },
    {
      title: 'leaves though its address does not answer: nothing of it is asked any more',
      given: incident(),
      input: { observation: observed(timedOut(A)), acceptances: valid },
      then: closedAs('accepted'),
    },
    {
      title: 'leaves though its name does not resolve',
      given: incident(),
      input: { observation: noName, acceptances: valid },
      then: closedAs('accepted'),
    },
    {
      title: 'is not held where it came back: a person decided it',
      given: incident({ reopened: 3, reopenedAt: minutesAgo(10) }),
      input: { findings: [info], acceptances: valid },
      then: closedAs('accepted'),
    },
    {
      title: 'was renewed, which says more',
      given: incident(),
      input: { observation: renewed, acceptances: [acceptance(inDays(1), 'weak-key')] },
      then: closedAs('renewed'),
    },
    {
      title: 'leaves what else is wrong',
      given: incident({ members: [member(), member({ code: 'weak-key' })] }),
      input: { findings: [info, finding({ code: 'weak-key' })], acceptances: valid },
      then: [{ events: [], incident: { closed: undefined, members: [{ code: 'weak-key' }] } }],
    },
    {
      title: 'is one again when its time is over',
      input: { findings: [finding()], acceptances: [acceptance(now)] },
      then: [{ isNew: true, events: [{ type: 'opened' }] }],
    },
    {
      title: 'stays when its time is over and its address does not answer',
      given: incident(),
      input: { observation: observed(timedOut(A)), acceptances: [acceptance(now)] },
      then: [],
    },
    {
      title: 'is accepted of one certificate, not of its successor',
      input: {
        observation: observed(read(A, certificate('new', 20))),
        findings: [finding({ fingerprint: 'new' })],
        acceptances: valid,
      },
      then: [{ isNew: true, incident: { key: { kind: 'certificate', subject: 'new' } } }],
    },
  ])('$title', ({ given, input, then }) => {
    expect(settled({ incidents: given === undefined ? [] : [given], ...input }).changes).toMatchObject(then);
  });
});

describe('certificates in turn at one address', () => {
  const inTurn = new Set([A]);
  const both = [member(), member({ code: 'weak-key' })];

  it.each<{ title: string; given: Incident; input: Partial<SettleInput>; then: readonly object[] }>([
    {
      title: 'the other is seen: what is wrong with this one is so still',
      given: incident({ members: both }),
      input: { observation: renewed, inTurn },
      then: [],
    },
    {
      title: 'this one is seen, and is well',
      given: incident(),
      input: { inTurn, observation: observed(read(A, certificate('old', 100))) },
      then: [],
    },
    {
      title: 'no longer in turn: renewed',
      given: incident(),
      input: { observation: renewed },
      then: closedAs('renewed'),
    },
    {
      title: 'in turn at another address: renewed here',
      given: incident(),
      input: { observation: renewed, inTurn: new Set([B]) },
      then: closedAs('renewed'),
    },
    {
      title: 'its address gone, though in turn: removed',
      given: incident(),
      input: { observation: observed(read(B, certificate('new', 365))), inTurn },
      then: closedAs('removed'),
    },
    {
      title: 'that they differ is known whichever is seen: it ends by itself',
      given: incident({ key: { kind: 'endpoint', subject: 'CM1' }, members: [member({ code: 'addresses-differ' })] }),
      input: { observation: renewed, inTurn },
      then: closedAs('well'),
    },
    {
      title: 'what is found of the one that is seen joins what is known of the other',
      given: incident(),
      input: { findings: [finding({ code: 'weak-key' })], observation: renewed, inTurn },
      then: [{ events: [], incident: { members: [{ code: 'weak-key' }, { code: 'expiring', since: inDays(-1) }] } }],
    },
  ])('$title', ({ given, input, then }) => {
    expect(settled({ incidents: [given], ...input }).changes).toMatchObject(then);
  });
});

describe('a changed certificate', () => {
  const changed = member({ code: 'certificate-changed' });
  const key = { kind: 'endpoint', subject: 'CM1' } as const;
  const open = incident({ key, members: [changed] });
  const again = finding({ code: 'certificate-changed', fingerprint: 'foreign' });

  it.each<{ title: string; given: Incident; input: Partial<SettleInput>; then: readonly object[] }>([
    {
      title: 'is the same story while it is served',
      given: open,
      input: { findings: [finding({ code: 'certificate-changed' })] },
      then: [],
    },
    {
      title: 'is the usual one after a week: accepted',
      given: open,
      input: { isChangeSettled: true },
      then: closedAs('accepted'),
    },
    {
      title: 'is the usual one after a week, though its address does not answer just then',
      given: open,
      input: { isChangeSettled: true, observation: observed(timedOut(A)) },
      then: closedAs('accepted'),
    },
    {
      title: 'is the usual one after a week, though its name does not resolve just then',
      given: open,
      input: { isChangeSettled: true, observation: noName },
      then: closedAs('accepted'),
    },
    {
      title: 'that is settled is not held where it came back',
      given: { ...open, reopened: 2, reopenedAt: minutesAgo(60) },
      input: { isChangeSettled: true },
      then: closedAs('accepted'),
    },
    { title: 'that was rolled back is well', given: open, input: {}, then: closedAs('well') },
    {
      title: 'stays while its address does not answer within the week',
      given: open,
      input: { observation: observed(timedOut(A)) },
      then: [],
    },
    {
      title: 'that was acknowledged has left already, and nothing more comes of it',
      given: { ...open, members: [], lastMembers: [changed], closed: { at: minutesAgo(5), reason: 'accepted' } },
      input: {},
      then: [],
    },
    {
      title: 'that was acknowledged is one story with the next within the hour',
      given: { ...open, members: [], lastMembers: [changed], closed: { at: minutesAgo(60), reason: 'accepted' } },
      input: { findings: [again] },
      then: [{ isNew: false, events: [{ type: 'reopened' }], incident: { id: 'CI1' } }],
    },
    {
      title: 'that was acknowledged is another than the next after the hour',
      given: { ...open, members: [], lastMembers: [changed], closed: { at: minutesAgo(60.01), reason: 'accepted' } },
      input: { findings: [again] },
      then: [{ isNew: true, events: [{ type: 'opened' }], incident: { id: 'CI7' } }],
    },
  ])('$title', ({ given, input, then }) => {
    expect(settled({ incidents: [given], ...input }).changes).toMatchObject(then);
  });
});

describe('what a check cannot tell', () => {
  it.each<{ title: string; code: FindingCode; address: string; input: Partial<SettleInput>; then: readonly object[] }>([
    {
      title: 'a failure stays while the name does not resolve',
      code: 'timeout',
      address: A,
      input: { observation: noName },
      then: [],
    },
    {
      title: 'a name that resolves again is well',
      code: 'dns-failure',
      address: '',
      input: {},
      then: closedAs('well'),
    },
    {
      title: 'a name that resolves again is well though its addresses fail',
      code: 'dns-failure',
      address: '',
      input: { observation: observed(timedOut(A)) },
      then: closedAs('well'),
    },
    {
      title: 'not checked ends with any check',
      code: 'not-checked',
      address: '',
      input: { observation: observed(timedOut(A)) },
      then: closedAs('well'),
    },
    {
      title: 'what concerns all addresses stays while none answers',
      code: 'caa-mismatch',
      address: '',
      input: { observation: observed(timedOut(A)) },
      then: [],
    },
    {
      title: 'what concerns all addresses ends once one answers',
      code: 'caa-mismatch',
      address: '',
      input: {},
      then: closedAs('well'),
    },
    {
      title: 'a rule that is off ends though its address fails',
      code: 'expiring',
      address: A,
      input: {
        observation: observed(timedOut(A)),
        profile: { ...STANDARD_PROFILE, severities: { expiring: 'off' } },
      },
      then: closedAs('rule-off'),
    },
  ])('$title', ({ code, address, input, then }) => {
    const given = incident({ key: { kind: 'endpoint', subject: 'CM1' }, members: [member({ code, address })] });

    expect(settled({ incidents: [given], ...input }).changes).toMatchObject(then);
  });
});
