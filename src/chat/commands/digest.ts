/** `digest`: what a channel is told regularly. */
import { counted } from '../../core/counted.ts';
import { digestTimeText, nextDigestAt } from '../../core/digest.ts';
import { instantText } from '../../core/instant-text.ts';
import { digestNotice } from '../../monitoring/digest.ts';
import { alertMessage } from '../alert-message.ts';
import type { Block, Reply } from '../message.ts';
import { command, done, message, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import { channelMeant, channelText } from './channels.ts';
import type { CommandContext, CommandOf, Handler } from './context.ts';
import { filterMeant } from './filter-meant.ts';

export const digest: Handler<'digest'> = (context, wanted) => {
  switch (wanted.what) {
    case 'list':
      return listDigests(context);
    case 'off':
      return endDigest(context, wanted.channel);
    case 'on':
      return setDigest(context, wanted);
  }
};

async function listDigests(context: CommandContext): Promise<Reply> {
  const { store } = context.deps;
  const digests = await store.digests.list(context.workspaceId);
  if (digests.length === 0) {
    return done({
      message: message('neutral', 'No channel has a digest yet', [
        text(['For example: ', command('digest #ops weekly mon 09:00')]),
      ]),
    });
  }
  const { timeZone } = await store.workspaces.settings(context.workspaceId);
  const channels = await store.channels.listByIds(
    context.workspaceId,
    digests.map(({ channelId }) => channelId),
  );
  const rows = digests.map((one) => {
    const channel = channels.find(({ id }) => id === one.channelId);
    return [
      channel === undefined ? one.channelId : channelText(channel),
      `${digestTimeText(one)} (${timeZone})`,
      one.filter ?? 'all monitors',
      instantText(one.nextAt),
    ];
  });
  return done({
    message: message('neutral', counted(digests.length, 'digest'), [
      { type: 'table', columns: ['Channel', 'When', 'About', 'Next'], rows },
      text([command('digest off #channel'), ' ends one.']),
    ]),
  });
}

async function endDigest(context: CommandContext, written: string): Promise<Reply> {
  const target = await channelMeant(context, written, (channel) => `digest off ${channel}`);
  if ('refused' in target) return target.refused;
  const ended = await context.commit(async (stores) => {
    const channel = await target.ensure(stores.channels);
    const was = await stores.digests.remove(context.workspaceId, channel.id);
    if (was) await audit(context, stores, 'ended', { kind: 'digest', id: channel.id, label: channelText(channel) });
    return { channel, was };
  });
  const place = channelText(ended.channel);
  if (!ended.was)
    return refusal(`${place} has no digest, so there is none to end`, [
      text([command('digest'), ' lists those there are.']),
    ]);
  return done({ audience: 'channel', message: message('neutral', `The digest of ${place} has ended`) });
}

type Wanted = Extract<CommandOf<'digest'>, { what: 'on' }>;

async function setDigest(context: CommandContext, { channel: written, time, filter: typed }: Wanted): Promise<Reply> {
  const { store } = context.deps;
  const target = await channelMeant(context, written, (channel) => `digest ${channel} daily 09:00`);
  if ('refused' in target) return target.refused;
  const filter = typed === undefined ? undefined : await filterMeant(context, typed);
  if (typeof filter === 'object') return filter.refused;
  const { timeZone } = await store.workspaces.settings(context.workspaceId);
  const nextAt = nextDigestAt(time, timeZone, context.now);
  const channel = await context.commit(async (stores) => {
    const ensured = await target.ensure(stores.channels);
    const before = (await stores.digests.list(context.workspaceId)).find(({ channelId }) => channelId === ensured.id);
    const lastAt = before?.lastAt ?? context.now;
    await stores.digests.put(context.workspaceId, { ...time, channelId: ensured.id, filter, nextAt, lastAt });
    const about = filter === undefined ? '' : ` about ${filter}`;
    await audit(
      context,
      stores,
      'set',
      { kind: 'digest', id: ensured.id, label: channelText(ensured) },
      `${digestTimeText(time)}${about}`,
    );
    return ensured;
  });
  const now = await digestNotice(store, context.workspaceId, { filter, lastAt: context.now }, context.now);
  const preview: Block[] =
    now === undefined
      ? [text('Now there would be nothing to tell, and it would be silent.')]
      : [text('Now it would say:'), text({ bold: now.title }), ...alertMessage(now).blocks];
  return done({
    audience: 'channel',
    message: message('good', `${channelText(channel)} gets a digest ${digestTimeText(time)}, ${timeZone}`, [
      text(`About ${filter ?? 'all monitors'}. The next one: ${instantText(nextAt)}.`),
      ...preview,
    ]),
  });
}
