import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Incoming, Standing } from '../core/inbox.ts';
import type { Messenger } from '../core/ports.ts';
import type { Reply } from './message.ts';

/** What became of something heard: the adapter tells the platform "received" only after this has come back. */
export type Heard =
  /** Kept. `run` does it and gives it to `answer`; it never throws. A repeat of an earlier one has nothing to run. */
  | { readonly accepted: true; readonly isNew: boolean; readonly run: () => Promise<void> }
  /** Not kept and never done; `message` is for the person. */
  | { readonly accepted: false; readonly message: string };

export type Hear = (incoming: Incoming) => Promise<Heard>;

export interface HttpRoute {
  readonly path: string;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** A chat platform: it hears, answers and delivers. Rules of ours live elsewhere. */
export interface ChatPlatform extends Messenger {
  /** Served on the one HTTP listener. */
  readonly routes: readonly HttpRoute[];
  /** It opens a connection of its own to hear, and needs no listener. */
  readonly connectsItself?: boolean;
  /** What is not as it should be just now, for `/readyz`; it is served to everybody. */
  troubles?(): readonly string[];
  /** Begins to hear. Returns without the platform having to answer. */
  start(hear: Hear): Promise<void>;
  /** Gives the reply to a command to whoever asked, also for one that was heard before a restart. Never throws. */
  answer(incoming: Incoming, reply: Reply): Promise<void>;
  /** Its word on whoever said this, where it has one; asked when a command is run. Never throws, and takes seconds at most. */
  standingOf?(incoming: Incoming): Promise<Standing | undefined>;
  stop(): Promise<void>;
}
