import { describe, expect, it } from 'vitest';
import { csvLine } from '../../src/core/csv.ts';

describe('csvLine', () => {
  it.each([
    [['a', 1, 'b c'], 'a,1,b c'],
    [['a,b', 'say "x"', ' y'], '"a,b","say ""x"""," y"'],
    [['', -3], ',-3'],
    [['=1+1', '+1', '-1', '@SUM(A1)', '%x', '|x'], "'=1+1,'+1,'-1,'@SUM(A1),'%x,'|x"],
    [[' =1', '\t=1', '\r=1'], "' =1,'<U+0009>=1,'<U+000D>=1"],
    [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"`],
    [['a\nb', '\u202ea'], 'a<U+000A>b,<U+202E>a'],
  ])('%j', (cells, line) => {
    expect(csvLine(cells)).toBe(line);
  });
});
