/**
 * Socket Mode: certmon opens the connection, so Slack need not be able to reach it (docs.slack.dev, "Using Socket Mode").
 *
 *   apps.connections.open ──▶ wss://… ──▶ hello ──▶ envelopes, each acknowledged ──▶ disconnect, or a drop ──▶ again
 *
 * Reconnecting is done here: @slack/socket-mode 3.1 waits five seconds after every refresh that Slack asks for, gives up
 * for good where Slack cannot be reached, and lets that end the process as an unhandled rejection (measured).
 */
import { SocketModeReceiver } from '@slack/bolt';
import type { App, Logger } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import { pause } from '../pause.ts';
import { createBoltApp } from './bolt-app.ts';
import { boltLog } from './bolt-log.ts';
import { failureOf } from './call.ts';

const CALL_TIMEOUT_MS = 8_000;
/** A connection on which Slack does not say hello is none. */
const HELLO_WITHIN_MS = 20_000;
/** One that lived for less is not opened again at once. */
const SHORT_LIFE_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Together within what the process has for its end. */
const LAST_ANSWERS_MS = 1_000;
const GOODBYE_MS = 500;

/** A person has to mend these (docs.slack.dev, apps.connections.open, "Errors"). */
const TOKEN_REFUSED = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'missing_scope',
  'no_permission',
  'team_disabled',
  'user_removed_from_team',
]);

export interface SlackSocket {
  readonly app: App;
  isConnected(): boolean;
  /** Connects in the background, for as long as it takes, and again whenever the connection is lost. */
  start(): void;
  /** Lets what has come in be acknowledged, and closes. */
  stop(): Promise<void>;
}

export function createSocket(appToken: string, apiUrl: string | undefined, log: Log): SlackSocket {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: quiet(log),
    // The App's own client options do not reach the receiver's client.
    installerOptions: {
      clientOptions: {
        ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: CALL_TIMEOUT_MS,
        allowAbsoluteUrls: false,
      },
    },
  });
  const { client } = receiver;
  const { app, whenAnswered } = createBoltApp(receiver, log);
  const stopping = new AbortController();
  let isConnected = false;
  let isTold = false;
  let running: Promise<void> | undefined;

  /** One connection, from its opening to its end. */
  const live = async (): Promise<{ readonly livedMs: number; readonly error?: unknown }> => {
    let onLost = (): void => undefined;
    const lost = new Promise<void>((resolve) => (onLost = resolve));
    client.once('disconnected', onLost);
    const late = setTimeout(() => void client.disconnect(), HELLO_WITHIN_MS);
    try {
      await client.start();
    } catch (error) {
      client.off('disconnected', onLost);
      return { livedMs: 0, error: error ?? new Error('the connection ended before slack said hello') };
    } finally {
      clearTimeout(late);
    }
    const since = performance.now();
    isConnected = true;
    isTold = false;
    log.info({}, 'slack is connected');
    // Told to stop while it was being opened.
    if (stopping.signal.aborted) void client.disconnect();
    await lost;
    isConnected = false;
    return { livedMs: performance.now() - since };
  };

  const keepConnected = async (): Promise<void> => {
    let failures = 0;
    const isStopping = (): boolean => stopping.signal.aborted;
    while (!isStopping()) {
      const { livedMs, error } = await live();
      if (isStopping()) return;
      failures = livedMs < SHORT_LIFE_MS ? failures + 1 : 0;
      const { reason, afterMs, remedy } = whyNot(error);
      const waitMs = failures === 0 ? 0 : Math.max(afterMs, backOff(failures));
      if (error === undefined) log.debug({ waitMs }, 'slack ended the connection');
      else if (!isTold) {
        isTold = true;
        log[remedy === undefined ? 'warn' : 'error'](
          { reason, remedy },
          'slack is not connected, certmon keeps trying',
        );
      }
      await pause(waitMs, stopping.signal);
    }
  };

  return {
    app,
    isConnected: () => isConnected,
    start() {
      running ??= keepConnected().catch((error: unknown) => {
        log.error({ err: error }, 'slack connection is kept no longer');
      });
    },
    async stop() {
      await Promise.race([whenAnswered(), pause(LAST_ANSWERS_MS)]);
      stopping.abort();
      const goodbye = client.disconnect();
      await Promise.race([Promise.all([goodbye, running]), pause(GOODBYE_MS)]);
    },
  };
}

function whyNot(error: unknown): { readonly reason: string; readonly afterMs: number; readonly remedy?: string } {
  const failure = failureOf(error);
  switch (failure.type) {
    case 'rate-limited':
      return { reason: 'slack asks to wait', afterMs: failure.afterMs ?? LONGEST_WAIT_MS };
    case 'away':
      return { reason: failure.reason, afterMs: 0 };
    case 'refused':
      return TOKEN_REFUSED.has(failure.code)
        ? {
            reason: failure.code,
            afterMs: LONGEST_WAIT_MS,
            remedy:
              'make an app-level token with the scope connections:write under "Basic Information" of the Slack app, switch on Socket Mode, and start certmon with it as SLACK_APP_TOKEN',
          }
        : { reason: failure.code, afterMs: 0 };
  }
}

function backOff(failures: number): number {
  // Spread, so that many processes do not come back at one instant.
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10)) * (0.75 + Math.random() / 4);
}

/** How the connection fares is told by its owner, once. */
function quiet(log: Log): Logger {
  const logger = boltLog(log);
  const say = (...words: unknown[]): void => {
    logger.info(...words);
  };
  return { ...logger, warn: say, error: say };
}
