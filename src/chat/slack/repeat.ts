/**
 * Whether a message was sent already, where an earlier try was cut off before Slack's answer came: Slack's own history
 * tells by the row id in the message's metadata. Reading it needs the optional history scopes.
 */
import type { Delivery } from '../../core/ports.ts';
import type { Called, Failure, SlackApi } from './call.ts';
import { placeOf } from './message-id.ts';

export const EVENT_TYPE = 'certmon_alert';

const PAGE = 200;
/** An alert is sent within a day; in a channel with more traffic than this a repeat may go unseen. */
const MAX_PAGES = 5;

export type Found =
  | { readonly type: 'sent'; readonly ts: string }
  | { readonly type: 'not-sent' }
  /** History is closed to us. */
  | { readonly type: 'unknown' }
  | { readonly type: 'later'; readonly failure: Failure };

export async function findSent(api: SlackApi, delivery: Delivery, signal: AbortSignal): Promise<Found> {
  const { how, rowId, channel } = delivery;
  const thread = how.type === 'reply' ? placeOf(channel.externalId, how.headId) : undefined;
  let cursor = '';
  for (let page = 0; page < MAX_PAGES && !signal.aborted; page += 1) {
    const called: Called = await api.call(thread === undefined ? 'conversations.history' : 'conversations.replies', {
      ...(thread ?? { channel: channel.externalId }),
      ...(cursor === '' ? {} : { cursor }),
      limit: PAGE,
      include_all_metadata: true,
    });
    if (!called.ok)
      return called.failure.type === 'refused' ? { type: 'unknown' } : { type: 'later', failure: called.failure };
    const { messages, response_metadata: more } = called.result;
    const ts = (Array.isArray(messages) ? messages : [])
      .map((message) => tsOfRow(message, rowId))
      .find((one) => one !== undefined);
    if (ts !== undefined) return { type: 'sent', ts };
    cursor = (more as { readonly next_cursor?: string } | undefined)?.next_cursor ?? '';
    if (cursor === '') return { type: 'not-sent' };
  }
  return { type: 'unknown' };
}

function tsOfRow(message: unknown, rowId: string): string | undefined {
  const { ts, metadata } = (message ?? {}) as {
    readonly ts?: unknown;
    readonly metadata?: { readonly event_type?: unknown; readonly event_payload?: { readonly row?: unknown } };
  };
  const isIt = metadata?.event_type === EVENT_TYPE && metadata.event_payload?.row === rowId;
  return isIt && typeof ts === 'string' ? ts : undefined;
}
