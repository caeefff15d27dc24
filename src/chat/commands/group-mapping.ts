/** `group map|unmap`: where the alerts of a contact group go. */
import { counted } from '../../core/counted.ts';
import type { ContactGroup } from '../../core/contact-group.ts';
import { quote } from '../../core/quote.ts';
import type { Channel } from '../../core/workspace.ts';
import type { Block } from '../message.ts';
import { button, code, command, done, message, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import { channelMeant, channelText, mentionOf } from './channels.ts';
import type { Handler } from './context.ts';
import { filterMeant } from './filter-meant.ts';
import { channelIdsOf, findGroup, groupSubject } from './references.ts';

export const mapGroup: Handler<'group map'> = async (context, { name, channel: written, filter: typed }) => {
  const result = await findGroup(context, name, `group map NAME ${written}`);
  if ('refused' in result) return result.refused;
  const group = result.found;
  const target = await channelMeant(context, written, (channel) => `group map ${group.name} ${channel}`);
  if ('refused' in target) return target.refused;
  const filter = typed === undefined ? undefined : await filterMeant(context, typed);
  if (typeof filter === 'object') return filter.refused;
  const mapped = await context.commit(async (stores) => {
    const before = await stores.channels.listByIds(context.workspaceId, channelIdsOf(group));
    // Whatever it was dead of: being mapped to is the person's word that it is mended.
    const channel = await target.ensure(stores.channels);
    const wasDead = before.some((one) => one.id === channel.id && one.deadReason !== undefined);
    const done = await stores.groups.map(context.workspaceId, group.id, channel.id, filter);
    if (done !== 'same' || wasDead)
      await audit(
        context,
        stores,
        'mapped',
        groupSubject(group),
        `to ${channelText(channel)}${filter === undefined ? '' : ` by ${filter}`}`,
      );
    await stores.incidents.attendAll(context.workspaceId, context.now);
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
    filter !== undefined
      ? text(['Alerts of every monitor that fits ', code(filter), ' go there too, whichever group it names.'])
      : count === 0
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

export const unmapGroup: Handler<'group unmap'> = async (context, { name, channel: written }) => {
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

function mapping(channels: readonly Channel[], group: ContactGroup): Block {
  return text(
    channels.length === 0
      ? `${group.name} is mapped to no channel.`
      : `They go to ${channels.map(channelText).join(', ')}.`,
  );
}
