/** Every command that there is, one family of them a file. */
import { ADD_SPECS } from './add.ts';
import { DIGEST_SPECS } from './digest.ts';
import { FILTER_SPECS, TAG_SPECS } from './filters.ts';
import { EDIT_SPECS } from './edit.ts';
import { GROUP_SPECS } from './groups.ts';
import { HELP_SPECS } from './help.ts';
import { HISTORY_SPECS } from './history.ts';
import { INCIDENT_SPECS } from './incidents.ts';
import { MONITOR_SPECS } from './monitors.ts';
import { SETTINGS_SPECS } from './settings.ts';
import { PROFILE_SPECS } from './profiles.ts';
import type { CommandSpec } from './spec.ts';

export const COMMANDS = {
  ...ADD_SPECS,
  ...MONITOR_SPECS,
  ...EDIT_SPECS,
  ...HISTORY_SPECS,
  ...INCIDENT_SPECS,
  ...TAG_SPECS,
  ...FILTER_SPECS,
  ...PROFILE_SPECS,
  ...GROUP_SPECS,
  ...DIGEST_SPECS,
  ...SETTINGS_SPECS,
  ...HELP_SPECS,
};

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** First words of commands that have two, with what they are about. */
export const FAMILIES = {
  tag: 'Tags: what filters find monitors by',
  filter: 'Saved filters: which monitors are meant, by a name',
  profile: 'Profiles: what is judged, how severely, when it is told, and whom to trust',
  group: 'Contact groups: who is told',
  settings: 'What holds for the whole workspace',
} as const;

export type Family = keyof typeof FAMILIES;

export function isFamily(word: string): word is Family {
  return Object.hasOwn(FAMILIES, word);
}

export function namesIn(family: Family): readonly CommandName[] {
  return COMMAND_NAMES.filter((name) => name === family || name.startsWith(`${family} `));
}

/** A family stands for its commands. */
export const FIRST_WORDS: readonly string[] = [...new Set(COMMAND_NAMES.map((name) => name.split(' ')[0] ?? name))];

export function specOf(name: CommandName): CommandSpec {
  return COMMANDS[name];
}

export function findCommand(words: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name === words.toLowerCase());
}

/** Commands that certmon is to have and this version has not: what can be done instead. */
export const NOT_YET: Readonly<Record<string, string>> = {
  import: 'Several `add` lines at once add several monitors.',
  export: '`list` shows all monitors.',
  overview: '`list` and `incidents` together show how things stand.',
};

/** What people call commands elsewhere. Only ever suggested, never run. */
export const SYNONYMS: Readonly<Record<string, string>> = {
  acknowledge: 'ack',
  unacknowledge: 'unack',
  claim: 'ack',
  silence: 'snooze',
  mute: 'snooze',
  unmute: 'unsnooze',
  delete: 'remove',
  del: 'remove',
  rm: 'remove',
  ls: 'list',
  monitors: 'list',
  status: 'list',
  info: 'show',
  details: 'show',
  probe: 'check',
  scan: 'check',
  recheck: 'check',
  create: 'add',
  new: 'add',
  watch: 'add',
  stop: 'pause',
  disable: 'pause',
  start: 'resume',
  enable: 'resume',
  unpause: 'resume',
  alerts: 'incidents',
  groups: 'group list',
  tags: 'tag list',
  filters: 'filter list',
  profiles: 'profile list',
  policy: 'profile list',
  change: 'edit',
  modify: 'edit',
  rename: 'edit',
};
