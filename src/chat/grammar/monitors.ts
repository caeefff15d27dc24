/** `list`, `show`, `check`, `remove`, `pause`, `resume`. */
import { quote } from '../../core/quote.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { FILTER_IS, readWritten } from './selection.ts';
import type { Written } from './selection.ts';
import { SWITCH, needing, value } from './spec.ts';
import type { CommandSpec } from './spec.ts';

export type MonitorCommand =
  | { readonly type: 'list'; readonly filter: Written | undefined; readonly page: number }
  | { readonly type: 'report'; readonly filter: Written | undefined; readonly csv: boolean }
  | { readonly type: 'show'; readonly monitor: string }
  | { readonly type: ActionType; readonly on: Written; readonly yes: boolean };

export type ActionType = 'check' | 'remove' | 'pause' | 'resume';

const MAX_PAGE = 100_000;
const MONITOR = needing('a MONITOR, such as mail.example.com');
const MONITOR_IS =
  'MONITOR is its id or the start of it, its name, its host, or host:port. Where several fit, you get the list and nothing is done.';
const ON = { needs: ['a MONITOR or a FILTER, such as mail.example.com or env:prod'], most: Infinity };
const ON_IS =
  'A MONITOR of that name is meant before a saved filter of that name, and that before a tag; filter:NAME is always the filter.';
const YES_IS =
  'With a FILTER you are asked first, and told how many it fits; --yes skips the question. One monitor is never asked about.';

export const MONITOR_SPECS = {
  list: {
    usage: 'list [FILTER] [--page N]',
    summary: 'all monitors or those a filter fits, what ends first comes first',
    details: ['Shows 50 at a time.', FILTER_IS],
    example: 'list env:prod and days<14',
    words: { needs: [], most: Infinity },
    flags: { page: value('N') },
    role: 'viewer',
    onlyReads: true,
  },
  report: {
    usage: 'report [FILTER] [--csv]',
    summary: 'what runs out when: figures over all monitors, or those a filter fits',
    details: ['--csv gives every monitor as a line, to be opened in a spreadsheet.', FILTER_IS],
    example: 'report team:web --csv',
    words: { needs: [], most: Infinity },
    flags: { csv: SWITCH },
    role: 'viewer',
    onlyReads: true,
  },
  show: {
    usage: 'show MONITOR',
    summary: 'one monitor: status, certificates, findings and what to do next',
    details: ['Tells what the last check saw; `check` looks again.', MONITOR_IS],
    example: 'show mail.example.com',
    words: MONITOR,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  check: {
    usage: 'check MONITOR|FILTER [--yes]',
    summary: 'look now, without waiting for the schedule',
    details: [MONITOR_IS, ON_IS, FILTER_IS, YES_IS],
    example: 'check mail.example.com:25',
    words: ON,
    flags: { yes: SWITCH },
    role: 'viewer',
    onlyReads: false,
  },
  remove: {
    usage: 'remove MONITOR|FILTER [--yes]',
    summary: 'stop watching a service; its incidents are closed',
    details: ['The answer holds the line that adds it again.', MONITOR_IS, ON_IS, FILTER_IS, YES_IS],
    example: 'remove old.example.com',
    words: ON,
    flags: { yes: SWITCH },
    role: 'responder',
    onlyReads: false,
  },
  pause: {
    usage: 'pause MONITOR|FILTER [--yes]',
    summary: 'stop checking for now; its incidents are closed',
    details: ['`resume` goes on.', MONITOR_IS, ON_IS, FILTER_IS, YES_IS],
    example: 'pause mail.example.com',
    words: ON,
    flags: { yes: SWITCH },
    role: 'responder',
    onlyReads: false,
  },
  resume: {
    usage: 'resume MONITOR|FILTER [--yes]',
    summary: 'check a paused monitor again',
    details: [MONITOR_IS, ON_IS, FILTER_IS, YES_IS],
    example: 'resume mail.example.com',
    words: ON,
    flags: { yes: SWITCH },
    role: 'responder',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export function readMonitorCommand(
  type: keyof typeof MONITOR_SPECS,
  read: Arguments,
  line: string,
): Outcome<MonitorCommand> {
  if (type === 'list') return toList(read, line);
  if (type === 'report') {
    const filter = read.words.length === 0 ? undefined : readWritten(read.words, line, MONITOR_SPECS.report.usage);
    return { ok: true, value: { type, filter, csv: read.flags.has('csv') } };
  }
  const { usage }: CommandSpec = MONITOR_SPECS[type];
  const monitor = read.words
    .map((word) => word.text)
    .join(' ')
    .trim();
  if (monitor === '') return wrong({ message: `${type} needs a monitor: nothing was given`, usage });
  if (type === 'show') return { ok: true, value: { type, monitor } };
  return { ok: true, value: { type, on: readWritten(read.words, line, usage), yes: read.flags.has('yes') } };
}

function toList({ words, flags }: Arguments, line: string): Outcome<MonitorCommand> {
  const { usage } = MONITOR_SPECS.list;
  const filter = words.length === 0 ? undefined : readWritten(words, line, usage);
  const page = flags.get('page')?.[0];
  if (page === undefined) return { ok: true, value: { type: 'list', filter, page: 1 } };
  const number = /^\d{1,6}$/.test(page) ? Number(page) : 0;
  if (number < 1 || number > MAX_PAGE) {
    const message = `${quote(page)} is no page: pages are counted from 1`;
    return wrong({ message, suggestion: 'list --page 1', usage });
  }
  return { ok: true, value: { type: 'list', filter, page: number } };
}
