/** What is written where a FILTER, or a MONITOR or a FILTER, may stand: the rest of the line, or one word in quotes. */
import { readFilterText } from '../../core/saved-filter.ts';
import type { FilterMeant } from '../../core/saved-filter.ts';
import type { Outcome } from './arguments.ts';
import { wrong } from './arguments.ts';
import { replaceWord } from './tokens.ts';
import type { Token } from './tokens.ts';

export interface Written {
  /** Without the quotes round all of it: what a monitor or a saved filter may be called. */
  readonly text: string;
  /** How a filter reads it. What is wrong there is only told where it names nothing. */
  readonly filter: Outcome<FilterMeant>;
}

export const FILTER_IS =
  'FILTER is the name of a saved filter or an expression: `env:prod and not (team:web or staging)`, with status:, protocol:, host:, profile:, group:, tag: and days<14.';

/** @param words at least one. @param line what they were cut from, to point into. */
export function readWritten(words: readonly Token[], line: string, usage: string): Written {
  const [only, second] = words;
  const isQuoted = only !== undefined && second === undefined && only.isLiteral;
  const text = words
    .map((word) => word.text)
    .join(' ')
    .trim();
  if (isQuoted) {
    const read = readFilterText(text);
    return { text, filter: read.ok ? read : wrong({ ...read.problem, usage }) };
  }
  const read = readFilterText(onlyWords(words, line));
  if (read.ok) return { text, filter: read };
  const { message, fault } = read.problem;
  const meant = fault.instead === undefined ? {} : { suggestion: replaceWord(line, fault.at, fault.instead) };
  return { text, filter: wrong({ message, ...meant, usage, place: { line, column: fault.at.start } }) };
}

/** The line with all else blanked: quotes stay as they were typed, and columns are those of the line. */
function onlyWords(words: readonly Token[], line: string): string {
  let text = '';
  for (const { start, end } of words) text = text.padEnd(start) + line.slice(start, end);
  return text;
}
