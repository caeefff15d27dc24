/**
 * Text on its way to Slack. In blocks it stands in rich text and plain text elements, where nothing acts; only the
 * `text` beside them (the notification, and what is shown where blocks were refused) is read as markup and escaped.
 */
import { visible } from '../../core/quote.ts';

/** Room for `… (1234567 more characters)`. */
const MARK_CHARS = 30;

/** `text` in at most `limit` UTF-16 units, nothing in it hidden; what is left out is counted where there is room for it. */
export function fit(text: string, limit: number): string {
  if (text.length <= limit) {
    const whole = visible(text);
    if (whole.length <= limit) return whole;
  }
  const isCounted = limit > 2 * MARK_CHARS;
  const room = Math.max(0, limit - (isCounted ? MARK_CHARS : 1));
  let taken = text.slice(0, room);
  let shown = visible(taken);
  while (shown.length > room) {
    taken = taken.slice(0, Math.min(taken.length - 1, Math.floor((taken.length * room) / shown.length)));
    shown = visible(taken);
  }
  // Half a surrogate pair at the cut is not the text's fault.
  if (/[\ud800-\udbff]$/.test(taken)) shown = visible(taken.slice(0, -1));
  return isCounted ? `${shown}… (${String(text.length - taken.length)} more characters)` : `${shown}…`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const BREAK = '\u200b';

/**
 * One line for a `text` field: no mention, link or entity of another's making survives. An invisible break behind what
 * would be emphasis or an emoji keeps it literal; `:db8:`, as in an IPv6 address, is left alone to be copied.
 */
export function escapeText(text: string): string {
  return visible(text)
    .replace(/[&<>]/g, (char) => ENTITIES[char] ?? char)
    .replace(/[*_~`]/g, (char) => char + BREAK)
    .replace(/:(?=[\w+'-]+:)(?![0-9a-f]{1,4}:)/gi, `:${BREAK}`);
}
