import type { PlatformName } from './workspace.ts';

/** A channel, or a person or team of people, that a command names, as the platform knows it: the text holds `token`. */
export interface Mention {
  readonly token: string;
  readonly kind: 'channel' | 'person';
  readonly externalId: string;
  readonly name: string;
}

/**
 * The platform's word on somebody: an admin of the team there, or a guest or somebody of another organisation; `unknown`
 * where it should have one and could not be asked. Without any it is a member.
 */
export type Standing = 'admin' | 'guest' | 'unknown';

/** A command, click or form, as an adapter hears it. Plain JSON: it is stored before the platform is told. */
export interface Incoming {
  readonly platform: PlatformName;
  /** The platform's own id of this very command; the same again is the same command. */
  readonly externalId: string;
  /** The platform's id of the team or tenant; `local` for the console. */
  readonly teamId: string;
  readonly person: {
    readonly externalId: string;
    readonly name: string;
    readonly standing?: Standing;
  };
  readonly conversation: { readonly externalId: string; readonly name: string; readonly isPrivateChat: boolean };
  /** One or several lines of the command grammar, the platform's escapes undone. */
  readonly text: string;
  readonly mentions: readonly Mention[];
  /** What the adapter needs to answer, its own business: a response URL, a line number. */
  readonly answerTo: Readonly<Record<string, string | number | boolean | null>>;
}

export type Acceptance =
  | {
      readonly accepted: true;
      readonly isNew: boolean;
      readonly id: string;
      /** Proves at the commit that the run is still ours; `undefined` where somebody else runs it. */
      readonly token: string | undefined;
    }
  /** The database was away or took over a second: nothing was or will be done. */
  | { readonly accepted: false; readonly reason: 'database-away' | 'too-slow' };
