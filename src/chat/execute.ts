/** From what was heard to the reply: who asks, where, what they said, and what comes of it. */
import { DatabaseAwayError, RunLostError } from '../core/errors.ts';
import type { Incoming, Standing } from '../core/inbox.ts';
import type { Connection, Person, PersonId } from '../core/workspace.ts';
import type { Commit, MonitoringDeps } from '../monitoring/deps.ts';
import { parseCommand } from './command.ts';
import type { Command } from './command.ts';
import { changesNothing, run } from './commands/index.ts';
import { faultFields } from './fault.ts';
import type { Reply } from './message.ts';
import { code, message, problemReply, refusal, text, undone } from './reply.ts';
import { isAllowed, notAllowed, roleOf } from './roles.ts';

/**
 * Does one command and gives its reply, whatever happens; it rejects only once `signal` aborts, or where another runs it by now:
 * nobody is here to answer then. What is changed is committed through `commit`.
 */
export type Execute = (incoming: Incoming, commit: Commit, signal: AbortSignal) => Promise<Reply>;

export interface ExecutorOptions {
  /** The workspace that a team nobody connected yet belongs to; `undefined` where it has to be connected first. */
  readonly workspaceOf: (incoming: Incoming) => Promise<string | undefined>;
  /** The platform's word on whoever asks, where it did not come with the command. Never throws. */
  readonly standingOf?: (incoming: Incoming) => Promise<Standing | undefined>;
  /** Admins of every workspace, whatever else is said of them; none unless given. */
  readonly admins?: readonly PersonId[];
}

export function createExecutor(deps: MonitoringDeps, options: ExecutorOptions): Execute {
  const { workspaceOf, standingOf, admins = [] } = options;
  const { store } = deps;

  async function connectionOf(incoming: Incoming): Promise<Connection | undefined> {
    const { platform, teamId } = incoming;
    const known = await store.workspaces.findConnection(platform, teamId);
    if (known !== undefined) return known;
    const workspaceId = await workspaceOf(incoming);
    return workspaceId === undefined ? undefined : store.workspaces.ensureConnection(workspaceId, platform, teamId);
  }

  async function execute(heard: Incoming, command: Command, commit: Commit, signal: AbortSignal): Promise<Reply> {
    const connection = await connectionOf(heard);
    if (connection === undefined) return notConnected();
    const { workspaceId } = connection;
    // Asked here, long after the platform was told "received", and after a restart too.
    const standing = heard.person.standing ?? (await standingOf?.(heard));
    const incoming = standing === undefined ? heard : { ...heard, person: { ...heard.person, standing } };
    const role = await roleOf(store.workspaces, workspaceId, incoming, admins);
    if (!isAllowed(command, role)) return notAllowed(command, role, standing);
    const { conversation } = incoming;
    const channel = await store.channels.ensure(workspaceId, { connectionId: connection.id, ...conversation });
    const { externalId, name } = incoming.person;
    const person: Person = { platform: incoming.platform, externalId, name };
    return run(
      { deps, workspaceId, connection, channel, person, role, incoming, now: deps.clock.now(), signal, commit },
      command,
    );
  }

  return async (incoming, commit, signal) => {
    let command: Command | undefined;
    try {
      const read = parseCommand(incoming.text);
      if (!read.ok) return problemReply(read.problem);
      command = read.value;
      return await execute(incoming, command, commit, signal);
    } catch (error) {
      if (signal.aborted || error instanceof RunLostError) throw error;
      const harmless = command === undefined || changesNothing(command);
      const fields = { platform: incoming.platform, command: command?.type, ...faultFields(error) };
      if (error instanceof DatabaseAwayError) {
        deps.log.warn(fields, 'command found the database away');
        return databaseAway(harmless);
      }
      const errorId = deps.newUuid().replaceAll('-', '').slice(0, 8);
      deps.log.error({ ...fields, errorId }, 'command failed');
      return failed(command?.type ?? 'this', errorId, harmless);
    }
  };
}

function notConnected(): Reply {
  return refusal('certmon does not know this team, so nothing was done', [
    text('Whoever runs certmon has to connect this team to it first.'),
  ]);
}

function databaseAway(harmless: boolean): Reply {
  const what = harmless
    ? 'Nothing was changed.'
    : 'What you asked for may or may not have been done: look before you send it again.';
  return undone({
    message: message('critical', 'certmon cannot reach its database', [
      text(what),
      text('Checks pause until it is back, and go on by themselves. Try again in a minute.'),
    ]),
  });
}

function failed(type: string, errorId: string, harmless: boolean): Reply {
  const what = harmless
    ? 'Nothing was changed.'
    : 'What you asked for may or may not have been done: look before you send it again.';
  return undone({
    message: message('critical', `certmon could not do ${type}: a fault of its own`, [
      text(what),
      text(['Whoever runs certmon finds it in the log as ', code(errorId)]),
    ]),
  });
}
