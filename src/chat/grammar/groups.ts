/** `group add|edit|remove|map|unmap|test|list|show`. */
import { parseDurationWithin } from '../../core/duration.ts';
import { parsed } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { readFilterText } from '../../core/saved-filter.ts';
import { readTimeZone } from '../../core/time-zone.ts';
import { parseHours } from '../../core/weekly-hours.ts';
import type { WeeklyHours } from '../../core/weekly-hours.ts';
import { wrong, wrongValue } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { NONE, SWITCH, needing, value, values } from './spec.ts';
import type { CommandSpec } from './spec.ts';

/** What is to be of a contact group. Absent stays as it is; `null` takes it back. */
export interface GroupWish {
  readonly timeZone?: string | null;
  readonly hours?: WeeklyHours | null;
  readonly criticalThrough?: boolean;
  /** As typed: who they are the platform knows. */
  readonly mention?: { readonly who: readonly string[]; readonly on: 'critical' | 'warning' } | null;
  /** Another group, by name. */
  readonly escalation?: { readonly to: string; readonly afterMs: number } | null;
}

export type GroupCommand =
  | { readonly type: 'group add' | 'group edit'; readonly name: string; readonly wish: GroupWish }
  | { readonly type: 'group show'; readonly name: string }
  | { readonly type: 'group test'; readonly name: string }
  | { readonly type: 'group remove'; readonly name: string; readonly isSure: boolean }
  | {
      readonly type: 'group map';
      readonly name: string;
      readonly channel: string;
      /** As typed: a saved filter's name, `filter:NAME`, or an expression that was read. */
      readonly filter: string | undefined;
    }
  | { readonly type: 'group unmap'; readonly name: string; readonly channel: string }
  | { readonly type: 'group list' };

const MINUTE_MS = 60_000;
const LONGEST_ESCALATION_MS = 7 * 86_400_000;
const MOST_MENTIONS = 10;

const GROUP = needing('a NAME, such as ops');
const GROUP_AND_CHANNEL = needing('a NAME, such as ops,', 'a #channel');

const WISHES =
  '[--tz ZONE] [--hours "mon-fri 08:00-18:00"] [--critical-through] [--mention @x --on critical] [--escalate G --after 30m]';
const WISH_FLAGS = {
  tz: value('ZONE'),
  hours: value('"mon-fri 08:00-18:00"'),
  'critical-through': SWITCH,
  mention: values('@x'),
  on: value('critical|warning'),
  escalate: value('G'),
  after: value('30m'),
};
const WISHES_ARE = [
  '--hours is when the group is open, such as "mon-fri 08:00-18:00, sat 10:00-14:00" or "daily 22:00-06:00"; what is found outside waits for the opening. --tz is the time zone they are in.',
  '--critical-through lets what is critical through at any hour.',
  '--mention calls somebody, once for each rise to that severity; without it nobody is called. --on warning calls for warnings too.',
  '--escalate tells another group too while an incident is critical and nobody has acknowledged it.',
];

export const GROUP_SPECS = {
  'group add': {
    usage: `group add NAME ${WISHES}`,
    summary: 'make a contact group: a name for who is told, and when',
    details: ['NAME is 1 to 40 letters, digits, - and _. Map it to a channel next.', ...WISHES_ARE],
    example: 'group add ops',
    words: GROUP,
    flags: WISH_FLAGS,
    role: 'admin',
    onlyReads: false,
  },
  'group edit': {
    usage: `group edit NAME ${WISHES}`,
    summary: 'change when a contact group is told, whom it calls and what happens when nobody answers',
    details: [
      'What is not given stays as it is. --hours always, --tz default, --mention none, --escalate none and --no-critical-through take it back.',
      ...WISHES_ARE,
    ],
    example: 'group edit ops --hours "mon-fri 08:00-18:00" --tz Europe/Berlin --critical-through',
    words: GROUP,
    flags: { ...WISH_FLAGS, 'no-critical-through': SWITCH },
    role: 'admin',
    onlyReads: false,
  },
  'group remove': {
    usage: 'group remove NAME [--yes]',
    summary: 'remove a contact group; its monitors stay',
    details: [
      'Alerts of monitors that no other group covers go to where each was added. Where monitors name it, it asks first: --yes does it.',
    ],
    example: 'group remove ops',
    words: GROUP,
    flags: { yes: SWITCH },
    role: 'admin',
    onlyReads: false,
  },
  'group map': {
    usage: 'group map NAME #channel [--filter EXPR]',
    summary: 'send the alerts of a contact group to a channel',
    details: [
      'A group can have several channels, on any platform.',
      'With --filter the alerts of every monitor that fits it go there too, whichever group it names: new monitors find their way by themselves.',
    ],
    example: 'group map ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: { filter: value('EXPR') },
    role: 'admin',
    onlyReads: false,
  },
  'group unmap': {
    usage: 'group unmap NAME #channel',
    summary: 'stop sending the alerts of a contact group to a channel',
    details: [],
    example: 'group unmap ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'group test': {
    usage: 'group test NAME',
    summary: 'send a test message to every channel of a contact group',
    details: ['It is sent at any hour, calls nobody, and says whether an alert would pass now.'],
    example: 'group test ops',
    words: GROUP,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'group list': {
    usage: 'group list',
    summary: 'all contact groups and where they lead',
    details: [],
    example: 'group list',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'group show': {
    usage: 'group show NAME',
    summary: 'one contact group: its channels, its hours, whom it calls, and how many monitors name it',
    details: [],
    example: 'group show ops',
    words: GROUP,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
} as const satisfies Record<string, CommandSpec>;

export function readGroupCommand(type: keyof typeof GROUP_SPECS, read: Arguments, line: string): Outcome<GroupCommand> {
  const [name = '', channel = ''] = read.words.map((word) => word.text.trim());
  switch (type) {
    case 'group add':
    case 'group edit': {
      const wish = toWish(type, read, line);
      if (!wish.ok) return wish;
      if (type === 'group edit' && Object.keys(wish.value).length === 0) {
        return wrong({ message: 'group edit needs at least one thing to change', usage: GROUP_SPECS[type].usage });
      }
      return { ok: true, value: { type, name, wish: wish.value } };
    }
    case 'group show':
    case 'group test':
      return { ok: true, value: { type, name } };
    case 'group remove':
      return { ok: true, value: { type, name, isSure: read.flags.has('yes') } };
    case 'group map':
      return toMapping(name, channel, read, line);
    case 'group unmap':
      return { ok: true, value: { type, name, channel } };
    case 'group list':
      return { ok: true, value: { type } };
  }
}

function toMapping(name: string, channel: string, read: Arguments, line: string): Outcome<GroupCommand> {
  const filter = read.flags.get('filter')?.[0];
  if (filter !== undefined) {
    const { usage } = GROUP_SPECS['group map'];
    const meant = readFilterText(filter);
    if (!meant.ok)
      return wrongValue(read, line, 'filter', { message: meant.problem.message, usage }, 0, meant.problem.place.column);
  }
  return { ok: true, value: { type: 'group map', name, channel, filter } };
}

/** Reads the flags one by one; the first that is wrong is told, with its place. */
function toWish(type: 'group add' | 'group edit', read: Arguments, line: string): Outcome<GroupWish> {
  const { flags } = read;
  const { usage } = GROUP_SPECS[type];
  const given = (flag: string): string | undefined => flags.get(flag)?.[0];
  const refuse = (flag: string, { message, suggestion }: Problem, offset?: number): Outcome<never> =>
    wrongValue(read, line, flag, { message, usage, ...(suggestion === undefined ? {} : { suggestion }) }, 0, offset);
  let wish: GroupWish = {};

  const zone = given('tz');
  if (zone !== undefined) {
    const timeZone = isNone(zone, 'default') ? parsed(null) : readTimeZone(zone);
    if (!timeZone.ok) return refuse('tz', timeZone.problem);
    wish = { ...wish, timeZone: timeZone.value };
  }
  const hours = given('hours');
  if (hours !== undefined) {
    const week = isNone(hours, 'always') ? null : parseHours(hours);
    if (week !== null && 'wrong' in week) return refuse('hours', { message: week.wrong }, week.at);
    wish = { ...wish, hours: week };
  }
  if (flags.has('critical-through') && flags.has('no-critical-through')) {
    return wrong({ message: '--critical-through and --no-critical-through say two things at once', usage });
  }
  if (flags.has('critical-through')) wish = { ...wish, criticalThrough: true };
  if (flags.has('no-critical-through')) wish = { ...wish, criticalThrough: false };

  const mention = toMention(flags);
  if (!mention.ok) return wrong({ message: mention.problem, usage });
  if (mention.value !== undefined) wish = { ...wish, mention: mention.value };

  const escalate = given('escalate');
  const after = given('after');
  if (escalate === undefined && after !== undefined)
    return wrong({ message: '--after needs --escalate G before it', usage });
  if (escalate !== undefined && isNone(escalate, 'none')) wish = { ...wish, escalation: null };
  else if (escalate !== undefined) {
    const wait = parseDurationWithin(after ?? '30m', MINUTE_MS, LONGEST_ESCALATION_MS, 'the wait before an escalation');
    if (!wait.ok) return refuse('after', wait.problem);
    wish = { ...wish, escalation: { to: escalate, afterMs: wait.value } };
  }
  return { ok: true, value: wish };
}

function toMention(
  flags: Arguments['flags'],
): { readonly ok: true; readonly value: GroupWish['mention'] } | { readonly ok: false; readonly problem: string } {
  const who = [...new Set(flags.get('mention') ?? [])];
  const on = flags.get('on')?.[0]?.toLowerCase();
  if (who.length === 0) {
    return on === undefined
      ? { ok: true, value: undefined }
      : { ok: false, problem: '--on needs --mention @x before it' };
  }
  if (who.some((one) => isNone(one, 'none'))) return { ok: true, value: null };
  if (who.length > MOST_MENTIONS) return { ok: false, problem: `${String(MOST_MENTIONS)} mentions are the most` };
  const notCalled = who.find((one) => !/^@[^\s@]{1,80}$/.test(one));
  if (notCalled !== undefined) {
    return { ok: false, problem: `${quote(notCalled)} cannot be called: a mention begins with @, such as @oncall` };
  }
  if (on !== undefined && on !== 'critical' && on !== 'warning') {
    return { ok: false, problem: `--on is critical or warning, and not ${quote(on)}` };
  }
  return { ok: true, value: { who, on: on ?? 'critical' } };
}

function isNone(text: string, word: string): boolean {
  return text.toLowerCase() === word;
}
