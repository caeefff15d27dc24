/**
 * Bolt, as both ways to hear use it: it reads what Slack sent and finds the listener, and knows no token of ours. With a
 * token it would ask Slack who it is, and hear nothing until Slack says so.
 */
import { App } from '@slack/bolt';
import type { Receiver, ReceiverEvent } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';
import { boltLog, detailOf } from './bolt-log.ts';

export interface BoltApp {
  readonly app: App;
  /** Resolves once Slack was told of everything that has come in so far. */
  readonly whenAnswered: () => Promise<void>;
}

/** Makes no call, so that it starts and serves while Slack is away. */
export function createBoltApp(receiver: Receiver, log: Log): BoltApp {
  const app = new AnsweringApp({
    receiver,
    authorize: () => Promise.resolve({}),
    convoStore: false,
    ignoreSelf: false,
    logger: boltLog(log),
  });
  app.onUntold = (error) => {
    log.warn({ detail: detailOf([error]) }, 'slack could not be told that it was received');
  };
  app.error((error) => {
    log.error({ detail: detailOf([error]) }, 'slack request failed');
    return Promise.reject(error);
  });
  return {
    app,
    async whenAnswered() {
      await Promise.all(app.unanswered);
    },
  };
}

/**
 * Bolt leaves what no listener takes without an answer for three seconds, and the person with an error. And where Slack
 * can no longer be told, what was kept is still to be done: only the telling failed.
 */
class AnsweringApp extends App {
  readonly unanswered = new Set<Promise<void>>();
  onUntold: (error: unknown) => void = () => undefined;

  override async processEvent(event: ReceiverEvent): Promise<void> {
    let isAnswered = false;
    let settle = (): void => undefined;
    const answered = new Promise<void>((resolve) => (settle = resolve));
    this.unanswered.add(answered);
    const ack: ReceiverEvent['ack'] = async (answer: unknown) => {
      isAnswered = true;
      try {
        await event.ack(answer);
      } catch (error) {
        this.onUntold(error);
      }
      settle();
    };
    try {
      await super.processEvent({ ...event, ack });
      // Written by `ack`, which the narrowing does not see.
      if (!(isAnswered as boolean)) await ack();
    } finally {
      settle();
      this.unanswered.delete(answered);
    }
  }
}
