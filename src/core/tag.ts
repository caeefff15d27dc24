import { quote } from './quote.ts';
import { FILTER_FIELDS, FILTER_WORDS } from './tag-filter.ts';

const MAX_TAG_CHARS = 60;
/** On one monitor. */
export const MAX_TAGS = 30;

/** What would make a filter read a tag as something else: `status:x`, `days<3`, `not`. */
const RESERVED = new RegExp(`^(?:(?:${FILTER_FIELDS.join('|')})[:<>=]|days$|(?:${FILTER_WORDS.join('|')})$)`, 'i');

/** Why `tag` cannot be one; `undefined` where it can. */
export function tagProblem(tag: string): string | undefined {
  const shown = quote(tag);
  if (tag.length > MAX_TAG_CHARS) return `the tag ${shown} is longer than ${String(MAX_TAG_CHARS)} characters`;
  if (RESERVED.test(tag))
    return `${shown} cannot be a tag: a filter reads it as a field or a word of its own; env:prod is one`;
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_.:/@+-]*$/u.test(tag)) {
    return `${shown} cannot be a tag: a tag is letters, digits and _ . : / @ + -, such as env:prod`;
  }
  return undefined;
}

/** Tags are kept as they were typed, and are the same whatever their case. */
export function isSameTag(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
