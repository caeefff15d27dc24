/** `profile list|show|add|edit|remove`. */
import type { Parsed } from '../../core/errors.ts';
import type { ProfileChange } from '../../core/profile-change.ts';
import {
  readConfirm,
  readInterval,
  readReminder,
  readRule,
  readThresholds,
  readTimeout,
} from '../../core/profile-reading.ts';
import { wrong, wrongValue } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { PEM_WORD } from './pem.ts';
import { NONE, SWITCH, needing, value, values } from './spec.ts';
import type { CommandSpec } from './spec.ts';
import { quoteWord } from './tokens.ts';

/** What a profile is to be; the CAs are still a file's name, or text. */
export type ProfileWish = Omit<ProfileChange, 'ca'> & {
  readonly ca?: { readonly file: string } | { readonly pem: string } | 'none';
};

export type ProfileCommand =
  | { readonly type: 'profile list' }
  | { readonly type: 'profile show' | 'profile remove'; readonly name: string }
  | { readonly type: 'profile add'; readonly name: string; readonly wish: ProfileWish }
  | {
      readonly type: 'profile edit';
      readonly name: string;
      readonly wish: ProfileWish;
      readonly isConfirmed: boolean;
      /** To be sent again with `--yes`; `undefined` where certificates stood in it. */
      readonly line: string | undefined;
    };

const NAME = needing('a NAME, such as Mail');

const SETTINGS =
  '[--thresholds 60,30,7,0] [--no-scale] [--every 1h] [--rule CODE|RULE=off|info|warning|critical]… [--ca FILE|PEM] [--ca-only] [--confirm 3x60s] [--remind critical=1d] [--timeout 10s]';

const DETAILS = [
  '--thresholds are 1 to 10 days before the end, 0 to 90; they shrink with a certificate of a short lifetime, unless --no-scale says not to.',
  '--every is how often is checked, 5m to 24h; certificates of a few days are checked more often by themselves.',
  '--rule replaces a severity; the name of a rule (expiration, name, trust, chain, strength, revocation, connection, change, caa) means all its codes, and default takes it back.',
  '--ca trusts your own CAs besides the public ones: a PEM file where certmon runs on the console, the PEM text itself elsewhere; --ca-only trusts no others.',
  '--confirm is after how many tries, how far apart, a connection failure is believed; --timeout is what a probe may take, 1s to 60s.',
  '--remind says how often an incident that nobody acknowledged is told again: critical=1d, warning=7d, or critical=off.',
];

const SETTING_FLAGS = {
  thresholds: value('60,30,7,0'),
  'no-scale': SWITCH,
  every: value('1h'),
  rule: values('weak-key=off'),
  ca: value('FILE'),
  'ca-only': SWITCH,
  confirm: value('3x60s'),
  remind: values('critical=1d'),
  timeout: value('10s'),
} as const;

export const PROFILE_SPECS = {
  'profile list': {
    usage: 'profile list',
    summary: 'all profiles, and how many monitors have each',
    details: [],
    example: 'profile list',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'profile show': {
    usage: 'profile show NAME',
    summary: 'one profile: thresholds, rules, CAs, how often is checked',
    details: [],
    example: 'profile show Standard',
    words: NAME,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'profile add': {
    usage: `profile add NAME ${SETTINGS}`,
    summary: 'make a profile; what is not given is as in Standard when certmon is new',
    details: ['NAME is 1 to 40 letters, digits, - and _.', ...DETAILS],
    example: 'profile add Internal --thresholds 30,7,0 --every 6h --rule untrusted=off',
    words: NAME,
    flags: SETTING_FLAGS,
    role: 'admin',
    onlyReads: false,
  },
  'profile edit': {
    usage: `profile edit NAME ${SETTINGS} [--scale] [--no-ca] [--no-ca-only] [--yes]`,
    summary: 'change a profile; asks first where that means alerts',
    details: [
      ...DETAILS,
      'What is not given stays; --scale, --no-ca and --no-ca-only undo. Its monitors are checked within five minutes.',
      '--yes does it without asking.',
    ],
    example: 'profile edit Standard --thresholds 45,14,7,0',
    words: NAME,
    flags: { ...SETTING_FLAGS, scale: SWITCH, 'no-ca': SWITCH, 'no-ca-only': SWITCH, yes: SWITCH },
    role: 'admin',
    onlyReads: false,
  },
  'profile remove': {
    usage: 'profile remove NAME',
    summary: 'remove a profile that no monitor has',
    details: ['Standard stays. Monitors get another profile by `edit MONITOR --profile NAME`.'],
    example: 'profile remove Minimal',
    words: NAME,
    flags: { yes: SWITCH },
    role: 'admin',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export function readProfileCommand(
  type: keyof typeof PROFILE_SPECS,
  read: Arguments,
  line: string,
  pem: string | undefined,
): Outcome<ProfileCommand> {
  const name = read.words[0]?.text.trim() ?? '';
  switch (type) {
    case 'profile list':
      return { ok: true, value: { type } };
    case 'profile show':
    case 'profile remove':
      return { ok: true, value: { type, name } };
    case 'profile add': {
      const wish = toWish(type, read, line, pem);
      return wish.ok ? { ok: true, value: { type, name, wish: wish.value } } : wish;
    }
    case 'profile edit': {
      const wish = toWish(type, read, line, pem);
      if (!wish.ok) return wish;
      if (Object.keys(wish.value).length === 0) {
        return wrong({
          message: `profile edit ${quoteWord(name)} needs something to change`,
          usage: specOf(type).usage,
        });
      }
      const again = pem === undefined ? line : undefined;
      return {
        ok: true,
        value: { type, name, wish: wish.value, isConfirmed: read.flags.has('yes'), line: again },
      };
    }
  }
}

function toWish(
  type: 'profile add' | 'profile edit',
  read: Arguments,
  line: string,
  pem: string | undefined,
): Outcome<ProfileWish> {
  const { flags } = read;
  for (const [one, other] of OPPOSITES) {
    if (!flags.has(one) || !flags.has(other)) continue;
    return wrong({ message: `--${one} and --${other} exclude each other`, usage: specOf(type).usage });
  }
  const thresholds = readAll(type, read, line, 'thresholds', readThresholds);
  if (!thresholds.ok) return thresholds;
  const every = readAll(type, read, line, 'every', readInterval);
  if (!every.ok) return every;
  const rules = readAll(type, read, line, 'rule', readRule);
  if (!rules.ok) return rules;
  const confirm = readAll(type, read, line, 'confirm', readConfirm);
  if (!confirm.ok) return confirm;
  const remind = readAll(type, read, line, 'remind', readReminder);
  if (!remind.ok) return remind;
  const timeout = readAll(type, read, line, 'timeout', readTimeout);
  if (!timeout.ok) return timeout;
  const [thresholdsDays] = thresholds.value;
  const [checkIntervalMs] = every.value;
  const [confirmed] = confirm.value;
  const [timeoutMs] = timeout.value;
  const scale = flags.has('scale') ? true : flags.has('no-scale') ? false : undefined;
  const caOnly = flags.has('ca-only') ? true : flags.has('no-ca-only') ? false : undefined;
  const ca = caOf(flags, pem);
  return {
    ok: true,
    value: {
      ...(thresholdsDays === undefined ? {} : { thresholdsDays }),
      ...(scale === undefined ? {} : { scale }),
      ...(checkIntervalMs === undefined ? {} : { checkIntervalMs }),
      ...(rules.value.length === 0 ? {} : { rules: rules.value }),
      ...(ca === undefined ? {} : { ca }),
      ...(caOnly === undefined ? {} : { caOnly }),
      ...(confirmed === undefined ? {} : { confirm: confirmed }),
      ...(remind.value.length === 0 ? {} : { remind: remind.value }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  };
}

const OPPOSITES = [
  ['scale', 'no-scale'],
  ['ca', 'no-ca'],
  ['ca-only', 'no-ca'],
  ['ca-only', 'no-ca-only'],
] as const;

function caOf(flags: Arguments['flags'], pem: string | undefined): ProfileWish['ca'] {
  if (flags.has('no-ca')) return 'none';
  const given = flags.get('ca')?.[0];
  if (given === undefined) return undefined;
  return pem !== undefined && given === PEM_WORD ? { pem } : { file: given };
}

/** Every value of a flag; the first that is wrong is pointed at, and put right where it can be. */
function readAll<T>(
  type: 'profile add' | 'profile edit',
  read: Arguments,
  line: string,
  flag: keyof typeof SETTING_FLAGS,
  reader: (text: string) => Parsed<T>,
): Outcome<readonly T[]> {
  const found: T[] = [];
  for (const [index, text] of (read.flags.get(flag) ?? []).entries()) {
    const one = reader(text);
    if (one.ok) {
      found.push(one.value);
      continue;
    }
    const { message, suggestion } = one.problem;
    const problem = { message: `--${flag}: ${message}`, usage: specOf(type).usage };
    return wrongValue(read, line, flag, suggestion === undefined ? problem : { ...problem, suggestion }, index);
  }
  return { ok: true, value: found };
}

function specOf(type: keyof typeof PROFILE_SPECS): CommandSpec {
  return PROFILE_SPECS[type];
}
