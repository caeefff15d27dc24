/** The parts of a message as blocks: rich text and plain text throughout, in which no markup, mention or link acts. */
import type { types } from '@slack/bolt';
import type { Block, Span, Text } from '../message.ts';
import { codeLines, spansOf, tableLines, wordsIn, wordsOf } from './plain.ts';
import { fit } from './text.ts';

export type SlackBlock = types.RichTextBlock | types.ContextBlock | types.TableBlock | types.ActionsBlock;
type RichTextPart = types.RichTextBlock['elements'][number];

const MAX_TEXT_CHARS = 3_000;
const MAX_LABEL_CHARS = 75;
const MAX_VALUE_CHARS = 1_500;
const MAX_ITEM_CHARS = 500;
const MAX_CODE_CHARS = 6_000;
const MAX_NOTE_CHARS = 1_500;
const MAX_CELL_CHARS = 200;
/** Of Slack's 100; the first names the columns. */
const MAX_TABLE_ROWS = 99;
const MAX_TABLE_COLUMNS = 20;
/** Below this a fact says nothing, and the rest is counted instead. */
const MIN_FACT_CHARS = 40;
/** Context blocks that stand alone; further notes join the text around them. */
const MAX_NOTES = 20;
const ENDING_CHARS = 40;

/** Each part as blocks whose text is at most about `limit` characters long, its endings that count what is left out included. */
export function draw(parts: readonly Block[], limit = Number.POSITIVE_INFINITY): SlackBlock[][] {
  let notes = 0;
  let tables = 0;
  return parts.map((part) => {
    switch (part.type) {
      case 'text':
        return drawText(part.text, Math.min(limit, MAX_TEXT_CHARS));
      case 'facts':
        return drawFacts(part.facts, limit);
      case 'list':
        return drawList(part.items, limit);
      case 'table':
        // Slack takes one table in a message.
        tables += 1;
        return tables === 1 ? drawTable(part, limit) : drawCode(tableLines(part), Math.min(limit, MAX_CODE_CHARS));
      case 'code':
        return drawCode(codeLines(part.code), Math.min(limit, MAX_CODE_CHARS));
      case 'note':
        notes += 1;
        return notes <= MAX_NOTES
          ? drawNote(part.text, Math.min(limit, MAX_NOTE_CHARS))
          : drawText(part.text, Math.min(limit, MAX_NOTE_CHARS));
    }
  });
}

export function richBlock(elements: RichTextPart[]): types.RichTextBlock {
  return { type: 'rich_text', elements };
}

export function line(text: string): types.RichTextBlock {
  return richBlock([section([span(text)])]);
}

export function span(text: string, style?: types.RichTextText['style']): types.RichTextText {
  return { type: 'text', text, ...(style === undefined ? {} : { style }) };
}

/** What a reader sees of it, in UTF-16 units, and what its buttons say. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, part]) => sum + (UNSEEN.has(key) ? 0 : textLength(part)), 0);
}

const UNSEEN = new Set(['type', 'style', 'action_id', 'block_id']);

/** What a line is made of. A mention is the one thing here that acts, and only an id that was stored makes one. */
type LinePart = types.RichTextText | types.RichTextUserMention | types.RichTextUsergroupMention;

function section(elements: LinePart[]): types.RichTextSection {
  return { type: 'rich_text_section', elements };
}

function drawText(text: Text, limit: number): SlackBlock[] {
  const spans = drawSpans(text, limit);
  return spans.length === 0 ? [] : [richBlock([section(spans)])];
}

function drawSpans(text: Text, limit: number): LinePart[] {
  const drawn: LinePart[] = [];
  let room = limit;
  for (const one of spansOf(text)) {
    const words = wordsOf(one);
    if (words === '') continue;
    const called = mentionOf(one);
    if (called !== undefined) {
      drawn.push(called);
      room -= words.length;
      continue;
    }
    const shown = fit(words, Math.max(1, room));
    drawn.push(span(shown, styleOf(one)));
    room -= shown.length;
    if (room <= 0) break;
  }
  return drawn;
}

/** A person or a team of Slack's; anybody else is only text here. */
function mentionOf(one: Span): LinePart | undefined {
  if (typeof one === 'string' || !('mention' in one) || one.mention.platform !== 'slack') return undefined;
  const { externalId = '' } = one.mention;
  if (/^[UW][A-Z0-9]+$/.test(externalId)) return { type: 'user', user_id: externalId };
  return /^S[A-Z0-9]+$/.test(externalId) ? { type: 'usergroup', usergroup_id: externalId } : undefined;
}

function styleOf(one: Span): types.RichTextText['style'] {
  if (typeof one === 'string') return undefined;
  if ('mention' in one) return undefined;
  return 'bold' in one ? { bold: true } : { code: true };
}

/** One line a fact; a value that is too long is cut before a fact is left out. */
function drawFacts(facts: readonly { label: string; value: string }[], limit: number): SlackBlock[] {
  const most = Math.max(1, Math.min(facts.length, Math.floor(limit / MIN_FACT_CHARS)));
  const shown = most < facts.length ? facts.slice(0, Math.max(1, most - 1)) : facts;
  const perFact = Math.floor(Math.max(limit, MIN_FACT_CHARS) / most);
  const spans = shown.flatMap((fact, index) => {
    const label = `${fit(fact.label, Math.min(MAX_LABEL_CHARS, perFact / 2))}:`;
    const value = fit(fact.value, Math.max(1, Math.min(MAX_VALUE_CHARS, perFact - label.length - 2)));
    return [span(`${index === 0 ? '' : '\n'}${label}`, { bold: true }), span(` ${value}`)];
  });
  const ending = endingOf(facts.length - shown.length);
  if (ending !== undefined) spans.push(span(`\n${ending}`));
  return spans.length === 0 ? [] : [richBlock([section(spans)])];
}

function drawList(items: readonly Text[], limit: number): SlackBlock[] {
  const drawn: types.RichTextSection[] = [];
  let room = limit - ENDING_CHARS;
  for (const item of items) {
    const spans = drawSpans(item, Math.min(MAX_ITEM_CHARS, limit));
    const length = textLength(spans);
    if (length > room && drawn.length > 0) break;
    room -= length;
    drawn.push(section(spans.length === 0 ? [span(' ')] : spans));
    if (room <= 0) break;
  }
  const ending = endingOf(items.length - drawn.length);
  if (ending !== undefined) drawn.push(section([span(ending)]));
  return drawn.length === 0 ? [] : [richBlock([{ type: 'rich_text_list', style: 'bullet', elements: drawn }])];
}

function endingOf(left: number, what = ''): string | undefined {
  return left > 0 ? `… and ${String(left)} more${what}` : undefined;
}

type Table = Extract<Block, { type: 'table' }>;

function drawTable(table: Table, limit: number): SlackBlock[] {
  const columns = table.columns.slice(0, MAX_TABLE_COLUMNS);
  if (columns.length === 0) return [];
  const perCell = Math.max(1, Math.min(MAX_CELL_CHARS, Math.floor(limit / 2 / columns.length)));
  const cell = (text: string): string => (text === '' ? '–' : fit(text, perCell));
  const rows: types.TableBlock['rows'] = [
    columns.map((name) => richBlock([section([span(cell(name), { bold: true })])])),
  ];
  let room = limit - textLength(rows) - ENDING_CHARS;
  for (const row of table.rows.slice(0, MAX_TABLE_ROWS)) {
    const cells = columns.map((_, index) => ({ type: 'raw_text' as const, text: cell(row[index] ?? '') }));
    room -= textLength(cells);
    if (room < 0) break;
    rows.push(cells);
  }
  const endings = [
    endingOf(table.rows.length - (rows.length - 1), ' rows'),
    endingOf(table.columns.length - columns.length, ' columns'),
  ].filter((ending) => ending !== undefined);
  return [
    { type: 'table', rows, column_settings: columns.map(() => ({ is_wrapped: true })) },
    ...(endings.length === 0 ? [] : [line(endings.join(', '))]),
  ];
}

function drawCode(lines: readonly string[], limit: number): SlackBlock[] {
  const shown: string[] = [];
  let room = limit - ENDING_CHARS;
  for (const line of lines) {
    if (line.length + 1 > room && shown.length > 0) break;
    const fitted = line.length <= room ? line : fit(line, Math.max(1, room));
    shown.push(fitted);
    room -= fitted.length + 1;
  }
  const ending = endingOf(lines.length - shown.length, ' lines');
  const code = [...shown, ...(ending === undefined ? [] : [ending])].join('\n');
  return code.trim() === '' ? [] : [richBlock([{ type: 'rich_text_preformatted', elements: [span(code)] }])];
}

function drawNote(text: Text, limit: number): SlackBlock[] {
  const words = fit(wordsIn(text), limit);
  return words.trim() === ''
    ? []
    : [{ type: 'context', elements: [{ type: 'plain_text', text: words, emoji: false }] }];
}
