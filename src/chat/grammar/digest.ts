/** `digest`: what a channel is told regularly. */
import type { DigestTime } from '../../core/digest.ts';
import { quote } from '../../core/quote.ts';
import { readFilterText } from '../../core/saved-filter.ts';
import { dayOf, minuteOf } from '../../core/weekly-hours.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

export type DigestCommand =
  | { readonly type: 'digest'; readonly what: 'list' }
  | { readonly type: 'digest'; readonly what: 'off'; readonly channel: string }
  | {
      readonly type: 'digest';
      readonly what: 'on';
      readonly channel: string;
      readonly time: DigestTime;
      /** As typed. */
      readonly filter: string | undefined;
    };

const usage = 'digest [#channel daily|weekly [mon] 09:00 [FILTER]] | digest off #channel';

export const DIGEST_SPECS = {
  digest: {
    usage,
    summary: 'tell a channel regularly what runs out next, what is open and what was renewed',
    details: [
      'Times are in the time zone of the workspace (`settings timezone ZONE`). A channel has one digest.',
      'With nothing to tell it is silent. `digest` alone lists those there are.',
    ],
    example: 'digest #ops weekly mon 09:00',
    words: { needs: [], most: Infinity },
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export function readDigest({ words }: Arguments, line: string): Outcome<DigestCommand> {
  const [first, second, ...rest] = words;
  if (first === undefined) return { ok: true, value: { type: 'digest', what: 'list' } };
  if (first.text.toLowerCase() === 'off') {
    if (second === undefined) return wrong({ message: 'digest off needs a #channel', usage });
    const [extra] = rest;
    if (extra !== undefined) {
      return wrong({
        message: `${quote(extra.text)} is one word too many`,
        usage,
        place: { line, column: extra.start },
      });
    }
    return { ok: true, value: { type: 'digest', what: 'off', channel: second.text } };
  }
  const how = second?.text.toLowerCase();
  if (second === undefined || (how !== 'daily' && how !== 'weekly')) {
    return wrong({
      message:
        second === undefined
          ? 'digest needs daily or weekly, and a time'
          : `${quote(second.text)} is neither daily nor weekly`,
      usage,
      ...(second === undefined ? {} : { place: { line, column: second.start } }),
    });
  }
  const day = rest[0] === undefined ? undefined : dayOf(rest[0].text.toLowerCase());
  if (how === 'daily' && day !== undefined) {
    return wrong({
      message: 'a daily digest has no weekday: weekly has',
      usage,
      place: { line, column: rest[0]?.start ?? 0 },
    });
  }
  const [clock, ...filterWords] = day === undefined ? rest : rest.slice(1);
  const minute = !clock?.text.includes(':') ? undefined : minuteOf(clock.text);
  if (clock === undefined || minute === undefined || minute >= 1_440) {
    return wrong({
      message:
        clock === undefined
          ? 'digest needs a time of day, such as 09:00'
          : `${quote(clock.text)} is no time of day: 09:00 is one`,
      usage,
      ...(clock === undefined ? {} : { place: { line, column: clock.start } }),
    });
  }
  const [firstWord] = filterWords;
  const filter =
    firstWord === undefined
      ? undefined
      : filterWords.length === 1
        ? firstWord.text
        : line.slice(firstWord.start).trim();
  if (filter !== undefined) {
    const read = readFilterText(filter);
    if (!read.ok) {
      const { message, place } = read.problem;
      return wrong({ message, usage, place: { line, column: (firstWord?.start ?? 0) + place.column } });
    }
  }
  const time = { weekday: how === 'daily' ? undefined : (day ?? 0), minute };
  return { ok: true, value: { type: 'digest', what: 'on', channel: first.text, time, filter } };
}
