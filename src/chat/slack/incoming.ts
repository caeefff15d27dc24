/** What Slack sends us, as the inbox keeps it. */
import type { BlockAction, SlashCommand } from '@slack/bolt';
import { z } from 'zod';
import type { Incoming } from '../../core/inbox.ts';
import { unescapeSlack } from './unescape.ts';

/** How to answer: kept with the command, so that it can be answered after a restart. */
export interface AnswerTo {
  readonly responseUrl: string;
  /** Milliseconds since 1970; a response URL is good for 30 minutes. */
  readonly heardAt: number;
  readonly channelId: string;
  /** Where a reply in a thread was clicked; else null. */
  readonly threadTs: string | null;
  /** The clicked message is the person's own private one, so that the answer may take its place. */
  readonly isPrivateMessage: boolean;
}

const answerTo = z.object({
  responseUrl: z.string(),
  heardAt: z.number(),
  channelId: z.string(),
  threadTs: z.string().nullable(),
  isPrivateMessage: z.boolean(),
});

/** `undefined` for what this adapter did not hear. */
export function readAnswerTo(incoming: Incoming): AnswerTo | undefined {
  const read = answerTo.safeParse(incoming.answerTo);
  return read.success ? read.data : undefined;
}

/**
 * Slack repeats neither commands nor clicks by itself, and gives each a trigger id of its own: the same id again is a
 * replay of the same request, and the same command.
 */
export function fromCommand(command: SlashCommand, now: Date): Incoming {
  const { text, mentions } = unescapeSlack(command.text);
  return {
    platform: 'slack',
    externalId: command.trigger_id,
    teamId: command.team_id,
    person: { externalId: command.user_id, name: command.user_name },
    conversation: conversation(command.channel_id, command.channel_name, {
      externalId: command.user_id,
      name: command.user_name,
    }),
    text,
    mentions,
    answerTo: {
      responseUrl: command.response_url,
      heardAt: now.getTime(),
      channelId: command.channel_id,
      threadTs: null,
      isPrivateMessage: false,
    } satisfies AnswerTo,
  };
}

export type Clicked = BlockAction['actions'][number];

/** The command line that a button of ours says; `undefined` for what is not one. */
export function lineOf(action: Clicked): string | undefined {
  if (action.type === 'button') return action.value;
  return action.type === 'static_select' ? (action.selected_option as { value: string } | null)?.value : undefined;
}

/** A click carries its instant and its button too: one payload may hold several actions under one trigger id. */
export function fromClick(body: BlockAction, action: Clicked, line: string, now: Date): Incoming {
  const { container, message } = body;
  const channelId =
    body.channel?.id ?? (typeof container.channel_id === 'string' ? container.channel_id : body.user.id);
  const person = { externalId: body.user.id, name: nameOf(body.user) };
  const threadTs: unknown = message?.thread_ts;
  return {
    platform: 'slack',
    externalId: `${body.trigger_id}/${action.action_ts}/${action.action_id}`,
    teamId: body.team?.id ?? body.user.team_id ?? '',
    person,
    conversation: conversation(channelId, body.channel?.name ?? '', person),
    text: line,
    mentions: [],
    answerTo: {
      responseUrl: body.response_url,
      heardAt: now.getTime(),
      channelId,
      threadTs: typeof threadTs === 'string' && threadTs !== message?.ts ? threadTs : null,
      isPrivateMessage: container.is_ephemeral === true,
    } satisfies AnswerTo,
  };
}

function nameOf(user: BlockAction['user']): string {
  const name: unknown = user.username === '' ? user.name : user.username;
  return typeof name === 'string' && name !== '' ? name : user.id;
}

/**
 * A direct chat is known by its person: alerts go to the chat between that person and certmon, also where the command was
 * given in a chat with somebody else, which certmon cannot write to.
 */
function conversation(id: string, name: string, person: Incoming['person']): Incoming['conversation'] {
  const isPrivateChat = /^[DUW]/.test(id) || name === 'directmessage';
  return isPrivateChat
    ? { externalId: person.externalId, name: person.name, isPrivateChat }
    : { externalId: id, name: name === '' ? id : name, isPrivateChat };
}
