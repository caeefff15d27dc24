import { pino } from 'pino';
import type { Logger, LoggerOptions } from 'pino';
import { PinoPretty as pretty } from 'pino-pretty';
import type { LogLevel } from './config.ts';

/** Keys whose values are secrets, wherever they stand. */
const SECRET = ['token', 'botToken', 'signingSecret', 'authorization', 'password', 'databaseUrl', 'response_url'];

/**
 * One JSON line a record, for machines; on a terminal, one readable line. A console owns standard output, so its process
 * logs to standard error.
 *
 * @param stream standard output or standard error.
 */
export function createLog(level: LogLevel, stream: NodeJS.WriteStream & { readonly fd: 1 | 2 }): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
  };
  // Written at once: what is logged last before the process ends is what matters most.
  if (!stream.isTTY) return pino(options, pino.destination({ fd: stream.fd, sync: true }));
  return pino(
    options,
    pretty({ destination: stream.fd, sync: true, singleLine: true, translateTime: 'HH:MM:ss', ignore: 'err.stack' }),
  );
}
