/** The parts of a message as lines of plain text: for the fallback without blocks, and for what stands in fixed width. */
import type { Block, Message, Span, Text } from '../message.ts';
import { visible } from '../../core/quote.ts';
import { fit } from './text.ts';

/** The slash command that the manifest names. */
export const COMMAND = '/certmon';

const COLUMN_GAP = '  ';
const MAX_CELL_CHARS = 40;

export function spansOf(text: Text): readonly Span[] {
  return isSpan(text) ? [text] : text;
}

function isSpan(text: Text): text is Span {
  return typeof text === 'string' || !Array.isArray(text);
}

/** A command with the prefix that it is typed with here. */
export function wordsOf(span: Span): string {
  if (typeof span === 'string') return span;
  if ('command' in span) return `${COMMAND} ${span.command}`;
  if ('mention' in span) return span.mention.text;
  return 'bold' in span ? span.bold : span.code;
}

export function wordsIn(text: Text): string {
  return spansOf(text).map(wordsOf).join('');
}

/** Line ends are kept, all else that hides is shown. */
export function codeLines(code: string): string[] {
  return code
    .replace(/\s+$/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => visible(line.replaceAll('\t', '    ')));
}

/** Columns below each other. */
export function tableLines(table: Extract<Block, { type: 'table' }>): string[] {
  const rows = [table.columns, ...table.rows].map((row) =>
    table.columns.map((_, index) => fit(row[index] ?? '', MAX_CELL_CHARS)),
  );
  const widths = table.columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(COLUMN_GAP)
      .trimEnd(),
  );
}

/** All but the title; a button becomes the command that it says. */
export function plainLines({ blocks, actions }: Message): string[] {
  return [
    ...blocks.flatMap(blockLines),
    ...actions.flatMap((action) =>
      action.type === 'button'
        ? [`${action.label}: ${COMMAND} ${action.command}`]
        : action.options.map((option) => `${action.label} ${option.label}: ${COMMAND} ${option.command}`),
    ),
  ];
}

function blockLines(block: Block): string[] {
  switch (block.type) {
    case 'text':
    case 'note':
      return [wordsIn(block.text)];
    case 'facts':
      return block.facts.map(({ label, value }) => `${label}: ${value}`);
    case 'list':
      return block.items.map((item) => `• ${wordsIn(item)}`);
    case 'table':
      return tableLines(block);
    case 'code':
      return codeLines(block.code);
  }
}
