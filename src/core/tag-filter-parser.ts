/**
 * Reads a tag filter (design, section 6): any text ends in a filter, or in what is wrong with it and where.
 *
 *   filter = all *("or" all)        all = one *("and" one)        one = "not" one / "(" filter ")" / term
 *   term   = tag / FIELD ":" value / "days" comparison number
 *
 * Bounded in length, depth and terms, since it becomes SQL.
 */
import type { Problem } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Place, Range } from './place.ts';
import { quote } from './quote.ts';
import { joined, FILTER_WORDS } from './tag-filter.ts';
import type { TagFilter } from './tag-filter.ts';
import { filterTokens } from './tag-filter-lexer.ts';
import type { FilterToken, FilterWord } from './tag-filter-lexer.ts';
import { isFault, readTerm } from './tag-filter-terms.ts';
import type { Fault } from './tag-filter-terms.ts';

export const MAX_FILTER_CHARS = 1_000;
export const MAX_FILTER_TERMS = 100;
/** Parentheses and `not` within each other. */
export const MAX_FILTER_DEPTH = 20;

/** `suggestion` is the whole filter as it was probably meant. */
export interface FilterProblem extends Problem {
  readonly place: Place;
  readonly fault: Fault;
}

export type ReadFilter =
  { readonly ok: true; readonly value: TagFilter } | { readonly ok: false; readonly problem: FilterProblem };

export function parseTagFilter(text: string): ReadFilter {
  const result = read(text);
  if (!isFault(result)) return { ok: true, value: result };
  const { message, at, instead } = result;
  const place = { line: text, column: at.start };
  const suggestion =
    instead === undefined ? {} : { suggestion: text.slice(0, at.start) + instead + text.slice(at.end) };
  return { ok: false, problem: { message, place, fault: result, ...suggestion } };
}

function read(text: string): TagFilter | Fault {
  if (text.length > MAX_FILTER_CHARS) {
    return {
      message: `the filter is ${String(text.length)} characters long, ${String(MAX_FILTER_CHARS)} is the most`,
      at: { start: MAX_FILTER_CHARS, end: text.length },
    };
  }
  const tokens = filterTokens(text);
  if ('unclosedAt' in tokens) {
    const at = { start: tokens.unclosedAt, end: text.length };
    return { message: 'this quote is never closed: put another one where the text ends', at };
  }
  const reader = new FilterReader(tokens, text.length);
  return reader.readAll();
}

type Joint = 'and' | 'or';

class FilterReader {
  private readonly tokens: readonly FilterToken[];
  private readonly length: number;
  private next = 0;
  private depth = 0;
  private terms = 0;

  constructor(tokens: readonly FilterToken[], length: number) {
    this.tokens = tokens;
    this.length = length;
  }

  readAll(): TagFilter | Fault {
    if (this.tokens.length === 0) {
      return { message: 'the filter is empty: write a tag such as env:prod, or status:expiring', at: this.end() };
    }
    const filter = this.readJoined('or');
    const rest = this.peek();
    if (isFault(filter) || rest === undefined) return filter;
    return this.notExpected(rest);
  }

  /** A row of terms with `or` between, each a row of terms with `and` between. */
  private readJoined(joint: Joint): TagFilter | Fault {
    const one = (): TagFilter | Fault => (joint === 'or' ? this.readJoined('and') : this.readOne());
    const first = one();
    if (isFault(first)) return first;
    const others: TagFilter[] = [];
    while (this.takeWord(joint)) {
      const other = one();
      if (isFault(other)) return other;
      others.push(other);
    }
    return joined(joint, first, ...others);
  }

  private readOne(): TagFilter | Fault {
    const token = this.peek();
    if (token === undefined) return this.somethingMissing();
    if (token.type === '(' || wordOf(token) === 'not') {
      this.depth += 1;
      if (this.depth > MAX_FILTER_DEPTH) {
        return { message: `this is nested more than ${String(MAX_FILTER_DEPTH)} deep: write it plainer`, at: token };
      }
      this.next += 1;
      const inner = token.type === '(' ? this.readInParentheses(token) : this.readNot();
      this.depth -= 1;
      return inner;
    }
    if (token.type !== 'word' || wordOf(token) !== undefined) return this.somethingMissing();
    this.terms += 1;
    if (this.terms > MAX_FILTER_TERMS) {
      return { message: `more than ${String(MAX_FILTER_TERMS)} terms are too many for one filter`, at: token };
    }
    const { term, taken } = readTerm(token, this.tokens.slice(this.next + 1, this.next + 3));
    this.next += taken;
    return term;
  }

  private readNot(): TagFilter | Fault {
    const term = this.readOne();
    return isFault(term) ? term : { type: 'not', term };
  }

  private readInParentheses(open: Range): TagFilter | Fault {
    const inner = this.readJoined('or');
    if (isFault(inner)) return inner;
    const close = this.peek();
    if (close === undefined) return { message: 'this parenthesis is never closed: put a ) where it ends', at: open };
    if (close.type !== ')') return this.notExpected(close);
    this.next += 1;
    return inner;
  }

  /** A term, `(` or `not` should stand here. */
  private somethingMissing(): Fault {
    const token = this.peek();
    const before = this.tokens[this.next - 1];
    if (before === undefined) {
      const shown = token === undefined ? '' : shownToken(token);
      return { message: `a filter cannot begin with ${shown}: a tag or a field comes first`, at: token ?? this.end() };
    }
    const at = token ?? { start: before.end, end: before.end };
    if (token?.type === ')' && before.type === '(') return { message: 'there is nothing in these parentheses', at };
    return { message: `${shownToken(before)} needs a tag or a field after it, such as env:prod`, at };
  }

  /** The filter could end here, and goes on with something that does not continue it. */
  private notExpected(token: FilterToken): Fault {
    if (token.type === ')')
      return { message: 'this parenthesis was never opened: leave it out', at: token, instead: '' };
    if (token.type === 'comparison') {
      return { message: 'only days is compared: days<14', at: token };
    }
    const meant = token.type === 'word' ? jointMeant(token) : undefined;
    if (meant !== undefined) {
      return { message: `${shownToken(token)} joins nothing here: write ${meant}`, at: token, instead: meant };
    }
    return {
      message: `${shownToken(token)} has neither and nor or before it`,
      at: { start: token.start, end: token.start },
      instead: 'and ',
    };
  }

  private takeWord(word: Joint): boolean {
    const token = this.peek();
    if (token === undefined || wordOf(token) !== word) return false;
    this.next += 1;
    return true;
  }

  private peek(): FilterToken | undefined {
    return this.tokens[this.next];
  }

  private end(): Range {
    return { start: this.length, end: this.length };
  }
}

type FilterKeyword = (typeof FILTER_WORDS)[number];

/** `and`, `or` or `not`, whatever the case. */
function wordOf(token: FilterToken): FilterKeyword | undefined {
  if (token.type !== 'word' || token.isQuoted) return undefined;
  const text = token.text.toLowerCase();
  return FILTER_WORDS.find((word) => word === text);
}

const OTHER_JOINTS: Readonly<Record<string, Joint>> = {
  '&&': 'and',
  '&': 'and',
  '+': 'and',
  ',': 'and',
  '||': 'or',
  '|': 'or',
};

/** What stands between two terms and was probably meant to join them. */
function jointMeant(token: FilterWord): string | undefined {
  if (token.isQuoted) return undefined;
  if (Object.hasOwn(OTHER_JOINTS, token.text)) return OTHER_JOINTS[token.text];
  return nearest(token.text, ['and', 'or'], 1);
}

function shownToken(token: FilterToken): string {
  if (token.type === 'word') return wordOf(token) ?? quote(token.text);
  return token.type === 'comparison' ? token.text : token.type;
}
