/**
 * Cuts a tag filter into words, parentheses and comparisons. Quotes work as in a command line: a double one opens
 * anywhere in a word, a single one where a word or a field's value begins, and only there.
 */
import type { Range } from './place.ts';
import { DOUBLE_QUOTES, SINGLE_QUOTES } from './quotation-marks.ts';

export interface FilterWord extends Range {
  readonly type: 'word';
  /** Without its quotes. */
  readonly text: string;
  /** Some of it stands in quotes: it is no `and`, `or` or `not`. */
  readonly isQuoted: boolean;
  /** Where its first colon outside quotes is in `text`; -1 without one. */
  readonly colon: number;
}

export type FilterToken =
  | FilterWord
  | ({ readonly type: '(' | ')' } & Range)
  /** As written, right or wrong: `<`, `=<`, `==`. */
  | ({ readonly type: 'comparison'; readonly text: string } & Range);

const ENDS_WORD = /[\s()<>=]/u;

/** The tokens; or where a quote begins that does not end. */
export function filterTokens(text: string): readonly FilterToken[] | { readonly unclosedAt: number } {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/u.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const token = readToken(text, at);
    if ('unclosedAt' in token) return token;
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function readToken(text: string, start: number): FilterToken | { readonly unclosedAt: number } {
  const first = text.charAt(start);
  if (first === '(' || first === ')') return { type: first, start, end: start + 1 };
  const [comparison] = /^[<>=]+/.exec(text.slice(start, start + 4)) ?? [];
  if (comparison !== undefined) {
    return { type: 'comparison', text: comparison, start, end: start + comparison.length };
  }
  return readWord(text, start);
}

function readWord(text: string, start: number): FilterWord | { readonly unclosedAt: number } {
  let word = '';
  let isQuoted = false;
  let colon = -1;
  let at = start;
  while (at < text.length && !ENDS_WORD.test(text.charAt(at))) {
    const char = text.charAt(at);
    const beginsValue = at === start || (colon !== -1 && colon === word.length - 1 && !isQuoted);
    if (DOUBLE_QUOTES.includes(char) || (beginsValue && SINGLE_QUOTES.includes(char))) {
      const quoted = readQuoted(text, at);
      if (quoted === undefined) return { unclosedAt: at };
      word += quoted.text;
      isQuoted = true;
      at = quoted.end;
    } else {
      if (char === ':' && colon === -1 && !isQuoted) colon = word.length;
      word += char;
      at += 1;
    }
  }
  return { type: 'word', text: word, isQuoted, colon, start, end: at };
}

function readQuoted(text: string, open: number): { readonly text: string; readonly end: number } | undefined {
  const closing = SINGLE_QUOTES.includes(text.charAt(open)) ? SINGLE_QUOTES : DOUBLE_QUOTES;
  let inside = '';
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (closing.includes(char)) return { text: inside, end: at + 1 };
    if (char === '\\' && at + 1 < text.length) at += 1;
    inside += text.charAt(at);
  }
  return undefined;
}
