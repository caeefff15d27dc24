import { describe, expect, it } from 'vitest';
import { refusalOf, withAcceptances } from '../../src/core/acceptance.ts';
import type { Acceptance } from '../../src/core/acceptance.ts';
import { finding, incident, inDays, member, NOW } from '../helpers/builders.ts';

const accepted: Acceptance = {
  key: { kind: 'endpoint', subject: 'CM1' },
  code: 'name-mismatch',
  until: inDays(30),
  reason: 'replaced in January. ',
  by: { platform: 'console', externalId: 'ann', name: 'Ann' },
  at: NOW,
};

describe('a fault that was accepted', () => {
  it('is info and says until when, by whom and why', () => {
    const mismatch = finding({
      code: 'name-mismatch',
      severity: 'critical',
      fingerprint: 'ab',
      message: 'Wrong name.',
    });

    expect(withAcceptances([mismatch], [accepted], 'CM1', NOW)).toEqual([
      {
        ...mismatch,
        severity: 'info',
        message: 'Wrong name. Accepted until 2026-12-24 12:00 UTC by Ann: replaced in January.',
      },
    ]);
  });

  it.each([
    { title: 'of another code', findings: [finding({ code: 'weak-protocol' })], monitorId: 'CM1', now: NOW },
    { title: 'of another monitor', findings: [finding({ code: 'name-mismatch' })], monitorId: 'CM2', now: NOW },
    {
      title: 'once its time is over',
      findings: [finding({ code: 'name-mismatch' })],
      monitorId: 'CM1',
      now: inDays(30),
    },
  ])('covers nothing $title', ({ findings, monitorId, now }) => {
    expect(withAcceptances(findings, [accepted], monitorId, now)).toEqual(findings);
  });

  it('covers addresses that differ by the older certificate, in whose incident they are told', () => {
    const differs = finding({ code: 'addresses-differ', fingerprint: 'old' });
    const ofOld = { ...accepted, key: { kind: 'certificate', subject: 'old' }, code: 'addresses-differ' } as const;

    expect(withAcceptances([differs], [ofOld], 'CM1', NOW)).toMatchObject([{ severity: 'info' }]);
  });
});

describe('a fault is accepted', () => {
  const open = incident({ members: [member(), member({ code: 'weak-key', address: '192.0.2.2' })] });
  const wish = { code: 'weak-key', until: inDays(1), reason: 'old printer' } as const;

  it.each([
    { title: 'until a day ahead, for a reason', changes: {}, refused: undefined },
    { title: 'for a year', changes: { until: inDays(366) }, refused: undefined },
    {
      title: 'unless the incident has no such fault',
      changes: { code: 'expired' as const },
      refused: { refused: 'no-such-code', codes: ['expiring', 'weak-key'] },
    },
    { title: 'unless no reason is given', changes: { reason: ' ' }, refused: { refused: 'no-reason' } },
    { title: 'unless the day is past', changes: { until: NOW }, refused: { refused: 'in-the-past' } },
    { title: 'unless it is more than a year', changes: { until: inDays(367) }, refused: { refused: 'too-long' } },
  ])('$title', ({ changes, refused }) => {
    expect(refusalOf(open, { ...wish, ...changes }, NOW)).toEqual(refused);
  });

  it('unless the incident is closed', () => {
    expect(refusalOf(incident({ closed: { at: NOW, reason: 'well' } }), wish, NOW)).toEqual({ refused: 'closed' });
  });
});
