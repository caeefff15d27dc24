/** Comma-separated values (RFC 4180), safe to be opened in a spreadsheet. */
import { visible } from './quote.ts';

/** What makes a spreadsheet take a cell for a formula, whoever wrote it. */
const FORMULA = /^\s*[=+\-@|%]/;

/** One record without its line end. Texts are shown on one line, and never run. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells.map((cell) => (typeof cell === 'number' ? String(cell) : textCell(cell))).join(',');
}

function textCell(text: string): string {
  const shown = visible(FORMULA.test(text) ? `'${text}` : text);
  return /[",]|^\s|\s$/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
