import { DAYS, clockText } from './weekly-hours.ts';
import { daysLater, instantOf, localTime, weekdayOf } from './time-zone.ts';

/** When a digest is sent, in the workspace's time zone. */
export interface DigestTime {
  /** From 0 on Monday; `undefined` for every day. */
  readonly weekday: number | undefined;
  /** After midnight, from 0 to 1439. */
  readonly minute: number;
}

/** What a channel is told regularly; one a channel. */
export interface Digest extends DigestTime {
  readonly channelId: string;
  /** A filter's text; `undefined`: of all monitors. */
  readonly filter: string | undefined;
  readonly nextAt: Date;
  /** What happened since then is in the next one. */
  readonly lastAt: Date;
}

/** The first time later than `after`. Where clocks are put forward over it, it is the change itself. */
export function nextDigestAt({ weekday, minute }: DigestTime, zone: string, after: Date): Date {
  const today = localTime(after, zone);
  for (let ahead = 0; ; ahead += 1) {
    const local = { ...daysLater(today, ahead), minute };
    const at = instantOf(local, zone);
    if (at > after && (weekday === undefined || weekdayOf(local) === weekday)) return at;
  }
}

/** `daily at 09:00`, `every mon at 09:00`. */
export function digestTimeText({ weekday, minute }: DigestTime): string {
  const days = weekday === undefined ? 'daily' : `every ${DAYS[weekday] ?? ''}`;
  return `${days} at ${clockText(minute)}`;
}
