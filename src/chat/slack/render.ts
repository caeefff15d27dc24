/**
 * A message as Slack shows it: `text` for the notification, and blocks within every limit of Block Kit (@slack/types;
 * docs.slack.dev, "Blocks"). Slack documents no limit for a message as a whole and refuses one of some 13,000 characters
 * (bolt-js, issue 2509), so all of it stays under 10,000. What does not fit is left out fairly, and counted.
 */
import type { Block, Message } from '../message.ts';
import { drawActions } from './actions.ts';
import type { SlackBlock } from './blocks.ts';
import { draw, line, richBlock, span, textLength } from './blocks.ts';
import { escapeText, fit } from './text.ts';
import { plainLines, spansOf, wordsIn } from './plain.ts';

export interface SlackMessage {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

const MAX_CHARS = 9_800;
const MAX_TITLE_CHARS = 300;
const MAX_NEWS_CHARS = 300;
/** Slack takes 50; the title, the buttons and what was left out need some. */
const MAX_BODY_BLOCKS = 44;
const MAX_PARTS = 100;
/** `text` may hold 40,000 and is best below 4,000 (docs.slack.dev, chat.postMessage). */
const MAX_PLAIN_CHARS = 3_500;

/** By shape, so that it is understood without colour; the words are the title's. */
const EMOJI: Readonly<Record<Message['tone'], string | undefined>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  good: 'white_check_mark',
  neutral: undefined,
};

/** What somebody has, and what is quiet, is seen in a channel full of alerts without opening any. */
const STANDING_EMOJI: Readonly<Record<NonNullable<Message['standing']>[number], string>> = {
  acknowledged: 'eyes',
  silent: 'no_bell',
};

const TONE_WORD: Readonly<Record<Message['tone'], string>> = {
  critical: 'Critical',
  warning: 'Warning',
  info: 'Info',
  good: 'Good',
  neutral: '',
};

export function renderMessage(message: Message): SlackMessage {
  const title = fit(titleOf(message), MAX_TITLE_CHARS);
  const actions = drawActions(message.actions);
  const room = MAX_CHARS - title.length - actions.reduce((sum, block) => sum + textLength(block), 0);
  const blocks = [head(message, title), ...body(stateFirst(message.blocks), room), ...actions];
  return { text: notification(message), blocks };
}

/**
 * A message in the thread of its own head, whose title stands there already: only what is new is shown. Its notification
 * says both.
 *
 * @param isBroadcast it is shown in the channel too, away from its head.
 */
export function renderReply(message: Message, isBroadcast: boolean): SlackMessage {
  const { text, blocks } = renderMessage(message);
  const news = newsOf(message);
  if (news === undefined) return { text, blocks };
  return {
    text: `${text} – ${escapeText(fit(news, MAX_NEWS_CHARS))}`,
    // Good news is looked for; any other sign is the head's.
    blocks: isBroadcast || message.tone === 'good' ? blocks : blocks.slice(1),
  };
}

/** The first line that says something, past whom it calls. */
function newsOf({ blocks }: Message): string | undefined {
  for (const block of blocks) {
    if (block.type !== 'text' || spansOf(block.text).some((span) => typeof span !== 'string' && 'mention' in span))
      continue;
    const line = wordsIn(block.text).split('\n')[0]?.trim() ?? '';
    if (line !== '') return line;
  }
  return undefined;
}

function stateFirst(blocks: readonly Block[]): Block[] {
  const isState = (block: Block): boolean => block.type === 'text' && block.isState === true;
  return [...blocks.filter(isState), ...blocks.filter((block) => !isState(block))];
}

/** Without blocks, for where they were refused: buttons become commands to type. */
export function renderPlain(message: Message): string {
  const lines = plainLines(message).map(escapeText);
  const shown: string[] = [];
  let room = MAX_PLAIN_CHARS;
  for (const line of [notification(message), ...lines]) {
    if (line.length + 1 > room) break;
    shown.push(line);
    room -= line.length + 1;
  }
  const left = lines.length + 1 - shown.length;
  return [...shown, ...(left > 0 ? [`… and ${String(left)} more ${left === 1 ? 'line' : 'lines'}`] : [])].join('\n');
}

function notification(message: Message): string {
  return escapeText(fit(titleOf(message), MAX_TITLE_CHARS));
}

function titleOf({ tone, title }: Message): string {
  return title.trim() === '' ? TONE_WORD[tone] || 'certmon' : title;
}

function head({ tone, standing = [] }: Message, title: string): SlackBlock {
  const signs = [EMOJI[tone], ...standing.map((one) => STANDING_EMOJI[one])].filter((sign) => sign !== undefined);
  return richBlock([
    {
      type: 'rich_text_section',
      elements: [
        ...signs.flatMap((name) => [{ type: 'emoji', name } as const, span(' ')]),
        span(title, { bold: true }),
      ],
    },
  ]);
}

/** Every block as it is where all fit, else none longer than what is left for each. */
function body(all: readonly Block[], room: number): SlackBlock[] {
  const parts = all.slice(0, MAX_PARTS);
  const left = all.length - parts.length;
  const ending = left === 0 ? [] : [line(`… and ${String(left)} more ${left === 1 ? 'part' : 'parts'}`)];
  const free = room - ending.reduce((sum, block) => sum + textLength(block), 0);
  const limit = shareOf(
    draw(parts).map((drawn) => drawn.reduce((sum, block) => sum + textLength(block), 0)),
    free,
  );
  return [...joined(draw(parts, limit).flat()), ...ending];
}

/** The greatest length that all may have together within `room`, where the shorter ones leave theirs to the longer. */
export function shareOf(lengths: readonly number[], room: number): number {
  let left = room;
  const ascending = [...lengths].sort((a, b) => a - b);
  for (const [index, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (length > share) return Math.max(0, share);
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** Neighbours share a block where there are too many: the words stay, the space between goes. */
function joined(blocks: readonly SlackBlock[]): SlackBlock[] {
  let excess = blocks.length - MAX_BODY_BLOCKS;
  const kept: SlackBlock[] = [];
  for (const block of blocks) {
    const last = kept.at(-1);
    if (excess > 0 && last?.type === 'rich_text' && block.type === 'rich_text') {
      kept[kept.length - 1] = richBlock([...last.elements, ...block.elements]);
      excess -= 1;
    } else {
      kept.push(block);
    }
  }
  return kept;
}
