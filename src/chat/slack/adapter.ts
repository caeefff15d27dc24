/**
 * Slack, heard over HTTP (Bolt behind a route of the application's listener) or by Socket Mode, in one workspace
 * (`one-team`) or in many (`many-teams`).
 *
 * Starts and serves without a call to Slack. What the domain may say to it is in `ChatPlatform`; the rest of this folder
 * hears (`endpoint` or `socket`, `gate`, `listeners`, `incoming`,
 * `unescape`), says (`render` and what it draws with) and sends (`call`,
 * `deliver`, `answer`).
 */
import type { App } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import { message } from '../reply.ts';
import type { ChatPlatform, HttpRoute } from '../platform.ts';
import { createAnswers } from './answer.ts';
import { createDeliver } from './deliver.ts';
import { createEndpoint } from './endpoint.ts';
import { registerGate } from './gate.ts';
import { registerListeners } from './listeners.ts';
import type { Listening, Whisper } from './listeners.ts';
import { createManyTeams } from './many-teams.ts';
import { createOneTeam } from './one-team.ts';
import { createSocket } from './socket.ts';
import type { SlackSocket } from './socket.ts';
import { createStanding } from './standing.ts';
import type { SlackTeams } from './teams.ts';
import type { SlackServices } from './tokens.ts';

/** chat.postMessage takes one message a second in a channel (docs.slack.dev, "Rate limits"). */
const PACE_MS = 1_000;
const NOT_CONNECTED = 'slack is not connected: commands and clicks there are not heard, certmon keeps trying';

export interface SlackSettings {
  readonly hears:
    | { readonly type: 'http'; readonly signingSecret: string }
    /** `leavesSigningSecret`: one is set too, and not used. */
    | { readonly type: 'socket'; readonly appToken: string; readonly leavesSigningSecret: boolean };
  readonly speaks:
    | { readonly type: 'token'; readonly botToken: string }
    | {
        readonly type: 'oauth';
        readonly clientId: string;
        readonly clientSecret: string;
        /** Without a slash at its end. */
        readonly publicUrl: string;
      };
  /** Where another than Slack answers, such as an emulator or a proxy. */
  readonly apiUrl?: string | undefined;
}

/** @param services what installations are kept in; `undefined` until it is there, and for one workspace never asked. */
export function createSlackPlatform(
  settings: SlackSettings,
  log: Log,
  services: () => SlackServices | undefined = () => undefined,
): ChatPlatform {
  const teams = createTeams(settings, services, log);
  const { apiOf } = teams;
  const stopping = new AbortController();
  const answers = createAnswers({ apiUrl: settings.apiUrl, apiOf, log, stopping: stopping.signal });
  const ears = createEars(settings, log);
  const listening: Listening = { hear: undefined, isStopping: false };
  // `ok: false`: what is whispered stands beside the message clicked on, and never in its place.
  const whisper: Whisper = (incoming, text) =>
    answers.answer(incoming, { ok: false, audience: 'person', message: message('neutral', text) });
  registerGate(ears.app, teams, listening, whisper);
  teams.register(ears.app);
  registerListeners(ears.app, listening, whisper, log);

  return {
    platform: 'slack',
    paceMs: PACE_MS,
    goesStale: true,
    routes: [...ears.routes, ...teams.routes],
    ...(ears.socket === undefined ? {} : { connectsItself: true }),
    troubles: () => (ears.socket?.isConnected() === false ? [NOT_CONNECTED] : []),
    start(hear) {
      listening.hear = hear;
      ears.socket?.start();
      return Promise.resolve();
    },
    deliver: createDeliver(teams, log),
    answer: (incoming, reply) => answers.answer(incoming, reply),
    standingOf: createStanding(apiOf, log),
    /** Hears no more. What is being done is still answered, and what is due is still delivered. */
    async stop() {
      listening.hear = undefined;
      listening.isStopping = true;
      stopping.abort();
      await ears.socket?.stop();
    },
  };
}

function createTeams(
  { speaks, apiUrl }: SlackSettings,
  services: () => SlackServices | undefined,
  log: Log,
): SlackTeams {
  return speaks.type === 'token'
    ? createOneTeam(speaks.botToken, apiUrl, log)
    : createManyTeams({ ...speaks, apiUrl }, services, log);
}

/** What Slack's requests come in by. */
interface Ears {
  readonly app: App;
  readonly routes: readonly HttpRoute[];
  readonly socket: SlackSocket | undefined;
}

function createEars({ hears, apiUrl }: SlackSettings, log: Log): Ears {
  if (hears.type === 'http') {
    const { app, route } = createEndpoint(hears.signingSecret, log);
    return { app, routes: [route], socket: undefined };
  }
  if (hears.leavesSigningSecret) {
    log.info({ unused: 'SLACK_SIGNING_SECRET' }, 'slack is heard by socket mode, and not over http');
  }
  const socket = createSocket(hears.appToken, apiUrl, log);
  return { app: socket.app, routes: [], socket };
}
