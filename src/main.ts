#!/usr/bin/env node
/** Process entry: reads the command line, starts what it asks for, and turns what went wrong into words and an exit code. */
import { readFileSync } from 'node:fs';
import { runDoctor } from './cli/doctor-command.ts';
import { runManifest } from './cli/manifest-command.ts';
import { runMigrate } from './cli/migrate.ts';
import { PROBE_USAGE, runProbeCommand } from './cli/probe-command.ts';
import { runConsole, runStart } from './cli/service.ts';
import { USAGE } from './cli/usage.ts';
import { ConfigError } from './config.ts';
import { AppError } from './core/errors.ts';
import { nearest } from './core/nearest.ts';
import { runDemo } from './demo/demo.ts';

const COMMANDS = ['start', 'console', 'probe', 'demo', 'migrate', 'manifest', 'doctor', 'version', 'help'] as const;
/** They tell more of themselves than the overview does. */
const HELP_OF_THEIR_OWN: readonly string[] = ['probe', 'manifest'];
/** Of later versions: no slip of the finger, and no reason to guess. */
const NOT_YET: readonly string[] = ['import', 'export'];
const USAGE_ERROR = 64;
const FAILURE = 1;
/** A stop is promised within 10 s; what still runs then is cut off. */
const STOP_AT_MOST_MS = 9_500;

async function run(words: readonly string[], signal: AbortSignal): Promise<number> {
  const { env, stdin, stdout, stderr } = process;
  const [command = 'help', ...rest] = words;
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (wantsHelp && !HELP_OF_THEIR_OWN.includes(command) && COMMANDS.some((one) => one === command)) {
    stdout.write(USAGE);
    return 0;
  }
  switch (command) {
    case 'start':
      return rest.length > 0 ? tooMuch(rest) : runStart({ env, stdin, stdout, signal });
    case 'console': {
      const unknown = rest.filter((word) => word !== '--json');
      return unknown.length > 0
        ? tooMuch(unknown)
        : runConsole({ env, stdin, stdout, signal }, rest.includes('--json'));
    }
    case 'probe':
      return runProbeCommand(rest, { env, stdin, stdout, stderr, signal });
    case 'demo':
      return rest.length > 0 ? tooMuch(rest) : runDemo({ env, stdout, signal });
    case 'migrate':
      return rest.length > 0 ? tooMuch(rest) : runMigrate(env, stdout, signal);
    case 'manifest':
      return runManifest(rest, { env, stdout, stderr });
    case 'doctor': {
      const unknown = rest.filter((word) => word !== '--json');
      return unknown.length > 0 ? tooMuch(unknown) : runDoctor(rest.includes('--json'), { env, stdout, signal });
    }
    case 'version':
    case '--version':
    case '-v':
      stdout.write(`certmon ${version()}\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h':
      stdout.write(rest[0] === 'probe' ? PROBE_USAGE : USAGE);
      return 0;
    default: {
      if (NOT_YET.includes(command)) {
        stderr.write(`certmon: ${command}: this version does not have it yet.\n\n${USAGE}`);
        return USAGE_ERROR;
      }
      // Every fourth letter may be a slip: a word that is further away is somebody's idea of another command.
      const suggestion = nearest(command, COMMANDS, Math.max(1, Math.floor(command.length / 4)));
      stderr.write(
        `certmon: there is no command "${command}".${suggestion === undefined ? '' : ` Did you mean "certmon ${suggestion}"?`}\n\n${USAGE}`,
      );
      return USAGE_ERROR;
    }
  }
}

function tooMuch(words: readonly string[]): number {
  process.stderr.write(`certmon: not understood here: ${words.join(' ')}\n\n${USAGE}`);
  return USAGE_ERROR;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Aborted by the first SIGTERM, SIGINT or SIGHUP (the terminal is gone); a second one, or a stop that takes too long, ends the process. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(FAILURE);
    controller.abort();
    setTimeout(() => process.exit(FAILURE), STOP_AT_MOST_MS).unref();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}

/** What a person can mend is said in words; anything else is our mistake, and comes with its stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    return `certmon: ${error.message}:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`;
  }
  if (error instanceof AppError) return `certmon: ${error.message}\n`;
  return `certmon: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

const signal = stopSignal();
try {
  process.exit(await run(process.argv.slice(2), signal));
} catch (error) {
  // Told to stop before it had begun: what was waited for was cut off, and nothing is wrong.
  if (signal.aborted && error instanceof Error && error.name === 'AbortError') process.exit(0);
  process.stderr.write(explain(error));
  process.exit(FAILURE);
}
