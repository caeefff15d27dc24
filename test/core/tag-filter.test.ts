import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagProblem } from '../../src/core/tag.ts';
import { filterText, joined, termsOf } from '../../src/core/tag-filter.ts';
import type { TagFilter } from '../../src/core/tag-filter.ts';
import { MAX_FILTER_DEPTH, MAX_FILTER_TERMS, parseTagFilter } from '../../src/core/tag-filter-parser.ts';
import { filters } from '../helpers/filters.ts';

const tag = (name: string): TagFilter => ({ type: 'tag', tag: name });
const not = (term: TagFilter): TagFilter => ({ type: 'not', term });
const and = (first: TagFilter, ...others: TagFilter[]): TagFilter => joined('and', first, ...others);
const or = (first: TagFilter, ...others: TagFilter[]): TagFilter => joined('or', first, ...others);
const days = (comparison: '<' | '<=' | '=' | '>=' | '>', count: number): TagFilter => ({
  type: 'days',
  comparison,
  days: count,
});

function read(text: string): TagFilter {
  const result = parseTagFilter(text);
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

/** The problem, with a mark where it points. */
function problem(text: string): { at: string; message: string; suggestion: string | undefined } {
  const result = parseTagFilter(text);
  if (result.ok) throw new Error(`${text} was taken for ${filterText(result.value)}`);
  const { message, place, suggestion } = result.problem;
  expect(place.line).toBe(text);
  return { at: `${text.slice(0, place.column)}^${text.slice(place.column)}`, message, suggestion };
}

describe('parseTagFilter', () => {
  it.each<[string, TagFilter]>([
    ['mail', tag('mail')],
    ['env:prod', tag('env:prod')],
    ['tag:env:prod', tag('env:prod')],
    ['Env:PROD', tag('Env:PROD')],
    ['état:prêt', tag('état:prêt')],
    ['env:prod and not (team:web or staging)', and(tag('env:prod'), not(or(tag('team:web'), tag('staging'))))],
    ['a or b and c', or(tag('a'), and(tag('b'), tag('c')))],
    ['a and b or c', or(and(tag('a'), tag('b')), tag('c'))],
    ['(a or b) and c', and(or(tag('a'), tag('b')), tag('c'))],
    ['not a and b', and(not(tag('a')), tag('b'))],
    ['not (a and b)', not(and(tag('a'), tag('b')))],
    ['NOT a AND b Or c', or(and(not(tag('a')), tag('b')), tag('c'))],
    ['not not a', not(not(tag('a')))],
    ['((a))', tag('a')],
    ['(a)and(b)', and(tag('a'), tag('b'))],
    ['(a and b) and (c and (d))', and(tag('a'), tag('b'), tag('c'), tag('d'))],
    ['status:expiring', { type: 'status', status: 'expiring' }],
    ['Status:Expiring', { type: 'status', status: 'expiring' }],
    ['protocol:smtp', { type: 'protocol', protocol: 'smtp' }],
    ['protocol:POP3', { type: 'protocol', protocol: 'pop' }],
    ['host:*.Example.COM', { type: 'host', pattern: '*.example.com' }],
    ['host:mx?.example.com.', { type: 'host', pattern: 'mx?.example.com' }],
    ['host:MÜLLER.example', { type: 'host', pattern: 'xn--mller-kva.example' }],
    ['host:*.müller.example', { type: 'host', pattern: '*.xn--mller-kva.example' }],
    ['host:*。example', { type: 'host', pattern: '*.example' }],
    ['host:192.0.2.*', { type: 'host', pattern: '192.0.2.*' }],
    ['host:[2001:DB8:0:0::1]', { type: 'host', pattern: '2001:db8::1' }],
    ['host:2001:DB8:*', { type: 'host', pattern: '2001:db8:*' }],
    ['profile:Standard', { type: 'profile', name: 'Standard' }],
    ['profile:"My own"', { type: 'profile', name: 'My own' }],
    ['group:“on call”', { type: 'group', name: 'on call' }],
    ["group:'on call'", { type: 'group', name: 'on call' }],
    ["group:Bob's", { type: 'group', name: "Bob's" }],
    ['group:"a \\"b\\" \\\\"', { type: 'group', name: 'a "b" \\' }],
    ['"mail"', tag('mail')],
    ['tag:"env:prod"', tag('env:prod')],
    ['days<14', days('<', 14)],
    ['days <= 14', days('<=', 14)],
    ['DAYS>-1', days('>', -1)],
    ['days=0', days('=', 0)],
    ['days<-0', days('<', 0)],
    ['days>=30d and mail', and(days('>=', 30), tag('mail'))],
  ])('reads %s', (text, filter) => {
    expect(read(text)).toEqual(filter);
  });

  it.each([
    ['', '^', 'the filter is empty: write a tag such as env:prod, or status:expiring', undefined],
    ['  ', '  ^', 'the filter is empty: write a tag such as env:prod, or status:expiring', undefined],
    ['and a', '^and a', 'a filter cannot begin with and: a tag or a field comes first', undefined],
    [')', '^)', 'a filter cannot begin with ): a tag or a field comes first', undefined],
    ['<14', '^<14', 'a filter cannot begin with <: a tag or a field comes first', undefined],
    ['a and', 'a and^', 'and needs a tag or a field after it, such as env:prod', undefined],
    ['a or or b', 'a or ^or b', 'or needs a tag or a field after it, such as env:prod', undefined],
    ['not', 'not^', 'not needs a tag or a field after it, such as env:prod', undefined],
    ['a and ()', 'a and (^)', 'there is nothing in these parentheses', undefined],
    ['(a or b', '^(a or b', 'this parenthesis is never closed: put a ) where it ends', undefined],
    ['a or b)', 'a or b^)', 'this parenthesis was never opened: leave it out', 'a or b'],
    ['a b', 'a ^b', "'b' has neither and nor or before it", 'a and b'],
    ['(a) not b', '(a) ^not b', 'not has neither and nor or before it', '(a) and not b'],
    ['(a b)', '(a ^b)', "'b' has neither and nor or before it", '(a and b)'],
    ['a adn b', 'a ^adn b', "'adn' joins nothing here: write and", 'a and b'],
    ['a && b', 'a ^&& b', "'&&' joins nothing here: write and", 'a and b'],
    ['a | b', 'a ^| b', "'|' joins nothing here: write or", 'a or b'],
    ['!a', '^!a', "'!a' is no tag: write not", 'not a'],
    ['group:"a', 'group:^"a', 'this quote is never closed: put another one where the text ends', undefined],
    [
      'status:expirin',
      'status:^expirin',
      "'expirin' is no status: it is one of valid, expiring, expired, error, pending, paused",
      'status:expiring',
    ],
    [
      'mail and protocol:smpt',
      'mail and protocol:^smpt',
      "'smpt' is no protocol: it is one of https, smtps, smtp, imaps, imap, pops, pop, lmtp, ftps, ftp, ldaps, ldap, mysql, postgresql, sips, tls",
      'mail and protocol:smtp',
    ],
    [
      'status: valid',
      'status:^ valid',
      'status: needs a value right after the colon, such as status:expiring',
      'status:valid',
    ],
    ['group:', 'group:^', 'group: needs a value right after the colon, such as group:ops', undefined],
    [
      'status=valid',
      '^status=valid',
      'only days is compared, as in days<14, and status is written status:VALUE',
      'status:valid',
    ],
    ['cost<3', '^cost<3', 'only days is compared, as in days<14', undefined],
    ['a and (b) <3', 'a and (b) ^<3', 'only days is compared: days<14', undefined],
    ['days', '^days', 'days is compared with a number: days<14', undefined],
    ['days:14', '^days:14', 'days is compared with a number: days<14', 'days=14'],
    ['days=<14', 'days^=<14', '=< is no comparison: it is one of < <= = >= >', 'days<=14'],
    ['days<', 'days<^', 'days< needs a number of days, such as days<14', undefined],
    ['days<soon', 'days<^soon', "'soon' is no number of days: write a whole number, as in days<14", undefined],
    ['days<1.5', 'days<^1.5', "'1.5' is no number of days: write a whole number, as in days<14", undefined],
    ['days<999999999', 'days<^999999999', "'999999999' is more days than any certificate has", undefined],
    ['host:a b', 'host:a ^b', "'b' has neither and nor or before it", 'host:a and b'],
    [
      'host:mail.example.com:25',
      'host:^mail.example.com:25',
      "'mail.example.com:25' is no host: a filter knows hosts without a port",
      'host:mail.example.com',
    ],
    [
      'host:mü*.example',
      'host:^mü*.example',
      "'mü*' mixes * or ? with characters that a host is not stored with: other scripts are looked for by whole labels, such as *.müller.example",
      undefined,
    ],
    ['host:*..com', 'host:^*..com', 'between two dots of a host stands nothing', undefined],
    [
      '"a b"',
      '^"a b"',
      "'a b' cannot be a tag: a tag is letters, digits and _ . : / @ + -, such as env:prod",
      undefined,
    ],
    [
      'tag:status:x',
      'tag:^status:x',
      "'status:x' cannot be a tag: a filter reads it as a field or a word of its own; env:prod is one",
      undefined,
    ],
    [
      'a and filter:mail',
      'a and ^filter:mail',
      'a saved filter stands alone and is no part of another: write out what it means',
      undefined,
    ],
    [
      "x'; drop table monitors",
      "^x'; drop table monitors",
      "'x';' cannot be a tag: a tag is letters, digits and _ . : / @ + -, such as env:prod",
      undefined,
    ],
  ])('refuses %j, pointing', (text, at, message, suggestion) => {
    expect(problem(text)).toEqual({ at, message, suggestion });
  });

  it('bounds depth, terms and length', () => {
    const nested = (depth: number): string => '('.repeat(depth) + 'a' + ')'.repeat(depth);
    expect(read(nested(MAX_FILTER_DEPTH))).toEqual(tag('a'));
    expect(problem(nested(MAX_FILTER_DEPTH + 1)).message).toMatch(/nested more than 20 deep/);
    expect(problem(`${'not '.repeat(MAX_FILTER_DEPTH + 1)}a`).message).toMatch(/nested more than 20 deep/);
    const chain = (terms: number): string => Array.from({ length: terms }, () => 'a').join(' or ');
    expect(termsOf(read(chain(MAX_FILTER_TERMS)))).toHaveLength(MAX_FILTER_TERMS);
    expect(problem(chain(MAX_FILTER_TERMS + 1)).message).toMatch(/more than 100 terms/);
    expect(problem('a'.repeat(1_001)).message).toMatch(/1001 characters long, 1000 is the most/);
  });

  it('ends any text in a filter or a problem that points into it', () => {
    const bits = fc.constantFrom(
      ...'() " \' “ \\ < > = : * ! and or not tag: status: host: days filter: a 14 ü \0 %'.split(' '),
      ' ',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(bits, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseTagFilter(text);
        if (result.ok) expect(parseTagFilter(filterText(result.value))).toEqual(result);
        else expect(text.length).toBeGreaterThanOrEqual(result.problem.place.column);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('filterText', () => {
  const words = {
    tag: fc.stringMatching(/^[a-zA-Z0-9ü][a-zA-Z0-9_.:/@+-]{0,8}$/).filter((text) => tagProblem(text) === undefined),
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    pattern: fc
      .array(fc.stringMatching(/^[a-z*?][a-z0-9*?]{0,5}$/), { minLength: 1, maxLength: 3 })
      .map((labels) => labels.join('.')),
  };

  it('is read again as the same filter', () => {
    fc.assert(
      fc.property(filters(words), (filter) => {
        const text = filterText(filter);
        const result = parseTagFilter(text);
        fc.pre(result.ok || !/nested|terms|characters long/.test(result.problem.message));
        expect(result).toEqual({ ok: true, value: filter });
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a AND (b OR NOT tag:c)', 'a and (b or not c)'],
    ['not (a or b)', 'not (a or b)'],
    ['(a and b) or c', 'a and b or c'],
    ['profile:"x y" and days < 3', 'profile:"x y" and days<3'],
  ])('writes %s as %s', (text, canonical) => {
    expect(filterText(read(text))).toBe(canonical);
  });
});
