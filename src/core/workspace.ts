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

/** Who a person is, whatever they are called. */
export type PersonId = Pick<Person, 'platform' | 'externalId'>;

/** A channel as people write it: `#ops`, `the private chat with ann`. */
export function channelLabel({ isPrivateChat, name }: Pick<Channel, 'isPrivateChat' | 'name'>): string {
  return isPrivateChat ? `the private chat with ${name}` : `#${name}`;
}

/** What a person may do: look; also change and act; also configure. */
export type Role = 'viewer' | 'responder' | 'admin';

export interface WorkspaceSettings {
  /** IANA name. Times that people write are in it, unless a contact group has its own. */
  readonly timeZone: string;
  /** Where alerts go that cannot go where they should. */
  readonly fallbackChannelId: string | undefined;
  /** Where certmon tells of itself. */
  readonly adminChannelId: string | undefined;
  /** How long results and what people did are kept. */
  readonly retentionDays: number;
}

export const DEFAULT_SETTINGS: WorkspaceSettings = {
  timeZone: 'UTC',
  fallbackChannelId: undefined,
  adminChannelId: undefined,
  retentionDays: 90,
};
