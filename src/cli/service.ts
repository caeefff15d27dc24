/** `certmon start` and `certmon console`: the service, with or without a terminal in front of it. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { startApp } from '../app.ts';
import type { App } from '../app.ts';
import type { ConsoleSettings } from '../chat/console/adapter.ts';
import { loadConfig, settingsWithoutEffect } from '../config.ts';
import type { Config, Role } from '../config.ts';
import { createLog } from '../log.ts';
import { runDemoBeside } from './demo.ts';
import { CONSOLE_COMMAND } from './usage.ts';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Aborted by SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

/** Runs until told to stop. Opens the console where no chat platform is configured and a terminal is there. */
export async function runStart(surroundings: Surroundings): Promise<number> {
  const { env, stdin, stdout, signal } = surroundings;
  const hasTerminal = stdin.isTTY && stdout.isTTY;
  const config = loadConfig(env, hasTerminal ? 'warn' : 'info');
  const opensConsole = config.slack === undefined && hasTerminal;
  const log = createLog(config.logLevel, opensConsole ? process.stderr : process.stdout);
  for (const name of settingsWithoutEffect(env)) log.warn({ setting: name }, 'setting has no effect in this version');

  sayFirstStart(config, stdout);
  const app = await startApp(
    {
      config,
      log,
      console: opensConsole ? consoleSettings(surroundings, config, false) : undefined,
      mayJoin: false,
      servesHealth: true,
      loopbackAllowed: opensConsole,
    },
    signal,
  );
  if (config.slack === undefined && !opensConsole) {
    log.warn(
      {
        remedy: `set SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN (docs/slack.md), or open a console with: ${CONSOLE_COMMAND}`,
      },
      withoutPlatform(config.roles),
    );
  }
  return untilTheEnd(app, signal);
}

/** What a process of these roles does although no chat platform is configured. */
export function withoutPlatform(roles: ReadonlySet<Role>): string {
  return roles.has('worker')
    ? 'no chat platform is configured: monitors are checked, but nobody hears of it'
    : 'no chat platform is configured: there is nothing to do for a process with the role chat alone';
}

/** Reads commands from standard input; joins the running owner of the data directory, else runs everything itself. */
export async function runConsole(surroundings: Surroundings, isJson: boolean): Promise<number> {
  const config = loadConfig(surroundings.env, 'warn');
  const log = createLog(config.logLevel, process.stderr);
  sayFirstStart(config, surroundings.stdout);
  const app = await startApp(
    {
      config,
      log,
      console: consoleSettings(surroundings, config, isJson),
      mayJoin: true,
      servesHealth: false,
      loopbackAllowed: true,
    },
    surroundings.signal,
  );
  return untilTheEnd(app, surroundings.signal);
}

/** Making the embedded database takes some seconds: whoever sits there is told why. */
function sayFirstStart(config: Config, stdout: NodeJS.WriteStream): void {
  if (!stdout.isTTY || config.databaseUrl !== undefined || existsSync(join(config.dataDirectory, 'database'))) return;
  stdout.write(`Making a database in ${config.dataDirectory}; this takes some seconds, and only the first time …\n`);
}

function consoleSettings({ env, stdin, stdout }: Surroundings, config: Config, isJson: boolean): ConsoleSettings {
  return {
    input: stdin,
    output: stdout,
    isTerminal: stdin.isTTY && stdout.isTTY && !isJson,
    hasColour: stdout.isTTY && (env.NO_COLOR ?? '') === '',
    isJson,
    personName: personName(env),
    historyFile: join(config.dataDirectory, 'console-history'),
    demo: runDemoBeside,
  };
}

/** Who sits at the console. A container may run as a user id that has no name (`docker run --user`). */
export function personName(env: NodeJS.ProcessEnv, nameOfUser: () => string = () => userInfo().username): string {
  try {
    return nameOfUser();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const user = env.USER ?? '';
    return user === '' ? `uid ${String(process.getuid?.() ?? 'unknown')}` : user;
  }
}

/** Stops the app whatever happens: what is due may not be sent while the database is away. */
export async function untilTheEnd(
  app: Pick<App, 'consoleEnded' | 'drain' | 'stop'>,
  signal: AbortSignal,
): Promise<number> {
  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  try {
    await Promise.race([told, app.consoleEnded.then(() => app.drain())]);
  } finally {
    await app.stop();
  }
  return 0;
}
