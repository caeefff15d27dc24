/**
 * Who may do what (design, section 6). This is the one place that decides; every command, button and form comes through
 * it. What each command asks for stands in its spec.
 *
 *   CERTMON_ADMINS, the console ──▶ admin
 *   else `settings role`        ──▶ what an admin said
 *   else the platform's word    ──▶ an admin of the team there: admin; a guest or a stranger: viewer; so is, for as long
 *                                   as the platform cannot be asked, somebody who may be one
 *   else                        ──▶ responder
 */
import type { Incoming, Standing } from '../core/inbox.ts';
import type { WorkspaceStore } from '../core/ports.ts';
import type { PersonId, Role } from '../core/workspace.ts';
import type { Command } from './command.ts';
import { specOf } from './grammar/table.ts';
import type { Reply } from './message.ts';
import { command, refusal, text } from './reply.ts';

export const ROLES = ['viewer', 'responder', 'admin'] as const satisfies readonly Role[];

/** @param admins those of `CERTMON_ADMINS`. */
export async function roleOf(
  workspaces: Pick<WorkspaceStore, 'roleOf'>,
  workspaceId: string,
  { platform, person }: Pick<Incoming, 'platform' | 'person'>,
  admins: readonly PersonId[],
): Promise<Role> {
  const { externalId, standing } = person;
  if (platform === 'console') return 'admin';
  if (admins.some((admin) => admin.platform === platform && admin.externalId === externalId)) return 'admin';
  const given = await workspaces.roleOf(workspaceId, { platform, externalId });
  return given ?? (standing === undefined ? 'responder' : BY_STANDING[standing]);
}

const BY_STANDING: Readonly<Record<Standing, Role>> = { admin: 'admin', guest: 'viewer', unknown: 'viewer' };

export function isAllowed({ type }: Command, role: Role): boolean {
  return reaches(role, specOf(type).role);
}

/** Whether `role` is `least` or more. */
export function reaches(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** @param standing what the platform said of the person. */
export function notAllowed({ type }: Command, role: Role, standing?: Standing): Reply {
  const refused = needsRole(type, specOf(type).role, role);
  if (standing !== 'unknown') return refused;
  const { message } = refused;
  return { ...refused, message: { ...message, blocks: [text(NOT_SAID), ...message.blocks] } };
}

/** @param what the command, or the part of it that asks for more: `remove by filter`. */
export function needsRole(what: string, least: Role, role: Role): Reply {
  return refusal(`${what} is for ${WHOM[least]}, and you are a ${role} here: nothing was changed`, [
    text(['An admin can do it for you, or give you the role: ', command(`settings role @you ${least}`)]),
    text(ADMINS_ARE),
  ]);
}

const WHOM: Readonly<Record<Role, string>> = {
  viewer: 'everybody',
  responder: 'responders and admins',
  admin: 'admins',
};

export const FOR_WHOM: Readonly<Record<Role, string>> = {
  viewer: 'Everybody may say it.',
  responder: 'Responders and admins may say it.',
  admin: 'Admins may say it.',
};

const NOT_SAID =
  'The chat platform could not be asked whether you are a member, a guest or an admin here, so you count as a viewer for now. Try again in a minute; if it stays so, the log of certmon says why.';

const ADMINS_ARE =
  "Admins are: those whom an admin made one, this team's admins on its chat platform, those named in CERTMON_ADMINS where certmon runs, and whoever sits at its console.";
