import { describe, expect, it } from 'vitest';
import { headAlert, incidentTitle, threadAlert } from '../../src/core/alert-text.ts';
import type { AlertContext } from '../../src/core/alert-text.ts';
import type { IncidentEvent } from '../../src/core/incident.ts';
import type { Person } from '../../src/core/workspace.ts';
import { certificate, endpoint, incident, inDays, member, monitor, NOW } from '../helpers/builders.ts';

const ann: Person = { platform: 'slack', externalId: 'U1', name: 'Ann' };
const mail = monitor({ id: 'CM1', name: 'Mail' });
const shop = monitor({ id: 'CM2', endpoint: endpoint({ host: 'shop.example.com', port: 443, protocol: 'https' }) });
const monitors = new Map([mail, shop].map((one) => [one.id, one]));
const leaf = certificate({ notAfter: inDays(5) });

const context = (overrides: Parameters<typeof incident>[0] = {}, given: Partial<AlertContext> = {}): AlertContext => ({
  incident: incident({
    members: [member({ monitorId: 'CM1' }), member({ monitorId: 'CM2', address: '192.0.2.11' })],
    ...overrides,
  }),
  monitors,
  certificate: leaf,
  ...given,
});

describe('the title of an incident', () => {
  it.each([
    { title: 'mail.example.com: certificate expires in 5 days', given: context() },
    {
      title: 'mail.example.com: certificate expired 2 days ago',
      given: context(
        { members: [member({ code: 'expired', severity: 'critical' })] },
        { certificate: certificate({ notAfter: inDays(-2) }) },
      ),
    },
    {
      title: 'mail.example.com: certificate expired less than a minute ago',
      given: context({}, { certificate: certificate({ notAfter: new Date(NOW.getTime() - 1) }) }),
    },
    {
      title: 'mail.example.com: certificate expires in less than a minute',
      given: context({ members: [member({ code: 'expired' })] }, { certificate: certificate({ notAfter: NOW }) }),
    },
    { title: 'mail.example.com: weak key', given: context({ members: [member({ code: 'weak-key' })] }) },
    {
      title: 'Mail: connection refused',
      given: context(
        { key: { kind: 'endpoint', subject: 'CM1' }, members: [member({ monitorId: 'CM1', code: 'refused' })] },
        { certificate: undefined },
      ),
    },
    {
      title: 'shop.example.com:443: certificate is for another name',
      given: context(
        {
          key: { kind: 'endpoint', subject: 'CM2' },
          members: [
            member({ monitorId: 'CM2', code: 'weak-protocol' }),
            member({ monitorId: 'CM2', code: 'name-mismatch', severity: 'critical' }),
          ],
        },
        { certificate: undefined },
      ),
    },
  ])('$title', ({ title, given }) => {
    expect(incidentTitle(given, NOW)).toBe(title);
  });
});

describe('the head', () => {
  it('tells what is so now: each problem once, the next step, the certificate, every host, and what can be done', () => {
    expect(headAlert(context(), NOW)).toEqual({
      kind: 'head',
      mentions: [],
      incident: { id: incident().id, number: 17 },
      severity: 'warning',
      status: 'open',
      acknowledgedBy: undefined,
      monitorIds: ['CM1', 'CM2'],
      title: 'mail.example.com: certificate expires in 5 days',
      problems: ['The certificate expires soon.'],
      nextStep: 'Renew it.',
      facts: [
        { label: 'Certificate', value: 'CN=mail.example.com' },
        { label: 'Issuer', value: 'CN=Example Issuing CA, O=Example' },
        { label: 'Expires', value: '2026-11-29 12:00 UTC (in 5 days)' },
        { label: 'Fingerprint', value: leaf.fingerprint },
        { label: 'Since', value: '2026-11-23 12:00 UTC' },
      ],
      hosts: ['Mail smtp (192.0.2.10)', 'shop.example.com:443 https (192.0.2.11)'],
      state: [],
      actions: ['acknowledge', 'snooze', 'check', 'details'],
    });
  });

  it('tells who has it and how long it is silent, and offers the way back', () => {
    const head = headAlert(
      context({
        acknowledged: { by: ann, at: NOW },
        silence: { until: { kind: 'until', instant: inDays(1) }, by: ann, at: NOW },
      }),
      NOW,
    );

    expect(head).toMatchObject({
      acknowledgedBy: 'Ann',
      state: ['Acknowledged by Ann at 2026-11-24 12:00 UTC', 'Silent until 2026-11-25 12:00 UTC, by Ann'],
      actions: ['unacknowledge', 'unsnooze', 'check', 'details'],
    });
  });

  it('keeps its evidence once it is resolved', () => {
    const head = headAlert(
      context({ members: [], lastMembers: [member({ monitorId: 'CM1' })], closed: { at: NOW, reason: 'renewed' } }),
      NOW,
    );

    expect(head).toMatchObject({
      status: 'resolved',
      problems: ['The certificate expires soon.'],
      nextStep: undefined,
      hosts: ['Mail smtp (192.0.2.10)'],
      state: ['Resolved 2026-11-24 12:00 UTC after 1 day: the certificate was renewed'],
      actions: ['details'],
    });
  });

  it('tells that it flaps, and when it resolves', () => {
    const flapping = { openedAt: inDays(-0.5), reopened: 3, reopenedAt: inDays(-0.25) };
    const held = { ...flapping, members: [], lastMembers: [member()], wellSince: inDays(-0.125) };

    expect(headAlert(context(flapping), NOW)).toMatchObject({
      state: ['It came back 3 times since 2026-11-24 00:00 UTC'],
      nextStep: 'Renew it.',
    });
    expect(headAlert(context(held), NOW)).toMatchObject({
      status: 'open',
      problems: ['The certificate expires soon.'],
      nextStep: undefined,
      state: [
        'It came back 3 times since 2026-11-24 00:00 UTC; well since 2026-11-24 09:00 UTC, it resolves at 2026-11-24 13:00 UTC unless it comes back',
      ],
    });
  });

  it('a monitor that was removed since keeps the name it had', () => {
    expect(headAlert(context({}, { monitors: new Map() }), NOW).hosts).toEqual([
      'mail.example.com:25, removed (192.0.2.10)',
      'mail.example.com:25, removed (192.0.2.11)',
    ]);
  });
});

describe('a reply in the thread', () => {
  const sections = [{ title: 'leaf', facts: [] }];
  const critical = { severity: 'critical' as const, members: [member({ severity: 'critical' })] };

  it.each([
    { event: { type: 'opened' }, lines: ['Opened at 2026-11-23 12:00 UTC.'], details: true },
    {
      event: { type: 'reopened' },
      lines: [
        'It is back within an hour of its end; this thread goes on.',
        'The certificate expires soon.',
        'Next step: Renew it.',
      ],
      details: true,
    },
    {
      event: { type: 'reopened' },
      state: { reopened: 2, reopenedAt: NOW },
      lines: [
        'It is back, 2 times by now: it resolves once it has been well for 1 hour.',
        'The certificate expires soon.',
        'Next step: Renew it.',
      ],
      details: true,
    },
    {
      event: { type: 'worse', from: 'warning', because: 'expiring', ended: 'both' },
      state: critical,
      lines: [
        'Worse: from warning to critical.',
        'The certificate expires soon.',
        'Next step: Renew it.',
        'Acknowledgement and silence have ended.',
      ],
      details: true,
    },
    {
      event: { type: 'crossed', thresholdDays: 15 },
      lines: [
        'The certificate has crossed the 15-day threshold: it expires in 5 days.',
        'The certificate expires soon.',
      ],
    },
    { event: { type: 'acknowledged', by: ann }, lines: ['Ann acknowledged this at 2026-11-24 12:00 UTC.'] },
    {
      event: { type: 'unacknowledged', by: ann },
      lines: ['Ann took the acknowledgement back at 2026-11-24 12:00 UTC.'],
    },
    {
      event: { type: 'snoozed', by: ann, until: { kind: 'renewed' } },
      lines: ['Ann silenced this until the certificate is renewed.'],
    },
    { event: { type: 'unsnoozed', by: ann }, lines: ['Ann ended the silence at 2026-11-24 12:00 UTC.'] },
    { event: { type: 'silence-ended' }, lines: ['The silence has ended, and the problem is still there.'] },
    { event: { type: 'noted', text: 'One of two is renewed.' }, lines: ['One of two is renewed.'] },
    {
      event: { type: 'left', monitorIds: ['CM1'], reason: 'renewed' },
      lines: ['No longer affected: Mail (the certificate was renewed).'],
    },
    {
      event: { type: 'closed', reason: 'well' },
      lines: ['Resolved at 2026-11-24 12:00 UTC: the last check found nothing wrong any more.'],
    },
  ] as readonly { event: IncidentEvent; lines: string[]; state?: Parameters<typeof incident>[0]; details?: boolean }[])(
    '$event.type',
    ({ event, lines, state, details }) => {
      expect(threadAlert(context(state), event, sections, NOW)).toMatchObject({
        kind: 'thread',
        lines,
        sections: details === true ? sections : [],
        broadcast: event.type === 'worse',
      });
    },
  );
});
