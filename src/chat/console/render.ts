/**
 * A message as text for a terminal or a file.
 *
 * What a peer or a person wrote is hostile: every string goes through `visible` before it is laid out, so nothing in it
 * can move the cursor, colour, break a line or turn its direction. Escapes in the result are ours alone, and are put on
 * after the text was broken into lines.
 */
import type { Action, Block, Message, Span, Text } from '../message.ts';
import { visible } from '../../core/quote.ts';
import { displayWidth, padTo, wrap } from './width.ts';

export interface Look {
  readonly colour: boolean;
  /** Columns; `Infinity` where nothing is to be broken, as in a pipe. */
  readonly width: number;
}

/** No colours, no line breaks of ours: for programs. */
export const PLAIN: Look = { colour: false, width: Infinity };

const NARROWEST = 20;
const INDENT = '  ';

type Style = 'bold' | 'dim' | 'cyan' | Message['tone'];

/** SGR codes (ECMA-48, 8.3.117). */
const SGR: Readonly<Record<Style, string>> = {
  bold: '1',
  dim: '2',
  cyan: '36',
  critical: '1;31',
  warning: '1;33',
  info: '1;36',
  good: '1;32',
  neutral: '1',
};

export interface Extras {
  /** Stands before the title. */
  readonly prefix?: string;
  /** Also shows, as lines to type, what a platform with buttons would offer. */
  readonly actions?: boolean;
}

/** Lines without an end-of-line at the last. */
export function renderMessage(message: Message, look: Look, extras: Extras = {}): string {
  const width = Math.max(NARROWEST, look.width);
  const title = wrap(visible(`${extras.prefix ?? ''}${message.title}`), width).map((line) =>
    paint(line, message.tone, look),
  );
  const body = renderBlocks(message.blocks, { ...look, width });
  const actions = extras.actions === true ? renderActions(message.actions, { ...look, width }) : [];
  return [...title, ...body, ...actions].join('\n');
}

/** A heading that facts or a PEM follow stands off from what was before, and its facts stand under it. */
function renderBlocks(blocks: readonly Block[], look: Look): string[] {
  let isUnder = false;
  return blocks.flatMap((block, index) => {
    const beginsSection = isHeading(block) && isDetail(blocks[index + 1]);
    isUnder = beginsSection || (isUnder && isDetail(block));
    if (beginsSection) return ['', ...renderBlock(block, look)];
    if (!isUnder || block.type !== 'facts') return renderBlock(block, look);
    return renderBlock(block, { ...look, width: look.width - INDENT.length }).map((line) => INDENT + line);
  });
}

function isHeading(block: Block): boolean {
  return block.type === 'text' && typeof block.text === 'object' && 'bold' in block.text;
}

function isDetail(block: Block | undefined): boolean {
  return block?.type === 'facts' || block?.type === 'code';
}

function renderBlock(block: Block, look: Look): string[] {
  switch (block.type) {
    case 'text':
      return renderText(block.text, look, INDENT);
    case 'note':
      return renderText(block.text, { ...look, colour: false }, INDENT).map((line) => paint(line, 'dim', look));
    case 'list':
      return block.items.flatMap((item) => renderText(item, look, `${INDENT}- `));
    case 'facts':
      return renderFacts(block.facts, look);
    case 'table':
      return renderTable(block.columns, block.rows, look);
    case 'code':
      return block.code
        .trimEnd()
        .split('\n')
        .map((line) => `${INDENT}${visible(line.replace(/\r$/, ''))}`);
  }
}

function renderText(text: Text, look: Look, lead: string): string[] {
  const spans = typeof text === 'string' || !Array.isArray(text) ? [text as Span] : (text as readonly Span[]);
  const pieces = spans.map((span) => ({ words: visible(wordsOf(span)), style: styleOf(span) }));
  const lines = wrap(pieces.map(({ words }) => words).join(''), look.width - lead.length);
  const painted = look.colour ? paintPieces(pieces, lines, look) : lines;
  return painted.map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line);
}

function wordsOf(span: Span): string {
  if (typeof span === 'string') return span;
  if ('bold' in span) return span.bold;
  if ('mention' in span) return span.mention.text;
  return 'code' in span ? span.code : span.command;
}

function styleOf(span: Span): Style | undefined {
  if (typeof span === 'string') return undefined;
  if ('mention' in span) return undefined;
  return 'bold' in span ? 'bold' : 'cyan';
}

interface Piece {
  readonly words: string;
  readonly style: Style | undefined;
}

/** Puts the styles of the pieces on the lines that their text was broken into; only spaces were lost between them. */
function paintPieces(pieces: readonly Piece[], lines: readonly string[], look: Look): string[] {
  const styles = pieces.flatMap(({ words, style }) => Array.from(words, (char) => ({ char, style })));
  let at = 0;
  return lines.map((line) => {
    let painted = '';
    let run = '';
    let current: Style | undefined;
    for (const char of line) {
      while (at < styles.length && styles[at]?.char !== char) at += 1;
      const style = styles[at]?.style;
      at += 1;
      if (style !== current) {
        painted += paint(run, current, look);
        run = '';
        current = style;
      }
      run += char;
    }
    return painted + paint(run, current, look);
  });
}

function renderFacts(facts: readonly { readonly label: string; readonly value: string }[], look: Look): string[] {
  const labels = facts.map(({ label }) => visible(label));
  const widest = Math.max(0, ...labels.map(displayWidth));
  const column = Math.min(widest + 1, Math.floor(look.width / 3)) + 1;
  return facts.flatMap(({ value }, index) => {
    const label = paint(padTo(`${labels[index] ?? ''}:`, column), 'dim', look);
    const lines = wrap(visible(value), look.width - INDENT.length - column);
    return lines.map((line, row) => `${INDENT}${row === 0 ? label : ' '.repeat(column)}${line}`);
  });
}

const GAP = '  ';
const NARROWEST_COLUMN = 8;

function renderTable(columns: readonly string[], rows: readonly (readonly string[])[], look: Look): string[] {
  const cells = [columns, ...rows].map((row) => columns.map((_, index) => visible(row[index] ?? '')));
  const widths = fit(
    columns.map((_, index) => Math.max(...cells.map((row) => displayWidth(row[index] ?? '')))),
    look.width - INDENT.length - GAP.length * (columns.length - 1),
  );
  return cells.flatMap((row, rowIndex) => {
    const wrapped = row.map((cell, index) => wrap(cell, widths[index] ?? 0));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const text = wrapped.map((lines, index) => padTo(lines[line] ?? '', widths[index] ?? 0)).join(GAP);
      return INDENT + paint(text.trimEnd(), rowIndex === 0 ? 'dim' : undefined, look);
    });
  });
}

/** Column widths that fit together into `room`: the widest give way first. */
function fit(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  let over = widths.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST_COLUMN) break;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

function renderActions(actions: readonly Action[], look: Look): string[] {
  const lines = actions.map((action) =>
    action.type === 'button' ? action.command : choiceText(action.options.map((option) => option.command)),
  );
  return lines.length === 0
    ? []
    : renderText(
        ['You can say: ', ...lines.flatMap((line, index) => [...(index === 0 ? [] : [' · ']), { command: line }])],
        look,
        INDENT,
      );
}

/** `snooze #1 4h|1d`: lines that differ in their last word alone are one. */
function choiceText(lines: readonly string[]): string {
  const [first = ''] = lines;
  const common = first.slice(0, first.lastIndexOf(' ') + 1);
  const lasts = lines.map((line) => line.slice(common.length));
  const isOne = lines.every((line) => line.startsWith(common)) && lasts.every((last) => !last.includes(' '));
  return isOne ? common + lasts.join('|') : lines.join(' · ');
}

function paint(text: string, style: Style | undefined, look: Look): string {
  return look.colour && style !== undefined && text !== '' ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text;
}
