/** Who did what: every command that changes something says so here, in the transaction of the change. */
import type { AuditSubject } from '../../core/audit.ts';
import type { Stores } from '../../core/ports.ts';
import type { Channel } from '../../core/workspace.ts';
import type { Note } from '../../monitoring/deps.ts';
import type { CommandContext } from './context.ts';

/** @param action a verb in the past: `added`. @param detail what changed, in words; may be empty. */
export async function audit(
  context: CommandContext,
  stores: Stores,
  action: string,
  subject: AuditSubject,
  detail = '',
): Promise<void> {
  await stores.audit.add(context.workspaceId, {
    at: context.deps.clock.now(),
    by: context.person,
    place: placeText(context.channel),
    action,
    subject,
    detail,
  });
}

/** The same for use cases that commit by themselves. */
export function noteOf(context: CommandContext): Note {
  return (stores, ...noted) => audit(context, stores, ...noted);
}

function placeText(channel: Channel): string {
  return channel.isPrivateChat ? 'a private chat' : `#${channel.name}`;
}
