/** How wide text is in a terminal, and where it breaks. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** East Asian wide and fullwidth characters, and emoji (UAX #11, the ranges terminals agree on). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ZERO = /^[\p{M}\u200b]+$/u;

/** Columns that `text` takes; it holds no control characters. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += ZERO.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1;
  return width;
}

export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** `text` in lines of at most `width` columns, broken at spaces, inside a word only where it is wider than a line. */
export function wrap(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const part of text.split(/(?<= )(?! )/)) {
    const bare = part.trimEnd();
    if (line !== '' && used + displayWidth(bare) > width) {
      lines.push(line.trimEnd());
      line = '';
      used = 0;
    }
    if (displayWidth(bare) <= width) {
      line += part;
      used += displayWidth(part);
      continue;
    }
    const pieces = chop(bare, width);
    lines.push(...pieces.slice(0, -1));
    line = `${pieces.at(-1) ?? ''}${part.slice(bare.length)}`;
    used = displayWidth(line);
  }
  if (line.trimEnd() !== '') lines.push(line.trimEnd());
  return lines;
}

function chop(word: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const { segment } of segmenter.segment(word)) {
    const wide = displayWidth(segment);
    if (used + wide > width && piece !== '') {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += segment;
    used += wide;
  }
  return [...pieces, piece];
}
