/** How many new hosts a person who is no admin may have certmon look at (design, section 6). */
import { instantText, relativeText } from '../../core/instant-text.ts';
import type { Stores } from '../../core/ports.ts';
import type { Reply } from '../message.ts';
import { refusal, text } from '../reply.ts';
import type { CommandContext } from './context.ts';

export const TARGETS_AN_HOUR = 30;
const HOUR_MS = 3_600_000;

/**
 * When this person may have another host looked at; `undefined` for now. Counted from what they did (`audit` with one of
 * `NEW_TARGET_ACTIONS`), in the transaction that does more: several adds at once do not pass it, and what was removed
 * still counts.
 */
export async function nextTargetAt(context: CommandContext, stores: Stores): Promise<Date | undefined> {
  if (context.role === 'admin') return undefined;
  const since = new Date(context.deps.clock.now().getTime() - HOUR_MS);
  const taken = await stores.audit.newTargets(context.workspaceId, context.person, since);
  const first = taken[taken.length - TARGETS_AN_HOUR];
  return first === undefined ? undefined : new Date(first.getTime() + HOUR_MS);
}

/** @param so what did not happen: `nothing was added`. */
export function tooManyTargets(context: CommandContext, until: Date, so: string): Reply {
  return refusal(`You have added ${String(TARGETS_AN_HOUR)} monitors within the hour, so ${so}`, [
    text(`The next is possible at ${instantText(until)}, ${relativeText(until, context.deps.clock.now())}.`),
    text('Removing some makes no room. Admins have no limit: one of them can add more now.'),
  ]);
}

/** For one line of several. */
export function limitText(until: Date): string {
  return `${String(TARGETS_AN_HOUR)} within the hour are the most, and the next is possible at ${instantText(until)}`;
}
