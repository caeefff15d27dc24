/** `group list|show`: what contact groups there are. */
import { counted } from '../../core/counted.ts';
import type { ContactGroup } from '../../core/contact-group.ts';
import { durationText } from '../../core/duration.ts';
import { hoursText } from '../../core/weekly-hours.ts';
import type { Channel } from '../../core/workspace.ts';
import type { Block } from '../message.ts';
import { command, done, message, note, text } from '../reply.ts';
import { channelText } from './channels.ts';
import type { CommandContext, Handler } from './context.ts';
import { channelIdsOf, findGroup } from './references.ts';

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
    placesText(group, [...channels.values()]) || 'no channel',
    group.hours === undefined ? 'always' : hoursText(group.hours),
  ]);
  return done({
    message: message('neutral', counted(groups.length, 'contact group'), [
      { type: 'table', columns: ['Group', 'Alerts go to', 'Hours'], rows },
    ]),
  });
};

export const showGroup: Handler<'group show'> = async (context, { name }) => {
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
          { label: 'Alerts go to', value: placesText(group, channels) || 'no channel' },
          ...(await settingFacts(context, group)),
          { label: 'Monitors', value: String(count) },
        ],
      },
      ...deadBlocks(group, channels),
      ...(channels.length === 0 ? [text(['Map it: ', command(`group map ${group.name} #channel`)])] : []),
      note(['Contact group ', { code: group.id }]),
    ]),
  });
};

/** Where nothing can be sent, and what to do about it. */
export function deadBlocks(group: ContactGroup, channels: readonly Channel[]): Block[] {
  return channels.flatMap((channel) =>
    channel.deadReason === undefined
      ? []
      : [
          text([
            `Nothing can be sent to ${channelText(channel)}: ${channel.deadReason}. Mend it there, then `,
            command(`group map ${group.name} #${channel.name}`),
          ]),
        ],
  );
}

function placesText({ mappings }: ContactGroup, channels: readonly Channel[]): string {
  return mappings
    .flatMap(({ channelId, filter }) => {
      const channel = channels.find((one) => one.id === channelId);
      if (channel === undefined) return [];
      return [channelText(channel) + (filter === undefined ? '' : `, with all that fits ${filter}`)];
    })
    .join('; ');
}

/** When it is told, whom it calls, and what happens when nobody answers. */
export async function settingFacts(
  context: CommandContext,
  group: ContactGroup,
): Promise<{ readonly label: string; readonly value: string }[]> {
  const { store } = context.deps;
  const { hours, criticalThrough, mention, escalation } = group;
  const zone = group.timeZone ?? (await store.workspaces.settings(context.workspaceId)).timeZone;
  const other = (await store.groups.list(context.workspaceId)).find(({ id }) => id === escalation?.groupId);
  return [
    {
      label: 'Hours',
      value:
        hours === undefined
          ? 'always'
          : `${hoursText(hours)} in ${zone}${criticalThrough ? '; what is critical passes at any hour' : ''}`,
    },
    {
      label: 'Calls',
      value:
        mention === undefined
          ? 'nobody'
          : `${mention.who.map(({ text: who }) => who).join(', ')} on ${mention.on === 'critical' ? 'critical' : 'warning and critical'}`,
    },
    ...(escalation === undefined || other === undefined
      ? []
      : [
          {
            label: 'Escalates',
            value: `to ${other.name}, when something critical is not acknowledged within ${durationText(escalation.afterMs)}`,
          },
        ]),
  ];
}
