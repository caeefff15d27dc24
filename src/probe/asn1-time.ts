import { DerError, TAG } from './der.ts';
import type { Element } from './der.ts';

/** Both forms with seconds and in UTC; two digits of a year are 1950 to 2049 (RFC 5280, 4.1.2.5). */
export function readTime({ tag, content }: Element): Date {
  const text = Buffer.from(content).toString('latin1');
  const digits = tag === TAG.utcTime ? /^(\d\d)(\d{10})Z$/.exec(text) : /^(\d{4})(\d{10})Z$/.exec(text);
  if (digits === null || (tag !== TAG.utcTime && tag !== TAG.generalizedTime))
    throw new DerError('a time that is none');
  const given = Number(digits[1]);
  const year = tag === TAG.utcTime ? given + (given < 50 ? 2000 : 1900) : given;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (digits[2] ?? '').match(/\d\d/g)?.map(Number) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // 31 February, or 25 o'clock, would have moved on.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour) {
    throw new DerError('a time that is none');
  }
  return date;
}

/** Whether the next element is a time at all: optional ones are told by their tag. */
export function isTime(tag: number | undefined): boolean {
  return tag === TAG.utcTime || tag === TAG.generalizedTime;
}
