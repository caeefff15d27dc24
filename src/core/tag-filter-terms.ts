/** One term of a tag filter: a tag, a field with its value, or a comparison of days. */
import { parseHostPattern } from './host-pattern.ts';
import type { MonitorStatus } from './monitor.ts';
import { nearest } from './nearest.ts';
import type { Range } from './place.ts';
import { PROTOCOLS, PROTOCOL_TOKENS, findProtocol } from './protocol.ts';
import { quote } from './quote.ts';
import { tagProblem } from './tag.ts';
import { FILTER_FIELDS } from './tag-filter.ts';
import type { Comparison, FilterField, FilterTerm, TagFilter } from './tag-filter.ts';
import type { FilterToken, FilterWord } from './tag-filter-lexer.ts';

const STATUSES = ['valid', 'expiring', 'expired', 'error', 'pending', 'paused'] as const satisfies MonitorStatus[];
const COMPARISONS = ['<', '<=', '=', '>=', '>'] as const satisfies Comparison[];
const COMPARISON_MEANT: Readonly<Record<string, Comparison>> = { '=<': '<=', '=>': '>=', '==': '=', '===': '=' };
const MAX_DAYS = 100_000;
const MAX_NAME_CHARS = 100;

/** What is wrong, at which part of the text, and what should stand there instead where that is known. */
export interface Fault {
  readonly message: string;
  readonly at: Range;
  readonly instead?: string;
}

export function isFault(result: TagFilter | Fault): result is Fault {
  return 'message' in result;
}

export interface Term {
  readonly term: FilterTerm | Fault;
  /** Tokens that it is made of. */
  readonly taken: number;
}

/** @param after up to two tokens that follow. */
export function readTerm(word: FilterWord, after: readonly FilterToken[]): Term {
  const [sign, number] = after;
  const name = word.text.toLowerCase();
  if (sign?.type === 'comparison') {
    if (name === 'days' && !word.isQuoted) return { term: readDays(sign, number), taken: 3 };
    const field = FILTER_FIELDS.find((one) => one === name);
    const at = { start: word.start, end: sign.end };
    const instead = sign.text === '=' && field !== undefined ? { instead: `${field}:` } : {};
    const message = field === undefined ? '' : `, and ${field} is written ${field}:VALUE`;
    return { term: { message: `only days is compared, as in days<14${message}`, at, ...instead }, taken: 1 };
  }
  if (word.colon === -1) return { term: readTag(word, word.text, word), taken: 1 };
  const field = FILTER_FIELDS.find((one) => one === name.slice(0, word.colon));
  if (field === undefined) return { term: readTag(word, word.text, word), taken: 1 };
  return { term: readField(field, word, sign), taken: 1 };
}

function readTag(word: FilterWord, tag: string, at: Range): FilterTerm | Fault {
  if (tag.toLowerCase() === 'days') return { message: 'days is compared with a number: days<14', at };
  if (/^!./u.test(tag) && !word.isQuoted) {
    return { message: `${quote(tag)} is no tag: write not`, at, instead: `not ${tag.slice(1)}` };
  }
  const message = tagProblem(tag);
  return message === undefined ? { type: 'tag', tag } : { message, at };
}

function readField(field: FilterField, word: FilterWord, next: FilterToken | undefined): FilterTerm | Fault {
  const value = word.text.slice(word.colon + 1);
  const at = { start: word.start + word.colon + 1, end: word.end };
  if (field === 'filter') {
    return { message: 'a saved filter stands alone and is no part of another: write out what it means', at: word };
  }
  if (field === 'days') {
    const instead = isNumber(value) ? { instead: `days=${value}` } : {};
    return { message: 'days is compared with a number: days<14', at: word, ...instead };
  }
  if (value === '') {
    const message = `${field}: needs a value right after the colon, such as ${EXAMPLE[field]}`;
    return next?.type === 'word' ? { message, at: { start: at.end, end: next.start }, instead: '' } : { message, at };
  }
  switch (field) {
    case 'status':
      return readStatus(value, at);
    case 'protocol':
      return readProtocol(value, at);
    case 'host': {
      const pattern = parseHostPattern(value);
      if (pattern.ok) return { type: field, pattern: pattern.value };
      const { message, suggestion } = pattern.problem;
      return { message, at, ...(suggestion === undefined ? {} : { instead: suggestion }) };
    }
    case 'tag':
      return readTag(word, value, at);
    case 'profile':
    case 'group':
      return value.length > MAX_NAME_CHARS
        ? { message: `no ${field} has a name of more than ${String(MAX_NAME_CHARS)} characters`, at }
        : { type: field, name: value };
  }
}

const EXAMPLE = {
  status: 'status:expiring',
  protocol: 'protocol:smtp',
  host: 'host:*.example.com',
  profile: 'profile:Standard',
  group: 'group:ops',
  tag: 'tag:env:prod',
} as const satisfies Partial<Record<FilterField, string>>;

function readStatus(value: string, at: Range): FilterTerm | Fault {
  const status = STATUSES.find((one) => one === value.toLowerCase());
  if (status !== undefined) return { type: 'status', status };
  const near = nearest(value, STATUSES);
  const message = `${quote(value)} is no status: it is one of ${STATUSES.join(', ')}`;
  return { message, at, ...(near === undefined ? {} : { instead: near }) };
}

function readProtocol(value: string, at: Range): FilterTerm | Fault {
  const protocol = findProtocol(value);
  if (protocol !== undefined) return { type: 'protocol', protocol };
  const near = nearest(
    value,
    PROTOCOL_TOKENS.flatMap((token) => [token, ...PROTOCOLS[token].aliases]),
  );
  const message = `${quote(value)} is no protocol: it is one of ${PROTOCOL_TOKENS.join(', ')}`;
  return { message, at, ...(near === undefined ? {} : { instead: near }) };
}

function readDays(
  sign: Extract<FilterToken, { type: 'comparison' }>,
  number: FilterToken | undefined,
): FilterTerm | Fault {
  const comparison = COMPARISONS.find((one) => one === sign.text);
  if (comparison === undefined) {
    const instead = COMPARISON_MEANT[sign.text];
    const message = `${sign.text} is no comparison: it is one of ${COMPARISONS.join(' ')}`;
    return { message, at: sign, ...(instead === undefined ? {} : { instead }) };
  }
  if (number?.type !== 'word') {
    const at = { start: sign.end, end: sign.end };
    return { message: `days${comparison} needs a number of days, such as days<14`, at };
  }
  const text = number.text.replace(/d$/i, '');
  if (!isNumber(text)) {
    return { message: `${quote(number.text)} is no number of days: write a whole number, as in days<14`, at: number };
  }
  const days = Number(text);
  if (Math.abs(days) > MAX_DAYS) {
    return { message: `${quote(number.text)} is more days than any certificate has`, at: number };
  }
  return { type: 'days', comparison, days: days === 0 ? 0 : days };
}

function isNumber(text: string): boolean {
  return /^-?\d{1,9}$/.test(text);
}
