/**
 * The dispatcher: takes from the outbox what is due, one message of a channel at a time, and hands it to the platform.
 * What a channel's platform delays holds back that channel alone; nothing is dropped, and order holds within a thread.
 */
import type { AlertContent } from '../core/alert.ts';
import type { Delivery, DeliveryOutcome, Messenger, OutboxItem } from '../core/ports.ts';
import { membersShown } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import { headOf, newHeadOf } from './announce.ts';
import type { MonitoringDeps } from './deps.ts';
import { tellOfDeadChannel, tellOfLostAlert } from './undeliverable.ts';

const LEASE_MS = 60_000;
const DELIVERY_TIMEOUT_MS = 30_000;
/** A channel that loses the head each time is not filled with heads. */
const HEAD_GONE_TRIES = 2;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 300_000;
/** What could not be said for a day is no longer news. */
const STALE_MS = 86_400_000;
/** A cause that nobody has seen for so long is looked at again before it is told … */
const SEEN_WITHIN_MS = 300_000;
/** … and told all the same where that takes too long. */
const RECHECK_WITHIN_MS = 120_000;
const RECHECK_POLL_MS = 5_000;

export interface DispatcherOptions {
  readonly messengers: readonly Messenger[];
  /** Channels spoken to at once in this process. */
  readonly concurrency: number;
}

export interface Dispatcher {
  /** Sends what is due, until nothing more is, and returns how many were sent. Calls while it runs join it. */
  drain(): Promise<number>;
  /** There may be something to say: drains in the background. */
  wake(): void;
  /** Sends nothing more; waits for what is being sent, and cuts it off after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export function createDispatcher(deps: MonitoringDeps, options: DispatcherOptions): Dispatcher {
  const byPlatform = new Map(options.messengers.map((messenger) => [messenger.platform, messenger]));
  const platforms = [...byPlatform.keys()];
  const stopping = new AbortController();
  const cutOff = new AbortController();
  let draining: Promise<number> | undefined;
  /** Set by whoever calls while it drains: looks again at once, even while a slow channel is being sent to. */
  let again = false;
  let nudge = (): void => undefined;

  /** Claims as channels come free, so that a slow one holds back no other. */
  const drainAll = async (): Promise<number> => {
    const sending = new Set<Promise<void>>();
    let sent = 0;
    for (;;) {
      again = false;
      const room = stopping.signal.aborted || platforms.length === 0 ? 0 : options.concurrency - sending.size;
      const claimedAt = performance.now();
      const items = room > 0 ? await deps.store.outbox.claim(platforms, deps.clock.now(), room, LEASE_MS) : [];
      for (const item of items) {
        const one = send(item, claimedAt).then((isSent) => {
          if (isSent) sent += 1;
          sending.delete(one);
          // Its channel has come free, perhaps after the claim that is under way had looked.
          again = true;
        });
        sending.add(one);
      }
      if (items.length > 0) continue;
      if (sending.size > 0) {
        const nudged = new Promise<void>((resolve) => {
          nudge = resolve;
        });
        if (!(again as boolean)) await Promise.race([...sending, nudged]);
      } else if (!(again as boolean) || stopping.signal.aborted) return sent;
    }
  };

  /** Never rejects: a row whose outcome could not be stored is claimed again when its lease is over. */
  const send = async (item: OutboxItem, claimedAt: number): Promise<boolean> => {
    const limit = new AbortController();
    const cut = (): void => {
      limit.abort();
    };
    const timer = setTimeout(cut, DELIVERY_TIMEOUT_MS);
    cutOff.signal.addEventListener('abort', cut);
    try {
      const delivery = await deliveryOf(deps, item);
      const messenger = byPlatform.get(item.channel.platform);
      if (delivery === 'nothing to say' || messenger === undefined) {
        await deps.store.outbox.drop(item, deps.clock.now());
        return false;
      }
      if (delivery === 'to be looked at first') return false;
      // A process that was held up for long may have lost the channel to another: what it claimed is not its to say.
      if (performance.now() - claimedAt > LEASE_MS - DELIVERY_TIMEOUT_MS) return false;
      const outcome = await messenger.deliver(delivery, limit.signal);
      await keep(item, messenger, outcome);
      return outcome.type === 'sent';
    } catch (error) {
      deps.log.warn({ rowId: item.rowId, channelId: item.channel.id, err: error }, 'delivery not recorded');
      return false;
    } finally {
      clearTimeout(timer);
      cutOff.signal.removeEventListener('abort', cut);
    }
  };

  const keep = async (item: OutboxItem, messenger: Messenger, outcome: DeliveryOutcome): Promise<void> => {
    const now = deps.clock.now();
    const { outbox, channels } = deps.store;
    const fields = { rowId: item.rowId, channelId: item.channel.id, channel: item.channel.name };
    switch (outcome.type) {
      case 'sent':
        await outbox.sent(item, outcome.messageId, now, new Date(now.getTime() + messenger.paceMs));
        deps.log.debug(fields, 'alert sent');
        return;
      case 'retry': {
        if (messenger.goesStale && now.getTime() - item.queuedAt.getTime() > STALE_MS) {
          await outbox.giveUp(item, `not deliverable within a day: ${outcome.reason}`, now);
          await tellOfLostAlert(deps, item, outcome.reason);
          deps.log.error({ ...fields, reason: outcome.reason }, 'alert given up after a day');
          return;
        }
        const wait =
          outcome.afterMs ?? Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(item.attempts, 20));
        const again = new Date(now.getTime() + wait);
        await outbox.retry(item, again, outcome.reason, true, outcome.maybeSent ?? false);
        deps.log.warn({ ...fields, reason: outcome.reason, waitMs: wait }, 'alert delayed');
        return;
      }
      case 'dead-channel':
        await channels.markDead(item.workspaceId, item.channel.id, `${outcome.reason}: ${outcome.remedy}`);
        await outbox.retry(item, now, outcome.reason, false);
        await tellOfDeadChannel(deps, item, outcome);
        again = true;
        deps.log.error(
          { ...fields, reason: outcome.reason, remedy: outcome.remedy },
          'channel cannot be reached any more',
        );
        return;
      case 'head-gone':
        if (item.attempts >= HEAD_GONE_TRIES) {
          await outbox.giveUp(item, 'its head is gone again and again', now);
          deps.log.error(fields, 'alert given up, since its head is gone again and again');
          return;
        }
        await outbox.headGone(item, now);
        deps.log.warn(fields, 'head was deleted, posting it anew');
        return;
      case 'refused':
        await outbox.giveUp(item, outcome.reason, now);
        deps.log.error({ ...fields, reason: outcome.reason }, 'alert refused by the platform');
        return;
    }
  };

  const drain = (): Promise<number> => {
    if (draining !== undefined) {
      again = true;
      nudge();
    }
    draining ??= drainAll().finally(() => {
      draining = undefined;
    });
    return draining;
  };

  return {
    drain,
    wake() {
      drain().catch((error: unknown) => {
        deps.log.warn({ err: error }, 'outbox not read');
      });
    },
    async stop(graceMs) {
      stopping.abort();
      const late = setTimeout(() => {
        cutOff.abort();
      }, graceMs);
      await draining?.catch(() => 0);
      clearTimeout(late);
    },
  };
}

type NotNow = 'nothing to say' | 'to be looked at first';

async function deliveryOf(deps: MonitoringDeps, item: OutboxItem): Promise<Delivery | NotNow> {
  const content = await contentOf(deps, item);
  if (typeof content === 'string') return content;
  return { rowId: item.rowId, channel: item.channel, content, how: howOf(item), mayRepeat: item.wasCutOff };
}

async function contentOf(deps: MonitoringDeps, item: OutboxItem): Promise<AlertContent | NotNow> {
  const { content, workspaceId, incidentId, headId, channel } = item;
  if (content.kind === 'notice') return content;
  const incident = incidentId === undefined ? undefined : await deps.store.incidents.find(workspaceId, incidentId);
  if (incident === undefined) return 'nothing to say';
  const isNewPost = content.kind === 'head' ? headId === undefined : content.broadcast;
  // What nobody was told of and is over is no news.
  if (content.kind === 'head' && isNewPost && incident.closed !== undefined) return 'nothing to say';
  if (isNewPost && (await isToBeSeenFirst(deps, item, incident))) return 'to be looked at first';
  const now = deps.clock.now();
  if (content.kind === 'thread') return content;
  return isNewPost ? newHeadOf(deps.store, incident, channel.id, now) : headOf(deps.store, incident, now);
}

/** Whether the cause was seen too long ago to be told as it is: its monitors are due now, and the row waits for them. */
async function isToBeSeenFirst(deps: MonitoringDeps, item: OutboxItem, incident: Incident): Promise<boolean> {
  const { monitors, outbox } = deps.store;
  const now = deps.clock.now();
  const { recheckAt } = item;
  if (incident.closed !== undefined || incident.members.length === 0) return false;
  if (recheckAt !== undefined && now.getTime() - recheckAt.getTime() >= RECHECK_WITHIN_MS) return false;
  const ids = [...new Set(membersShown(incident).map(({ monitorId }) => monitorId))];
  const since = recheckAt ?? new Date(now.getTime() - SEEN_WITHIN_MS);
  const unseen = await monitors.notCheckedSince(incident.workspaceId, ids, since);
  // Where any of them was seen, the cause was; those that are looked at again are waited for.
  if (recheckAt === undefined ? unseen.length < ids.length : unseen.length === 0) return false;
  if (recheckAt === undefined) await monitors.checkSoon(incident.workspaceId, unseen, now);
  await outbox.defer(item, new Date(now.getTime() + RECHECK_POLL_MS), now);
  return true;
}

function howOf({ content, headId }: OutboxItem): Delivery['how'] {
  if (headId === undefined || content.kind === 'notice') return { type: 'post' };
  return content.kind === 'head' ? { type: 'edit', headId } : { type: 'reply', headId };
}
