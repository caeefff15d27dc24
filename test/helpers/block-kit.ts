/**
 * certmon's messages and views: within the limits of Block Kit, and with nothing in them in which another's text could
 * act. Plain text and rich text alone; no markup, no link, and no mention but of those whom a message means to call.
 */
import type { Item } from './block-kit-elements.ts';
import { messageBreaches, viewBreaches } from './block-kit-limits.ts';
import type { CheckedMessage, CheckedView } from './block-kit-limits.ts';

/** @param called ids of those whom the message means to call. */
export function blockKitProblems(message: CheckedMessage, called: readonly string[] = []): string[] {
  return [...messageBreaches(message), ...actingParts('/blocks', message.blocks, called)];
}

export function viewProblems(view: CheckedView): string[] {
  return [...viewBreaches(view), ...actingParts('', view, [])];
}

const LEAVES_THAT_ACT: readonly unknown[] = ['link', 'user', 'usergroup', 'channel', 'broadcast', 'date'];

function actingParts(at: string, value: unknown, called: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, emoji, user_id: user, usergroup_id: team } = value as Item;
  const isCalled = called.includes(String(user ?? team));
  return [
    ...(type === 'mrkdwn' || type === 'markdown' ? [`${at}: is markup`] : []),
    ...(type === 'plain_text' && emoji !== false ? [`${at}: turns :names: into emoji`] : []),
    ...(LEAVES_THAT_ACT.includes(type) && !isCalled ? [`${at}: is a ${String(type)}, which acts`] : []),
    ...Object.entries(value).flatMap(([key, part]) => actingParts(`${at}/${key}`, part, called)),
  ];
}

/** All words of a message in the order shown, a line for each piece. */
export function wordsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'text' && typeof part === 'string' ? [part] : wordsIn(part),
  );
}
