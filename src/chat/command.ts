/**
 * The one command grammar, for every platform: text in, a command or what is wrong with it out (design, section 6).
 * Pure. Names that only the store knows (monitors, groups, profiles) stay words here; the handlers look them up.
 */
import { nearest } from '../core/nearest.ts';
import { quote } from '../core/quote.ts';
import { isAdd, readAdd, readAddLine } from './grammar/add.ts';
import type { AddCommand } from './grammar/add.ts';
import { readEdit } from './grammar/edit.ts';
import type { EditCommand } from './grammar/edit.ts';
import { readArguments, tooLong, wrong } from './grammar/arguments.ts';
import type { Arguments, Outcome } from './grammar/arguments.ts';
import { readDigest } from './grammar/digest.ts';
import type { DigestCommand } from './grammar/digest.ts';
import { readFilterCommand, readTagCommand } from './grammar/filters.ts';
import type { FilterCommand, TagCommand } from './grammar/filters.ts';
import { readGroupCommand } from './grammar/groups.ts';
import type { GroupCommand } from './grammar/groups.ts';
import { readHistory } from './grammar/history.ts';
import type { HistoryCommand } from './grammar/history.ts';
import { readIncidentCommand } from './grammar/incidents.ts';
import type { IncidentCommand } from './grammar/incidents.ts';
import { readMonitorCommand } from './grammar/monitors.ts';
import type { MonitorCommand } from './grammar/monitors.ts';
import { readSettingsCommand } from './grammar/settings.ts';
import type { SettingsCommand } from './grammar/settings.ts';
import { takePem } from './grammar/pem.ts';
import { readProfileCommand } from './grammar/profiles.ts';
import type { ProfileCommand } from './grammar/profiles.ts';
import { FIRST_WORDS, NOT_YET, SYNONYMS, findCommand, isFamily, namesIn, specOf } from './grammar/table.ts';
import type { CommandName, Family } from './grammar/table.ts';
import { replaceWord, tokenize } from './grammar/tokens.ts';
import type { Token } from './grammar/tokens.ts';

/** Characters in all: a bulk add of a few thousand lines. */
export const MAX_TEXT_CHARS = 100_000;

export interface HelpCommand {
  readonly type: 'help';
  readonly topic: CommandName | Family | undefined;
}

export type Command =
  | AddCommand
  | MonitorCommand
  | IncidentCommand
  | TagCommand
  | FilterCommand
  | EditCommand
  | ProfileCommand
  | GroupCommand
  | DigestCommand
  | SettingsCommand
  | HistoryCommand
  | HelpCommand;

/** Any text ends in a command or a problem; nothing is thrown. */
export function parseCommand(text: string): Outcome<Command> {
  if (text.length > MAX_TEXT_CHARS) {
    return wrong({
      message: `this is ${String(text.length)} characters long, and ${String(MAX_TEXT_CHARS)} is the most that is read at once`,
    });
  }
  if (/^\s*profile\s/i.test(text)) {
    const taken = takePem(text);
    if (!taken.ok) return taken;
    const { line, pem } = taken.value;
    if (pem !== undefined) return parseLine(line, pem);
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
      lines: lines.map(({ line, number }) => ({ line: number, text: line, wish: readAddLine(line, isCommandWord) })),
    },
  };
}

/** @param pem certificates that stood in the text, where the line says `PEM`. */
function parseLine(line: string, pem?: string): Outcome<Command> {
  const long = tooLong(line);
  if (long !== undefined) return long;
  const cut = tokenize(line);
  if (!cut.ok) return cut;
  const found = findName(cut.tokens, line);
  if (!found.ok) return found;
  const { name, rest } = found.value;
  // A family alone is what `help` tells of it, unless it is a command too.
  const command = findCommand(name);
  if (command === undefined || rest.some((token) => !token.isLiteral && token.text === '--help'))
    return { ok: true, value: { type: 'help', topic: name } };
  const read = readArguments(specOf(command), rest, line);
  return read.ok ? toCommand(command, read.value, line, pem) : read;
}

/** Which words a line of a bulk add cannot begin with. */
function isCommandWord(word: string): boolean {
  return FIRST_WORDS.includes(word) || Object.hasOwn(NOT_YET, word);
}

interface Named {
  readonly name: CommandName | Family;
  readonly rest: readonly Token[];
}

/** The command that the first word, or the first two, name. */
function findName(tokens: readonly Token[], line: string): Outcome<Named> {
  const [first, second] = tokens;
  const word = first?.text.toLowerCase() ?? '';
  if (first === undefined || word === '?' || word === '-h' || word === '--help') {
    return { ok: true, value: { name: 'help', rest: [] } };
  }
  if (!isFamily(word)) {
    const name = findCommand(word);
    return name === undefined
      ? unknownCommand(word, first, line)
      : { ok: true, value: { name, rest: tokens.slice(1) } };
  }
  if (second === undefined || second.text === '--help')
    return { ok: true, value: { name: word, rest: tokens.slice(1) } };
  const both = `${word} ${second.text.toLowerCase()}`;
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
  const [family = ''] = words.split(' ');
  const isInFamily = isFamily(family);
  const names = isInFamily ? namesIn(family) : FIRST_WORDS;
  const near = (Object.hasOwn(SYNONYMS, words) ? SYNONYMS[words] : undefined) ?? nearest(words, names);
  return wrong({
    message: `there is no command ${quote(words)}`,
    advice: isInFamily ? `There are ${names.map((name) => `\`${name}\``).join(', ')}.` : '`help` lists all commands.',
    place: { line, column: at.start },
    ...(near === undefined ? {} : { suggestion: replaceWord(line, at, near) }),
  });
}

function toCommand(name: CommandName, read: Arguments, line: string, pem: string | undefined): Outcome<Command> {
  switch (name) {
    case 'add':
      return readAdd(read, line);
    case 'list':
    case 'report':
    case 'show':
    case 'check':
    case 'remove':
    case 'pause':
    case 'resume':
      return readMonitorCommand(name, read, line);
    case 'history':
      return readHistory(read);
    case 'incidents':
    case 'ack':
    case 'unack':
    case 'snooze':
    case 'unsnooze':
    case 'accept':
      return readIncidentCommand(name, read, line);
    case 'tag list':
    case 'tag add':
    case 'tag remove':
      return readTagCommand(name, read, line);
    case 'filter list':
    case 'filter show':
    case 'filter save':
    case 'filter remove':
      return readFilterCommand(name, read, line);
    case 'edit':
      return readEdit(read, line);
    case 'profile list':
    case 'profile show':
    case 'profile add':
    case 'profile edit':
    case 'profile remove':
      return readProfileCommand(name, read, line, pem);
    case 'group add':
    case 'group edit':
    case 'group remove':
    case 'group test':
    case 'group show':
    case 'group map':
    case 'group unmap':
    case 'group list':
      return readGroupCommand(name, read, line);
    case 'digest':
      return readDigest(read, line);
    case 'settings':
    case 'settings timezone':
    case 'settings fallback':
    case 'settings admins':
    case 'settings retention':
    case 'settings role':
    case 'settings link':
      return readSettingsCommand(name, read, line);
    case 'help':
      return toHelp(read.words, line);
  }
}

function toHelp(topic: readonly Token[], line: string): Outcome<Command> {
  const [first, second] = topic;
  if (first === undefined) return { ok: true, value: { type: 'help', topic: undefined } };
  const word = first.text.toLowerCase();
  const both = second === undefined ? word : `${word} ${second.text.toLowerCase()}`;
  const isInFamily = isFamily(word);
  const name = isInFamily && second === undefined ? word : (findCommand(both) ?? findCommand(word));
  if (name !== undefined) return { ok: true, value: { type: 'help', topic: name } };
  const end = isInFamily ? (second ?? first).end : first.end;
  return unknownCommand(isInFamily ? both : word, { start: first.start, end }, line);
}
