/**
 * One call of Slack's Web API, and what became of it as a value.
 *
 * The client neither repeats a call nor waits out a rate limit: both would hold back every channel of the workspace,
 * where the outbox holds back one (measured with @slack/web-api 8: a 429 pauses the whole client).
 */
import { webApi } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import { boltLog, detailOf } from './bolt-log.ts';

const TIMEOUT_MS = 8_000;
const SHORTEST_WAIT_MS = 1_000;

export type Called =
  | { readonly ok: true; readonly result: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly failure: Failure };

export type Failure =
  | CallFailure
  /** Nothing was called: certmon has no token of that team. */
  | { readonly type: 'not-installed' }
  /** Nothing was called: there is a token, and it cannot be had just now. */
  | { readonly type: 'not-ready'; readonly reason: string; readonly afterMs: number };

export type CallFailure =
  /** Slack's own word for it, such as `is_archived`: the call did nothing. */
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'rate-limited'; readonly afterMs: number | undefined }
  /** No connection, no answer in time, or a broken one: it may have been done. */
  | { readonly type: 'away'; readonly reason: string };

export interface SlackApi {
  call(method: string, args: Readonly<Record<string, unknown>>): Promise<Called>;
}

/** @param token `undefined` for the methods that take none. */
export function createSlackApi(token: string | undefined, apiUrl: string | undefined, log: Log): SlackApi {
  const client = new webApi.WebClient(token, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: TIMEOUT_MS,
    allowAbsoluteUrls: false,
    logger: quiet(boltLog(log)),
  });
  return {
    async call(method, args) {
      try {
        return { ok: true, result: { ...(await client.apiCall(method, { ...args })) } };
      } catch (error) {
        return { ok: false, failure: failureOf(error) };
      }
    },
  };
}

/** What fails is told by whoever called. */
function quiet(logger: ReturnType<typeof boltLog>): ReturnType<typeof boltLog> {
  const say = (...words: unknown[]): void => {
    logger.info(...words);
  };
  return { ...logger, warn: say, error: say };
}

/** What became of a call that threw. */
export function failureOf(error: unknown): CallFailure {
  const { WebAPIPlatformError, WebAPIRateLimitedError, WebAPIHTTPError } = webApi;
  if (error instanceof WebAPIRateLimitedError) {
    return { type: 'rate-limited', afterMs: Math.max(SHORTEST_WAIT_MS, error.retryAfter * 1000) };
  }
  if (error instanceof WebAPIPlatformError) {
    const code: unknown = error.data.error;
    // An answer that is no JSON comes as a "platform error" of its whole text: a proxy's page, not Slack's word.
    return typeof code === 'string' && /^[a-z_]{1,80}$/.test(code)
      ? { type: 'refused', code }
      : { type: 'away', reason: 'slack answered something that is not its API' };
  }
  if (error instanceof WebAPIHTTPError && error.statusCode === 429) return { type: 'rate-limited', afterMs: undefined };
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) {
    return { type: 'rate-limited', afterMs: undefined };
  }
  return { type: 'away', reason: detailOf([error]) };
}
