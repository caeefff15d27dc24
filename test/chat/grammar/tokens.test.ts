import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteWord, replaceWord, tokenize } from '../../../src/chat/grammar/tokens.ts';

function words(line: string): string[] {
  const cut = tokenize(line);
  if (!cut.ok) throw new Error(cut.problem.message);
  return cut.tokens.map((token) => token.text);
}

describe('words of a line', () => {
  it.each([
    { line: '', then: [] },
    { line: '   ', then: [] },
    { line: ' add  a\thttps ', then: ['add', 'a', 'https'] },
    { line: '--name "Mail Berlin"', then: ['--name', 'Mail Berlin'] },
    { line: "--name 'Mail Berlin'", then: ['--name', 'Mail Berlin'] },
    { line: '--name “Mail Berlin”', then: ['--name', 'Mail Berlin'] },
    { line: '--name „Mail Berlin“', then: ['--name', 'Mail Berlin'] },
    { line: '--name ‘Mail Berlin’', then: ['--name', 'Mail Berlin'] },
    { line: '--name "Mail Berlin”', then: ['--name', 'Mail Berlin'] },
    { line: "--name='Mail Berlin'", then: ['--name=Mail Berlin'] },
    { line: '--name="Mail Berlin" x', then: ['--name=Mail Berlin', 'x'] },
    { line: "--name Bob's", then: ['--name', "Bob's"] },
    { line: '--name Bob’s', then: ['--name', 'Bob’s'] },
    { line: "'Bob's mail' x", then: ["Bob's mail", 'x'] },
    { line: '"it\'s"', then: ["it's"] },
    { line: 'a\\ b', then: ['a b'] },
    { line: '"say \\"hi\\""', then: ['say "hi"'] },
    { line: 'back\\\\slash', then: ['back\\slash'] },
    { line: 'end\\', then: ['end\\'] },
    { line: '""', then: [''] },
    { line: 'ab"c d"ef', then: ['abc def'] },
    { line: '—name x', then: ['--name', 'x'] },
    { line: '–direct', then: ['--direct'] },
    { line: 'a — b', then: ['a', '—', 'b'] },
    { line: 'a\u00a0b', then: ['a', 'b'] },
  ])('$line', ({ line, then }) => {
    expect(words(line)).toEqual(then);
  });

  it.each([
    { line: 'show "Mail', column: 5, quote: '"' },
    { line: "show 'Mail", column: 5, quote: "'" },
    { line: 'add h smtp --name “Mail --group ops', column: 18, quote: '“' },
    { line: 'show "Mail\\"', column: 5, quote: '"' },
    { line: 'show "a" "', column: 9, quote: '"' },
  ])('an unclosed quote is pointed at: $line', ({ line, column, quote }) => {
    expect(tokenize(line)).toEqual({
      ok: false,
      problem: {
        message: `the quote ${quote} at character ${String(column + 1)} is never closed: put another one where the text ends`,
        place: { line, column },
      },
    });
  });

  it('what was quoted or escaped is never a flag', () => {
    const cut = tokenize('"--yes" \\--yes --yes');
    expect(cut.ok && cut.tokens.map((token) => token.isLiteral)).toEqual([true, true, false]);
  });

  it('tokens know where they stand', () => {
    const line = 'show  "Mail Berlin" x';
    const cut = tokenize(line);
    expect(cut.ok && cut.tokens.map(({ start, end }) => line.slice(start, end))).toEqual([
      'show',
      '"Mail Berlin"',
      'x',
    ]);
    const [, second] = cut.ok ? cut.tokens : [];
    expect(second && replaceWord(line, second, 'y')).toBe('show  y x');
  });
});

const LINE = fc.string({ unit: 'binary', maxLength: 200 });

describe('properties', () => {
  it('any line ends in words or in a place inside it', () => {
    fc.assert(
      fc.property(LINE, (line) => {
        const cut = tokenize(line);
        if (cut.ok) {
          for (const { start, end } of cut.tokens) expect(start < end && end <= line.length).toBe(true);
        } else {
          expect(cut.problem.place.column).toBeLessThan(line.length);
        }
      }),
    );
  });

  it('a quoted word is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 5 }), (texts) => {
        expect(words(texts.map(quoteWord).join(' '))).toEqual(texts);
      }),
    );
  });
});
