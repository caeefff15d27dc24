/**
 * A chat platform that keeps what it is given, as real ones do: channels of messages, threads under a head, edits in place.
 * It can tell a message that it already has, where it is asked; one that comes twice unasked is the sender's fault.
 */
import type { AlertContent } from '../../src/core/alert.ts';
import type { Clock, Delivery, DeliveryOutcome, Messenger } from '../../src/core/ports.ts';

export interface Message {
  readonly id: string;
  readonly channel: string;
  readonly how: 'post' | 'reply' | 'edit';
  /** Of a reply or an edit. */
  readonly headId: string | undefined;
  readonly content: AlertContent;
  readonly atMs: number;
}

export interface Platform {
  readonly messenger: Messenger;
  /** Messages that came twice although nobody said that they might. */
  readonly repeats: readonly string[];
}

export function createPlatform(clock: Clock, onMessage: (message: Message) => void): Platform {
  const byRow = new Map<string, string>();
  const repeats: string[] = [];
  let count = 0;

  const take = ({ rowId, channel, content, how, mayRepeat }: Delivery): DeliveryOutcome => {
    // A head's row comes again for each edit.
    const isEdit = how.type === 'edit';
    const known = isEdit ? undefined : byRow.get(rowId);
    if (known !== undefined) {
      if (!mayRepeat) repeats.push(`row ${rowId} in #${channel.name}: ${content.kind}`);
      return { type: 'sent', messageId: known };
    }
    count += 1;
    const id = isEdit ? how.headId : `message-${String(count)}`;
    if (!isEdit) byRow.set(rowId, id);
    onMessage({
      id,
      channel: channel.name,
      how: how.type,
      headId: how.type === 'post' ? undefined : how.headId,
      content,
      atMs: clock.now().getTime(),
    });
    return { type: 'sent', messageId: id };
  };

  return {
    repeats,
    messenger: {
      platform: 'console',
      paceMs: 0,
      goesStale: true,
      deliver: (delivery) => Promise.resolve(take(delivery)),
    },
  };
}
