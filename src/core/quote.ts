/**
 * Text that somebody else wrote, made fit to stand in a sentence of ours: bounded, in one line, and with nothing in it
 * that a reader cannot see. Escaping for a platform is the adapter's.
 */

/** Controls, direction marks and other invisible format characters, line separators, halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** `text` in at most `limit` characters, invisible ones written out as `<U+202E>`. */
export function cut(text: string, limit: number): string {
  // Bounded before it is walked: what a peer sends may be huge.
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const visible = (some: readonly string[]): string => some.join('').replace(INVISIBLE, escape);
  return characters.length <= limit ? visible(characters) : `${visible(characters.slice(0, limit - 1))}…`;
}

function escape(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** `text` in single quotes, cut to what a message has room for. */
export function quote(text: string, limit = 60): string {
  return `'${cut(text, limit)}'`;
}
