import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAIN, renderMessage } from '../../../src/chat/console/render.ts';
import { displayWidth, wrap } from '../../../src/chat/console/width.ts';
import type { Message } from '../../../src/chat/message.ts';

const COLOUR = { colour: true, width: 60 };

function message(overrides: Partial<Message> = {}): Message {
  return { tone: 'neutral', title: 'Title', blocks: [], actions: [], ...overrides };
}

const EVERYTHING = message({
  tone: 'critical',
  title: 'mail.example.com:25 smtp: expired',
  blocks: [
    { type: 'text', text: ['Usage: ', { command: 'show MONITOR' }, ' and ', { bold: 'more' }] },
    {
      type: 'facts',
      facts: [
        { label: 'Status', value: 'expired' },
        { label: 'Days left', value: '-3' },
      ],
    },
    { type: 'list', items: ['first', [{ code: 'CM12' }, ' second']] },
    {
      type: 'table',
      columns: ['Status', 'Host'],
      rows: [
        ['valid', 'a.example:443'],
        ['expired', 'müller.example:25'],
      ],
    },
    { type: 'code', code: '-----BEGIN-----\nAAAA\n-----END-----\n' },
    { type: 'note', text: 'small print' },
  ],
  actions: [
    { type: 'button', label: 'Acknowledge', command: 'ack #1' },
    {
      type: 'choice',
      label: 'Snooze',
      options: [
        { label: '4 h', command: 'snooze #1 4h' },
        { label: 'renewed', command: 'snooze #1 until-renewed' },
      ],
    },
  ],
});

describe('a message in plain text', () => {
  it('holds every block', () => {
    expect(renderMessage(EVERYTHING, PLAIN, { prefix: '[#ops] ', actions: true })).toMatchInlineSnapshot(`
      "[#ops] mail.example.com:25 smtp: expired
        Usage: show MONITOR and more
        Status:    expired
        Days left: -3
        - first
        - CM12 second
        Status   Host
        valid    a.example:443
        expired  müller.example:25
        -----BEGIN-----
        AAAA
        -----END-----
        small print
        You can say: ack #1 · snooze #1 4h|until-renewed"
    `);
  });

  it('a choice of lines that differ in more than their last word keeps them whole', () => {
    const options = ['ack #1', 'list'].map((command) => ({ label: command, command }));
    const said = message({ actions: [{ type: 'choice', label: 'What', options }] });
    expect(renderMessage(said, PLAIN, { actions: true })).toBe('Title\n  You can say: ack #1 · list');
  });

  it('has no escape where there are no colours', () => {
    expect(renderMessage(EVERYTHING, { colour: false, width: 40 })).not.toContain('\u001b');
  });
});

describe('a message in a terminal', () => {
  it('is coloured by tone and keeps its words', () => {
    const shown = renderMessage(EVERYTHING, COLOUR);
    expect(shown.startsWith('\u001b[1;31mmail.example.com:25 smtp: expired\u001b[0m\n')).toBe(true);
    expect(shown).toContain('\u001b[36mshow MONITOR\u001b[0m and \u001b[1mmore\u001b[0m');
    expect(withoutColours(shown)).toBe(renderMessage(EVERYTHING, { colour: false, width: 60 }));
  });

  it('a style goes on over a line break', () => {
    const shown = renderMessage(
      message({ blocks: [{ type: 'text', text: ['aaaa ', { bold: 'bbbb cccc dddd eeee ffff' }] }] }),
      {
        colour: true,
        width: 20,
      },
    );
    expect(shown.split('\n').slice(1)).toEqual([
      '  aaaa \u001b[1mbbbb cccc\u001b[0m',
      '  \u001b[1mdddd eeee ffff\u001b[0m',
    ]);
  });

  it('a table that is too wide breaks its widest cells, and stays aligned', () => {
    const shown = renderMessage(
      message({
        blocks: [
          {
            type: 'table',
            columns: ['Id', 'What'],
            rows: [
              ['#1', 'one two three four five six'],
              ['#2', 'x'],
            ],
          },
        ],
      }),
      { colour: false, width: 24 },
    );
    expect(shown.split('\n').slice(1)).toEqual(['  Id  What', '  #1  one two three four', '      five six', '  #2  x']);
  });

  it('wide letters count twice', () => {
    const rows = [
      ['日本語', 'x'],
      ['abc', 'y'],
    ];
    const shown = renderMessage(message({ blocks: [{ type: 'table', columns: ['A', 'B'], rows }] }), PLAIN);
    expect(shown.split('\n').slice(1)).toEqual(['  A       B', '  日本語  x', '  abc     y']);
  });
});

describe('hostile text', () => {
  it.each([
    { what: 'an escape', text: 'a\u001b[2Jb', shown: 'a<U+001B>[2Jb' },
    { what: 'a C1 escape', text: 'a\u009b2Jb', shown: 'a<U+009B>2Jb' },
    { what: 'a bell and a backspace', text: 'a\u0007\bb', shown: 'a<U+0007><U+0008>b' },
    { what: 'DEL', text: 'a\u007fb', shown: 'a<U+007F>b' },
    { what: 'a line of its own', text: 'a\nResolved #1', shown: 'a<U+000A>Resolved #1' },
    { what: 'a carriage return', text: 'a\rb', shown: 'a<U+000D>b' },
    { what: 'a right-to-left override', text: 'a\u202eb', shown: 'a<U+202E>b' },
    { what: 'an isolate', text: 'a\u2066b', shown: 'a<U+2066>b' },
    { what: 'a zero-width space', text: 'a\u200bb', shown: 'a<U+200B>b' },
    { what: 'a line separator', text: 'a\u2028b', shown: 'a<U+2028>b' },
    { what: 'a tag character', text: 'a\u{e0041}b', shown: 'a<U+E0041>b' },
    { what: 'half a surrogate pair', text: 'a\ud800b', shown: 'a<U+D800>b' },
  ])('$what is written out, wherever it stands', ({ text, shown }) => {
    const said = message({
      title: text,
      blocks: [
        { type: 'text', text: [text, { bold: text }, { code: text }, { command: text }] },
        { type: 'note', text },
        { type: 'facts', facts: [{ label: text, value: text }] },
        { type: 'list', items: [text, [{ bold: text }]] },
        { type: 'table', columns: [text], rows: [[text]] },
      ],
      actions: [{ type: 'button', label: text, command: text }],
    });
    const lines = renderMessage(said, PLAIN, { prefix: text, actions: true }).split('\n');
    expect(lines).toEqual([
      shown + shown,
      `  ${shown.repeat(4)}`,
      `  ${shown}`,
      `  ${shown}: ${shown}`,
      `  - ${shown}`,
      `  - ${shown}`,
      `  ${shown}`,
      `  ${shown}`,
      `  You can say: ${shown}`,
    ]);
  });

  it('a PEM keeps its lines and nothing else that hides', () => {
    const said = message({ blocks: [{ type: 'code', code: 'A\r\nB\u001b[31m' }] });
    expect(renderMessage(said, PLAIN)).toBe('Title\n  A\n  B<U+001B>[31m');
  });

  it('no text gets an escape of its own through, and no line is wider than the terminal', () => {
    const hostile = fc.string({ unit: 'binary', maxLength: 120 });
    fc.assert(
      fc.property(hostile, hostile, fc.integer({ min: 20, max: 100 }), (a, b, width) => {
        const said = message({
          title: a,
          blocks: [
            { type: 'text', text: [a, { bold: b }] },
            { type: 'facts', facts: [{ label: 'Label', value: b }] },
            { type: 'list', items: [b] },
          ],
        });
        const plain = renderMessage(said, { colour: false, width });
        // eslint-disable-next-line no-control-regex -- they are what must not be there
        expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        for (const line of plain.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(withoutColours(renderMessage(said, { colour: true, width }))).toBe(plain);
      }),
    );
  });
});

describe('wrapping', () => {
  it.each([
    { text: '', width: 10, then: [''] },
    { text: 'one two', width: 10, then: ['one two'] },
    { text: 'one two three', width: 8, then: ['one two', 'three'] },
    { text: 'abcdefghij', width: 4, then: ['abcd', 'efgh', 'ij'] },
    { text: 'a abcdefghij b', width: 4, then: ['a', 'abcd', 'efgh', 'ij b'] },
    { text: '日本語', width: 4, then: ['日本', '語'] },
  ])('$text at $width', ({ text, width, then }) => {
    expect(wrap(text, width)).toEqual(then);
  });
});

function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- our own colours
  return text.replace(/\u001b\[[\d;]*m/g, '');
}
