/** `group add|edit|remove|test`: who is told, and when. */
import { counted } from '../../core/counted.ts';
import type { ContactGroup, MentionTarget } from '../../core/contact-group.ts';
import { instantText } from '../../core/instant-text.ts';
import type { GroupEdit, Stores } from '../../core/ports.ts';
import { quote } from '../../core/quote.ts';
import { toSid } from '../../core/sid.ts';
import { mayBeSaidAt } from '../../monitoring/routing.ts';
import type { GroupWish } from '../grammar/groups.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, done, message, refusal, text, undone } from '../reply.ts';
import { audit } from './audit.ts';
import { channelText } from './channels.ts';
import type { CommandContext, Handler } from './context.ts';
import { deadBlocks, settingFacts } from './group-report.ts';
import { channelIdsOf, cleanName, findGroup, groupSubject, isGroupName } from './references.ts';

export const addGroup: Handler<'group add' | 'group edit'> = async (context, { name, wish }) => {
  if (!isGroupName(name)) {
    const fixed = cleanName(name);
    return refusal(`${quote(name)} cannot be a contact group's name: it is 1 to 40 letters, digits, - and _`, [
      ...(isGroupName(fixed) ? [text(['Did you mean ', command(`group add ${fixed}`), '?'])] : []),
    ]);
  }
  const edit = await toEdit(context, wish, undefined);
  if ('refused' in edit) return edit.refused;
  const id = toSid('contact-group', context.deps.newUuid());
  const group = await context.commit(async (stores) => {
    const made = await stores.groups.add(context.workspaceId, id, name);
    if (made === undefined) return undefined;
    await audit(context, stores, 'made', groupSubject(made));
    return (await stores.groups.edit(context.workspaceId, id, edit.found)) ?? made;
  });
  if (group === undefined) {
    return refusal(`There is a contact group ${quote(name)} already`, [
      text(['It is shown by ', command(`group show ${name}`), ', and changed by ', command(`group edit ${name}`)]),
    ]);
  }
  const facts: Block[] =
    Object.keys(wish).length === 0 ? [] : [{ type: 'facts', facts: await settingFacts(context, group) }];
  return done({
    audience: 'channel',
    message: message('good', `Made contact group ${group.name}`, [
      ...facts,
      text(['It leads nowhere yet. Next: ', command(`group map ${group.name} #channel`)]),
      text(['Then monitors can name it: ', command(`add mail.example.com smtp --group ${group.name}`)]),
    ]),
  });
};

export const editGroup: typeof addGroup = async (context, { name, wish }) => {
  const result = await findGroup(context, name, 'group edit NAME');
  if ('refused' in result) return result.refused;
  const edit = await toEdit(context, wish, result.found);
  if ('refused' in edit) return edit.refused;
  const before = await settingFacts(context, result.found);
  const { escalation } = edit.found;
  const group = await context.commit(async (stores) => {
    const circle = escalation && (await circleThrough(context, stores, result.found, escalation.groupId));
    if (circle !== undefined) return { circle };
    const changed = await stores.groups.edit(context.workspaceId, result.found.id, edit.found);
    if (changed === undefined) return undefined;
    await audit(context, stores, 'changed', groupSubject(changed), Object.keys(wish).join(', '));
    // Hours and escalations of what is open may be due at another time now.
    await stores.incidents.attendAll(context.workspaceId, context.now);
    return changed;
  });
  if (group !== undefined && 'circle' in group) {
    return refusal(`That would escalate in a circle: ${group.circle.join(' → ')}`);
  }
  if (group === undefined) return refusal(`The contact group ${quote(name)} was removed in the meantime`);
  const after = await settingFacts(context, group);
  const changes = after.flatMap(({ label, value }) => {
    const was = before.find((fact) => fact.label === label)?.value ?? 'nothing';
    return was === value ? [] : [{ label, value: `${value} (before: ${was})` }];
  });
  const gone = before.filter(({ label }) => !after.some((fact) => fact.label === label));
  const facts = [...changes, ...gone.map(({ label, value }) => ({ label, value: `no longer (before: ${value})` }))];
  return done({
    audience: 'channel',
    message: message(
      'good',
      facts.length === 0 ? `${group.name} is so already` : `Changed contact group ${group.name}`,
      [{ type: 'facts', facts: facts.length === 0 ? after : facts }],
      [button('Show', `group show ${group.name}`), button('Test', `group test ${group.name}`)],
    ),
  });
};

/** The wish with everybody in it known; or what is wrong with it. @param group the one that is changed. */
async function toEdit(
  context: CommandContext,
  wish: GroupWish,
  group: ContactGroup | undefined,
): Promise<{ readonly found: GroupEdit } | { readonly refused: Reply }> {
  const { mention, escalation, timeZone, hours, criticalThrough } = wish;
  const edit: GroupEdit = {
    ...(timeZone === undefined ? {} : { timeZone: timeZone ?? undefined }),
    ...(hours === undefined ? {} : { hours: hours ?? undefined }),
    ...(criticalThrough === undefined ? {} : { criticalThrough }),
    ...(mention === null ? { mention: undefined } : {}),
    ...(escalation === null ? { escalation: undefined } : {}),
  };
  let who: readonly MentionTarget[] = [];
  if (mention != null) {
    const called = mention.who.map((typed) => calledBy(context, typed));
    const unknown = mention.who.find((_, index) => called[index] === undefined);
    if (unknown !== undefined) {
      return {
        refused: refusal(`${quote(unknown)} is nobody that can be called from here`, [
          text(
            'Type @ and pick a person or a team from the list, so that it is known who is meant. Whole channels are not called.',
          ),
        ]),
      };
    }
    who = called.flatMap((one) => one ?? []);
  }
  const withMention = mention == null ? edit : { ...edit, mention: { who, on: mention.on } };
  if (escalation == null) return { found: withMention };
  const target = await findGroup(
    context,
    escalation.to,
    `group ${group === undefined ? 'add' : 'edit'} … --escalate NAME`,
  );
  if ('refused' in target) return target;
  return { found: { ...withMention, escalation: { groupId: target.found.id, afterMs: escalation.afterMs } } };
}

/** Somebody whom the platform knows; on the console anybody, since nobody is called there. */
function calledBy(context: CommandContext, typed: string): MentionTarget | undefined {
  const { platform, mentions } = context.incoming;
  const known = mentions.find((one) => one.kind === 'person' && one.token === typed);
  if (known !== undefined) return { platform, externalId: known.externalId, text: typed };
  return platform === 'console' ? { platform, externalId: undefined, text: typed } : undefined;
}

/**
 * The names from `group` over its new target back to it; `undefined` where escalation does not come back. One edit after
 * the other, by the lock of the workspace's incidents: two at once could close a circle that neither sees.
 */
async function circleThrough(
  { workspaceId }: CommandContext,
  stores: Stores,
  group: ContactGroup,
  targetId: string,
): Promise<string[] | undefined> {
  await stores.incidents.lockAll(workspaceId);
  const groups = await stores.groups.list(workspaceId);
  const names = [group.name];
  for (let one = groups.find(({ id }) => id === targetId); one !== undefined && names.length <= groups.length;) {
    names.push(one.name);
    if (one.id === group.id) return names;
    const next: string | undefined = one.escalation?.groupId;
    one = groups.find(({ id }) => id === next);
  }
  return undefined;
}

export const removeGroup: Handler<'group remove'> = async (context, { name, isSure }) => {
  const result = await findGroup(context, name, 'group remove NAME');
  if ('refused' in result) return result.refused;
  const group = result.found;
  const { store } = context.deps;
  const count = await store.groups.countMonitors(context.workspaceId, group.id);
  const escalating = (await store.groups.list(context.workspaceId)).filter(
    ({ escalation }) => escalation?.groupId === group.id,
  );
  const line = `group remove ${group.name} --yes`;
  if (!isSure && (count > 0 || escalating.length > 0)) {
    return undone({
      message: message(
        'warning',
        `${group.name} is in use, so it was not removed`,
        [
          ...(count === 0
            ? []
            : [
                text(
                  `${counted(count, 'monitor')} ${count === 1 ? 'names' : 'name'} it: what no other group covers would be told where each was added.`,
                ),
              ]),
          ...(escalating.length === 0
            ? []
            : [text(`${escalating.map((one) => one.name).join(', ')} would escalate to nobody.`)]),
          text(['To remove it all the same: ', command(line)]),
        ],
        [button('Remove it', line, 'danger')],
      ),
    });
  }
  await context.commit(async (stores) => {
    await stores.groups.remove(context.workspaceId, group.id);
    await audit(context, stores, 'removed', groupSubject(group));
    await stores.incidents.attendAll(context.workspaceId, context.now);
  });
  return done({
    audience: 'channel',
    message: message('neutral', `Removed contact group ${group.name}`, [
      text(
        count === 0
          ? 'No monitor named it.'
          : `${counted(count, 'monitor')} named it: what no other group covers is told where each was added.`,
      ),
    ]),
  });
};

export const testGroup: Handler<'group test'> = async (context, { name }) => {
  const result = await findGroup(context, name, 'group test NAME');
  if ('refused' in result) return result.refused;
  const group = result.found;
  const { store } = context.deps;
  const channels = [...(await store.channels.listByIds(context.workspaceId, channelIdsOf(group)))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  if (channels.length === 0) {
    return refusal(`${group.name} leads to no channel, so there is nothing to test`, [
      text(['Map it: ', command(`group map ${group.name} #channel`)]),
    ]);
  }
  const { timeZone } = await store.workspaces.settings(context.workspaceId);
  const passesNow = (severity: 'warning' | 'critical'): string => {
    const at = mayBeSaidAt([group], timeZone, severity, context.now);
    return at <= context.now ? 'passes now' : `would wait until ${instantText(at)}`;
  };
  const [warning, critical] = [passesNow('warning'), passesNow('critical')];
  const hours = warning === critical ? `An alert ${warning}.` : `A warning ${warning}; what is critical ${critical}.`;
  const alive = channels.filter(({ deadReason }) => deadReason === undefined);
  await context.commit(async (stores) => {
    for (const { id } of alive) {
      await stores.outbox.queueNotice(
        context.workspaceId,
        id,
        {
          kind: 'notice',
          severity: 'info',
          title: `Test of contact group ${group.name}`,
          lines: [`${context.person.name} asked for it. Alerts of ${group.name} come here. ${hours}`],
        },
        context.now,
      );
    }
    await audit(context, stores, 'tested', groupSubject(group));
  });
  return done({
    message: message(
      alive.length < channels.length ? 'warning' : 'good',
      alive.length === 0
        ? `${group.name} leads only to channels where nothing can be sent`
        : `A test message of ${group.name} is on its way to ${alive.map(channelText).join(', ')}`,
      [
        text(hours),
        ...(alive.length === 0
          ? []
          : [
              text(
                'If it does not arrive within a minute, certmon cannot write there: invite it, and map the channel again.',
              ),
            ]),
        ...deadBlocks(group, channels),
      ],
      [button('Show', `group show ${group.name}`)],
    ),
  });
};
