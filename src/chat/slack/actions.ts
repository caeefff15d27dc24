/**
 * Buttons and choices. A button's value, and an option's, is the command line that it says, so that a click needs nothing
 * of ours but the grammar, also after a restart.
 *
 * Slack takes 2,000 characters in a button's value and 75 in an option's (@slack/types): options that are longer become
 * buttons, and what fits nowhere is left out and counted; every command can be typed too.
 */
import type { types } from '@slack/bolt';
import type { Action } from '../message.ts';
import type { SlackBlock } from './blocks.ts';
import { COMMAND } from './plain.ts';
import { fit } from './text.ts';

/** Of every button and choice of ours; a number follows, for they are unique in a message. */
export const ACTION_ID = /^say:/;

const MAX_LABEL_CHARS = 75;
const MAX_PLACEHOLDER_CHARS = 150;
const MAX_VALUE_CHARS = 2_000;
const MAX_OPTION_VALUE_CHARS = 75;
const MAX_OPTIONS = 100;
/** A hundred options of the longest kind would take the whole message's room. */
const MAX_CHOICE_CHARS = 1_500;
/** In one block; Slack takes more blocks, a person no more buttons. */
const MAX_ELEMENTS = 25;
/** Of the whole message's room. */
const MAX_CHARS = 3_000;
const MAX_CONFIRM_TITLE_CHARS = 100;
const MAX_CONFIRM_TEXT_CHARS = 300;
const MAX_CONFIRM_LABEL_CHARS = 30;

type Element = types.Button | types.StaticSelect;

export function drawActions(actions: readonly Action[]): SlackBlock[] {
  const elements: Element[] = [];
  let room = MAX_CHARS;
  let left = 0;
  for (const action of actions.flatMap(drawable)) {
    const length = lengthOf(action);
    if (elements.length === MAX_ELEMENTS || length > room) {
      left += 1;
      continue;
    }
    room -= length;
    elements.push(draw(action, `say:${String(elements.length)}`));
  }
  const ending = `${String(left)} more ${left === 1 ? 'button is' : 'buttons are'} left out; ${COMMAND} help lists all commands`;
  return [
    ...(elements.length === 0 ? [] : [{ type: 'actions' as const, elements }]),
    ...(left === 0 ? [] : [{ type: 'context' as const, elements: [plain(ending, ending.length)] }]),
  ];
}

/** A choice whose options fit stays one; the others, and those beyond what a choice takes, are buttons. */
function drawable(action: Action): Action[] {
  if (action.type === 'button') return [action];
  const options: (typeof action.options)[number][] = [];
  const rest: Action[] = [];
  let room = MAX_CHOICE_CHARS;
  for (const option of action.options) {
    const { label, command } = option;
    // Slack takes no value twice, and the second would do the same.
    if (options.some((other) => other.command === command)) continue;
    const length = Math.min(label.length, MAX_LABEL_CHARS) + command.length;
    const fits = command !== '' && command.length <= MAX_OPTION_VALUE_CHARS && length <= room;
    if (fits && options.length < MAX_OPTIONS) {
      options.push(option);
      room -= length;
    } else {
      rest.push({ type: 'button', label: `${action.label}: ${label}`, command });
    }
  }
  return [...(options.length === 0 ? [] : [{ ...action, options }]), ...rest];
}

/** What Slack counts against the message. Too long a value is as long as nothing can be. */
function lengthOf(action: Action): number {
  if (action.type === 'choice') {
    return action.options.reduce(
      (sum, { label, command }) => sum + Math.min(label.length, MAX_LABEL_CHARS) + command.length,
      Math.min(action.label.length, MAX_PLACEHOLDER_CHARS),
    );
  }
  const { label, command, style } = action;
  if (command === '' || command.length > MAX_VALUE_CHARS) return Number.POSITIVE_INFINITY;
  const confirm = style === 'danger' ? MAX_CONFIRM_TEXT_CHARS + 2 * MAX_CONFIRM_LABEL_CHARS + MAX_LABEL_CHARS : 0;
  return Math.min(label.length, MAX_LABEL_CHARS) + command.length + confirm;
}

function draw(action: Action, actionId: string): Element {
  if (action.type === 'choice') {
    return {
      type: 'static_select',
      action_id: actionId,
      placeholder: plain(action.label, MAX_PLACEHOLDER_CHARS),
      options: action.options.map(({ label, command }) => ({ text: plain(label, MAX_LABEL_CHARS), value: command })),
    };
  }
  const { label, command, style } = action;
  return {
    type: 'button',
    action_id: actionId,
    text: plain(label, MAX_LABEL_CHARS),
    value: command,
    ...(style === undefined ? {} : { style }),
    ...(style === 'danger' ? { confirm: confirmation(label, command) } : {}),
  };
}

/** On a phone a thumb is quick. */
function confirmation(label: string, command: string): types.ConfirmationDialog {
  return {
    title: plain(`${fit(label, MAX_LABEL_CHARS)}?`, MAX_CONFIRM_TITLE_CHARS),
    text: plain(`This does: ${COMMAND} ${command}`, MAX_CONFIRM_TEXT_CHARS),
    confirm: plain(label, MAX_CONFIRM_LABEL_CHARS),
    deny: plain('Cancel', MAX_CONFIRM_LABEL_CHARS),
    style: 'danger',
  };
}

/** An empty text is refused by Slack. */
function plain(text: string, limit: number): types.PlainTextElement {
  const shown = fit(text.trim(), limit);
  return { type: 'plain_text', text: shown === '' ? '…' : shown, emoji: false };
}
