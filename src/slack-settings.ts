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

export type SlackSpeaking =
  /** One workspace. */
  | { readonly type: 'token'; readonly botToken: string }
  /** Many, each by the token that it gives when certmon is installed there. */
  | { readonly type: 'oauth'; readonly clientId: string; readonly clientSecret: string; readonly publicUrl: string };

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
  SLACK_CLIENT_ID: z
    .string()
    .regex(/^\d+\.\d+$/, 'it is not a client ID; copy it from "Basic Information" of your Slack app, it is 123.456')
    .optional(),
  SLACK_CLIENT_SECRET: z
    .string()
    .min(16, 'it is too short for a client secret; copy it from "Basic Information" of your Slack app')
    .optional(),
  SLACK_API_URL: z
    .url({ protocol: /^https?$/, error: 'it is not an http or https URL; leave it out for the real Slack' })
    .optional(),
};

type SlackEnvironment = z.infer<z.ZodObject<typeof slackEnvironment>>;

/** What is set is of use only with what is missing, or speaks against it. */
export function wrongForSlack(given: Given): string[] {
  const isSet = (name: string): boolean => given[name] !== undefined;
  const hears = ['SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'].filter(isSet);
  const oauth = ['SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET'].filter(isSet);
  const speaks = [...['SLACK_BOT_TOKEN'].filter(isSet), ...oauth];
  const missing = (name: string, because: readonly string[], remedy: string): string =>
    `${name}: it is missing although ${because.join(', ')} is set; ${remedy}`;
  const problems: string[] = [];
  if (hears.length === 0 && speaks.length > 0) {
    problems.push(missing('SLACK_SIGNING_SECRET', speaks, 'set it, or SLACK_APP_TOKEN for Socket Mode, or neither'));
  }
  if (hears.length > 0 && speaks.length === 0) {
    problems.push(missing('SLACK_BOT_TOKEN', hears, 'set it, or SLACK_CLIENT_ID for many workspaces, or neither'));
  }
  if (oauth.length === 0) return problems;
  const remedies: Readonly<Record<string, string>> = {
    SLACK_CLIENT_ID: 'copy it from "Basic Information" of your Slack app',
    SLACK_CLIENT_SECRET: 'copy it from "Basic Information" of your Slack app',
    CERTMON_SECRET_KEY: 'the tokens of workspaces are encrypted with it; make one with: openssl rand -base64 32',
    CERTMON_PUBLIC_URL: 'Slack sends browsers back there; write https://certmon.example.com',
  };
  for (const [name, remedy] of Object.entries(remedies)) {
    if (!isSet(name)) problems.push(missing(name, oauth, remedy));
  }
  if (isSet('SLACK_BOT_TOKEN')) {
    problems.push(
      `SLACK_BOT_TOKEN: it is for one workspace, and ${oauth.join(', ')} for many; leave it out, and install certmon at /slack/install instead`,
    );
  }
  return problems;
}

/** `undefined` where Slack is not set up. Both ways to hear: Socket Mode. */
export function slackConfig(settings: SlackEnvironment, publicUrl: string | undefined): SlackConfig | undefined {
  const { SLACK_SIGNING_SECRET, SLACK_APP_TOKEN, SLACK_API_URL } = settings;
  const hears = hearingIn(SLACK_SIGNING_SECRET, SLACK_APP_TOKEN);
  const speaks = speakingIn(settings, publicUrl);
  return hears === undefined || speaks === undefined ? undefined : { hears, speaks, apiUrl: SLACK_API_URL };
}

function speakingIn(settings: SlackEnvironment, publicUrl: string | undefined): SlackSpeaking | undefined {
  const { SLACK_BOT_TOKEN: botToken, SLACK_CLIENT_ID: clientId, SLACK_CLIENT_SECRET: clientSecret } = settings;
  if (botToken !== undefined) return { type: 'token', botToken };
  if (clientId === undefined || clientSecret === undefined || publicUrl === undefined) return undefined;
  return { type: 'oauth', clientId, clientSecret, publicUrl };
}

function hearingIn(signingSecret: string | undefined, appToken: string | undefined): SlackHearing | undefined {
  if (appToken !== undefined) return { type: 'socket', appToken, leavesSigningSecret: signingSecret !== undefined };
  return signingSecret === undefined ? undefined : { type: 'http', signingSecret };
}
