/**
 * Slack's part of the environment: how certmon is heard there (over HTTP, or by a connection of its own), and how it
 * speaks there. What is missing is looked for apart from the schema, which would not say it while a field is wrong.
 */
import { z } from 'zod';

export interface SlackConfig {
  readonly hears: SlackHearing;
  readonly speaks: SlackSpeaking;
  readonly apiUrl: string | undefined;
}

export type SlackHearing =
  | { readonly type: 'http'; readonly signingSecret: string }
  /** `leavesSigningSecret`: one is set too, and not used. */
  | { readonly type: 'socket'; readonly appToken: string; readonly leavesSigningSecret: boolean };

/** One workspace by its token. */
export interface SlackSpeaking {
  readonly type: 'token';
  readonly botToken: string;
}

type Given = Readonly<Record<string, string | undefined>>;

export const slackEnvironment = {
  SLACK_SIGNING_SECRET: z
    .string()
    .min(16, 'it is too short for a signing secret; copy it from "Basic Information" of your Slack app')
    .optional(),
  SLACK_APP_TOKEN: z
    .string()
    .startsWith(
      'xapp-',
      'it is not an app-level token; make one with the scope connections:write under "Basic Information" of your Slack app, it begins with xapp-',
    )
    .optional(),
  SLACK_BOT_TOKEN: z
    .string()
    .startsWith(
      'xoxb-',
      'it is not a bot token; copy the one that begins with xoxb- from "OAuth & Permissions" of your Slack app',
    )
    .optional(),
  SLACK_API_URL: z
    .url({ protocol: /^https?$/, error: 'it is not an http or https URL; leave it out for the real Slack' })
    .optional(),
};

type SlackEnvironment = z.infer<z.ZodObject<typeof slackEnvironment>>;

/** Settings that are missing for what is set, each with the remedy. */
export function missingForSlack(given: Given): string[] {
  const hears = ['SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'].filter((name) => given[name] !== undefined);
  const speaks = ['SLACK_BOT_TOKEN'].filter((name) => given[name] !== undefined);
  if (hears.length === 0 && speaks.length > 0) {
    return [
      `SLACK_SIGNING_SECRET: it is missing although ${speaks.join(', ')} is set; set it, or SLACK_APP_TOKEN for Socket Mode, or neither`,
    ];
  }
  if (hears.length > 0 && speaks.length === 0) {
    return [`SLACK_BOT_TOKEN: it is missing although ${hears.join(', ')} is set; set it too, or neither`];
  }
  return [];
}

/** `undefined` where Slack is not set up. Both ways to hear: Socket Mode. */
export function slackConfig(settings: SlackEnvironment): SlackConfig | undefined {
  const { SLACK_SIGNING_SECRET, SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_API_URL } = settings;
  const hears = hearingIn(SLACK_SIGNING_SECRET, SLACK_APP_TOKEN);
  if (hears === undefined || SLACK_BOT_TOKEN === undefined) return undefined;
  return { hears, speaks: { type: 'token', botToken: SLACK_BOT_TOKEN }, apiUrl: SLACK_API_URL };
}

function hearingIn(signingSecret: string | undefined, appToken: string | undefined): SlackHearing | undefined {
  if (appToken !== undefined) return { type: 'socket', appToken, leavesSigningSecret: signingSecret !== undefined };
  return signingSecret === undefined ? undefined : { type: 'http', signingSecret };
}
