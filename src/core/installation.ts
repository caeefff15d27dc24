import type { Connection, PlatformName } from './workspace.ts';

/** What a platform gave when certmon was installed there: how to speak in the teams that it serves. */
export interface Installation {
  readonly platform: PlatformName;
  /** The platform's id of the team; of the whole organisation where it was installed for all its teams at once. */
  readonly key: string;
  readonly isOrganisation: boolean;
  /** As the platform writes it. */
  readonly name: string;
  readonly installedBy: { readonly externalId: string; readonly name: string };
  readonly installedAt: Date;
  readonly tokens: InstallationTokens;
  /** Counts its changes: whoever changes it says which one was read. */
  readonly version: number;
}

/** Secret: sealed in the database, and never logged. */
export interface InstallationTokens {
  readonly accessToken: string;
  /** How to get the next access token, and until when this one is good; `undefined` for one that is good for ever. */
  readonly refresh: { readonly token: string; readonly expiresAt: Date } | undefined;
}

/** An installation is of a platform, not of a workspace: an organisation's serves teams of many workspaces. */
export interface InstallationStore {
  /**
   * Keeps it in place of the one before it, and ties `teamId` to it, where one is given, as `connectTeam` does. Channels
   * of the teams that it serves come back to life.
   */
  install(installation: Omit<Installation, 'version'>, teamId: string | undefined): Promise<void>;
  find(platform: PlatformName, key: string): Promise<Installation | undefined>;
  /** The one that serves this team. */
  ofTeam(platform: PlatformName, teamId: string): Promise<Installation | undefined>;
  /**
   * From now on it serves this team. A team that has no connection gets one, in a workspace of its own, of which whoever
   * installed is an admin; one that has keeps its workspace, and nobody becomes an admin by installing again.
   */
  connectTeam(
    installation: Pick<Installation, 'platform' | 'key' | 'installedBy'>,
    teamId: string,
  ): Promise<Connection>;
  /** False where somebody else does it just now, or has done it: nobody else may until `until`. */
  claimRefresh(
    installation: Pick<Installation, 'platform' | 'key' | 'version'>,
    now: Date,
    until: Date,
  ): Promise<boolean>;
  /** False where it was changed or removed meanwhile. */
  saveTokens(
    installation: Pick<Installation, 'platform' | 'key' | 'version'>,
    tokens: InstallationTokens,
  ): Promise<boolean>;
  /**
   * It is gone, unless it was installed after `removedAt`. Channels of the teams that it served are dead for `reason`,
   * but for those in which something waits, whose delivery finds that out and tells; their workspaces stay. False where nothing was removed.
   */
  remove(platform: PlatformName, key: string, removedAt: Date, reason: string): Promise<boolean>;
  /** Seals anew what was sealed with an old key. `unreadable`: the keys of those that none of ours opens. */
  reseal(): Promise<{ readonly resealed: number; readonly unreadable: readonly string[] }>;
}
