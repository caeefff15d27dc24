/**
 * The HTTP side of Slack: Bolt's receiver without a listener of its own, as a route on the application's.
 *
 * The receiver checks the signature and refuses what is older than five minutes. It does not look into the future, where
 * a request recorded with a wrong clock could be replayed for long; that is refused here before (docs.slack.dev,
 * "Verifying requests from Slack"). `ssl_check` and `url_verification` are the receiver's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import type { ReceiverEvent } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import type { HttpRoute } from '../platform.ts';
import { boltLog, detailOf } from './bolt-log.ts';

export const SLACK_PATH = '/slack/events';

const FUTURE_SECONDS = 300;
/** A slash command holds a few thousand characters, a click the message clicked on. */
const BODY_LIMIT_BYTES = 1_000_000;

export interface EndpointSettings {
  readonly signingSecret: string;
  readonly botToken: string;
}

export interface SlackEndpoint {
  readonly app: App;
  readonly route: HttpRoute;
}

/** Makes no call, so that it starts and serves while Slack is away. */
export function createEndpoint(settings: EndpointSettings, log: Log): SlackEndpoint {
  const logger = boltLog(log);
  const receiver = new HTTPReceiver({
    signingSecret: settings.signingSecret,
    endpoints: [SLACK_PATH],
    bodyLimit: BODY_LIMIT_BYTES,
    logger,
  });
  const app = new AnsweringApp({
    receiver,
    // With `token` instead Bolt would ask Slack who it is, and answer 401 until Slack says so.
    authorize: () => Promise.resolve({ botToken: settings.botToken }),
    convoStore: false,
    ignoreSelf: false,
    logger,
  });
  app.error((error) => {
    log.error({ detail: detailOf([error]) }, 'slack request failed');
    return Promise.reject(error);
  });
  return {
    app,
    route: {
      path: SLACK_PATH,
      handle(request, response) {
        if (isFromTheFuture(request)) {
          log.warn({}, 'slack request from the future refused');
          refuse(request, response, 401);
        } else if (request.method !== 'POST') {
          refuse(request, response, 405);
        } else {
          try {
            receiver.requestListener(request, response);
          } catch (error) {
            // Its way to say "not mine": another spelling of the path.
            log.debug({ detail: detailOf([error]) }, 'slack request not understood');
            refuse(request, response, 404);
          }
        }
      },
    },
  };
}

/** Bolt leaves what no listener takes without an answer for three seconds, and the person with an error. */
class AnsweringApp extends App {
  override async processEvent(event: ReceiverEvent): Promise<void> {
    let isAnswered = false;
    const ack: ReceiverEvent['ack'] = async (answer: unknown) => {
      isAnswered = true;
      await event.ack(answer);
    };
    await super.processEvent({ ...event, ack });
    // Written by `ack`, which the narrowing does not see.
    if (!(isAnswered as boolean)) await event.ack();
  }
}

function isFromTheFuture(request: IncomingMessage): boolean {
  const seconds = Number(request.headers['x-slack-request-timestamp']);
  return seconds > Date.now() / 1000 + FUTURE_SECONDS;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
}
