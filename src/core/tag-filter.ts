/**
 * Tag filters (design, section 6): which monitors are meant. A filter is two-valued: what is not known of a monitor, such
 * as the days left before its first check, makes a comparison false, and its `not` true.
 */
import type { MonitorStatus } from './monitor.ts';
import type { Protocol } from './protocol.ts';
import { DOUBLE_QUOTES, SINGLE_QUOTES } from './quotation-marks.ts';

export type Comparison = '<' | '<=' | '=' | '>=' | '>';

export type FilterTerm =
  /** Whatever the case. */
  | { readonly type: 'tag'; readonly tag: string }
  | { readonly type: 'status'; readonly status: MonitorStatus }
  | { readonly type: 'protocol'; readonly protocol: Protocol }
  /** Of the canonical host: lower case, A-labels; `*` is any text, `?` any one character. */
  | { readonly type: 'host'; readonly pattern: string }
  /** Whatever the case. */
  | { readonly type: 'profile' | 'group'; readonly name: string }
  /** Whole days left, rounded down. */
  | { readonly type: 'days'; readonly comparison: Comparison; readonly days: number };

export type TagFilter =
  | FilterTerm
  | { readonly type: 'not'; readonly term: TagFilter }
  /** Two terms or more, none of the same type. */
  | { readonly type: 'and' | 'or'; readonly terms: readonly TagFilter[] };

/** Words before a colon or a comparison that a filter reads itself. `filter` names a saved one, which stands alone. */
export const FILTER_FIELDS = ['status', 'protocol', 'host', 'profile', 'group', 'tag', 'days', 'filter'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

export const FILTER_WORDS = ['and', 'or', 'not'] as const;

/** All of them, or any: one alone is itself, and those of the same type are taken apart. */
export function joined(type: 'and' | 'or', first: TagFilter, ...others: readonly TagFilter[]): TagFilter {
  if (others.length === 0) return first;
  const terms = [first, ...others].flatMap((one) => (one.type === type ? one.terms : [one]));
  return { type, terms };
}

/** The filter as one would type it: reading it again gives the same filter. */
export function filterText(filter: TagFilter): string {
  switch (filter.type) {
    case 'and':
      return filter.terms.map((term) => (term.type === 'or' ? inParentheses(term) : filterText(term))).join(' and ');
    case 'or':
      return filter.terms.map(filterText).join(' or ');
    case 'not':
      return `not ${isJoined(filter.term) ? inParentheses(filter.term) : filterText(filter.term)}`;
    case 'tag':
      return filter.tag;
    case 'status':
      return `status:${filter.status}`;
    case 'protocol':
      return `protocol:${filter.protocol}`;
    case 'host':
      return `host:${filter.pattern}`;
    case 'profile':
    case 'group':
      return `${filter.type}:${quotedName(filter.name)}`;
    case 'days':
      return `days${filter.comparison}${String(filter.days)}`;
  }
}

/** Every term in it, as written from left to right. */
export function termsOf(filter: TagFilter): readonly FilterTerm[] {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.terms.flatMap(termsOf);
    case 'not':
      return termsOf(filter.term);
    default:
      return [filter];
  }
}

function inParentheses(filter: TagFilter): string {
  return `(${filterText(filter)})`;
}

function isJoined(filter: TagFilter): boolean {
  return filter.type === 'and' || filter.type === 'or';
}

const NEEDS_QUOTES = new RegExp(`[\\s()<>=\\\\${DOUBLE_QUOTES}]|^[${SINGLE_QUOTES}]|^$`, 'u');
const ENDS_QUOTES = new RegExp(`[\\\\${DOUBLE_QUOTES}]`, 'gu');

/** A name where a filter expects one: bare where it can be, else in quotes. */
export function quotedName(name: string): string {
  return NEEDS_QUOTES.test(name) ? `"${name.replace(ENDS_QUOTES, '\\$&')}"` : name;
}
