import { pino } from 'pino';
import type { Logger } from 'pino';
import type { LogLevel } from './config.ts';

/** Keys whose values are secrets, wherever they stand. */
const SECRET = ['token', 'botToken', 'signingSecret', 'authorization', 'password', 'databaseUrl', 'response_url'];

/**
 * One JSON line a record. A console owns standard output, so its process logs to standard error.
 *
 * @param fd 1 for standard output, 2 for standard error.
 */
export function createLog(level: LogLevel, fd: 1 | 2): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    pino.destination({ fd, sync: true }),
  );
}
