/**
 * Text that somebody else wrote, made fit to stand in a sentence of ours: bounded, in one line, and with nothing in it
 * that a reader cannot see. Escaping for a platform is the adapter's.
 */

/**
 * Control characters, terminal escapes, direction marks, blank letters, line ends and halves of surrogate pairs: what a
 * peer may send to make a terminal or a reader see something else.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/gu;

/** More marks on one letter than any script stacks draw over the lines around it. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** `text` on one line with nothing hidden in it: what does not show is written out, `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escape).replace(STACKED_MARKS, '$1');
}

/** `text` in at most `limit` characters, invisible ones written out as `<U+202E>`. */
export function cut(text: string, limit: number): string {
  // Bounded before it is walked: what a peer sends may be huge.
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const isWhole = characters.length <= limit;
  return isWhole ? visible(characters.join('')) : `${visible(characters.slice(0, limit - 1).join(''))}…`;
}

function escape(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** `text` in single quotes, cut to what a message has room for. */
export function quote(text: string, limit = 60): string {
  return `'${cut(text, limit)}'`;
}
