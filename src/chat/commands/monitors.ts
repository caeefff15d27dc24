/** `show`, `check`, `remove`, `pause`, `resume` of one monitor. */
import { assess } from '../../core/assess.ts';
import { instantText, relativeText } from '../../core/instant-text.ts';
import { hostAndPort } from '../../core/monitor.ts';
import type { Monitor } from '../../core/monitor.ts';
import { checkNow } from '../../monitoring/check.ts';
import { pauseMonitors, removeMonitors, resumeMonitors } from '../../monitoring/monitors.ts';
import type { TheseMonitors } from '../../monitoring/monitors.ts';
import type { ActionType } from '../grammar/monitors.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, done, message, note, refusal, text } from '../reply.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { noteOf } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { headline, monitorActions, seenFields, seenMessage, statusFacts, toneOf } from './check-report.ts';
import { describe, findMonitor } from './references.ts';

export const show: Handler<'show'> = async (context, { monitor: reference }) => {
  const result = await findMonitor(context, reference, 'show');
  if ('refused' in result) return result.refused;
  const monitor = result.found;
  const { store } = context.deps;
  const span = await store.checks.last(context.workspaceId, monitor.id);
  const profile = await store.profiles.find(context.workspaceId, monitor.profileId);
  const facts = await configurationFacts(context, monitor, profile?.name);
  const incidents = await incidentBlocks(context, monitor);
  if (span === undefined || profile === undefined) {
    const blocks: Block[] = [
      { type: 'facts', facts: [...statusFacts(monitor, undefined, context.now), ...facts] },
      ...incidents,
      note(['Monitor ', { code: monitor.id }, ', not checked yet']),
    ];
    return done({
      message: message(toneOf(monitor, []), headline(monitor), blocks, monitorActions(monitor)),
      monitors: [monitor.id],
      status: monitor.status,
    });
  }
  const seen = {
    monitor,
    observation: span.observation,
    assessment: assess(span.observation, monitor.endpoint, profile, context.now),
  };
  const said = seenMessage(seen, context.now, facts);
  return done({
    message: { ...said, blocks: [...said.blocks.slice(0, -1), ...incidents, ...said.blocks.slice(-1)] },
    ...seenFields(seen),
  });
};

async function configurationFacts(context: CommandContext, monitor: Monitor, profile: string | undefined) {
  const { endpoint, tags, groupIds } = monitor;
  const groups = (await context.deps.store.groups.list(context.workspaceId)).filter((group) =>
    groupIds.includes(group.id),
  );
  const asksFor = endpoint.serverName === endpoint.host ? [] : [{ label: 'Asks for', value: endpoint.serverName }];
  const next = monitor.paused
    ? 'paused'
    : `${instantText(monitor.nextCheckAt)} (${monitor.nextCheckAt.getTime() <= context.now.getTime() ? 'now' : relativeText(monitor.nextCheckAt, context.now)})`;
  return [
    ...asksFor,
    { label: 'Profile', value: profile ?? 'none' },
    {
      label: 'Groups',
      value:
        groups.length === 0 ? 'none: alerts go to where it was added' : groups.map((group) => group.name).join(', '),
    },
    ...(tags.length === 0 ? [] : [{ label: 'Tags', value: tags.join(', ') }]),
    { label: 'Next check', value: next },
  ];
}

async function incidentBlocks(context: CommandContext, monitor: Monitor): Promise<Block[]> {
  const open = await context.deps.store.incidents.openOf(context.workspaceId, monitor.id);
  return open.map((incident) =>
    text([
      `Open incident #${String(incident.number)}, ${incident.severity}`,
      incident.acknowledged === undefined ? '' : `, acknowledged by ${incident.acknowledged.by.name}`,
      ': ',
      command(`incidents #${String(incident.number)}`),
    ]),
  );
}

/** What an action does to one monitor. It is not asked about. */
export const ON_ONE: Readonly<Record<ActionType, (context: CommandContext, monitor: Monitor) => Promise<Reply>>> = {
  check,
  pause,
  resume,
  remove,
};

export function these(context: CommandContext, ids: readonly string[]): TheseMonitors {
  const { workspaceId, person, commit, signal } = context;
  return { workspaceId, ids, by: person, commit, note: noteOf(context), signal };
}

async function check(context: CommandContext, monitor: Monitor): Promise<Reply> {
  const outcome = await checkNow(context.deps, context.workspaceId, monitor.id, context.commit, context.signal);
  if (outcome === undefined) return goneMeanwhile(monitor);
  const said = seenMessage(outcome, context.now, [], `Checked ${headline(outcome.monitor)}`);
  return done({
    message: {
      ...said,
      blocks: [
        ...said.blocks.slice(0, -1),
        ...(await incidentBlocks(context, outcome.monitor)),
        ...said.blocks.slice(-1),
      ],
    },
    ...seenFields(outcome),
  });
}

async function pause(context: CommandContext, monitor: Monitor): Promise<Reply> {
  const [changed] = await pauseMonitors(context.deps, these(context, [monitor.id]));
  if (changed === undefined)
    return refusal(`${describe(monitor)} is paused already`, [], [button('Resume', `resume ${monitor.id}`)]);
  return changedReply(changed, `Paused ${describe(changed)}`, [
    text(['It is not checked any more, and its incidents are closed, until ', command(`resume ${changed.id}`)]),
  ]);
}

async function resume(context: CommandContext, monitor: Monitor): Promise<Reply> {
  const [changed] = await resumeMonitors(context.deps, these(context, [monitor.id]));
  if (changed === undefined)
    return refusal(`${describe(monitor)} is not paused`, [], [button('Pause', `pause ${monitor.id}`)]);
  return changedReply(changed, `Resumed ${describe(changed)}`, [
    text('It is checked within a minute, and then as its profile says.'),
  ]);
}

async function remove(context: CommandContext, monitor: Monitor): Promise<Reply> {
  const line = await addLineOf(context, monitor);
  const [gone] = await removeMonitors(context.deps, these(context, [monitor.id]));
  if (gone === undefined) return goneMeanwhile(monitor);
  return done({
    audience: 'channel',
    message: message(
      'neutral',
      `Removed ${describe(gone)}`,
      [
        text('It is not watched any more; its history is gone and its incidents are closed.'),
        text(['This brings it back: ', command(line)]),
        note(['It was monitor ', { code: gone.id }]),
      ],
      [button('Add it again', line)],
    ),
    monitors: [gone.id],
  });
}

function changedReply(monitor: Monitor, title: string, blocks: readonly Block[]): Reply {
  return done({
    audience: 'channel',
    message: message('neutral', title, blocks, monitorActions(monitor)),
    monitors: [monitor.id],
    status: monitor.status,
  });
}

function goneMeanwhile(monitor: Monitor): Reply {
  return refusal(`${describe(monitor)} was removed in the meantime by someone else`);
}

/** The line that adds the monitor as it is. */
async function addLineOf(context: CommandContext, monitor: Monitor): Promise<string> {
  const { store } = context.deps;
  const { endpoint, name, tags } = monitor;
  const profile = await store.profiles.find(context.workspaceId, monitor.profileId);
  const groups = (await store.groups.list(context.workspaceId)).filter((group) => monitor.groupIds.includes(group.id));
  const flag = (key: string, value: string): string => `--${key} ${quoteWord(value)}`;
  return [
    'add',
    hostAndPort(endpoint),
    endpoint.protocol,
    ...(name === undefined ? [] : [flag('name', name)]),
    ...(profile === undefined || profile.name === 'Standard' ? [] : [flag('profile', profile.name)]),
    ...groups.map((group) => flag('group', group.name)),
    ...tags.map((tag) => flag('tag', tag)),
    ...(endpoint.serverName === endpoint.host ? [] : [flag('sni', endpoint.serverName)]),
    ...(endpoint.direct ? ['--direct'] : []),
  ].join(' ');
}
