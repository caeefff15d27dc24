import { describe, expect, it } from 'vitest';
import { attentionAt, nextAttention } from '../../src/core/attention.ts';
import type { AttentionInput } from '../../src/core/attention.ts';
import type { Incident } from '../../src/core/incident.ts';
import { incident } from '../helpers/builders.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ROSE = new Date('2026-11-24T12:00:00Z');
const after = (ms: number): Date => new Date(ROSE.getTime() + ms);
const ANN = { platform: 'console', externalId: 'ann', name: 'Ann' } as const;

function input(overrides: Partial<Incident> = {}, rest: Partial<AttentionInput> = {}): AttentionInput {
  return {
    incident: incident({ severity: 'critical', openedAt: ROSE, risenAt: ROSE, ...overrides }),
    groups: [],
    profiles: [{ remind: { critical: DAY_MS } }],
    ...rest,
  };
}

const acknowledged = { by: ANN, at: ROSE };
const silent = (instant: Date): Incident['silence'] => ({ until: { kind: 'until', instant }, by: ANN, at: ROSE });
const ops = { id: 'ops', escalation: { groupId: 'leads', afterMs: 30 * MINUTE_MS } };
const leads = { id: 'leads', escalation: { groupId: 'ops', afterMs: 60 * MINUTE_MS } };
const NOTHING = { isSilenceOver: false, isReminderDue: false, escalateTo: [] };

describe('attention', () => {
  it.each<{ what: string; given: AttentionInput; at: number; due: object; next: Date | undefined }>([
    {
      what: 'critical, a day less a minute',
      given: input(),
      at: DAY_MS - MINUTE_MS,
      due: NOTHING,
      next: after(DAY_MS),
    },
    {
      what: 'critical, after a day',
      given: input(),
      at: DAY_MS,
      due: { ...NOTHING, isReminderDue: true },
      next: after(DAY_MS),
    },
    {
      what: 'reminded of an hour ago',
      given: input({ remindedAt: after(DAY_MS) }),
      at: DAY_MS + 60 * MINUTE_MS,
      due: NOTHING,
      next: after(2 * DAY_MS),
    },
    { what: 'acknowledged', given: input({ acknowledged }), at: 9 * DAY_MS, due: NOTHING, next: undefined },
    {
      what: 'silent until renewed',
      given: input({ silence: { until: { kind: 'renewed' }, by: ANN, at: ROSE } }),
      at: 9 * DAY_MS,
      due: NOTHING,
      next: undefined,
    },
    { what: 'held', given: input({ wellSince: ROSE }), at: 9 * DAY_MS, due: NOTHING, next: undefined },
    {
      what: 'closed',
      given: input({ closed: { at: ROSE, reason: 'well' }, silence: silent(ROSE) }, { groups: [ops] }),
      at: 9 * DAY_MS,
      due: NOTHING,
      next: undefined,
    },
    {
      what: 'a warning',
      given: input({ severity: 'warning' }, { groups: [ops] }),
      at: 9 * DAY_MS,
      due: NOTHING,
      next: undefined,
    },
    {
      what: 'a warning that a profile reminds of',
      given: input({ severity: 'warning' }, { profiles: [{ remind: {} }, { remind: { warning: 7 * DAY_MS } }] }),
      at: 7 * DAY_MS,
      due: { ...NOTHING, isReminderDue: true },
      next: after(7 * DAY_MS),
    },
    {
      what: 'two profiles: the shorter counts',
      given: input({}, { profiles: [{ remind: { critical: DAY_MS } }, { remind: { critical: DAY_MS / 2 } }] }),
      at: DAY_MS / 2,
      due: { ...NOTHING, isReminderDue: true },
      next: after(DAY_MS / 2),
    },
    {
      what: 'silent until an instant',
      given: input({ silence: silent(after(MINUTE_MS)) }, { groups: [ops] }),
      at: MINUTE_MS,
      due: { ...NOTHING, isSilenceOver: true },
      next: after(MINUTE_MS),
    },
    {
      what: 'escalation, just before',
      given: input({}, { groups: [ops] }),
      at: 30 * MINUTE_MS - 1,
      due: NOTHING,
      next: after(30 * MINUTE_MS),
    },
    {
      what: 'escalation',
      given: input({}, { groups: [ops] }),
      at: 30 * MINUTE_MS,
      due: { ...NOTHING, escalateTo: ['leads'] },
      next: after(30 * MINUTE_MS),
    },
    {
      what: 'escalated already, and on from there',
      given: input(
        { escalated: [{ groupId: 'leads', at: after(31 * MINUTE_MS) }] },
        { groups: [ops, { ...leads, escalation: { groupId: 'boss', afterMs: 60 * MINUTE_MS } }], profiles: [] },
      ),
      at: 91 * MINUTE_MS,
      due: { ...NOTHING, escalateTo: ['boss'] },
      next: after(91 * MINUTE_MS),
    },
    {
      what: 'two groups escalate to one: the sooner counts',
      given: input({}, { groups: [ops, { id: 'web', escalation: { groupId: 'leads', afterMs: MINUTE_MS } }] }),
      at: MINUTE_MS,
      due: { ...NOTHING, escalateTo: ['leads'] },
      next: after(MINUTE_MS),
    },
  ])('$what', ({ given, at, due, next }) => {
    expect(attentionAt(given, after(at))).toEqual(due);
    expect(nextAttention(given)).toEqual(next);
  });
});
