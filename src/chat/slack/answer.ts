/**
 * Answers to commands and clicks. First through the response URL that came with them, which works in every channel, for
 * 30 minutes and five times (docs.slack.dev, "Handling user interaction"); then by the Web API at the same place; and
 * where certmon is not in that channel, in its private chat with the person.
 */
import type { Incoming } from '../../core/inbox.ts';
import type { Log } from '../../core/ports.ts';
import type { Message, Reply } from '../message.ts';
import { pause } from '../pause.ts';
import { detailOf } from './bolt-log.ts';
import type { Called, SlackApi } from './call.ts';
import { readAnswerTo } from './incoming.ts';
import type { AnswerTo } from './incoming.ts';
import { isUnfit } from './outcome.ts';
import { renderMessage, renderPlain } from './render.ts';

const SLACK_HOOKS = 'hooks.slack.com';
/** A minute before Slack's. */
const RESPONSE_URL_MS = 29 * 60_000;
const TIMEOUT_MS = 8_000;
/** Between the tries while Slack is away. */
const WAITS_MS = [1_000, 4_000];
const LONGEST_WAIT_MS = 30_000;

export interface AnswerSettings {
  readonly apiUrl: string | undefined;
  readonly apiOf: (teamId: string) => SlackApi;
  readonly log: Log;
  /** Aborts waits, not calls: at the end of the process what can be said is still said. */
  readonly stopping: AbortSignal;
}

type Posted =
  | { readonly type: 'done' }
  | { readonly type: 'unfit' }
  /** Used up, too old or wrong: another way is needed. */
  | { readonly type: 'gone' }
  | { readonly type: 'later'; readonly afterMs: number | undefined; readonly reason: string };

type Answerable = Pick<Reply, 'message' | 'audience' | 'ok'>;

export interface Answers {
  /** Never throws. */
  answer(incoming: Incoming, reply: Answerable): Promise<void>;
}

export function createAnswers(settings: AnswerSettings): Answers {
  const { log } = settings;

  const tryOnce = async (incoming: Incoming, reply: Answerable, isLastTry: boolean): Promise<Posted> => {
    const to = readAnswerTo(incoming);
    const said = saidIn(reply.message);
    if (to !== undefined && isUsable(to, settings.apiUrl)) {
      const envelope = {
        response_type: reply.audience === 'channel' ? 'in_channel' : 'ephemeral',
        // An alert's head stays what it is; only a private answer is replaced, by the next one that it led to.
        replace_original: to.isPrivateMessage && reply.ok && reply.audience === 'person',
        ...(to.threadTs === null ? {} : { thread_ts: to.threadTs }),
      };
      const posted = await withFallback(said, (content) => post(to.responseUrl, { ...envelope, ...content }));
      if (posted.type === 'done' || (posted.type === 'later' && !isLastTry)) return posted;
    }
    return withFallback(said, (content) =>
      speak(settings.apiOf(incoming.teamId), incoming, to, reply.audience, content),
    );
  };

  return {
    async answer(incoming, reply) {
      try {
        let posted: Posted | undefined;
        for (const waitMs of [...WAITS_MS, undefined]) {
          const isLastTry = waitMs === undefined || settings.stopping.aborted;
          posted = await tryOnce(incoming, reply, isLastTry);
          if (posted.type === 'done') return;
          if (posted.type !== 'later' || isLastTry) break;
          await pause(Math.min(posted.afterMs ?? waitMs, LONGEST_WAIT_MS), settings.stopping);
        }
        log.warn({ teamId: incoming.teamId, outcome: posted }, 'answer could not be given on slack');
      } catch (error) {
        log.error({ err: error }, 'answer on slack failed');
      }
    },
  };
}

interface Said {
  readonly full: Readonly<Record<string, unknown>>;
  readonly plain: () => Readonly<Record<string, unknown>>;
}

function saidIn(message: Message): Said {
  return { full: { ...renderMessage(message) }, plain: () => ({ text: renderPlain(message) }) };
}

async function withFallback(said: Said, send: (content: Said['full']) => Promise<Posted>): Promise<Posted> {
  const posted = await send(said.full);
  return posted.type === 'unfit' ? send(said.plain()) : posted;
}

/** Only Slack's own host, or the one that stands in for it, is told anything: the rest of the URL is a stranger's. */
export function isUsable({ responseUrl, heardAt }: AnswerTo, apiUrl: string | undefined, now = Date.now()): boolean {
  if (now - heardAt > RESPONSE_URL_MS || !URL.canParse(responseUrl)) return false;
  const url = new URL(responseUrl);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:' && url.host === SLACK_HOOKS) return true;
  return apiUrl !== undefined && url.origin === new URL(apiUrl).origin;
}

async function post(url: string, body: Readonly<Record<string, unknown>>): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.text()).slice(0, 1_000);
    if (response.status === 429) {
      return { type: 'later', afterMs: secondsIn(response.headers.get('retry-after')), reason: 'slack asks to wait' };
    }
    if (response.status >= 500)
      return { type: 'later', afterMs: undefined, reason: `slack answered ${response.status}` };
    if (/invalid_blocks|invalid_payload|invalid_attachments|msg_(?:blocks_)?too_long|only_one_table/.test(answer))
      return { type: 'unfit' };
    return response.ok && !/"ok"\s*:\s*false/.test(answer) ? { type: 'done' } : { type: 'gone' };
  } catch (error) {
    // No connection, no answer in time, or a redirect: fetch throws for nothing else.
    return { type: 'later', afterMs: undefined, reason: detailOf([error]) };
  }
}

function secondsIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

async function speak(
  api: SlackApi,
  incoming: Incoming,
  to: AnswerTo | undefined,
  audience: Reply['audience'],
  content: Said['full'],
): Promise<Posted> {
  const { conversation, person } = incoming;
  const literal = { ...content, unfurl_links: false, unfurl_media: false, link_names: false, parse: 'none' };
  if (!conversation.isPrivateChat) {
    const thread = to?.threadTs == null ? {} : { thread_ts: to.threadTs };
    const place = { channel: conversation.externalId, ...thread };
    const called =
      audience === 'channel'
        ? await api.call('chat.postMessage', { ...place, ...literal })
        : await api.call('chat.postEphemeral', { ...place, user: person.externalId, ...literal });
    const posted = postedOf(called);
    if (posted.type !== 'gone') return posted;
  }
  return postedOf(await api.call('chat.postMessage', { channel: person.externalId, ...literal }));
}

function postedOf(called: Called): Posted {
  if (called.ok) return { type: 'done' };
  const { failure } = called;
  if (isUnfit(failure)) return { type: 'unfit' };
  switch (failure.type) {
    case 'refused':
    case 'not-installed':
      return { type: 'gone' };
    case 'rate-limited':
      return { type: 'later', afterMs: failure.afterMs, reason: 'slack asks to wait' };
    case 'not-ready':
      return { type: 'later', afterMs: failure.afterMs, reason: failure.reason };
    case 'away':
      return { type: 'later', afterMs: undefined, reason: failure.reason };
  }
}
