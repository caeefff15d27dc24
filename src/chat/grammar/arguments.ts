/** The words and flags after a command's name, held against what the command takes. */
import type { Problem } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Place, Range } from '../../core/place.ts';
import { quote } from '../../core/quote.ts';
import type { CommandSpec, FlagSpec } from './spec.ts';
import { quoteWord, replaceWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** What is wrong with a command, where, and how it is written. `suggestion` is a whole line that could be sent instead. */
export interface CommandProblem extends Problem {
  /** A sentence of ours on what else can be done; commands in it stand in backticks. */
  readonly advice?: string;
  readonly usage?: string;
  readonly place?: Place;
}

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: CommandProblem };

export interface Arguments {
  readonly words: readonly Token[];
  /** Values by flag; a flag that takes none has one empty value. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** Where in the line each of these values stands. */
  readonly at: ReadonlyMap<string, readonly Range[]>;
}

/**
 * What is wrong with one value of a flag: pointed at, and put right where it can be.
 *
 * @param offset which character of the value is at fault; absent, the value as a whole.
 */
export function wrongValue(
  { flags, at }: Arguments,
  line: string,
  flag: string,
  { message, suggestion, usage }: Pick<CommandProblem, 'message' | 'suggestion' | 'usage'>,
  index = 0,
  offset?: number,
): Outcome<never> {
  const range = at.get(flag)?.[index];
  const said = { message, ...(usage === undefined ? {} : { usage }) };
  if (range === undefined) return wrong(said);
  // Quotes stand before the value's first character.
  const first = line.indexOf(flags.get(flag)?.[index] ?? '', range.start);
  const column = offset === undefined ? range.start : Math.max(first, range.start) + offset;
  return wrong({
    ...said,
    place: { line, column },
    ...(suggestion === undefined ? {} : { suggestion: replaceWord(line, range, quoteWord(suggestion)) }),
  });
}

export function wrong(problem: CommandProblem): { readonly ok: false; readonly problem: CommandProblem } {
  return { ok: false, problem };
}

/** @param line the text that `tokens` were cut from, to point into. */
export function readArguments(spec: CommandSpec, tokens: readonly Token[], line: string): Outcome<Arguments> {
  const words: Token[] = [];
  const flags = new Map<string, string[]>();
  const at = new Map<string, Range[]>();
  let onlyWords = false;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (onlyWords || token.isLiteral || !token.text.startsWith('--')) {
      words.push(token);
      continue;
    }
    if (token.text === '--') {
      onlyWords = true;
      continue;
    }
    const place = { line, column: token.start };
    const equals = token.text.indexOf('=');
    const name = token.text.slice(2, equals === -1 ? undefined : equals).toLowerCase();
    const flag = Object.hasOwn(spec.flags, name) ? spec.flags[name] : undefined;
    if (flag === undefined) return unknownFlag(spec, token, line);
    const given = flags.get(name) ?? [];
    if (given.length > 0 && !flag.isRepeatable) {
      return wrong({ message: `--${name} is given twice: it takes one value`, usage: spec.usage, place });
    }
    let text = equals === -1 ? undefined : token.text.slice(equals + 1);
    let range: Range = { start: line.indexOf('=', token.start) + 1, end: token.end };
    if (flag.value === undefined) {
      if (text !== undefined) {
        const suggestion = replaceWord(line, token, `--${name}`);
        return wrong({ message: `--${name} takes no value`, suggestion, usage: spec.usage, place });
      }
      flags.set(name, ['']);
      continue;
    }
    if (text === undefined) {
      const next = tokens[index + 1];
      if (next !== undefined && (next.isLiteral || !next.text.startsWith('--'))) {
        text = next.text;
        range = next;
        index += 1;
      }
    }
    const trimmed = text?.trim() ?? '';
    if (trimmed === '') return missingValue(spec, name, flag, place);
    flags.set(name, [...given, trimmed]);
    at.set(name, [...(at.get(name) ?? []), range]);
  }
  return countWords(spec, { words, flags, at }, line);
}

function countWords(spec: CommandSpec, found: Arguments, line: string): Outcome<Arguments> {
  const { needs, most } = spec.words;
  const { words } = found;
  const name = commandOf(spec);
  if (words.length < needs.length) return missingWords(spec, words);
  const extra = words[most];
  if (extra === undefined) return { ok: true, value: found };
  const takes = most === 0 ? 'takes nothing more' : most === 1 ? 'takes one word' : `takes ${String(most)} words`;
  const place = { line, column: extra.start };
  if (most !== 1)
    return wrong({ message: `${name} ${takes}, and ${quote(extra.text)} is one too many`, usage: spec.usage, place });
  const joined = words.map((word) => word.text).join(' ');
  return wrong({
    message: `${name} ${takes}, and ${quote(extra.text)} is one too many: a text with spaces stands in quotes`,
    suggestion: `${name} ${quoteWord(joined)}`,
    usage: spec.usage,
    place,
  });
}

const LONGEST_SHOWN = 60;

/** `snooze #1 needs a time: …`: what was given is said, so that it is plain what is still wanted. */
export function missingWords(spec: CommandSpec, words: readonly Token[]): Outcome<never> {
  const given = [commandOf(spec), ...words.map((word) => quoteWord(word.text))].join(' ');
  const name = given.length > LONGEST_SHOWN ? commandOf(spec) : given;
  return wrong({
    message: `${name} needs ${spec.words.needs.slice(words.length).join(' and ')}`,
    usage: spec.usage,
  });
}

function unknownFlag(spec: CommandSpec, token: Token, line: string): Outcome<Arguments> {
  const [given = ''] = token.text.split('=');
  const names = Object.keys(spec.flags).map((name) => `--${name}`);
  const near = nearest(given, names);
  const known = names.length === 0 ? 'it takes no flags' : `it takes ${names.join(', ')}`;
  return wrong({
    message: `${commandOf(spec)} has no flag ${quote(given)}: ${known}`,
    usage: spec.usage,
    place: { line, column: token.start },
    ...(near === undefined
      ? {}
      : { suggestion: replaceWord(line, { start: token.start, end: token.start + given.length }, near) }),
  });
}

function missingValue(spec: CommandSpec, name: string, flag: FlagSpec, place: Place): Outcome<Arguments> {
  return wrong({ message: `--${name} needs a value: --${name} ${flag.value ?? ''}`, usage: spec.usage, place });
}

/** The command's name, as its usage line begins. */
function commandOf(spec: CommandSpec): string {
  return /^[a-z]+(?: [a-z]+)*/.exec(spec.usage)?.[0] ?? spec.usage;
}

/** Characters in one line; more is no command. */
export const MAX_LINE_CHARS = 2_000;

export function tooLong(line: string): Outcome<never> | undefined {
  if (line.length <= MAX_LINE_CHARS) return undefined;
  return wrong({
    message: `this line is ${String(line.length)} characters long, and ${String(MAX_LINE_CHARS)} is the most that a command can have`,
  });
}
