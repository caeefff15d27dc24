import { describe, expect, it } from 'vitest';
import { alertMessage } from '../../src/chat/alert-message.ts';
import { parseCommand } from '../../src/chat/command.ts';
import { PLAIN, renderMessage } from '../../src/chat/console/render.ts';
import type { HeadAlert, ThreadAlert } from '../../src/core/alert.ts';

const BASE = {
  incident: { id: `CI${'1'.repeat(32)}`, number: 17 },
  severity: 'critical',
  status: 'open',
  acknowledgedBy: undefined,
  mentions: [],
  monitorIds: [`CM${'2'.repeat(32)}`, `CM${'3'.repeat(32)}`],
  title: 'mail.example.com: certificate expired 2 days ago',
} as const;

const HEAD: HeadAlert = {
  kind: 'head',
  ...BASE,
  problems: ['The certificate has expired.'],
  nextStep: 'Renew it.',
  facts: [{ label: 'Issuer', value: 'CN=Example' }],
  hosts: ['mail.example.com:25 smtp', 'mail.example.com:465 smtps'],
  state: ['Acknowledged by Ann at 2026-11-24 12:00 UTC'],
  actions: ['acknowledge', 'snooze', 'unacknowledge', 'unsnooze', 'check', 'details'],
};

describe('a head', () => {
  it('says what, since when, where, and what to do', () => {
    expect(renderMessage(alertMessage(HEAD), PLAIN)).toMatchInlineSnapshot(`
      "Critical #17: mail.example.com: certificate expired 2 days ago
        The certificate has expired.
        Next step: Renew it.
        Issuer: CN=Example
        2 hosts
        - mail.example.com:25 smtp
        - mail.example.com:465 smtps
        Acknowledged by Ann at 2026-11-24 12:00 UTC"
    `);
  });

  it.each([
    { given: { severity: 'critical', status: 'open' }, title: /^Critical #17: /, tone: 'critical' },
    { given: { severity: 'warning', status: 'open' }, title: /^Warning #17: /, tone: 'warning' },
    { given: { severity: 'critical', status: 'resolved' }, title: /^Resolved #17: /, tone: 'good' },
  ] as const)('$given.severity, $given.status', ({ given, title, tone }) => {
    const said = alertMessage({ ...HEAD, ...given });
    expect(said.title).toMatch(title);
    expect(said.tone).toBe(tone);
  });

  it('shows ten hosts and counts the rest', () => {
    const hosts = Array.from({ length: 200 }, (_, index) => `host${String(index)}`);
    const list = alertMessage({ ...HEAD, hosts }).blocks.find((block) => block.type === 'list');
    expect(list?.type === 'list' && list.items).toEqual([...hosts.slice(0, 10), 'and 190 more']);
  });

  it('every button and choice is a command that the grammar takes', () => {
    const lines = alertMessage(HEAD).actions.flatMap((action) =>
      action.type === 'button' ? [action.command] : action.options.map((option) => option.command),
    );
    expect(lines).toEqual([
      'ack #17',
      'snooze #17 4h',
      'snooze #17 1d',
      'snooze #17 7d',
      'snooze #17 until-renewed',
      'snooze #17 until-next-threshold',
      'unack #17',
      'unsnooze #17',
      `check ${BASE.monitorIds[0]}`,
      'incidents #17',
    ]);
    expect(lines.filter((line) => !parseCommand(line).ok)).toEqual([]);
  });

  it('offers no check where no monitor is left', () => {
    expect(alertMessage({ ...HEAD, monitorIds: [], actions: ['check'] }).actions).toEqual([]);
  });
});

it('a reply in the thread has its lines, its certificates and a PEM as it is', () => {
  const thread: ThreadAlert = {
    kind: 'thread',
    ...BASE,
    lines: ['Worse: the certificate has expired.'],
    sections: [
      { title: '1. leaf: CN=mail', facts: [{ label: 'Serial', value: '01' }] },
      { title: 'missing intermediate', facts: [], code: '-----BEGIN CERTIFICATE-----\nAA' },
    ],
    broadcast: true,
  };
  expect(renderMessage(alertMessage(thread), PLAIN)).toBe(
    [
      '#17: mail.example.com: certificate expired 2 days ago',
      '  Worse: the certificate has expired.',
      '',
      '  1. leaf: CN=mail',
      '    Serial: 01',
      '',
      '  missing intermediate',
      '  -----BEGIN CERTIFICATE-----',
      '  AA',
    ].join('\n'),
  );
});

it('a notice is its lines', () => {
  const said = alertMessage({ kind: 'notice', severity: 'warning', title: 'Checks are late', lines: ['since noon'] });
  expect(said).toEqual({
    tone: 'warning',
    title: 'Checks are late',
    blocks: [{ type: 'text', text: 'since noon' }],
    actions: [],
  });
});
