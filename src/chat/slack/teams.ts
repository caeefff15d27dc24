/** Which teams of Slack certmon serves, and how it speaks in each. */
import type { App } from '@slack/bolt';
import type { HttpRoute } from '../platform.ts';
import type { SlackApi } from './call.ts';
import type { Remedies } from './outcome.ts';

/** Where something comes from, as Slack says in what it signed. */
export interface Origin {
  /** Empty where Slack names none. */
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
  /** certmon was installed there for the whole organisation. */
  readonly isEnterpriseInstall: boolean;
}

export interface SlackTeams {
  /** `undefined` where certmon serves that team; else why not, for the person. Never throws. */
  readonly admit: (origin: Origin) => Promise<string | undefined>;
  /** The Web API as that team's token opens it. */
  readonly apiOf: (teamId: string) => SlackApi;
  readonly remedies: Remedies;
  /** Pages for people's browsers. */
  readonly routes: readonly HttpRoute[];
  /** What it wants to hear of itself. */
  readonly register: (app: App) => void;
}
