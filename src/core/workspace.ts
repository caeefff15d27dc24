export type PlatformName = 'slack' | 'teams' | 'console';

/** The tenant: everything else belongs to exactly one. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
}

/** Ties one Slack team, one Teams tenant or the console to one workspace. */
export interface Connection {
  readonly id: string;
  readonly workspaceId: string;
  readonly platform: PlatformName;
  /** The platform's own id of the team or tenant; `local` for the console. */
  readonly externalId: string;
}

/** A conversation we can speak in. */
export interface Channel {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly platform: PlatformName;
  /** The platform's id of the team it is in. */
  readonly teamId: string;
  /** The platform's conversation id. */
  readonly externalId: string;
  /** As people write it, without `#`. */
  readonly name: string;
  readonly isPrivateChat: boolean;
  /** Why nothing can be sent there any more; `undefined` while it can. */
  readonly deadReason: string | undefined;
}

/** Who did something: kept with what they did, and shown without a mention. */
export interface Person {
  readonly platform: PlatformName;
  readonly externalId: string;
  readonly name: string;
}
