/** `settings` and what it can change. */
import { parseDurationWithin } from '../../core/duration.ts';
import { nearest } from '../../core/nearest.ts';
import { DAY_MS } from '../../core/profile.ts';
import { quote } from '../../core/quote.ts';
import { readTimeZone } from '../../core/time-zone.ts';
import type { Role } from '../../core/workspace.ts';
import { missingWords, wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { NONE, needing, upTo } from './spec.ts';
import type { CommandSpec } from './spec.ts';
import { replaceWord } from './tokens.ts';
import type { Token } from './tokens.ts';

export type SettingsCommand =
  | { readonly type: 'settings' }
  | { readonly type: 'settings timezone'; readonly zone: string }
  /** `undefined` for none. */
  | { readonly type: 'settings fallback' | 'settings admins'; readonly channel: string | undefined }
  | { readonly type: 'settings retention'; readonly days: number }
  /** `undefined` takes back what was given. */
  | { readonly type: 'settings role'; readonly person: string; readonly role: Role | undefined }
  /** `undefined` asks for a code. */
  | { readonly type: 'settings link'; readonly code: string | undefined };

const LEAST_DAYS = 7;
const MOST_DAYS = 730;
const ROLE_WORDS = ['viewer', 'responder', 'admin', 'default'] as const;

const CHANNEL = needing('a #channel, or none');
const ADMIN = { role: 'admin', onlyReads: false } as const;

export const SETTINGS_SPECS = {
  settings: {
    usage: 'settings',
    summary: 'what holds for the whole workspace, and how to change it',
    details: [],
    example: 'settings',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'settings timezone': {
    usage: 'settings timezone ZONE',
    summary: 'the time zone of times that people read and write',
    details: ['ZONE is a name such as Europe/Berlin. A contact group can have one of its own.'],
    example: 'settings timezone Europe/Berlin',
    words: needing('a ZONE, such as Europe/Berlin'),
    flags: {},
    ...ADMIN,
  },
  'settings fallback': {
    usage: 'settings fallback #channel|none',
    summary: 'where alerts go that cannot go where they should',
    details: [],
    example: 'settings fallback #alerts',
    words: CHANNEL,
    flags: {},
    ...ADMIN,
  },
  'settings admins': {
    usage: 'settings admins #channel|none',
    summary: 'where certmon tells of itself: channels it cannot reach, its own network',
    details: ['Without one it tells the fallback channel.'],
    example: 'settings admins #certmon-admins',
    words: CHANNEL,
    flags: {},
    ...ADMIN,
  },
  'settings retention': {
    usage: 'settings retention DAYS',
    summary: 'how long results, closed incidents and what people did are kept',
    details: [`DAYS is from ${String(LEAST_DAYS)}d to ${String(MOST_DAYS)}d; 90d unless set.`],
    example: 'settings retention 180d',
    words: needing('a time, such as 90d'),
    flags: {},
    ...ADMIN,
  },
  'settings role': {
    usage: 'settings role @person viewer|responder|admin|default',
    summary: 'what a person may do',
    details: [
      'A viewer looks; a responder also adds, edits and pauses monitors and acts on incidents; an admin does all.',
      'default takes it back. People of another platform are written as slack:U012ABCDE or teams:ID.',
    ],
    example: 'settings role @ann responder',
    words: needing('a @person', 'viewer, responder, admin or default'),
    flags: {},
    ...ADMIN,
  },
  'settings link': {
    usage: 'settings link [CODE]',
    summary: 'join another team or platform to this workspace',
    details: [
      'Without a CODE it makes one, good for ten minutes and once: say it in the team that is to join.',
      'Only a team whose workspace is empty can join.',
    ],
    example: 'settings link',
    words: upTo(1),
    flags: {},
    ...ADMIN,
  },
} as const satisfies Record<string, CommandSpec>;

export function readSettingsCommand(
  type: keyof typeof SETTINGS_SPECS,
  { words }: Arguments,
  line: string,
): Outcome<SettingsCommand> {
  const [first, second] = words;
  switch (type) {
    case 'settings':
      return { ok: true, value: { type } };
    case 'settings link':
      return { ok: true, value: { type, code: first?.text } };
    case 'settings timezone':
      return first === undefined ? missingWords(SETTINGS_SPECS[type], words) : readZone(type, first, line);
    case 'settings retention':
      return first === undefined ? missingWords(SETTINGS_SPECS[type], words) : readDays(type, first, line);
    case 'settings role':
      return first === undefined || second === undefined
        ? missingWords(SETTINGS_SPECS[type], words)
        : readRole(type, first, second, line);
    case 'settings fallback':
    case 'settings admins':
      if (first === undefined) return missingWords(SETTINGS_SPECS[type], words);
      return { ok: true, value: { type, channel: /^(?:none|off)$/i.test(first.text) ? undefined : first.text } };
  }
}

function readZone(type: 'settings timezone', word: Token, line: string): Outcome<SettingsCommand> {
  const zone = readTimeZone(word.text);
  if (zone.ok) return { ok: true, value: { type, zone: zone.value } };
  const { message, suggestion } = zone.problem;
  return wrong({
    message,
    place: { line, column: word.start },
    usage: SETTINGS_SPECS[type].usage,
    ...(suggestion === undefined ? {} : { suggestion: replaceWord(line, word, suggestion) }),
  });
}

function readDays(type: 'settings retention', word: Token, line: string): Outcome<SettingsCommand> {
  const refuse = (message: string, meant: string | undefined): Outcome<never> =>
    wrong({
      message,
      place: { line, column: word.start },
      usage: SETTINGS_SPECS[type].usage,
      ...(meant === undefined ? {} : { suggestion: replaceWord(line, word, meant) }),
    });
  if (/^\d{1,4}$/.test(word.text)) return refuse(`${quote(word.text)} has no unit: write such as 90d`, `${word.text}d`);
  const read = parseDurationWithin(word.text, LEAST_DAYS * DAY_MS, MOST_DAYS * DAY_MS, 'how long results are kept');
  if (!read.ok) return refuse(read.problem.message, read.problem.suggestion);
  const days = Math.floor(read.value / DAY_MS);
  if (days * DAY_MS === read.value) return { ok: true, value: { type, days } };
  return refuse(`${quote(word.text)} is not a number of whole days`, `${String(days)}d`);
}

function readRole(type: 'settings role', who: Token, word: Token, line: string): Outcome<SettingsCommand> {
  const said = word.text.toLowerCase();
  const role = ROLE_WORDS.find((one) => one === said);
  if (role !== undefined)
    return { ok: true, value: { type, person: who.text, role: role === 'default' ? undefined : role } };
  const near = nearest(said, ROLE_WORDS);
  return wrong({
    message: `${quote(word.text)} is no role: there are viewer, responder and admin, and default takes one back`,
    place: { line, column: word.start },
    usage: SETTINGS_SPECS[type].usage,
    ...(near === undefined ? {} : { suggestion: replaceWord(line, word, near) }),
  });
}
