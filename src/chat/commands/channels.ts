/** From what a person wrote to the channel that is meant. */
import type { Mention } from '../../core/inbox.ts';
import type { ChannelStore } from '../../core/ports.ts';
import { quote } from '../../core/quote.ts';
import { channelLabel } from '../../core/workspace.ts';
import type { Channel } from '../../core/workspace.ts';
import type { Block, Reply } from '../message.ts';
import { command, refusal, text } from '../reply.ts';
import type { CommandContext } from './context.ts';

export interface Target {
  /** The channel's row, made inside the command's transaction where it is not there yet. */
  readonly ensure: (channels: ChannelStore) => Promise<Channel>;
}

/**
 * The channel that is mentioned, or one on this platform that is known by name.
 *
 * @param lineFor the command with the channel's name in it, for a line that could be sent instead.
 */
export async function channelMeant(
  context: CommandContext,
  written: string,
  lineFor: (channel: string) => string,
): Promise<Target | { readonly refused: Reply }> {
  const { workspaceId, connection } = context;
  const mention = mentionOf(context, written);
  if (mention?.kind === 'channel') {
    const { externalId, name } = mention;
    return {
      ensure: (channels) =>
        channels.ensure(workspaceId, { connectionId: connection.id, externalId, name, isPrivateChat: false }),
    };
  }
  const meant = (word: string): Block => text(['Did you mean ', command(lineFor(`#${word}`)), '?']);
  if (mention?.kind === 'person') {
    return { refused: refusal(`${quote(mention.name)} is a person, and alerts go to channels`, [meant('channel')]) };
  }
  const name = /^#(.+)$/.exec(written)?.[1];
  const known =
    name === undefined ? undefined : await context.deps.store.channels.findByName(workspaceId, connection.id, name);
  if (known !== undefined) {
    const { connectionId, externalId, isPrivateChat } = known;
    return {
      ensure: (channels) => channels.ensure(workspaceId, { connectionId, externalId, name: known.name, isPrivateChat }),
    };
  }
  if (name !== undefined) {
    return {
      refused: refusal(`${quote(written)} is no channel that can be seen from here`, [
        text(
          'Type # and pick the channel from the list, so that it is known which one is meant; in a private channel, invite certmon first.',
        ),
      ]),
    };
  }
  const word = /^[\w-]{1,80}$/.test(written) ? written : 'channel';
  return { refused: refusal(`${quote(written)} is not a channel: channels begin with #`, [meant(word)]) };
}

export function mentionOf(context: CommandContext, written: string): Mention | undefined {
  return context.incoming.mentions.find((mention) => mention.token === written);
}

export function channelText(channel: Channel): string {
  const isToldAsDead = !channel.isPrivateChat && channel.deadReason !== undefined;
  return `${channelLabel(channel)}${isToldAsDead ? ' (nothing can be sent there)' : ''}`;
}
