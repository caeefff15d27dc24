/** `list`, `show`, `check`, `remove`, `pause`, `resume`. */
import { quote } from '../../core/quote.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { SWITCH, needing, value } from './spec.ts';
import type { CommandSpec } from './spec.ts';

export type MonitorCommand =
  | { readonly type: 'list'; readonly page: number }
  | { readonly type: 'show' | 'check' | 'remove' | 'pause' | 'resume'; readonly monitor: string };

const MAX_PAGE = 100_000;
const MONITOR = needing('a MONITOR, such as mail.example.com');
const MONITOR_IS =
  'MONITOR is its id or the start of it, its name, its host, or host:port. Where several fit, you get the list and nothing is done.';
const YES_IS = '--yes is taken and not needed: one monitor is never asked about.';

export const MONITOR_SPECS = {
  list: {
    usage: 'list [--page N]',
    summary: 'all monitors, what ends first comes first',
    details: ['Shows 50 at a time.'],
    example: 'list --page 2',
    // Any words are read, to say that they are no filter yet.
    words: { needs: [], most: Infinity },
    flags: { page: value('N') },
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
    usage: 'check MONITOR',
    summary: 'look now, without waiting for the schedule',
    details: [MONITOR_IS, YES_IS],
    example: 'check mail.example.com:25',
    words: MONITOR,
    flags: { yes: SWITCH },
    role: 'viewer',
    onlyReads: false,
  },
  remove: {
    usage: 'remove MONITOR',
    summary: 'stop watching a service; its incidents are closed',
    details: ['The answer holds the line that adds it again.', MONITOR_IS, YES_IS],
    example: 'remove old.example.com',
    words: MONITOR,
    flags: { yes: SWITCH },
    role: 'responder',
    onlyReads: false,
  },
  pause: {
    usage: 'pause MONITOR',
    summary: 'stop checking for now; its incidents are closed',
    details: ['`resume` goes on.', MONITOR_IS, YES_IS],
    example: 'pause mail.example.com',
    words: MONITOR,
    flags: { yes: SWITCH },
    role: 'responder',
    onlyReads: false,
  },
  resume: {
    usage: 'resume MONITOR',
    summary: 'check a paused monitor again',
    details: [MONITOR_IS, YES_IS],
    example: 'resume mail.example.com',
    words: MONITOR,
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
  const monitor = read.words[0]?.text.trim() ?? '';
  return monitor === ''
    ? wrong({ message: `${type} needs a monitor: nothing was given`, usage: MONITOR_SPECS[type].usage })
    : { ok: true, value: { type, monitor } };
}

function toList({ words: [extra], flags }: Arguments, line: string): Outcome<MonitorCommand> {
  if (extra !== undefined) {
    return wrong({
      message: `list takes nothing more, and this version of certmon has no filters yet: ${quote(extra.text)} was not looked for`,
      advice: '`list` shows all monitors, `show MONITOR` one.',
      place: { line, column: extra.start },
    });
  }
  const page = flags.get('page')?.[0];
  if (page === undefined) return { ok: true, value: { type: 'list', page: 1 } };
  const number = /^\d{1,6}$/.test(page) ? Number(page) : 0;
  if (number < 1 || number > MAX_PAGE) {
    const message = `${quote(page)} is no page: pages are counted from 1`;
    return wrong({ message, suggestion: 'list --page 1', usage: MONITOR_SPECS.list.usage });
  }
  return { ok: true, value: { type: 'list', page: number } };
}
