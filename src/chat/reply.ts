/** Makes replies: what most have in common, and how a wrong command is answered. */
import type { Incident } from '../core/incident.ts';
import type { CommandProblem } from './grammar/arguments.ts';
import type { Action, Block, Message, Reply, Span, Text } from './message.ts';

export type ReplyParts = Pick<Reply, 'message'> & Partial<Omit<Reply, 'message' | 'ok'>>;

/** Something was done, or found. Only the asker sees it unless `audience` says otherwise. */
export function done(parts: ReplyParts): Reply {
  return { ok: true, ...DEFAULTS, ...parts };
}

/** Nothing was done. */
export function undone(parts: ReplyParts): Reply {
  return { ok: false, ...DEFAULTS, ...parts };
}

const DEFAULTS = {
  audience: 'person',
  monitors: [],
  incident: undefined,
  status: undefined,
  probe: undefined,
} as const;

export function message(
  tone: Message['tone'],
  title: string,
  blocks: readonly Block[] = [],
  actions: readonly Action[] = [],
): Message {
  return { tone, title, blocks, actions };
}

/** A refusal in plain words: `what` is a sentence; nothing was changed. */
export function refusal(what: string, blocks: readonly Block[] = [], actions: readonly Action[] = []): Reply {
  return undone({ message: message('warning', sentence(what), blocks, actions) });
}

/** What was wrong with a command, where, and the nearest right thing. */
export function problemReply(problem: CommandProblem): Reply {
  const { suggestion } = problem;
  const isShort = suggestion !== undefined && suggestion.length <= MAX_LABEL_CHARS;
  return refusal(
    `Not done: ${problem.message}`,
    problemBlocks(problem),
    isShort ? [button(suggestion, suggestion)] : [],
  );
}

/** A button's label holds no more (Slack, 75). */
const MAX_LABEL_CHARS = 70;

function problemBlocks({ place, suggestion, advice, usage }: CommandProblem): Block[] {
  const blocks: Block[] = [];
  if (place !== undefined) blocks.push({ type: 'code', code: pointAt(place.line, place.column) });
  if (suggestion !== undefined) blocks.push(text(['Did you mean ', command(suggestion), '?']));
  if (advice !== undefined) blocks.push(text(marked(advice)));
  if (usage !== undefined) blocks.push(text(['Usage: ', command(usage)]));
  return blocks;
}

const SHOWN_BEFORE = 30;
const SHOWN_AFTER = 40;

/** The part of the line around `column`, and under it a mark. Characters that would shift the mark are blanked. */
function pointAt(line: string, column: number): string {
  const from = Math.max(0, column - SHOWN_BEFORE);
  const to = Math.min(line.length, column + SHOWN_AFTER);
  const before = `${from > 0 ? '…' : ''}${line.slice(from, column)}`;
  const after = `${line.slice(column, to)}${to < line.length ? '…' : ''}`;
  return `${plain(before)}${plain(after)}\n${' '.repeat(before.length)}^`;
}

function plain(part: string): string {
  return part.replace(/[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u03ff\u0400-\u04ff\u2010-\u2027]/g, '?');
}

/** Backticks in our own sentences mark commands; this takes them apart. Only for texts that hold no other's text. */
export function marked(ours: string): Text {
  return ours
    .split('`')
    .map((part, index): Span => (index % 2 === 1 ? { command: part } : part))
    .filter((span) => span !== '');
}

export function text(spans: Text): Block {
  return { type: 'text', text: spans };
}

export function note(spans: Text): Block {
  return { type: 'note', text: spans };
}

export function command(line: string): Span {
  return { command: line };
}

export function code(shown: string): Span {
  return { code: shown };
}

export function button(label: string, line: string, style?: 'primary' | 'danger'): Action {
  return { type: 'button', label, command: line, ...(style === undefined ? {} : { style }) };
}

export function incidentFields(incident: Incident): Pick<Reply, 'incident' | 'status'> {
  return {
    incident: {
      number: incident.number,
      severity: incident.severity,
      acknowledgedBy: incident.acknowledged?.by.name,
    },
    status: incident.closed === undefined ? 'open' : 'resolved',
  };
}

/** A full stop at the end, where nothing ends it yet. The beginning stays: it may be a host's name. */
function sentence(words: string): string {
  return /[.?!…]$/.test(words) ? words : `${words}.`;
}
