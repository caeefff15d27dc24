/** Every command that there is: what `help` tells, and what the grammar takes. */

export interface FlagSpec {
  /** How the value is written in the usage line; `undefined` for a flag that takes none. */
  readonly value: string | undefined;
  readonly isRepeatable: boolean;
}

export interface CommandSpec {
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly details: readonly string[];
  readonly example: string;
  /** What it takes after its name: what it cannot do without, as a sentence names it, and how many words at most. */
  readonly words: { readonly needs: readonly string[]; readonly most: number };
  readonly flags: Readonly<Record<string, FlagSpec>>;
}

const value = (shown: string): FlagSpec => ({ value: shown, isRepeatable: false });
const values = (shown: string): FlagSpec => ({ value: shown, isRepeatable: true });
const SWITCH: FlagSpec = { value: undefined, isRepeatable: false };
const needing = (...needs: readonly string[]): CommandSpec['words'] => ({ needs, most: needs.length });
const NONE = needing();
const MONITOR = needing('a MONITOR, such as mail.example.com');
const INCIDENT = needing('an INCIDENT, such as #17');
const GROUP = needing('a NAME, such as ops');
const GROUP_AND_CHANNEL = needing('a NAME, such as ops,', 'a #channel');

const MONITOR_IS =
  'MONITOR is its id or the start of it, its name, its host, or host:port. Where several fit, you get the list and nothing is done.';
const INCIDENT_IS = 'INCIDENT is its number, such as #17, or its id.';
const YES_IS = '--yes is taken and not needed: one monitor is never asked about.';

export const COMMANDS = {
  add: {
    usage: 'add HOST[:PORT] PROTOCOL [--name N] [--profile P] [--group G]… [--tag T]… [--sni NAME] [--direct]',
    summary: 'watch a service, and see at once what its certificates are like',
    details: [
      'HOST is a name, an IPv4 address or an IPv6 address; with a port an IPv6 address stands in brackets.',
      'PROTOCOL says how TLS starts: https, smtps, smtp, imaps, imap, pops, pop, lmtp, ftps, ftp, ldaps, ldap, mysql, postgresql, sips, or tls with a port for anything else.',
      '--name is what you call it; --profile is Standard unless given; --group and --tag can be given several times.',
      '--sni asks for another name than HOST; --direct starts TLS at once on postgresql.',
      'Alerts go to the channels of its contact groups, else to the channel where it was added.',
      'Several lines add several monitors.',
    ],
    example: 'add mail.example.com smtp --name "Mail Berlin" --group ops',
    words: needing('a HOST', 'a PROTOCOL'),
    flags: {
      name: value('N'),
      profile: value('P'),
      group: values('G'),
      tag: values('T'),
      sni: value('NAME'),
      direct: SWITCH,
    },
  },
  list: {
    usage: 'list [--page N]',
    summary: 'all monitors, what ends first comes first',
    details: ['Shows 50 at a time.'],
    example: 'list --page 2',
    // Any words are read, to say that they are no filter yet.
    words: { needs: [], most: Infinity },
    flags: { page: value('N') },
  },
  show: {
    usage: 'show MONITOR',
    summary: 'one monitor: status, certificates, findings and what to do next',
    details: ['Tells what the last check saw; `check` looks again.', MONITOR_IS],
    example: 'show mail.example.com',
    words: MONITOR,
    flags: {},
  },
  check: {
    usage: 'check MONITOR',
    summary: 'look now, without waiting for the schedule',
    details: [MONITOR_IS, YES_IS],
    example: 'check mail.example.com:25',
    words: MONITOR,
    flags: { yes: SWITCH },
  },
  remove: {
    usage: 'remove MONITOR',
    summary: 'stop watching a service; its incidents are closed',
    details: ['The answer holds the line that adds it again.', MONITOR_IS, YES_IS],
    example: 'remove old.example.com',
    words: MONITOR,
    flags: { yes: SWITCH },
  },
  pause: {
    usage: 'pause MONITOR',
    summary: 'stop checking for now; its incidents are closed',
    details: ['`resume` goes on.', MONITOR_IS, YES_IS],
    example: 'pause mail.example.com',
    words: MONITOR,
    flags: { yes: SWITCH },
  },
  resume: {
    usage: 'resume MONITOR',
    summary: 'check a paused monitor again',
    details: [MONITOR_IS, YES_IS],
    example: 'resume mail.example.com',
    words: MONITOR,
    flags: { yes: SWITCH },
  },
  incidents: {
    usage: 'incidents [INCIDENT]',
    summary: 'what is wrong now, worst first; or one incident in full',
    details: ['With an incident: its hosts, its certificates as sent, and the next step.', INCIDENT_IS],
    example: 'incidents #17',
    words: { needs: [], most: 1 },
    flags: {},
  },
  ack: {
    usage: 'ack INCIDENT',
    summary: 'say that you take care of an incident',
    details: ['It ends by itself when the incident gets worse.', INCIDENT_IS],
    example: 'ack #17',
    words: INCIDENT,
    flags: {},
  },
  unack: {
    usage: 'unack INCIDENT',
    summary: 'take an acknowledgement back',
    details: [INCIDENT_IS],
    example: 'unack #17',
    words: INCIDENT,
    flags: {},
  },
  snooze: {
    usage: 'snooze INCIDENT DURATION|DATE|until-renewed|until-next-threshold',
    summary: 'keep an incident quiet for a while, unless it gets worse',
    details: [
      'DURATION is such as 30m, 4h, 7d or 2w; DATE is 2026-12-01 or 2026-12-01T09:00, in UTC.',
      'until-renewed lasts until the certificate is replaced; until-next-threshold until the next expiry threshold is crossed.',
      INCIDENT_IS,
    ],
    example: 'snooze #17 4h',
    words: needing('an INCIDENT, such as #17', 'a time: 4h, 2026-12-01, until-renewed or until-next-threshold'),
    flags: {},
  },
  unsnooze: {
    usage: 'unsnooze INCIDENT',
    summary: 'end the silence of an incident',
    details: [INCIDENT_IS],
    example: 'unsnooze #17',
    words: INCIDENT,
    flags: {},
  },
  'group add': {
    usage: 'group add NAME',
    summary: 'make a contact group: a name for who is told',
    details: ['NAME is 1 to 40 letters, digits, - and _. Map it to a channel next.'],
    example: 'group add ops',
    words: GROUP,
    flags: {},
  },
  'group map': {
    usage: 'group map NAME #channel',
    summary: 'send the alerts of a contact group to a channel',
    details: ['A group can have several channels, on any platform.'],
    example: 'group map ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: {},
  },
  'group unmap': {
    usage: 'group unmap NAME #channel',
    summary: 'stop sending the alerts of a contact group to a channel',
    details: [],
    example: 'group unmap ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: {},
  },
  'group list': {
    usage: 'group list',
    summary: 'all contact groups and where they lead',
    details: [],
    example: 'group list',
    words: NONE,
    flags: {},
  },
  'group show': {
    usage: 'group show NAME',
    summary: 'one contact group: its channels and how many monitors name it',
    details: [],
    example: 'group show ops',
    words: GROUP,
    flags: {},
  },
  help: {
    usage: 'help [COMMAND]',
    summary: 'this list, or one command in full',
    details: [],
    example: 'help snooze',
    words: { needs: [], most: 2 },
    flags: {},
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** First words; `group` stands for its family. */
export const FIRST_WORDS: readonly string[] = [...new Set(COMMAND_NAMES.map((name) => name.split(' ')[0] ?? name))];

export function specOf(name: CommandName): CommandSpec {
  return COMMANDS[name];
}

export function findCommand(words: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name === words.toLowerCase());
}

/** Commands that certmon is to have and this version has not: what can be done instead. */
export const NOT_YET: Readonly<Record<string, string>> = {
  profile: 'The profiles Standard, Aggressive and Minimal are there: `add HOST PROTOCOL --profile Minimal`.',
  tag: 'Tags are given when a monitor is added: `add HOST PROTOCOL --tag env:prod`.',
  filter: '`list` shows all monitors, what ends first comes first.',
  report: '`list` shows all monitors, what ends first comes first.',
  digest: '`list` shows what ends first, `incidents` what is wrong now.',
  import: 'Several `add` lines at once add several monitors.',
  export: '`list` shows all monitors.',
  settings: '`help` lists what can be done.',
  overview: '`list` and `incidents` together show how things stand.',
  edit: '`remove` answers with the line that adds the monitor again: change that line and send it.',
  history: '`show MONITOR` tells what the last check saw.',
  accept: '`snooze INCIDENT until-renewed` keeps an incident quiet.',
  'group edit': '`group add`, `group map` and `group unmap` are there.',
  'group remove': '`group unmap NAME #channel` stops its alerts.',
  'group test': '`group show NAME` tells where its alerts go.',
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
};
