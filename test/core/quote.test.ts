import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';
import { cut, quote } from '../../src/core/quote.ts';

it.each([
  ['plain', "'plain'"],
  ['', "''"],
  ['a'.repeat(60), `'${'a'.repeat(60)}'`],
  ['a'.repeat(61), `'${'a'.repeat(59)}…'`],
  ['😀'.repeat(60), `'${'😀'.repeat(60)}'`],
  ['😀'.repeat(61), `'${'😀'.repeat(59)}…'`],
  ['a\u202eb\u0000\u001b[31m\u200b\u2028', "'a<U+202E>b<U+0000><U+001B>[31m<U+200B><U+2028>'"],
  ['\ud83d', "'<U+D83D>'"],
  ['<!channel> *b*', "'<!channel> *b*'"],
])('%j is quoted as %s', (text, quoted) => {
  expect(quote(text)).toBe(quoted);
});

it('any text is cut to its limit and has nothing invisible in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.integer({ min: 1, max: 80 }), (text, limit) => {
      const short = cut(text, limit);
      expect(short).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(Array.from(short.replace(/<U\+[0-9A-F]{4,6}>/g, '.')).length).toBeLessThanOrEqual(limit);
      if (Array.from(text).length <= limit) expect(short.endsWith('…')).toBe(text.endsWith('…'));
    }),
  );
});

it.each([
  ['smpt', ['imap', 'smtp', 'smtps'], 'smtp'],
  ['SMTPS', ['smtp', 'smtps'], 'smtps'],
  ['tsl', ['ftp', 'tls'], 'tls'],
  ['ab', ['ax', 'bx'], 'ax'],
  ['zzz', ['abc'], undefined],
  ['', ['a'], undefined],
  ['a', [], undefined],
  ['x'.repeat(65), ['x'.repeat(64)], undefined],
])('%j is nearest to one of %j: %j', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});
