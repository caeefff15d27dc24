/** Alerts out: posts, replies and edits, each one attempt whose outcome the outbox keeps. */
import type { Delivery, DeliveryOutcome, Log } from '../../core/ports.ts';
import { alertMessage } from '../alert-message.ts';
import type { Message } from '../message.ts';
import type { Called, SlackApi } from './call.ts';
import { messageIdOf, placeOf } from './message-id.ts';
import { isAppBroken, isUnfit, outcomeOf } from './outcome.ts';
import { renderMessage, renderPlain, renderReply } from './render.ts';
import type { SlackBlock } from './blocks.ts';
import { EVENT_TYPE, findSent } from './repeat.ts';
import type { SlackTeams } from './teams.ts';

/** Nothing in an alert is to be made a link, a mention or a preview by Slack. */
const LITERAL = { parse: 'none', link_names: false } as const;

const MAY_REPEAT = 'certmon was interrupted while sending this, so it may stand here twice.';

export type Deliver = (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome>;

export function createDeliver({ apiOf, remedies }: Pick<SlackTeams, 'apiOf' | 'remedies'>, log: Log): Deliver {
  let isAppRefused = false;

  const attempt = async (api: SlackApi, delivery: Delivery, message: Message): Promise<Called> => {
    const { how, content } = delivery;
    const { text, blocks } = how.type === 'reply' ? renderReply(message, isBroadcast(content)) : renderMessage(message);
    const called = await send(api, delivery, text, blocks);
    if (called.ok || !isUnfit(called.failure)) return called;
    log.error({ rowId: delivery.rowId, failure: called.failure }, 'slack refused the blocks of an alert');
    return send(api, delivery, renderPlain(message), undefined);
  };

  return async (delivery, signal) => {
    const api = apiOf(delivery.channel.teamId);
    let message = alertMessage(delivery.content);
    if (delivery.mayRepeat && delivery.how.type !== 'edit') {
      const found = await findSent(api, delivery, signal);
      if (found.type === 'sent') return { type: 'sent', messageId: found.ts };
      if (found.type === 'later') return outcomeOf(found.failure, delivery, remedies);
      if (found.type === 'unknown')
        message = { ...message, blocks: [...message.blocks, { type: 'note', text: MAY_REPEAT }] };
    }
    if (signal.aborted) return { type: 'retry', reason: 'there was no time left to send it' };
    const called = await attempt(api, delivery, message);
    if (called.ok) {
      isAppRefused = false;
      return sentOf(called.result, delivery);
    }
    const { failure } = called;
    const outcome = outcomeOf(failure, delivery, remedies);
    if (isAppBroken(failure) && !isAppRefused && outcome.type === 'retry') {
      isAppRefused = true;
      log.error({ reason: outcome.reason }, 'slack app is broken, no alert can be sent');
    }
    return outcome;
  };
}

/** Without `blocks` those that a message has are taken away (docs.slack.dev, chat.update). */
function send(
  api: SlackApi,
  { channel, content, how, rowId }: Delivery,
  text: string,
  blocks: readonly SlackBlock[] | undefined,
): Promise<Called> {
  const said = { text, ...(blocks === undefined ? {} : { blocks }), ...LITERAL };
  if (how.type === 'edit') {
    // Metadata that is not given stays, and with it the row that posted the head.
    return api.call('chat.update', { ...placeOf(channel.externalId, how.headId), ...said });
  }
  return api.call('chat.postMessage', {
    channel: channel.externalId,
    ...said,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: EVENT_TYPE, event_payload: { row: rowId } },
    ...(how.type === 'reply' ? { thread_ts: placeOf(channel.externalId, how.headId).ts } : {}),
    ...(how.type === 'reply' && isBroadcast(content) ? { reply_broadcast: true } : {}),
  });
}

function isBroadcast(content: Delivery['content']): boolean {
  return content.kind === 'thread' && content.broadcast;
}

function sentOf(result: Readonly<Record<string, unknown>>, { channel, how }: Delivery): DeliveryOutcome {
  if (how.type === 'edit') return { type: 'sent', messageId: how.headId };
  const { ts, channel: postedIn } = result;
  if (typeof ts !== 'string') return { type: 'retry', reason: 'slack named no message' };
  return { type: 'sent', messageId: messageIdOf(channel.externalId, postedIn, ts) };
}
