import { quote } from './quote.ts';
import { FILTER_WORDS } from './tag-filter.ts';
import type { TagFilter } from './tag-filter.ts';
import { parseTagFilter } from './tag-filter-parser.ts';
import type { FilterProblem } from './tag-filter-parser.ts';

/** A tag filter that a workspace gave a name, to be written in its place. */
export interface SavedFilter {
  /** `CF` and 32 hex digits. */
  readonly id: string;
  /** Unique in the workspace, whatever the case. */
  readonly name: string;
  readonly filter: TagFilter;
}

/** Why `name` cannot be one; `undefined` where it can. It stands where a tag may stand, so it is a word of its own. */
export function filterNameProblem(name: string): string | undefined {
  if (!/^\p{L}[\p{L}\p{N}_-]{0,39}$/u.test(name)) {
    return `${quote(name)} cannot be the name of a filter: it is 1 to 40 letters, digits, - and _, and begins with a letter`;
  }
  const word = FILTER_WORDS.find((one) => one === name.toLowerCase());
  return word === undefined ? undefined : `a filter cannot be called ${word}: filters read that word themselves`;
}

/** How a saved filter is named where an expression could stand, and as which it is kept there: it is looked up each time. */
export function savedFilterText(name: string): string {
  return `filter:${name}`;
}

/** A saved filter by its name, or an expression. */
export type FilterMeant = { readonly saved: string } | { readonly filter: TagFilter };

/** What is written or kept where a filter is wanted. */
export function readFilterText(
  text: string,
): { readonly ok: true; readonly value: FilterMeant } | { readonly ok: false; readonly problem: FilterProblem } {
  const saved = /^\s*filter:\s*([^\s()<>="']+)\s*$/i.exec(text)?.[1];
  if (saved !== undefined) return { ok: true, value: { saved } };
  const read = parseTagFilter(text);
  return read.ok ? { ok: true, value: { filter: read.value } } : read;
}
