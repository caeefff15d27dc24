/**
 * Cuts one line of a command into words.
 *
 * A double quote opens anywhere, a single one only where a word or a flag's value begins, so that `Bob's` stays a word;
 * a single quote closes only where the word ends. What phones and word processors make of quotes and of `--` counts as
 * what was meant. A backslash takes the next character as it is.
 */
import type { Problem } from '../../core/errors.ts';
import type { Place } from '../../core/place.ts';
import { DOUBLE_QUOTES, SINGLE_QUOTES } from '../../core/quotation-marks.ts';

export interface Token {
  readonly text: string;
  /** Begins with a quote or a backslash: never a flag. */
  readonly isLiteral: boolean;
  /** Where it begins in the line, counted in UTF-16 units from 0. */
  readonly start: number;
  /** One past its last. */
  readonly end: number;
}

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly problem: Problem & { readonly place: Place } };

/** What `--` became on a phone. */
const LONG_DASH = /^[—–−](?=\p{L})/u;

export function tokenize(line: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    if (isSpace(line.charAt(at))) {
      at += 1;
      continue;
    }
    const word = readWord(line, at);
    if ('unclosedAt' in word) return unclosed(line, word.unclosedAt);
    tokens.push(word);
    at = word.end;
  }
  return { ok: true, tokens };
}

/** `text` as one word of a command line: bare where it can be, else in quotes. Line breaks have no such form. */
export function quoteWord(text: string): string {
  const isBare = text !== '' && !/^[-—–−]/.test(text) && !Array.from(text).some(isSpecial);
  if (isBare) return text;
  return `"${text.replace(/["“”„‟«»\\]/g, '\\$&')}"`;
}

/** The line with one of its words replaced. */
export function replaceWord(line: string, token: Pick<Token, 'start' | 'end'>, word: string): string {
  return line.slice(0, token.start) + word + line.slice(token.end);
}

function readWord(line: string, start: number): Token | { readonly unclosedAt: number } {
  const isLongDash = LONG_DASH.test(line.slice(start, start + 3));
  let text = isLongDash ? '--' : '';
  let at = isLongDash ? start + 1 : start;
  while (at < line.length && !isSpace(line.charAt(at))) {
    const char = line.charAt(at);
    const beginsValue = at === start || (/^--[\w-]+=$/.test(text) && line.charAt(at - 1) === '=');
    if (DOUBLE_QUOTES.includes(char) || (beginsValue && SINGLE_QUOTES.includes(char))) {
      const quoted = readQuoted(line, at);
      if (quoted === undefined) return { unclosedAt: at };
      text += quoted.text;
      at = quoted.end;
    } else if (char === '\\' && at + 1 < line.length) {
      text += line.charAt(at + 1);
      at += 2;
    } else {
      text += char;
      at += 1;
    }
  }
  const first = line.charAt(start);
  const isLiteral = first === '\\' || DOUBLE_QUOTES.includes(first) || SINGLE_QUOTES.includes(first);
  return { text, isLiteral, start, end: at };
}

function readQuoted(line: string, open: number): { readonly text: string; readonly end: number } | undefined {
  const isSingle = SINGLE_QUOTES.includes(line.charAt(open));
  const closing = isSingle ? SINGLE_QUOTES : DOUBLE_QUOTES;
  let text = '';
  let at = open + 1;
  while (at < line.length) {
    const char = line.charAt(at);
    const endsWord = at + 1 >= line.length || isSpace(line.charAt(at + 1));
    if (closing.includes(char) && (!isSingle || endsWord)) return { text, end: at + 1 };
    if (char === '\\' && at + 1 < line.length) {
      text += line.charAt(at + 1);
      at += 2;
    } else {
      text += char;
      at += 1;
    }
  }
  return undefined;
}

function unclosed(line: string, column: number): Tokens {
  const quote = line.charAt(column);
  return {
    ok: false,
    problem: {
      message: `the quote ${quote} at character ${String(column + 1)} is never closed: put another one where the text ends`,
      place: { line, column },
    },
  };
}

function isSpace(char: string): boolean {
  return /^\s$/u.test(char);
}

function isSpecial(char: string): boolean {
  return isSpace(char) || char === '\\' || DOUBLE_QUOTES.includes(char) || SINGLE_QUOTES.includes(char);
}
