/** What the admins are told of our own network, and nobody else of anything (design, section 5: confirmation). */
import type { Message } from '../platform.ts';
import { instant, MINUTE_MS } from '../time.ts';
import { SLACK_MS } from './court.ts';
import type { Court } from './court.ts';

/** The channel of the admins. */
export const ADMINS = 'admins';
/** A failure is tried again after a minute: so soon a success is seen. */
const RETRY_MS = 2 * MINUTE_MS;

interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
  down: number;
  back: number;
}

export interface NetworkJudge {
  /** Hosts enough are due at `fromMs` for it to be noticed. */
  readonly cutOff: (fromMs: number, toMs: number) => void;
  readonly judgeNotice: (message: Message) => void;
}

/** "One message to the admins", and one when it is over. */
export function createNetworkJudge({ expectations, violate }: Court): NetworkJudge {
  const outages: Outage[] = [];
  return {
    cutOff(fromMs, toMs) {
      const outage: Outage = { fromMs, toMs, down: 0, back: 0 };
      outages.push(outage);
      const span = `our own network was down from ${instant(fromMs)} to ${instant(toMs)}`;
      expectations.by(fromMs + SLACK_MS, () => {
        return outage.down === 1 ? undefined : `${span}: the admins were told ${String(outage.down)} times, not once`;
      });
      expectations.by(toMs + RETRY_MS + SLACK_MS, () => {
        if (outage.down !== 1) return `${span}: the admins were told ${String(outage.down)} times, not once`;
        return outage.back === 1 ? undefined : `${span}: its end was told ${String(outage.back)} times, not once`;
      });
    },
    judgeNotice({ content, channel, atMs }) {
      const outage = outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs + RETRY_MS + SLACK_MS);
      const isBack = content.title.endsWith('is back');
      if (outage === undefined || channel !== ADMINS || (isBack && atMs < outage.toMs)) {
        violate('network', `#${channel} is told "${content.title}", and nothing of the kind is so`);
      } else if (isBack) outage.back += 1;
      else outage.down += 1;
    },
  };
}
