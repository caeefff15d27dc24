import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertMessage } from '../../../src/chat/alert-message.ts';
import type { Action, Block, Message, Span, Text } from '../../../src/chat/message.ts';
import { renderMessage, renderPlain, renderReply, shareOf } from '../../../src/chat/slack/render.ts';
import { escapeText, fit } from '../../../src/chat/slack/text.ts';
import type { AlertContent, HeadAlert, ThreadAlert } from '../../../src/core/alert.ts';
import { blockKitProblems, wordsIn } from '../../helpers/block-kit.ts';
import { elementsOf } from '../../helpers/slack-client.ts';

const empty: Message = { tone: 'neutral', title: 'Title', blocks: [], actions: [] };
const rendered = (parts: Partial<Message>) => renderMessage({ ...empty, ...parts });
const shown = (parts: Partial<Message>): string => wordsIn(rendered(parts).blocks).join('');

const head: HeadAlert = {
  kind: 'head',
  incident: { id: `CI${'0'.repeat(32)}`, number: 17 },
  severity: 'critical',
  status: 'open',
  acknowledgedBy: undefined,
  mentions: [],
  monitorIds: [`CM${'1'.repeat(32)}`],
  title: 'mail.example.com: certificate expires in 6 days',
  problems: ['The certificate of mail.example.com expires in 6 days.'],
  nextStep: 'Renew it.',
  facts: [{ label: 'Issuer', value: 'CN=Example CA' }],
  hosts: ['mail.example.com:25 smtp (192.0.2.1)'],
  state: ['Acknowledged by Ann'],
  actions: ['acknowledge', 'snooze', 'check', 'details'],
};

describe('a head', () => {
  it('says its state in a word and a shape, its evidence, and what can be done', () => {
    const message = renderMessage(alertMessage(head));
    expect(blockKitProblems(message)).toEqual([]);
    expect(message.text).toBe('Critical #17: mail.example.com: certificate expires in 6 days');
    expect(message.blocks[0]).toEqual({
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'emoji', name: 'rotating_light' },
            { type: 'text', text: ' ' },
            { type: 'text', text: message.text, style: { bold: true } },
          ],
        },
      ],
    });
    for (const part of [
      'Renew it.',
      'Issuer:',
      'CN=Example CA',
      'mail.example.com:25 smtp (192.0.2.1)',
      'Acknowledged by Ann',
    ]) {
      expect(wordsIn(message.blocks).join('')).toContain(part);
    }
  });

  it.each([
    { is: {}, signs: ['rotating_light'] },
    { is: { acknowledgedBy: 'Ann' }, signs: ['rotating_light', 'eyes'] },
    { is: { actions: ['acknowledge', 'unsnooze'] }, signs: ['rotating_light', 'no_bell'] },
    { is: { acknowledgedBy: 'Ann', actions: ['unsnooze'] }, signs: ['rotating_light', 'eyes', 'no_bell'] },
    { is: { acknowledgedBy: 'Ann', status: 'resolved' }, signs: ['white_check_mark'] },
  ] as const)('with $is shows $signs, and how it stands right under the title', ({ is, signs }) => {
    const message = renderMessage(alertMessage({ ...head, ...is }));
    expect(blockKitProblems(message)).toEqual([]);
    const [title, state] = message.blocks.map((one) => JSON.stringify(one));
    expect([...(title ?? '').matchAll(/"emoji","name":"(\w+)"/g)].map(([, name]) => name)).toEqual(signs);
    expect(state).toContain('Acknowledged by Ann');
  });

  it('has buttons whose values are the command lines of its actions', () => {
    const message = alertMessage(head);
    const elements = elementsOf(renderMessage(message));
    const lines = elements.flatMap((one) =>
      one.options === undefined ? [one.value] : one.options.map((option) => option.value),
    );
    const meant = message.actions.flatMap((one) =>
      one.type === 'button' ? [one.command] : one.options.map((option) => option.command),
    );
    expect(lines).toEqual(meant);
    expect(lines).toContain('ack #17');
    expect(lines).toContain('snooze #17 until-renewed');
  });

  it.each([
    ['critical', 'rotating_light'],
    ['warning', 'warning'],
    ['info', 'information_source'],
    ['good', 'white_check_mark'],
  ] as const)('of tone %s begins with %s', (tone, emoji) => {
    expect(JSON.stringify(rendered({ tone }).blocks[0])).toContain(`{"type":"emoji","name":"${emoji}"}`);
  });
});

describe('a reply in the thread', () => {
  const thread: ThreadAlert = {
    ...head,
    kind: 'thread',
    lines: ['Ann acknowledged this at 09:00.'],
    sections: [],
    broadcast: false,
  };
  const titleOf = (blocks: readonly unknown[]): boolean => wordsIn(blocks).join('').includes(thread.title);

  it.each([
    ['what is new alone', {}, false, false],
    ['its title too where it is shown in the channel', {}, true, true],
    ['its title too where all is well again', { status: 'resolved' }, false, true],
    ['its title where nothing else is said', { lines: [] }, false, true],
  ] as const)('shows %s', (_, is, isBroadcast, hasTitle) => {
    const { text, blocks } = renderReply(alertMessage({ ...thread, ...is }), isBroadcast);
    expect(titleOf(blocks)).toBe(hasTitle);
    expect(blockKitProblems({ text, blocks })).toEqual([]);
  });

  it('is announced by what is new, past those it calls', () => {
    const mentions = [{ platform: 'slack', externalId: 'U0ANN', text: '@ann' } as const];
    const { text, blocks } = renderReply(alertMessage({ ...thread, mentions }), false);
    expect(text).toBe('#17: mail.example.com: certificate expires in 6 days – Ann acknowledged this at 09:00.');
    expect(blockKitProblems({ text, blocks }, ['U0ANN'])).toEqual([]);
  });
});

describe('hostile text', () => {
  const hostile = '<!channel> <@U1> <http://evil.test|bank> *b* _i_ ~s~ `c` :bomb: & \u202egpj.exe\n@here #general';

  it('stands in no element in which it could act', () => {
    const message = renderMessage({
      tone: 'critical',
      title: hostile,
      blocks: [
        { type: 'text', text: hostile },
        { type: 'facts', facts: [{ label: hostile, value: hostile }] },
        { type: 'list', items: [hostile] },
        { type: 'table', columns: [hostile], rows: [[hostile]] },
        { type: 'code', code: hostile },
        { type: 'note', text: hostile },
      ],
      actions: [
        { type: 'button', label: hostile, command: hostile },
        { type: 'choice', label: hostile, options: [{ label: hostile, command: 'list' }] },
      ],
    });
    // The checker refuses mrkdwn, links, mentions and emoji in plain text.
    expect(blockKitProblems(message)).toEqual([]);
    expect(wordsIn(message.blocks).join('')).toContain(
      '<!channel> <@U1> <http://evil.test|bank> *b* _i_ ~s~ `c` :bomb: &',
    );
    expect(wordsIn(message.blocks).join('')).not.toContain('\u202e');
    expect(wordsIn(message.blocks).join('')).toContain('<U+202E>gpj.exe');
  });

  it('is escaped in the notification and in the fallback', () => {
    const message = { ...empty, title: hostile, blocks: [{ type: 'text', text: hostile } as const] };
    for (const text of [renderMessage(message).text, renderPlain(message)]) {
      expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)|:bomb:|\u202e/);
      expect(text).not.toMatch(/[*_~`](?!\u200b)/);
      expect(text).toContain('&lt;!channel&gt; &lt;@U1&gt;');
    }
  });

  it.each([
    ['2001:db8::1', '2001:db8::1'],
    ['a:smile:b', 'a:\u200bsmile:b'],
    [':+1:', ':\u200b+1:'],
    ['10:30:00', '10:30:00'],
  ])('%s is %s', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });
});

describe('what does not fit is counted', () => {
  it.each([
    ['a text', { type: 'text', text: 'x'.repeat(20_000) }, /… \(1\d{4} more characters\)/],
    [
      'a fact',
      { type: 'facts', facts: [{ label: 'SANs', value: 'host.example, '.repeat(10_000) }] },
      /… \(\d+ more characters\)/,
    ],
    [
      'facts',
      {
        type: 'facts',
        facts: Array.from({ length: 1_000 }, (_, i) => ({ label: `L${String(i)}`, value: 'v'.repeat(60) })),
      },
      /… and \d+ more/,
    ],
    [
      'a list',
      { type: 'list', items: Array.from({ length: 10_000 }, (_, i) => `host${String(i)}.example.com`) },
      /… and \d+ more/,
    ],
    [
      'a table',
      { type: 'table', columns: ['Host'], rows: Array.from({ length: 500 }, (_, i) => [`host${String(i)}`]) },
      /… and 401 more rows/,
    ],
    [
      'a wide table',
      { type: 'table', columns: Array.from({ length: 25 }, (_, i) => `c${String(i)}`), rows: [] },
      /… and 5 more columns/,
    ],
    ['code', { type: 'code', code: 'line of code\n'.repeat(2_000) }, /… and \d+ more lines/],
    ['a note', { type: 'note', text: 'n'.repeat(5_000) }, /… \(\d+ more characters\)/],
  ] as const)('of %s', (_, block, count) => {
    const message = rendered({ blocks: [block] });
    expect(blockKitProblems(message)).toEqual([]);
    expect(wordsIn(message.blocks).join('\n')).toMatch(count);
  });

  it('a list’s count and what is shown are the whole list', () => {
    const items = Array.from({ length: 3_000 }, (_, i) => `host${String(i)}.example.com`);
    const words = wordsIn(rendered({ blocks: [{ type: 'list', items }] }).blocks);
    const left = Number(/… and (\d+) more/.exec(words.at(-1) ?? '')?.[1]);
    expect(words.filter((word) => word.startsWith('host')).length + left).toBe(3_000);
  });

  it('a long part leaves the short ones whole', () => {
    const said = shown({
      blocks: [
        { type: 'facts', facts: [{ label: 'SANs', value: 'x'.repeat(50_000) }] },
        { type: 'list', items: Array.from({ length: 5_000 }, () => 'host.example.com') },
        { type: 'code', code: 'c'.repeat(50_000) },
        { type: 'text', text: { bold: 'Acknowledged by Ann at 09:00' } },
      ],
    });
    expect(said).toContain('Acknowledged by Ann at 09:00');
  });

  it('parts beyond the hundredth', () => {
    const blocks = Array.from({ length: 130 }, (): Block => ({ type: 'text', text: 'one' }));
    const message = rendered({ blocks });
    expect(blockKitProblems(message)).toEqual([]);
    expect(wordsIn(message.blocks).join('\n')).toContain('… and 30 more parts');
  });

  it('a PEM of usual length is whole beside chain details', () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${`${'A'.repeat(64)}\n`.repeat(30)}-----END CERTIFICATE-----`;
    expect(shown({ blocks: [{ type: 'code', code: pem }] })).toContain(pem);
  });

  it.each([
    { room: 100, lengths: [10, 20, 30], share: Infinity },
    { room: 50, lengths: [10, 20, 30], share: 20 },
    { room: 30, lengths: [100, 5, 100], share: 12 },
    { room: 0, lengths: [1], share: 0 },
  ])('$lengths share $room as $share', ({ room, lengths, share }) => {
    expect(shareOf(lengths, room)).toBe(share);
  });
});

describe('buttons and choices', () => {
  const option = (command: string) => ({ label: command.slice(0, 10), command });

  it('an option too long for a choice becomes a button', () => {
    const long = `show ${'x'.repeat(100)}`;
    const elements = elementsOf(
      rendered({ actions: [{ type: 'choice', label: 'Pick', options: [option('list'), option(long)] }] }),
    );
    expect(elements.map((one) => [one.type, one.value ?? one.options?.map(({ value }) => value)])).toEqual([
      ['static_select', ['list']],
      ['button', long],
    ]);
  });

  it('a choice says each command once', () => {
    const options = [option('list'), { label: 'The same', command: 'list' }, option('incidents')];
    const elements = elementsOf(rendered({ actions: [{ type: 'choice', label: 'Pick', options }] }));
    expect(elements.map((one) => one.options?.map(({ value }) => value))).toEqual([['list', 'incidents']]);
  });

  it('a command too long for a button is left out and counted', () => {
    const message = rendered({ actions: [{ type: 'button', label: 'Again', command: 'x'.repeat(2_001) }] });
    expect(elementsOf(message)).toEqual([]);
    expect(wordsIn(message.blocks).join('')).toContain('1 more button is left out');
  });

  it('what destroys is asked about first', () => {
    const message = rendered({
      actions: [{ type: 'button', label: 'Remove', command: 'remove CM1', style: 'danger' }],
    });
    expect(elementsOf(message)[0]).toMatchObject({
      value: 'remove CM1',
      confirm: { text: { text: 'This does: /certmon remove CM1' } },
    });
  });

  it('a command shows with the prefix that it is typed with', () => {
    expect(shown({ blocks: [{ type: 'text', text: ['Try ', { command: 'list' }] }] })).toContain('Try /certmon list');
  });
});

describe('the fallback without blocks', () => {
  it('says the same, buttons as commands', () => {
    const text = renderPlain(alertMessage(head));
    expect(text).toContain('Critical #17');
    expect(text).toContain('Issuer: CN=Example CA');
    expect(text).toContain('Acknowledge: /certmon ack #17');
  });

  it('stays short and counts the rest', () => {
    const text = renderPlain({
      ...empty,
      blocks: [{ type: 'list', items: Array.from({ length: 9_000 }, () => 'host.example.com') }],
    });
    expect(text.length).toBeLessThan(4_000);
    expect(text).toMatch(/… and \d+ more lines$/);
  });
});

// ---------------------------------------------------------------- whatever is said

const hostileUnit = fc.constantFrom(
  '<!channel>',
  '<@U1>',
  '*',
  '`',
  '_',
  '~',
  ':bomb:',
  '&',
  '<',
  '>',
  '\u202e',
  '\u200f',
  '\0',
  '\n',
  '👩‍👩‍👧',
  '\ud800',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  'mail.example.com',
  ' ',
  'x',
);
const words = fc.oneof(
  fc.array(hostileUnit, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.tuple(hostileUnit, fc.integer({ min: 0, max: 5_000 })).map(([unit, count]) => unit.repeat(count)),
  fc.string({ unit: 'binary', maxLength: 80 }),
);
const span: fc.Arbitrary<Span> = fc.oneof(
  words,
  words.map((bold) => ({ bold })),
  words.map((code) => ({ code })),
  words.map((command) => ({ command })),
);
const text: fc.Arbitrary<Text> = fc.oneof(span, fc.array(span, { maxLength: 6 }));
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({
    type: fc.constant('facts' as const),
    facts: fc.array(fc.record({ label: words, value: words }), { maxLength: 40 }),
  }),
  fc.record({ type: fc.constant('list' as const), items: fc.array(text, { maxLength: 60 }) }),
  fc.record({
    type: fc.constant('table' as const),
    columns: fc.array(words, { maxLength: 24 }),
    rows: fc.array(fc.array(words, { maxLength: 24 }), { maxLength: 120 }),
  }),
  fc.record({ type: fc.constant('code' as const), code: words }),
  fc.record({ type: fc.constant('note' as const), text }),
);
const label = fc.oneof(words, fc.constant(''));
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('button' as const), label, command: words }),
  fc.record({
    type: fc.constant('button' as const),
    label,
    command: words,
    style: fc.constantFrom('primary' as const, 'danger' as const),
  }),
  fc.record({
    type: fc.constant('choice' as const),
    label,
    options: fc.array(fc.record({ label, command: words }), { maxLength: 150 }),
  }),
);
const message: fc.Arbitrary<Message> = fc.record({
  tone: fc.constantFrom('critical', 'warning', 'info', 'good', 'neutral'),
  title: words,
  blocks: fc.oneof(fc.array(block, { maxLength: 8 }), fc.array(block, { minLength: 40, maxLength: 140 })),
  actions: fc.array(action, { maxLength: 40 }),
});
const facts = fc.array(fc.record({ label: words, value: words }), { maxLength: 12 });
const alert: fc.Arbitrary<AlertContent> = fc.oneof(
  fc
    .record({ title: words, problems: fc.array(words), facts, hosts: fc.array(words), state: fc.array(words) })
    .map((parts) => ({ ...head, ...parts })),
  fc
    .record({
      title: words,
      lines: fc.array(words),
      sections: fc.array(fc.record({ title: words, facts, code: words }), { maxLength: 30 }),
      broadcast: fc.boolean(),
    })
    .map((parts) => ({ ...head, ...parts, kind: 'thread' as const })),
  fc.record({
    kind: fc.constant('notice' as const),
    severity: fc.constant('info' as const),
    title: words,
    lines: fc.array(words),
  }),
);

/** Without `endOnFailure` a failing message of a hundred blocks would be shrunk for minutes. */
describe('every message', () => {
  it('keeps all limits of Block Kit', () => {
    fc.assert(
      fc.property(message, (any) => {
        expect(blockKitProblems(renderMessage(any))).toEqual([]);
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('made of an alert keeps them too', () => {
    fc.assert(
      fc.property(alert, (content) => {
        expect(blockKitProblems(renderMessage(alertMessage(content)))).toEqual([]);
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('shows nothing that hides, and lets nothing act in the fallback', () => {
    fc.assert(
      fc.property(message, (any) => {
        const hidden = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u200e\u200f]|\p{Cs}/u;
        for (const word of wordsIn(renderMessage(any).blocks)) expect(word).not.toMatch(hidden);
        expect(renderPlain(any)).not.toMatch(/[<>]/);
        expect(renderPlain(any)).not.toMatch(hidden);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('is cut to its limit, and a cut that has room for it counts', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 400 }), (any, limit) => {
        expect(fit(any, limit).length).toBeLessThanOrEqual(limit);
        expect(fit(any, limit)).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
