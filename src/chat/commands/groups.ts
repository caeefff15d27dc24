/** `group add|map|unmap|list|show`: who is told. */
import type { AuditSubject } from '../../core/audit.ts';
import type { ContactGroup } from '../../core/contact-group.ts';
import type { Mention } from '../../core/inbox.ts';
import { quote } from '../../core/quote.ts';
import { toSid } from '../../core/sid.ts';
import type { Channel } from '../../core/workspace.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, counted, done, message, note, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { findGroup, isGroupName } from './references.ts';

export const addGroup: Handler<'group add' | 'group show'> = async (context, { name }) => {
  if (!isGroupName(name)) {
    const fixed = name
      .replace(/[^\p{L}\p{N}_-]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40);
    return refusal(`${quote(name)} cannot be a contact group's name: it is 1 to 40 letters, digits, - and _`, [
      ...(isGroupName(fixed) ? [text(['Did you mean ', command(`group add ${fixed}`), '?'])] : []),
    ]);
  }
  const id = toSid('contact-group', context.deps.newUuid());
  const group = await context.commit(async (stores) => {
    const made = await stores.groups.add(context.workspaceId, id, name);
    if (made !== undefined) await audit(context, stores, 'made', groupSubject(made));
    return made;
  });
  if (group === undefined) {
    return refusal(`There is a contact group ${quote(name)} already`, [
      text(['It is shown by ', command(`group show ${name}`)]),
    ]);
  }
  return done({
    audience: 'channel',
    message: message('good', `Made contact group ${group.name}`, [
      text(['It leads nowhere yet. Next: ', command(`group map ${group.name} #channel`)]),
      text(['Then monitors can name it: ', command(`add mail.example.com smtp --group ${group.name}`)]),
    ]),
  });
};

export const mapGroup: Handler<'group map' | 'group unmap'> = async (context, { name, channel: written }) => {
  const result = await findGroup(context, name, `group map NAME ${written}`);
  if ('refused' in result) return result.refused;
  const group = result.found;
  const target = await channelMeant(context, written, group);
  if ('refused' in target) return target.refused;
  const mapped = await context.commit(async (stores) => {
    const before = await stores.channels.listByIds(context.workspaceId, channelIdsOf(group));
    // Whatever it was dead of: being mapped to is the person's word that it is mended.
    const channel = await target.ensure(stores.channels);
    const wasDead = before.some((one) => one.id === channel.id && one.deadReason !== undefined);
    const done = await stores.groups.map(context.workspaceId, group.id, channel.id, undefined);
    if (done !== 'same' || wasDead)
      await audit(context, stores, 'mapped', groupSubject(group), `to ${channelText(channel)}`);
    return { channel, wasDead, isNew: done !== 'same' };
  });
  const place = channelText(mapped.channel);
  if (!mapped.isNew && mapped.wasDead) {
    return done({
      audience: 'channel',
      message: message(
        'good',
        `${place} can be reached again`,
        [text(`The alerts of ${group.name} go there as before.`)],
        [button('Show', `group show ${group.name}`)],
      ),
    });
  }
  if (!mapped.isNew) {
    return refusal(
      `The alerts of ${group.name} go to ${place} already`,
      [],
      [button('Show', `group show ${group.name}`)],
    );
  }
  const count = await context.deps.store.groups.countMonitors(context.workspaceId, group.id);
  const named: Block =
    count === 0
      ? text(['No monitor names it yet: ', command(`add mail.example.com smtp --group ${group.name}`)])
      : text(`${counted(count, 'monitor')} ${count === 1 ? 'names' : 'name'} it.`);
  return done({
    audience: 'channel',
    message: message(
      'good',
      `The alerts of ${group.name} go to ${place}`,
      [named],
      [button('Show', `group show ${group.name}`)],
    ),
  });
};

export const unmapGroup: typeof mapGroup = async (context, { name, channel: written }) => {
  const result = await findGroup(context, name, `group unmap NAME ${written}`);
  if ('refused' in result) return result.refused;
  const group = result.found;
  const channels = await context.deps.store.channels.listByIds(context.workspaceId, channelIdsOf(group));
  const mention = mentionOf(context, written);
  const bare = written.replace(/^#/, '').toLowerCase();
  const meant = channels.filter((channel) =>
    mention === undefined
      ? channel.name.toLowerCase() === bare
      : channel.connectionId === context.connection.id && channel.externalId === mention.externalId,
  );
  const [channel, second] = meant;
  if (channel === undefined) {
    return refusal(
      `The alerts of ${group.name} do not go to ${quote(mention === undefined ? written : `#${mention.name}`)}`,
      [mapping(channels, group)],
    );
  }
  if (second !== undefined) {
    return refusal(
      `${group.name} is mapped to ${counted(meant.length, 'channel')} of that name: send this on the platform that is meant`,
    );
  }
  await context.commit(async (stores) => {
    if (await stores.groups.unmap(context.workspaceId, group.id, channel.id))
      await audit(context, stores, 'unmapped', groupSubject(group), `from ${channelText(channel)}`);
  });
  const rest = channels.filter((one) => one.id !== channel.id);
  return done({
    audience: 'channel',
    message: message('neutral', `The alerts of ${group.name} no longer go to ${channelText(channel)}`, [
      rest.length === 0
        ? text([
            'It leads nowhere now: alerts of its monitors go to where each was added, until ',
            command(`group map ${group.name} #channel`),
          ])
        : mapping(rest, group),
    ]),
  });
};

export const listGroups: Handler<'group list'> = async (context) => {
  const groups = await context.deps.store.groups.list(context.workspaceId);
  if (groups.length === 0) {
    return done({
      message: message('neutral', 'There are no contact groups yet', [
        text([
          'Until there are, alerts go to the channel where a monitor was added. Make one: ',
          command('group add ops'),
        ]),
      ]),
    });
  }
  const ids = [...new Set(groups.flatMap(channelIdsOf))];
  const channels = new Map(
    (await context.deps.store.channels.listByIds(context.workspaceId, ids)).map((one) => [one.id, one]),
  );
  const rows = groups.map((group) => [
    group.name,
    channelIdsOf(group)
      .flatMap((id) => channels.get(id) ?? [])
      .map(channelText)
      .join(', ') || 'no channel',
  ]);
  return done({
    message: message('neutral', counted(groups.length, 'contact group'), [
      { type: 'table', columns: ['Group', 'Alerts go to'], rows },
    ]),
  });
};

export const showGroup: typeof addGroup = async (context, { name }) => {
  const result = await findGroup(context, name, 'group show NAME');
  if ('refused' in result) return result.refused;
  const group = result.found;
  const { store } = context.deps;
  const channels = await store.channels.listByIds(context.workspaceId, channelIdsOf(group));
  const count = await store.groups.countMonitors(context.workspaceId, group.id);
  const dead = channels.filter((channel) => channel.deadReason !== undefined);
  return done({
    message: message(dead.length > 0 ? 'warning' : 'neutral', `Contact group ${group.name}`, [
      {
        type: 'facts',
        facts: [
          { label: 'Alerts go to', value: channels.map(channelText).join(', ') || 'no channel' },
          { label: 'Monitors', value: String(count) },
        ],
      },
      ...dead.map((channel) =>
        text([
          `Nothing can be sent to ${channelText(channel)}: ${channel.deadReason ?? ''}. Mend it there, then `,
          command(`group map ${group.name} #${channel.name}`),
        ]),
      ),
      ...(channels.length === 0 ? [text(['Map it: ', command(`group map ${group.name} #channel`)])] : []),
      note(['Contact group ', { code: group.id }]),
    ]),
  });
};

// ---------------------------------------------------------------- channels

interface Target {
  /** The channel's row, made inside the command's transaction where it is not there yet. */
  readonly ensure: (channels: Parameters<Parameters<CommandContext['commit']>[0]>[0]['channels']) => Promise<Channel>;
}

/** The channel a person means: mentioned, or one on this platform that is known by name. */
async function channelMeant(
  context: CommandContext,
  written: string,
  group: ContactGroup,
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
  if (mention?.kind === 'person') {
    return { refused: refusal(`${quote(mention.name)} is a person, and alerts go to channels`, [usage(group)]) };
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
  return { refused: refusal(`${quote(written)} is not a channel: channels begin with #`, [usage(group, written)]) };
}

function groupSubject({ id, name }: ContactGroup): AuditSubject {
  return { kind: 'contact-group', id, label: name };
}

function channelIdsOf(group: ContactGroup): string[] {
  return group.mappings.map(({ channelId }) => channelId);
}

function usage(group: ContactGroup, written?: string): Block {
  const word = written !== undefined && /^[\w-]{1,80}$/.test(written) ? written : 'channel';
  return text(['Did you mean ', command(`group map ${group.name} #${word}`), '?']);
}

function mentionOf(context: CommandContext, written: string): Mention | undefined {
  return context.incoming.mentions.find((mention) => mention.token === written);
}

function mapping(channels: readonly Channel[], group: ContactGroup): Block {
  return text(
    channels.length === 0
      ? `${group.name} is mapped to no channel.`
      : `They go to ${channels.map(channelText).join(', ')}.`,
  );
}

function channelText(channel: Channel): string {
  return channel.isPrivateChat
    ? `the private chat with ${channel.name}`
    : `#${channel.name}${channel.deadReason === undefined ? '' : ' (nothing can be sent there)'}`;
}
