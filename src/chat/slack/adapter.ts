/**
 * Slack over HTTP: Bolt behind a route of the application's listener, one workspace by its bot token.
 *
 * Starts and serves without a call to Slack. What the domain may say to it is in `ChatPlatform`; the rest of this folder
 * hears (`endpoint`, `listeners`, `incoming`, `unescape`), says (`render` and what it draws with) and sends (`call`,
 * `deliver`, `answer`).
 */
import type { Log } from '../../core/ports.ts';
import { message } from '../reply.ts';
import type { ChatPlatform } from '../platform.ts';
import { createAnswers } from './answer.ts';
import { createSlackApi } from './call.ts';
import { createDeliver } from './deliver.ts';
import { createEndpoint } from './endpoint.ts';
import { registerListeners } from './listeners.ts';
import type { Listening } from './listeners.ts';

/** chat.postMessage takes one message a second in a channel (docs.slack.dev, "Rate limits"). */
const PACE_MS = 1_000;

export interface SlackSettings {
  readonly signingSecret: string;
  readonly botToken: string;
  /** Where another than Slack answers, such as an emulator or a proxy. */
  readonly apiUrl?: string | undefined;
}

export function createSlackPlatform(settings: SlackSettings, log: Log): ChatPlatform {
  const api = createSlackApi(settings.botToken, settings.apiUrl, log);
  const apiOf = () => api;
  const stopping = new AbortController();
  const answers = createAnswers({ apiUrl: settings.apiUrl, apiOf, log, stopping: stopping.signal });
  const endpoint = createEndpoint(settings, log);
  const listening: Listening = { hear: undefined, isStopping: false };
  registerListeners(
    endpoint.app,
    listening,
    // `ok: false`: what is whispered stands beside the message clicked on, and never in its place.
    (incoming, text) => answers.answer(incoming, { ok: false, audience: 'person', message: message('neutral', text) }),
    log,
  );

  return {
    platform: 'slack',
    paceMs: PACE_MS,
    goesStale: true,
    routes: [endpoint.route],
    start(hear) {
      listening.hear = hear;
      return Promise.resolve();
    },
    deliver: createDeliver(apiOf, log),
    answer: (incoming, reply) => answers.answer(incoming, reply),
    /** Hears no more. What is being done is still answered, and what is due is still delivered. */
    stop() {
      listening.hear = undefined;
      listening.isStopping = true;
      stopping.abort();
      return Promise.resolve();
    },
  };
}
