/** Bolt's logger on ours. What it says in debug holds whole requests, so that stays unsaid; secrets are taken out of the rest. */
import { LogLevel } from '@slack/bolt';
import type { Logger } from '@slack/bolt';
import type { Log } from '../../core/ports.ts';

const SECRETS = /xox[a-z]*-[\w-]+|xapp-[\w-]+|https?:\/\/[^\s"']*\/(?:commands|actions|services|response)\/[^\s"']*/gi;

export function boltLog(log: Log): Logger {
  const say =
    (level: 'debug' | 'warn' | 'error', message: string) =>
    (...words: unknown[]): void => {
      log[level]({ detail: detailOf(words) }, message);
    };
  return {
    debug: () => undefined,
    info: say('debug', 'slack library spoke'),
    warn: say('warn', 'slack library warned'),
    error: say('error', 'slack library failed'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

/** The words, one line, without secrets; of an error only its message, for the rest of it may hold a whole request. */
export function detailOf(words: readonly unknown[]): string {
  const text = words.map((word) => (word instanceof Error ? word.message : String(word))).join(' ');
  return text.replace(SECRETS, '[redacted]').slice(0, 500);
}
