/**
 * The one command grammar, for every platform: text in, a command or what is wrong with it out (design, section 6).
 * Pure. Names that only the store knows (monitors, groups, profiles) stay words here; the handlers look them up.
 */
import { parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/monitor.ts';
import { nearest } from '../core/nearest.ts';
import { findProtocol } from '../core/protocol.ts';
import { quote } from '../core/quote.ts';
import { missingWords, readArguments, wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { COMMANDS, COMMAND_NAMES, FIRST_WORDS, NOT_YET, SYNONYMS, findCommand, specOf } from './command-table.ts';
import type { CommandName } from './command-table.ts';
import { parseSnooze } from './snooze-time.ts';
import type { SnoozeUntil } from './snooze-time.ts';
import { quoteWord, replaceWord, tokenize } from './tokens.ts';
import type { Token } from './tokens.ts';

export type { CommandProblem, Outcome } from './arguments.ts';

/** Characters in one line; more is no command. */
export const MAX_LINE_CHARS = 2_000;
/** Characters in all: a bulk add of a few thousand lines. */
export const MAX_TEXT_CHARS = 100_000;

const MAX_NAME_CHARS = 100;
const MAX_TAG_CHARS = 60;
const MAX_TAGS = 30;
const MAX_PAGE = 100_000;

/** A monitor as a person wants it added; group and profile by name. */
export interface AddWish {
  readonly endpoint: Endpoint;
  readonly name: string | undefined;
  readonly profile: string | undefined;
  readonly groups: readonly string[];
  readonly tags: readonly string[];
}

export interface AddLine {
  /** Counted from 1 in the text. */
  readonly line: number;
  readonly text: string;
  readonly wish: Outcome<AddWish>;
}

/** How an incident is named: by its running number, or its SID. */
export type IncidentReference = { readonly number: number } | { readonly sid: string };

export type Command =
  /** One line that could be read, or several lines of which some may be wrong. */
  | { readonly type: 'add'; readonly lines: readonly AddLine[] }
  | { readonly type: 'list'; readonly page: number }
  | { readonly type: 'show' | 'check' | 'remove' | 'pause' | 'resume'; readonly monitor: string }
  | { readonly type: 'incidents'; readonly incident: IncidentReference | undefined }
  | { readonly type: 'ack' | 'unack' | 'unsnooze'; readonly incident: IncidentReference }
  | { readonly type: 'snooze'; readonly incident: IncidentReference; readonly until: SnoozeUntil }
  | { readonly type: 'group add' | 'group show'; readonly name: string }
  | { readonly type: 'group map' | 'group unmap'; readonly name: string; readonly channel: string }
  | { readonly type: 'group list' }
  /** A command's name, or `group` for its family. */
  | { readonly type: 'help'; readonly topic: CommandName | 'group' | undefined };

/** Any text ends in a command or a problem; nothing is thrown. */
export function parseCommand(text: string): Outcome<Command> {
  if (text.length > MAX_TEXT_CHARS) {
    return wrong({
      message: `this is ${String(text.length)} characters long, and ${String(MAX_TEXT_CHARS)} is the most that is read at once`,
    });
  }
  const lines = text
    .split(/\r\n|[\n\r]/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '');
  const [first, second] = lines;
  if (first === undefined) return { ok: true, value: { type: 'help', topic: undefined } };
  if (second === undefined) return parseLine(first.line);
  if (!isAdd(first.line)) {
    return wrong({
      message: `there are ${String(lines.length)} lines, and only add takes several: send one command at a time`,
    });
  }
  return {
    ok: true,
    value: {
      type: 'add',
      lines: lines.map(({ line, number }) => ({ line: number, text: line, wish: parseAddLine(line) })),
    },
  };
}

function parseLine(line: string): Outcome<Command> {
  if (line.length > MAX_LINE_CHARS) return tooLong(line);
  const cut = tokenize(line);
  if (!cut.ok) return cut;
  const found = findName(cut.tokens, line);
  if (!found.ok) return found;
  const { name, rest } = found.value;
  if (name === 'group') return { ok: true, value: { type: 'help', topic: 'group' } };
  if (rest.some((token) => !token.isLiteral && token.text === '--help'))
    return { ok: true, value: { type: 'help', topic: name } };
  const read = readArguments(specOf(name), rest, line);
  return read.ok ? toCommand(name, read.value, line) : read;
}

interface Named {
  readonly name: CommandName | 'group';
  readonly rest: readonly Token[];
}

/** The command that the first word, or the first two, name. */
function findName(tokens: readonly Token[], line: string): Outcome<Named> {
  const [first, second] = tokens;
  const word = first?.text.toLowerCase() ?? '';
  if (first === undefined || word === '?' || word === '-h' || word === '--help') {
    return { ok: true, value: { name: 'help', rest: [] } };
  }
  if (word !== 'group') {
    const name = findCommand(word);
    return name === undefined
      ? unknownCommand(word, first, line)
      : { ok: true, value: { name, rest: tokens.slice(1) } };
  }
  if (second === undefined || second.text === '--help') return { ok: true, value: { name: 'group', rest: [] } };
  const both = `group ${second.text.toLowerCase()}`;
  const name = findCommand(both);
  if (name !== undefined) return { ok: true, value: { name, rest: tokens.slice(2) } };
  return unknownCommand(both, { start: first.start, end: second.end }, line);
}

/** @param at the part of the line that `words` stand in. */
function unknownCommand(words: string, at: Pick<Token, 'start' | 'end'>, line: string): Outcome<never> {
  if (words === 'demo') {
    return wrong({ message: 'demo needs a terminal of its own: npm run demo, where certmon is installed' });
  }
  const instead = Object.hasOwn(NOT_YET, words) ? NOT_YET[words] : undefined;
  if (instead !== undefined) {
    return wrong({ message: `this version of certmon has no ${words} yet, and nothing was changed`, advice: instead });
  }
  const isGroup = words.startsWith('group ');
  const names = isGroup ? COMMAND_NAMES.filter((name) => name.startsWith('group ')) : FIRST_WORDS;
  const near = (Object.hasOwn(SYNONYMS, words) ? SYNONYMS[words] : undefined) ?? nearest(words, names);
  return wrong({
    message: `there is no command ${quote(words)}`,
    advice: isGroup ? `There are ${names.map((name) => `\`${name}\``).join(', ')}.` : '`help` lists all commands.',
    place: { line, column: at.start },
    ...(near === undefined ? {} : { suggestion: replaceWord(line, at, near) }),
  });
}

function toCommand(type: CommandName, read: Arguments, line: string): Outcome<Command> {
  const { words } = read;
  const [first = '', second = ''] = words.map((word) => word.text);
  switch (type) {
    case 'add': {
      const wish = toAddWish(read, line);
      return wish.ok ? { ok: true, value: { type, lines: [{ line: 1, text: line, wish }] } } : wish;
    }
    case 'list':
      return toList(read, line);
    case 'show':
    case 'check':
    case 'remove':
    case 'pause':
    case 'resume':
      return first.trim() === ''
        ? wrong({ message: `${type} needs a monitor: nothing was given`, usage: specOf(type).usage })
        : { ok: true, value: { type, monitor: first.trim() } };
    case 'incidents':
      return words.length === 0 ? { ok: true, value: { type, incident: undefined } } : withIncident(type, read, line);
    case 'ack':
    case 'unack':
    case 'snooze':
    case 'unsnooze':
      return withIncident(type, read, line);
    case 'group add':
    case 'group show':
      return { ok: true, value: { type, name: first.trim() } };
    case 'group map':
    case 'group unmap':
      return { ok: true, value: { type, name: first.trim(), channel: second.trim() } };
    case 'group list':
      return { ok: true, value: { type } };
    case 'help':
      return toHelp(words, line);
  }
}

function withIncident(
  type: 'incidents' | 'ack' | 'unack' | 'snooze' | 'unsnooze',
  { words }: Arguments,
  line: string,
): Outcome<Command> {
  const [named, time] = words;
  const { usage } = specOf(type);
  const incident = parseIncidentReference(named?.text ?? '');
  if (incident === undefined) {
    return wrong({
      message: `${quote(named?.text ?? '')} is no incident: write its number, such as #17, or its id`,
      advice: '`incidents` lists those that are open.',
      usage,
      place: { line, column: named?.start ?? 0 },
    });
  }
  if (type !== 'snooze' || time === undefined) {
    return type === 'snooze' ? missingWords(specOf(type), words) : { ok: true, value: { type, incident } };
  }
  const until = parseSnooze(time.text);
  if ('wrong' in until) {
    const near = nearest(time.text, ['until-renewed', 'until-next-threshold']);
    return wrong({
      message: until.wrong,
      usage,
      place: { line, column: time.start },
      ...(near === undefined ? {} : { suggestion: replaceWord(line, time, near) }),
    });
  }
  return { ok: true, value: { type, incident, until } };
}

/** `#17`, `17` or a SID. */
export function parseIncidentReference(text: string): IncidentReference | undefined {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  if (number !== undefined) return { number: Number(number) };
  return /^CI[0-9a-f]{32}$/i.test(text) ? { sid: `CI${text.slice(2).toLowerCase()}` } : undefined;
}

function toList({ words: [extra], flags }: Arguments, line: string): Outcome<Command> {
  if (extra !== undefined) {
    return wrong({
      message: `list takes nothing more, and this version of certmon has no filters yet: ${quote(extra.text)} was not looked for`,
      advice: '`list` shows all monitors, `show MONITOR` one.',
      place: { line, column: extra.start },
    });
  }
  const page = flags.get('page')?.[0];
  if (page === undefined) return { ok: true, value: { type: 'list', page: 1 } };
  const number = /^\d{1,6}$/.test(page) ? Number(page) : 0;
  if (number < 1 || number > MAX_PAGE) {
    const message = `${quote(page)} is no page: pages are counted from 1`;
    return wrong({ message, suggestion: 'list --page 1', usage: COMMANDS.list.usage });
  }
  return { ok: true, value: { type: 'list', page: number } };
}

function toHelp(topic: readonly Token[], line: string): Outcome<Command> {
  const [first, second] = topic;
  if (first === undefined) return { ok: true, value: { type: 'help', topic: undefined } };
  const word = first.text.toLowerCase();
  const both = second === undefined ? word : `${word} ${second.text.toLowerCase()}`;
  const name = word === 'group' && second === undefined ? 'group' : (findCommand(both) ?? findCommand(word));
  if (name !== undefined) return { ok: true, value: { type: 'help', topic: name } };
  const end = word === 'group' ? (second ?? first).end : first.end;
  return unknownCommand(word === 'group' ? both : word, { start: first.start, end }, line);
}

function isAdd(line: string): boolean {
  return /^add(?:\s|$)/i.test(line);
}

/** A line of a bulk add: with `add` in front, or without from the second line on. */
function parseAddLine(line: string): Outcome<AddWish> {
  if (line.length > MAX_LINE_CHARS) return tooLong(line);
  const cut = tokenize(line);
  if (!cut.ok) return cut;
  const first = cut.tokens[0]?.text.toLowerCase() ?? '';
  const isBare = first !== 'add';
  if (isBare && (FIRST_WORDS.includes(first) || Object.hasOwn(NOT_YET, first)) && cut.tokens.length < 3) {
    return wrong({ message: `${first} cannot stand among several lines: only add can`, usage: COMMANDS.add.usage });
  }
  const read = readArguments(COMMANDS.add, isBare ? cut.tokens : cut.tokens.slice(1), line);
  return read.ok ? toAddWish(read.value, line) : read;
}

function toAddWish(read: Arguments, line: string): Outcome<AddWish> {
  const { flags } = read;
  const { usage } = COMMANDS.add;
  const endpoint = toEndpoint(read, line);
  if (!endpoint.ok) return endpoint;
  const name = flags.get('name')?.[0];
  if (name !== undefined && name.length > MAX_NAME_CHARS) {
    return wrong({
      message: `the name is ${String(name.length)} characters long, ${String(MAX_NAME_CHARS)} is the most`,
      usage,
    });
  }
  const tags = [...new Set(flags.get('tag') ?? [])];
  if (tags.length > MAX_TAGS)
    return wrong({ message: `${String(tags.length)} tags are too many, ${String(MAX_TAGS)} is the most`, usage });
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem !== undefined) return wrong({ message: problem, usage });
  }
  return {
    ok: true,
    value: {
      endpoint: endpoint.value,
      name,
      profile: flags.get('profile')?.[0],
      groups: [...new Set(flags.get('group') ?? [])],
      tags,
    },
  };
}

/** The endpoint; or what is wrong with host or protocol, pointed at, and the line as it was probably meant. */
function toEndpoint({ words, flags }: Arguments, line: string): Outcome<Endpoint> {
  const [host, protocol] = words;
  if (host === undefined || protocol === undefined) return missingWords(COMMANDS.add, words);
  const sni = flags.get('sni')?.[0];
  const options = { direct: flags.has('direct'), ...(sni === undefined ? {} : { sni }) };
  const endpoint = parseEndpoint(host.text, protocol.text, options);
  if (endpoint.ok) return endpoint;
  const { message, suggestion } = endpoint.problem;
  const problem = { message, usage: COMMANDS.add.usage };
  const isFlag = parseEndpoint(host.text, protocol.text).ok;
  if (isFlag) return wrong(problem);
  const at = findProtocol(protocol.text) === undefined ? protocol : host;
  const meant = suggestion === undefined ? {} : { suggestion: replaceWord(line, at, quoteWord(suggestion)) };
  return wrong({ ...problem, ...meant, place: { line, column: at.start } });
}

/** Words that a filter over tags gives a meaning of its own (design, section 6). */
const FILTER_WORDS = /^(?:(?:status|protocol|host|profile|group|tag|filter):|days(?:[<>=]|$)|(?:and|or|not)$)/i;

function tagProblem(tag: string): string | undefined {
  const shown = quote(tag);
  if (tag.length > MAX_TAG_CHARS) return `the tag ${shown} is longer than ${String(MAX_TAG_CHARS)} characters`;
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_.:/@+-]*$/u.test(tag)) {
    return `${shown} cannot be a tag: a tag is letters, digits and _ . : / @ + -, such as env:prod`;
  }
  if (FILTER_WORDS.test(tag))
    return `${shown} cannot be a tag: a filter reads it as a field or a word of its own; env:prod is one`;
  return undefined;
}

function tooLong(line: string): Outcome<never> {
  return wrong({
    message: `this line is ${String(line.length)} characters long, and ${String(MAX_LINE_CHARS)} is the most that a command can have`,
  });
}
