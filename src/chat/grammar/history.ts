/** `history`. */
import { quote } from '../../core/quote.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { needing, value } from './spec.ts';
import type { CommandSpec } from './spec.ts';
import { quoteWord } from './tokens.ts';

export interface HistoryCommand {
  readonly type: 'history';
  readonly monitor: string;
  readonly page: number;
}

export const HISTORY_SPECS = {
  history: {
    usage: 'history MONITOR [--page N]',
    summary: 'what happened to one monitor: certificates, findings, incidents and what people did',
    details: ['Newest first, 30 at a time, in the time zone of `settings`.'],
    example: 'history mail.example.com',
    words: needing('a MONITOR, such as mail.example.com'),
    flags: { page: value('N') },
    role: 'viewer',
    onlyReads: true,
  },
} as const satisfies Record<string, CommandSpec>;

export function readHistory({ words: [word], flags }: Arguments): Outcome<HistoryCommand> {
  const monitor = word?.text.trim() ?? '';
  const { usage } = HISTORY_SPECS.history;
  if (monitor === '') return wrong({ message: 'history needs a monitor: nothing was given', usage });
  const page = flags.get('page')?.[0] ?? '1';
  const number = /^\d{1,5}$/.test(page) ? Number(page) : 0;
  if (number > 0) return { ok: true, value: { type: 'history', monitor, page: number } };
  const message = `${quote(page)} is no page: pages are counted from 1`;
  return wrong({ message, suggestion: `history ${quoteWord(monitor)} --page 1`, usage });
}
