/**
 * The HTTP side of Slack: Bolt's receiver without a listener of its own, as a route on the application's.
 *
 * The receiver checks the signature and refuses what is older than five minutes. It does not look into the future, where
 * a request recorded with a wrong clock could be replayed for long; that is refused here before (docs.slack.dev,
 * "Verifying requests from Slack"). `ssl_check` and `url_verification` are the receiver's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { App } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import type { HttpRoute } from '../platform.ts';
import { createBoltApp } from './bolt-app.ts';
import { boltLog, detailOf } from './bolt-log.ts';

export const SLACK_PATH = '/slack/events';

const FUTURE_SECONDS = 300;
/** A slash command holds a few thousand characters, a click the message clicked on. */
const BODY_LIMIT_BYTES = 1_000_000;

export interface SlackEndpoint {
  readonly app: App;
  readonly route: HttpRoute;
}

export function createEndpoint(signingSecret: string, log: Log): SlackEndpoint {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [SLACK_PATH],
    bodyLimit: BODY_LIMIT_BYTES,
    logger: boltLog(log),
  });
  return {
    app: createBoltApp(receiver, log).app,
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

function isFromTheFuture(request: IncomingMessage): boolean {
  const seconds = Number(request.headers['x-slack-request-timestamp']);
  return seconds > Date.now() / 1000 + FUTURE_SECONDS;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
}
