/** `edit`: one monitor, in what is given. */
import { parseEndpoint } from '../../core/endpoint.ts';
import { hostAndPort } from '../../core/monitor.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { MonitorEdit } from '../../core/ports.ts';
import { editMonitor } from '../../monitoring/edit.ts';
import type { EditWish } from '../grammar/edit.ts';
import type { Block } from '../message.ts';
import { command, done, message, note, refusal, text } from '../reply.ts';
import { noteOf } from './audit.ts';
import { headline, monitorActions, seenFields, seenMessage } from './check-report.ts';
import type { CommandContext, Handler } from './context.ts';
import { findProfile } from './profiles.ts';
import { describe, findGroup, findMonitor } from './references.ts';
import type { Found } from './references.ts';

/** What is to be written, and how it is told. */
interface Planned {
  readonly change: MonitorEdit;
  readonly changes: readonly string[];
}

export const edit: Handler<'edit'> = async (context, { monitor: reference, wish }) => {
  const result = await findMonitor(context, reference, 'edit');
  if ('refused' in result) return result.refused;
  const monitor = result.found;
  const plan = await planOf(context, monitor, wish);
  if ('refused' in plan) return plan.refused;
  const { change, changes } = plan.found;
  if (changes.length === 0) {
    return refusal(`${describe(monitor)} is so already, so nothing was changed`, [], monitorActions(monitor));
  }
  const outcome = await editMonitor(
    context.deps,
    monitor,
    change,
    changes.join('; '),
    context.commit,
    context.signal,
    noteOf(context),
  );
  switch (outcome.type) {
    case 'gone':
      return refusal(`${describe(monitor)} was removed in the meantime by someone else`);
    case 'duplicate':
      return refusal(
        `${describe(outcome.of)} is watched there already, so nothing was changed`,
        [
          text(`It is ${headline(outcome.of)}.`),
          note(['Monitor ', { code: outcome.of.id }, ': ', command(`show ${outcome.of.id}`)]),
        ],
        monitorActions(outcome.of),
      );
    case 'edited': {
      const { monitor: after, check } = outcome;
      const said: Block = { type: 'list', items: changes };
      if (check === undefined) {
        return done({
          audience: 'channel',
          message: message('neutral', `Changed ${headline(after)}`, [said], monitorActions(after)),
          monitors: [after.id],
          status: after.status,
        });
      }
      const seen = seenMessage(check, context.now, [], `Changed ${headline(after)}`);
      return done({ audience: 'channel', message: { ...seen, blocks: [said, ...seen.blocks] }, ...seenFields(check) });
    }
  }
};

/** Names looked up, and what stays as it is left out. */
async function planOf(context: CommandContext, monitor: Monitor, wish: EditWish): Promise<Found<Planned>> {
  const changes: string[] = [];
  const tell = (label: string, after: string, before: string): void => {
    changes.push(`${label}: ${after}; was ${before}`);
  };
  let change: MonitorEdit = {};
  const name = wish.name ?? undefined;
  if (wish.name !== undefined && name !== monitor.name) {
    change = { ...change, name: name ?? null };
    tell('Name', name ?? 'none', monitor.name ?? 'none');
  }
  if (wish.profile !== undefined) {
    const profile = await findProfile(context, wish.profile, `edit ${monitor.id} --profile NAME`);
    if ('refused' in profile) return profile;
    const before = await context.deps.store.profiles.find(context.workspaceId, monitor.profileId);
    if (profile.found.id !== monitor.profileId) {
      change = { ...change, profileId: profile.found.id };
      tell('Profile', profile.found.name, before?.name ?? 'none');
    }
  }
  if (wish.groups !== undefined) {
    const groups = await groupsOf(context, monitor, wish.groups);
    if ('refused' in groups) return groups;
    const { ids, after, before } = groups.found;
    if (!isSame(ids, monitor.groupIds)) {
      change = { ...change, groupIds: ids };
      tell('Groups', after, before);
    }
  }
  if (wish.tags !== undefined && !isSame(wish.tags, monitor.tags)) {
    change = { ...change, tags: wish.tags };
    tell('Tags', listed(wish.tags), listed(monitor.tags));
  }
  const reached = howReached(monitor, wish);
  if ('refused' in reached) return reached;
  const { serverName, direct } = reached.found;
  const { endpoint } = monitor;
  if (serverName !== endpoint.serverName) {
    change = { ...change, serverName };
    tell('Asks for', serverName, endpoint.serverName);
  }
  if (direct !== endpoint.direct) {
    change = { ...change, direct };
    tell('TLS starts', startText(direct), startText(endpoint.direct));
  }
  return { found: { change, changes } };
}

async function groupsOf(
  context: CommandContext,
  monitor: Monitor,
  names: readonly string[],
): Promise<Found<{ readonly ids: readonly string[]; readonly after: string; readonly before: string }>> {
  const ids: string[] = [];
  const found: string[] = [];
  for (const name of names) {
    const group = await findGroup(context, name, `edit ${monitor.id} --group NAME`);
    if ('refused' in group) return group;
    if (ids.includes(group.found.id)) continue;
    ids.push(group.found.id);
    found.push(group.found.name);
  }
  const all = await context.deps.store.groups.list(context.workspaceId);
  const before = all.filter(({ id }) => monitor.groupIds.includes(id)).map((group) => group.name);
  return { found: { ids, after: listed(found), before: listed(before) } };
}

/** The server name and how TLS starts, read as `add` reads them. */
function howReached(
  { endpoint }: Monitor,
  wish: EditWish,
): Found<{ readonly serverName: string; readonly direct: boolean }> {
  const direct = wish.direct ?? endpoint.direct;
  if (wish.sni === undefined && wish.direct === undefined) {
    return { found: { serverName: endpoint.serverName, direct } };
  }
  const sni = wish.sni ?? (wish.sni === null ? undefined : endpoint.serverName);
  const isOwnName = sni === endpoint.host;
  const read = parseEndpoint(hostAndPort(endpoint), endpoint.protocol, { direct, sni: isOwnName ? undefined : sni });
  if (read.ok) return { found: { serverName: read.value.serverName, direct: read.value.direct } };
  const { message: what, suggestion } = read.problem;
  return {
    refused: refusal(
      `Not done: ${what}`,
      suggestion === undefined ? [] : [text(['Did you mean ', command(`--sni ${suggestion}`), '?'])],
    ),
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function startText(direct: boolean): string {
  return direct ? 'at once' : 'as its protocol has it';
}
