/**
 * Programs in the foreground, each with a process group of its own. Three things see to it that none is left behind: it is
 * told to end by pid, its group is killed after it, and where the tests are killed themselves the kernel tells it to end
 * (PR_SET_PDEATHSIG, by setpriv(1)).
 */
import { spawn } from 'node:child_process';
import { open, readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PROGRAMS } from './requirements.ts';

const STOP_WITHIN_MS = 10_000;
const SETUP_WITHIN_MS = 60_000;
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
  stop(): Promise<void>;
}

/** Daemons say what they say into `directory`, in files that end in `.log`. */
export async function startProgram(command: Command, directory: string, name: string): Promise<Running> {
  const { program, args, user = {}, stopSignal = 'SIGTERM' } = command;
  const log = await open(join(directory, `${name}.log`), 'a');
  const child = spawn(PROGRAMS.setpriv, ['--pdeathsig', 'TERM', program, ...args], {
    ...user,
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  await log.close();
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${String(code)}`;
      resolve();
    });
  });
  return {
    name: basename(program),
    ended: () => ended,
    async stop() {
      const group = child.pid;
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

/** Runs a program to its end; what it says is in the log of that name. */
export async function runProgram(
  { program, args, user = {} }: Command,
  directory: string,
  name: string,
): Promise<void> {
  const log = await open(join(directory, `${name}.log`), 'a');
  const child = spawn(program, args, {
    ...user,
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['ignore', log.fd, log.fd],
    timeout: SETUP_WITHIN_MS,
  });
  await log.close();
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${basename(program)} ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  });
}

/** The last that the daemons of a folder said. */
export async function logTail(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log'));
  const tails = names.map(async (name) => {
    const lines = (await readFile(join(directory, name), 'utf8')).trimEnd().split('\n');
    return `--- ${name}\n${lines.slice(-TAIL_LINES).join('\n')}`;
  });
  return (await Promise.all(tails)).join('\n');
}
