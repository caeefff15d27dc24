/**
 * Control characters, terminal escapes, direction marks, invisible characters, line ends and halves of surrogate pairs:
 * what a peer may send to make a terminal or a reader see something else.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/gu;

/** More marks on one letter than any script stacks draw over the lines around it. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** `text` on one line with nothing hidden in it: what does not show is written out, `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).replace(STACKED_MARKS, '$1');
}
