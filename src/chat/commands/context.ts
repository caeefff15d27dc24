import type { Incoming } from '../../core/inbox.ts';
import type { Channel, Connection, Person, Role } from '../../core/workspace.ts';
import type { Commit, MonitoringDeps } from '../../monitoring/deps.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../message.ts';

/** Who asks, where, and what a handler works with. */
export interface CommandContext {
  readonly deps: MonitoringDeps;
  readonly workspaceId: string;
  readonly connection: Connection;
  /** Where the command was typed. */
  readonly channel: Channel;
  readonly person: Person;
  readonly role: Role;
  readonly incoming: Incoming;
  readonly now: Date;
  readonly signal: AbortSignal;
  /** What a command changes goes through this, so that it is done once, whatever restarts. */
  readonly commit: Commit;
}

export type CommandOf<T extends Command['type']> = Extract<Command, { readonly type: T }>;

/** Does one command. A person's mistake is a reply; what is thrown is the database's absence or our own fault. */
export type Handler<T extends Command['type']> = (context: CommandContext, command: CommandOf<T>) => Promise<Reply>;
