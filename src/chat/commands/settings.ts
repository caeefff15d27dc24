/** `settings`: what holds for the whole workspace. */
import { counted } from '../../core/counted.ts';
import { rescheduleDigests } from '../../monitoring/digest.ts';
import type { AuditSubject } from '../../core/audit.ts';
import type { Stores } from '../../core/ports.ts';
import { quote } from '../../core/quote.ts';
import type { Person } from '../../core/workspace.ts';
import type { Reply } from '../message.ts';
import { command, done, message, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import { channelMeant, channelText, mentionOf } from './channels.ts';
import type { CommandContext, Handler } from './context.ts';

const NONE = 'none';

export const showSettings: Handler<'settings'> = async (context) => {
  const { store } = context.deps;
  const { workspaceId } = context;
  const { timeZone, fallbackChannelId, adminChannelId, retentionDays } = await store.workspaces.settings(workspaceId);
  const roles = await store.workspaces.listRoles(workspaceId);
  return done({
    message: message('neutral', 'Settings of this workspace', [
      {
        type: 'facts',
        facts: [
          { label: 'Time zone', value: timeZone },
          { label: 'Fallback', value: await channelName(context, fallbackChannelId) },
          { label: 'Admins', value: await channelName(context, adminChannelId) },
          { label: 'Retention', value: counted(retentionDays, 'day') },
          {
            label: 'Roles given',
            value: roles.length === 0 ? NONE : roles.map(({ person, role }) => `${person.name} ${role}`).join(', '),
          },
        ],
      },
      {
        type: 'list',
        items: [
          [command('settings timezone Europe/Berlin'), ': in which times are read and shown'],
          [command('settings fallback #channel'), ': where alerts go that cannot go where they should'],
          [command('settings admins #channel'), ': where certmon tells of itself'],
          [command('settings retention 90d'), ': how long results, closed incidents and what people did are kept'],
          [command('settings role @person responder'), ': what a person may do'],
          [command('settings link'), ': join another team or platform to this workspace'],
        ],
      },
    ]),
  });
};

export const changeTimeZone: Handler<'settings timezone'> = async (context, { zone }) => {
  const { timeZone } = await context.deps.store.workspaces.settings(context.workspaceId);
  if (timeZone === zone) return refusal(`The time zone is ${zone} already`);
  await context.commit(async (stores) => {
    await stores.workspaces.changeSettings(context.workspaceId, { timeZone: zone });
    await noted(context, stores, `time zone: ${timeZone} to ${zone}`);
    // Contact groups without a zone of their own are open at other times now.
    await stores.incidents.attendAll(context.workspaceId, context.now);
    await rescheduleDigests(stores, context.workspaceId, zone, context.now);
  });
  return changed(`The time zone is ${zone}`, timeZone, [
    'Times that people write are read in it, and contact groups without a zone of their own keep their hours in it.',
  ]);
};

export const changeChannel: Handler<'settings fallback' | 'settings admins'> = async (context, { type, channel }) => {
  const key = type === 'settings fallback' ? 'fallbackChannelId' : 'adminChannelId';
  const what = type === 'settings fallback' ? 'fallback channel' : "admins' channel";
  const before = (await context.deps.store.workspaces.settings(context.workspaceId))[key];
  const beforeName = await channelName(context, before);
  const target =
    channel === undefined ? undefined : await channelMeant(context, channel, (shown) => `${type} ${shown}`);
  if (target !== undefined && 'refused' in target) return target.refused;
  const after = await context.commit(async (stores) => {
    const made = await target?.ensure(stores.channels);
    if (made?.id === before) return undefined;
    await stores.workspaces.changeSettings(context.workspaceId, { [key]: made?.id });
    const name = made === undefined ? NONE : channelText(made);
    await noted(context, stores, `${what}: ${beforeName} to ${name}`);
    return { name };
  });
  if (after === undefined) return refusal(`The ${what} is ${beforeName} already`);
  const means: Readonly<Record<typeof type, readonly [set: string, unset: string]>> = {
    'settings fallback': [
      'Alerts go there that cannot go where they should. If certmon cannot write there, invite it.',
      'Alerts that cannot go where they should are told to nobody but the log.',
    ],
    'settings admins': [
      'certmon tells of itself there: channels it cannot reach, its own network. If certmon cannot write there, invite it.',
      'What certmon has to tell of itself goes to the fallback channel, else to the log.',
    ],
  };
  return changed(`The ${what} is ${after.name}`, beforeName, [means[type][after.name === NONE ? 1 : 0]]);
};

export const changeRetention: Handler<'settings retention'> = async (context, { days }) => {
  const { retentionDays } = await context.deps.store.workspaces.settings(context.workspaceId);
  if (retentionDays === days) return refusal(`Retention is ${counted(days, 'day')} already`);
  await context.commit(async (stores) => {
    await stores.workspaces.changeSettings(context.workspaceId, { retentionDays: days });
    await noted(context, stores, `retention: ${String(retentionDays)}d to ${String(days)}d`);
  });
  return changed(`Retention is ${counted(days, 'day')}`, counted(retentionDays, 'day'), [
    days < retentionDays
      ? 'Results, closed incidents and what people did from before are removed within the hour, and do not come back.'
      : 'What was removed before does not come back.',
  ]);
};

export const changeRole: Handler<'settings role'> = async (context, { person: written, role }) => {
  const person = personMeant(context, written);
  if ('refused' in person) return person.refused;
  const { workspaces } = context.deps.store;
  const before = await workspaces.roleOf(context.workspaceId, person.found);
  const { name } = person.found;
  if (before === role) {
    return refusal(role === undefined ? `${name} was given no role` : `${name} is ${article(role)} already`);
  }
  await context.commit(async (stores) => {
    await stores.workspaces.setRole(context.workspaceId, person.found, role);
    await noted(context, stores, `role of ${name}: ${before ?? 'default'} to ${role ?? 'default'}`);
  });
  return changed(
    role === undefined ? `${name} has no role of their own any more` : `${name} is ${article(role)} now`,
    before ?? 'default',
    role === undefined
      ? ["What the platform says of them holds again: the team's admins are admins, guests viewers."]
      : [],
  );
};

/** Somebody whom the platform knows, or `slack:U012ABCDE`. */
function personMeant(
  context: CommandContext,
  written: string,
): { readonly found: Person } | { readonly refused: Reply } {
  const mention = mentionOf(context, written);
  if (mention?.kind === 'person' && !isTeamOfPeople(context.incoming.platform, mention.externalId)) {
    return { found: { platform: context.incoming.platform, externalId: mention.externalId, name: mention.name } };
  }
  const [, platform, externalId = ''] = /^(slack|teams):([\w-]{1,80})$/i.exec(written) ?? [];
  if (platform !== undefined && !isTeamOfPeople(platform, externalId)) {
    return {
      found: { platform: platform.toLowerCase() === 'slack' ? 'slack' : 'teams', externalId, name: externalId },
    };
  }
  return {
    refused: refusal(`${quote(written)} is no person that is known here`, [
      text(
        'Type @ and pick one person from the list, so that it is known who is meant; whole teams have no role. People of another platform are written by their id: slack:U012ABCDE.',
      ),
    ]),
  };
}

/** Slack's user groups. */
function isTeamOfPeople(platform: string, externalId: string): boolean {
  return platform.toLowerCase() === 'slack' && externalId.startsWith('S');
}

export function settingsSubject(workspaceId: string): AuditSubject {
  return { kind: 'settings', id: workspaceId, label: 'settings' };
}

async function noted(context: CommandContext, stores: Stores, detail: string): Promise<void> {
  await audit(context, stores, 'changed', settingsSubject(context.workspaceId), detail);
}

async function channelName(context: CommandContext, id: string | undefined): Promise<string> {
  const channel = id === undefined ? undefined : await context.deps.store.channels.find(context.workspaceId, id);
  return channel === undefined ? NONE : channelText(channel);
}

function article(role: string): string {
  return role === 'admin' ? 'an admin' : `a ${role}`;
}

function changed(title: string, before: string, lines: readonly string[]): Reply {
  return done({
    audience: 'channel',
    message: message('good', title, [
      { type: 'facts', facts: [{ label: 'Before', value: before }] },
      ...lines.map((line) => text(line)),
    ]),
  });
}
