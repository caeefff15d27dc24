import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT_CHARS, parseCommand } from '../../src/chat/command.ts';
import type { Command } from '../../src/chat/command.ts';
import { MAX_LINE_CHARS } from '../../src/chat/grammar/arguments.ts';
import type { CommandProblem } from '../../src/chat/grammar/arguments.ts';
import { COMMANDS, COMMAND_NAMES, NOT_YET, SYNONYMS, findCommand } from '../../src/chat/grammar/table.ts';

function command(text: string): Command {
  const read = parseCommand(text);
  if (!read.ok) throw new Error(read.problem.message);
  return read.value;
}

function problem(text: string): CommandProblem {
  const read = parseCommand(text);
  if (read.ok) throw new Error(`was taken: ${JSON.stringify(read.value)}`);
  return read.problem;
}

const SID = `CI${'0a'.repeat(16)}`;

/** What is written where a FILTER may stand. */
const tagged = (tag: string) => ({ text: tag, filter: { ok: true, value: { filter: { type: 'tag', tag } } } });
const saved = (name: string) => ({ text: `filter:${name}`, filter: { ok: true, value: { saved: name } } });

describe('commands that are right', () => {
  it.each([
    { text: '', then: { type: 'help', topic: undefined } },
    { text: '  \n ', then: { type: 'help', topic: undefined } },
    { text: '?', then: { type: 'help', topic: undefined } },
    { text: 'help', then: { type: 'help', topic: undefined } },
    { text: 'help add', then: { type: 'help', topic: 'add' } },
    { text: 'help group', then: { type: 'help', topic: 'group' } },
    { text: 'help group map', then: { type: 'help', topic: 'group map' } },
    { text: 'help show anything', then: { type: 'help', topic: 'show' } },
    { text: 'add --help', then: { type: 'help', topic: 'add' } },
    { text: 'group', then: { type: 'help', topic: 'group' } },
    { text: 'list', then: { type: 'list', page: 1 } },
    { text: 'LIST --page 3', then: { type: 'list', page: 3 } },
    { text: 'list --page=3', then: { type: 'list', page: 3 } },
    { text: 'list —page 3', then: { type: 'list', page: 3 } },
    { text: 'show mail.example.com:25', then: { type: 'show', monitor: 'mail.example.com:25' } },
    { text: 'show "Mail Berlin"', then: { type: 'show', monitor: 'Mail Berlin' } },
    { text: 'show -- --odd', then: { type: 'show', monitor: '--odd' } },
    { text: 'check 2001:db8::1', then: { type: 'check', on: tagged('2001:db8::1'), yes: false } },
    { text: 'remove CM12 --yes', then: { type: 'remove', on: tagged('CM12'), yes: true } },
    { text: 'pause a', then: { type: 'pause', on: tagged('a'), yes: false } },
    { text: 'resume filter:a', then: { type: 'resume', on: saved('a'), yes: false } },
    { text: 'list "env:prod" --page 2', then: { type: 'list', filter: tagged('env:prod'), page: 2 } },
    { text: 'incidents', then: { type: 'incidents', incident: undefined, filter: undefined } },
    { text: 'incidents #17', then: { type: 'incidents', incident: { number: 17 }, filter: undefined } },
    { text: 'incidents mail', then: { type: 'incidents', incident: undefined, filter: tagged('mail') } },
    { text: 'tag add a b:c d', then: { type: 'tag add', monitor: 'a', tags: ['b:c', 'd'] } },
    {
      text: 'filter save x not y',
      then: { type: 'filter save', name: 'x', filter: { type: 'not', term: { type: 'tag', tag: 'y' } } },
    },
    { text: 'ack #17', then: { type: 'ack', incident: { number: 17 } } },
    { text: 'ack 17', then: { type: 'ack', incident: { number: 17 } } },
    { text: `unack ${SID.toUpperCase()}`, then: { type: 'unack', incident: { sid: SID } } },
    { text: 'unsnooze #3', then: { type: 'unsnooze', incident: { number: 3 } } },
    { text: 'snooze #3 30m', then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'for', ms: 1_800_000 } } },
    { text: 'snooze 3 4H', then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'for', ms: 14_400_000 } } },
    { text: 'snooze 3 7d', then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'for', ms: 604_800_000 } } },
    {
      text: 'snooze 3 2w',
      then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'for', ms: 1_209_600_000 } },
    },
    {
      text: 'snooze 3 2026-12-01',
      then: {
        type: 'snooze',
        incident: { number: 3 },
        until: { kind: 'until', instant: new Date('2026-12-01T00:00:00Z') },
      },
    },
    {
      text: 'snooze 3 2026-12-01T09:00',
      then: {
        type: 'snooze',
        incident: { number: 3 },
        until: { kind: 'until', instant: new Date('2026-12-01T09:00:00Z') },
      },
    },
    {
      text: 'snooze 3 2028-02-29T23:59:59Z',
      then: {
        type: 'snooze',
        incident: { number: 3 },
        until: { kind: 'until', instant: new Date('2028-02-29T23:59:59Z') },
      },
    },
    { text: 'snooze 3 until-renewed', then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'renewed' } } },
    {
      text: 'snooze 3 until-next-threshold',
      then: { type: 'snooze', incident: { number: 3 }, until: { kind: 'next-threshold' } },
    },
    { text: 'group add ops', then: { type: 'group add', name: 'ops', wish: {} } },
    { text: 'group show ops', then: { type: 'group show', name: 'ops' } },
    { text: 'Group List', then: { type: 'group list' } },
    { text: 'group map ops #alerts', then: { type: 'group map', name: 'ops', channel: '#alerts' } },
    { text: 'group unmap ops <#C1|a>', then: { type: 'group unmap', name: 'ops', channel: '<#C1|a>' } },
  ])('$text', ({ text, then }) => {
    expect(command(text)).toEqual(then);
  });

  it('add takes all its flags, in any order and either form', () => {
    const read = command(
      'add --group ops db.example.com:6432 postgres --name "Database 1" --tag=env:prod --direct --group=dev --sni in.example.com --profile Minimal --tag x --group ops',
    );
    expect(read).toMatchObject({
      type: 'add',
      lines: [
        {
          line: 1,
          wish: {
            ok: true,
            value: {
              endpoint: {
                host: 'db.example.com',
                port: 6432,
                protocol: 'postgresql',
                serverName: 'in.example.com',
                direct: true,
              },
              name: 'Database 1',
              profile: 'Minimal',
              groups: ['ops', 'dev'],
              tags: ['env:prod', 'x'],
            },
          },
        },
      ],
    });
  });

  it.each(COMMAND_NAMES)('the example of %s is taken', (name) => {
    expect(command(COMMANDS[name].example).type).toBe(name);
  });
});

describe('several lines', () => {
  it('each line of an add stands for itself', () => {
    const read = command('add a.example https\n\n  b.example smtp\nadd c.example htps\nlist\nadd list https\n');
    expect(
      read.type === 'add' &&
        read.lines.map(({ line, wish }) => [line, wish.ok ? wish.value.endpoint.host : wish.problem.message]),
    ).toEqual([
      [1, 'a.example'],
      [3, 'b.example'],
      [4, expect.stringContaining("unknown protocol 'htps'")],
      [5, 'list cannot stand among several lines: only add can'],
      [6, 'list'],
    ]);
  });

  it('no other command takes several', () => {
    expect(problem('pause a\nremove b').message).toBe(
      'there are 2 lines, and only add takes several: send one command at a time',
    );
  });
});

describe('commands that are wrong', () => {
  it.each([
    { text: 'lst', says: "there is no command 'lst'", suggests: 'list', column: 0 },
    { text: '  shwo mail', says: "there is no command 'shwo'", suggests: 'show mail', column: 0 },
    { text: 'acknowledge #3', says: "there is no command 'acknowledge'", suggests: 'ack #3', column: 0 },
    { text: 'xylophone', says: "there is no command 'xylophone'", suggests: undefined, column: 0 },
    { text: 'group mpa a #b', says: "there is no command 'group mpa'", suggests: 'group map a #b', column: 0 },
    { text: 'constructor', says: "there is no command 'constructor'", suggests: undefined, column: 0 },
    { text: 'add', says: 'add needs a HOST and a PROTOCOL', suggests: undefined, column: undefined },
    {
      text: 'add mail.example.com',
      says: 'add mail.example.com needs a PROTOCOL',
      suggests: undefined,
      column: undefined,
    },
    {
      text: 'add h smtp extra',
      says: "add takes 2 words, and 'extra' is one too many",
      suggests: undefined,
      column: 11,
    },
    {
      text: 'show Mail Berlin',
      says: "show takes one word, and 'Berlin' is one too many: a text with spaces stands in quotes",
      suggests: 'show "Mail Berlin"',
      column: 10,
    },
    { text: 'add h smtp --nmae X', says: "add has no flag '--nmae'", suggests: 'add h smtp --name X', column: 11 },
    { text: 'add h smtp --nmae=X', says: "add has no flag '--nmae'", suggests: 'add h smtp --name=X', column: 11 },
    { text: 'show h --name x', says: "show has no flag '--name': it takes no flags", suggests: undefined, column: 7 },
    { text: 'add h smtp --constructor', says: "add has no flag '--constructor'", suggests: undefined, column: 11 },
    { text: 'add h smtp --name', says: '--name needs a value: --name N', suggests: undefined, column: 11 },
    { text: 'add h smtp --name --group g', says: '--name needs a value: --name N', suggests: undefined, column: 11 },
    { text: 'add h smtp --name ""', says: '--name needs a value: --name N', suggests: undefined, column: 11 },
    { text: 'add h smtp --name a --name b', says: '--name is given twice', suggests: undefined, column: 20 },
    {
      text: 'add h postgresql --direct=yes',
      says: '--direct takes no value',
      suggests: 'add h postgresql --direct',
      column: 17,
    },
    { text: 'add h smtp --direct', says: '--direct is for postgresql only', suggests: undefined, column: undefined },
    {
      text: 'add h smtp --sni 10.0.0.1',
      says: 'the server name (--sni) must be a DNS name',
      suggests: undefined,
      column: undefined,
    },
    {
      text: 'add mail.example.com smpt',
      says: "unknown protocol 'smpt'",
      suggests: 'add mail.example.com smtp',
      column: 21,
    },
    {
      text: 'add mail.example.com:99999 smtp',
      says: "port '99999' is not a number",
      suggests: 'add mail.example.com:25 smtp',
      column: 4,
    },
    {
      text: 'add mail.example.com:x smtp',
      says: "port 'x' is not a number",
      suggests: 'add mail.example.com:25 smtp',
      column: 4,
    },
    {
      text: 'add box.example.com tls',
      says: 'tls has no usual port',
      suggests: 'add box.example.com:8443 tls',
      column: 4,
    },
    { text: 'add https://a.example/x https', says: 'is a URL', suggests: 'add a.example https', column: 4 },
    {
      text: 'add "mail.example.com smtp',
      says: 'the quote " at character 5 is never closed',
      suggests: undefined,
      column: 4,
    },
    {
      text: 'add h smtp --tag status:valid',
      says: "'status:valid' cannot be a tag",
      suggests: undefined,
      column: undefined,
    },
    { text: 'add h smtp --tag "a b"', says: "'a b' cannot be a tag", suggests: undefined, column: undefined },
    { text: 'add h smtp --tag and', says: "'and' cannot be a tag", suggests: undefined, column: undefined },
    {
      text: `add h smtp --name ${'x'.repeat(101)}`,
      says: 'the name is 101 characters long',
      suggests: undefined,
      column: undefined,
    },
    { text: 'list --page 0', says: "'0' is no page", suggests: 'list --page 1', column: undefined },
    { text: 'list --page -1', says: "'-1' is no page", suggests: 'list --page 1', column: undefined },
    { text: 'show ""', says: 'show needs a monitor', suggests: undefined, column: undefined },
    { text: 'ack', says: 'ack needs an INCIDENT, such as #17', suggests: undefined, column: undefined },
    { text: 'ack mail', says: "'mail' is no incident", suggests: undefined, column: 4 },
    { text: 'ack #', says: "'#' is no incident", suggests: undefined, column: 4 },
    { text: 'ack #12345678901', says: "'#12345678901' is no incident", suggests: undefined, column: 4 },
    {
      text: 'snooze #1',
      says: 'snooze #1 needs a time: 4h, 2026-12-01, until-renewed or until-next-threshold',
      suggests: undefined,
      column: undefined,
    },
    { text: 'snooze', says: 'such as #17 and a time: 4h', suggests: undefined, column: undefined },
    {
      text: 'group map',
      says: 'group map needs a NAME, such as ops, and a #channel',
      suggests: undefined,
      column: undefined,
    },
    { text: `snooze ${'9'.repeat(80)}`, says: 'snooze needs a time', suggests: undefined, column: undefined },
    {
      text: 'snooze #1 9999999d',
      says: '9999999d is too long: a silence lasts a year',
      suggests: undefined,
      column: 10,
    },
    {
      text: `snooze #1 ${'9'.repeat(400)}d`,
      says: `${'9'.repeat(20)}… is too long`,
      suggests: undefined,
      column: 10,
    },
    { text: 'demo', says: 'demo needs a terminal of its own: npm run demo', suggests: undefined, column: undefined },
    { text: 'snooze #1 tomorrow', says: 'tomorrow is neither a duration', suggests: undefined, column: 10 },
    {
      text: 'snooze #1 until-renwed',
      says: 'until-renwed is neither a duration',
      suggests: 'snooze #1 until-renewed',
      column: 10,
    },
    { text: 'snooze #1 0h', says: '0h is no time at all', suggests: undefined, column: 10 },
    { text: 'snooze #1 30', says: '30 has no unit that we know', suggests: undefined, column: 10 },
    { text: 'snooze #1 5y', says: '5y has no unit that we know', suggests: undefined, column: 10 },
    { text: 'snooze #1 999w', says: '999w is too long', suggests: undefined, column: 10 },
    { text: 'snooze #1 2026-02-30', says: 'there is no 2026-02-30 in the calendar', suggests: undefined, column: 10 },
    { text: 'snooze #1 2026-12-01T24:00', says: 'there is no 2026-12-01T24:00', suggests: undefined, column: 10 },
    { text: 'snooze #1 0001-01-01', says: 'there is no 0001-01-01', suggests: undefined, column: 10 },
    { text: 'help lst', says: "there is no command 'lst'", suggests: 'help list', column: 5 },
    {
      text: `show ${'x'.repeat(10_000)}`,
      says: 'this line is 10005 characters long',
      suggests: undefined,
      column: undefined,
    },
  ])('$text', ({ text, says, suggests, column }) => {
    const { message, suggestion, place } = problem(text);
    expect(message).toContain(says);
    expect(suggestion).toBe(suggests);
    expect(place?.column).toBe(column);
  });

  it('what is missing is answered with the usage line', () => {
    expect(problem('add').usage).toBe(COMMANDS.add.usage);
    expect(problem('snooze #1').usage).toBe(COMMANDS.snooze.usage);
  });

  it.each(Object.keys(NOT_YET))('%s is not in this version, and says so', (words) => {
    const { message, advice } = problem(`${words} something`);
    expect(message).toBe(`this version of certmon has no ${words} yet, and nothing was changed`);
    expect(advice).toBe(NOT_YET[words]);
  });

  it('what is suggested instead of a synonym is a command', () => {
    for (const meant of Object.values(SYNONYMS)) expect(findCommand(meant)).toBe(meant);
  });

  it('a line and a text have their limits', () => {
    expect(parseCommand(`show ${'x'.repeat(MAX_LINE_CHARS - 5)}`).ok).toBe(true);
    expect(parseCommand(`show ${'x'.repeat(MAX_LINE_CHARS - 4)}`).ok).toBe(false);
    expect(problem('x'.repeat(MAX_TEXT_CHARS + 1)).message).toBe(
      `this is ${String(MAX_TEXT_CHARS + 1)} characters long, and ${String(MAX_TEXT_CHARS)} is the most that is read at once`,
    );
  });
});

describe('properties', () => {
  const piece = fc.oneof(
    fc.constantFrom(...COMMAND_NAMES, '"', "'", '\\', '--name', '--', '#17', 'until-renewed', '\n', 'add h smtp', '4h'),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );

  it('any text is a command or a problem, and its suggestion is another text', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join(' ');
        const read = parseCommand(text);
        if (read.ok) return;
        expect(read.problem.message).not.toBe('');
        expect(read.problem.suggestion).not.toBe(text.trim());
      }),
      { numRuns: 500 },
    );
  });
});
