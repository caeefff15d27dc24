/** Programs in the foreground, each the leader of a process group, so that none of its children is left behind. */
import { spawn } from 'node:child_process';
import { open, readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sweeper } from './sweeper.ts';

const STOP_WITHIN_MS = 10_000;
const TAIL_LINES = 40;

/** As whom a program runs; ourselves where empty. */
export type User = { readonly uid: number; readonly gid: number } | Record<string, never>;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly user?: User;
  /** Asks it to end at once, connections or not; SIGTERM if absent. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface Running {
  readonly name: string;
  /** How it ended; `undefined` while it runs. */
  ended(): string | undefined;
  /** Resolves when it has ended: `exit code 0` where all went well. */
  readonly end: Promise<string>;
  stop(): Promise<void>;
}

/** What it says goes to `name`'s log in `directory`, as do those logs that daemons write by themselves. */
export async function startProgram(
  command: Command,
  name: string,
  directory: string,
  sweeper: Sweeper,
): Promise<Running> {
  const { program, args, user = {}, stopSignal = 'SIGTERM' } = command;
  const log = await open(join(directory, `${name}.log`), 'a');
  const child = spawn(program, args, {
    ...user,
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  const group = child.pid;
  if (group !== undefined) sweeper.watch(group);
  let ended: string | undefined;
  const end = new Promise<string>((resolve) => {
    const settle = (how: string): void => {
      ended ??= how;
      resolve(how);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code, signal) => settle(signal ?? `exit code ${String(code)}`));
  });
  await log.close();
  return {
    name: basename(program),
    ended: () => ended,
    end,
    async stop() {
      if (group === undefined) return;
      if (ended === undefined) child.kill(stopSignal);
      const timer = setTimeout(() => killGroup(group), STOP_WITHIN_MS);
      await end;
      clearTimeout(timer);
      killGroup(group);
    },
  };
}

/** Whoever of the group is left. */
function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The last that the daemons of a folder said. */
export async function logTail(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort();
  const tails = names.map(async (name) => {
    const said = (await readFile(join(directory, name), 'utf8')).trimEnd();
    return said === '' ? [] : [`--- ${name}`, ...said.split('\n').slice(-TAIL_LINES)];
  });
  return (await Promise.all(tails)).flat().join('\n');
}
