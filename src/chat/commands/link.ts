/** `settings link`: one team joins the workspace of another, by a code that an admin of each side has seen. */
import { counted } from '../../core/counted.ts';
import { createHash, randomBytes } from 'node:crypto';
import type { Stores } from '../../core/ports.ts';
import { quote } from '../../core/quote.ts';
import type { Reply } from '../message.ts';
import { command, done, message, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { settingsSubject } from './settings.ts';

const GOOD_FOR_MS = 10 * 60_000;
const TRIES = 5;
const TRIES_WITHIN_MS = 3_600_000;
/** Without what is easily taken for something else. */
const LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const CODE_LETTERS = 16;
const TRIED = 'tried';

export const link: Handler<'settings link'> = async (context, { code: typed }) =>
  typed === undefined ? makeCode(context) : join(context, typed);

async function makeCode(context: CommandContext): Promise<Reply> {
  const letters = Array.from(randomBytes(CODE_LETTERS), (byte) => LETTERS.charAt(byte % LETTERS.length)).join('');
  const shown = letters.replace(/(.{4})(?=.)/g, '$1-');
  await context.commit(async (stores) => {
    await stores.workspaces.addLinkCode(
      context.workspaceId,
      hashOf(shown),
      new Date(context.now.getTime() + GOOD_FOR_MS),
    );
    await audit(context, stores, 'made a link code of', settingsSubject(context.workspaceId));
  });
  return done({
    message: message('good', 'A code that joins another team or platform to this workspace', [
      text(['An admin there says within 10 minutes: ', command(`settings link ${shown}`)]),
      text('It works once, and only where there are no monitors yet. Keep it to yourself: whoever has it can join.'),
    ]),
  });
}

async function join(context: CommandContext, typed: string): Promise<Reply> {
  const { connection, workspaceId, now } = context;
  return context.commit(async (stores) => {
    await stores.workspaces.lockConnection(connection.id);
    const current = await stores.workspaces.findConnection(connection.platform, connection.externalId);
    const { total } = await stores.monitors.count(workspaceId, { now });
    if (total > 0) {
      return refusal(`This workspace has ${counted(total, 'monitor')}, and only an empty one can join another`, [
        text(['Make the code here instead, and use it in the other: ', command('settings link')]),
        text(['Or remove them first: ', command('list'), ' shows them.']),
      ]);
    }
    const tried = { kind: 'settings', id: connection.id, label: 'link code' } as const;
    const since = now.getTime() - TRIES_WITHIN_MS;
    const tries = (await stores.audit.of(workspaceId, tried, TRIES)).filter(({ at }) => at.getTime() > since);
    if (tries.length >= TRIES) {
      return refusal(`${String(TRIES)} codes were tried here within the hour: no more are taken for now`);
    }
    const target = await stores.workspaces.useLinkCode(hashOf(typed), now);
    if (target === undefined || current?.workspaceId !== workspaceId) {
      await audit(context, stores, TRIED, tried);
      return wrongCode(typed);
    }
    if (target === workspaceId) {
      return refusal('That code is of this very workspace: say it in the team that is to join');
    }
    await joined(context, stores, target);
    return done({
      audience: 'channel',
      message: message('good', 'This team has joined the other workspace', [
        text(['Its monitors, groups and settings hold here from now on: ', command('list')]),
        text('Groups, filters, settings and roles that were made here before are gone.'),
      ]),
    });
  });
}

async function joined(context: CommandContext, stores: Stores, target: string): Promise<void> {
  const { connection } = context;
  await audit(context, stores, 'left', settingsSubject(context.workspaceId), `${connection.platform} joined another`);
  await stores.workspaces.moveConnection(connection, target);
  await audit({ ...context, workspaceId: target }, stores, 'joined', settingsSubject(target), connection.platform);
}

/** Wrong, used and expired codes are answered alike: nobody learns which there are. */
function wrongCode(typed: string): Reply {
  return refusal(`${quote(typed)} is no code that is good now`, [
    text([
      'A code works once, and for 10 minutes. An admin of the other workspace makes a new one: ',
      command('settings link'),
    ]),
  ]);
}

function hashOf(typed: string): string {
  return createHash('sha256')
    .update(typed.toUpperCase().replace(/[^0-9A-Z]/g, ''))
    .digest('hex');
}
