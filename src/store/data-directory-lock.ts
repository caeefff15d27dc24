/**
 * One process owns a data directory: two that write one embedded database lose data without any error.
 *
 * The lock is a file that names its owner by process id and start time, against ids that are used again. It is made
 * whole under another name and linked into place, so that it is never seen half written; a dead owner's lock is moved
 * away by renaming it, which only one of several takers can do, and looked at again before it is thrown away. An owner
 * on another host, or in another container, cannot be asked for by its id: it is alive as long as it touches its lock.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';

/** The data directory cannot be used: read-only, full, not ours, or in use. Says what to do. */
export class DataDirectoryError extends AppError {
  readonly code = 'data-directory';
}

interface Owner {
  readonly pid: number;
  /** Kernel's start time of the process, in its own units; empty where the system does not tell. */
  readonly startedAt: string;
  readonly host: string;
  /** Where the database listens; empty until it does. */
  readonly socketPath: string;
}

export type Ownership =
  | {
      readonly isOwner: true;
      /** Tells others where the database listens. */
      publish(socketPath: string): Promise<void>;
      release(): Promise<void>;
    }
  | { readonly isOwner: false; readonly pid: number; readonly socketPath: string };

const TRIES = 20;
const TOUCH_EVERY_MS = 5_000;
const DEAD_AFTER_MS = 30_000;

/** @throws {DataDirectoryError} where the directory cannot be written. */
export async function own(directory: string): Promise<Ownership> {
  const path = join(directory, 'owner.json');
  const me: Owner = { pid: process.pid, startedAt: startTimeOf(process.pid), host: hostname(), socketPath: '' };
  await mend(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (await place(directory, path, me)) return ownership(directory, path, me);
    const owner = await readOwner(path);
    if (owner !== undefined && (await isAlive(owner, path))) {
      return { isOwner: false, pid: owner.pid, socketPath: owner.socketPath };
    }
    await removeDead(path);
  }
  throw new DataDirectoryError(`the lock ${path} could not be taken; remove the file if no certmon runs here`);
}

function ownership(directory: string, path: string, me: Owner): Ownership {
  const touch = setInterval(() => {
    const now = new Date();
    // Where even this fails the disk is in trouble, and the database will say so.
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS).unref();
  return {
    isOwner: true,
    publish: (socketPath) => mend(directory, () => replace(path, { ...me, socketPath })),
    release: async () => {
      clearInterval(touch);
      const owner = await readOwner(path);
      if (owner !== undefined && isSame(owner, me)) await rm(path, { force: true });
    },
  };
}

/** False where a lock is there already. */
async function place(directory: string, path: string, owner: Owner): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await mend(directory, () => writeFile(draft, JSON.stringify(owner), { mode: 0o600, flag: 'wx' }));
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replace(path: string, owner: Owner): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
  await rename(draft, path);
}

/** Moves a dead owner's lock aside; if a living one was moved, since it came in between, puts it back. */
async function removeDead(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const owner = await readOwner(aside);
  if (owner !== undefined && (await isAlive(owner, aside))) {
    await link(aside, path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
}

/** `undefined` for a lock that is gone, or that nobody could have written whole. */
async function readOwner(path: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    if (typeof owner.pid !== 'number') return undefined;
    return {
      pid: owner.pid,
      startedAt: owner.startedAt ?? '',
      host: owner.host ?? '',
      socketPath: owner.socketPath ?? '',
    };
  } catch {
    // Not JSON: a machine that lost power while it was written leaves such a file.
    return undefined;
  }
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) return wasTouched(path);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  return owner.startedAt === '' || owner.startedAt === startTimeOf(owner.pid);
}

/** By the file system's own clock, which all hosts that share it have in common. */
async function wasTouched(path: string): Promise<boolean> {
  const probe = `${path}.${randomUUID()}`;
  try {
    await writeFile(probe, '', { mode: 0o600, flag: 'wx' });
    const [now, touched] = await Promise.all([stat(probe), stat(path)]);
    return now.mtimeMs - touched.mtimeMs < DEAD_AFTER_MS;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(probe, { force: true });
  }
}

function isSame(a: Owner, b: Owner): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt && a.host === b.host;
}

/** Field 22 of /proc/PID/stat (proc(5)), counted after the command's name, which may hold anything. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc here, or no such process: the id alone has to do.
    return '';
  }
}

async function mend<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = REMEDY[errorCode(error) ?? ''];
    if (why === undefined) throw error;
    throw new DataDirectoryError(`the data directory ${directory} ${why}, or set CERTMON_DATA_DIR to another`, {
      cause: error,
    });
  }
}

const REMEDY: Readonly<Record<string, string>> = {
  EACCES: 'cannot be written by this user; give it to the user that runs certmon',
  EPERM: 'cannot be written by this user; give it to the user that runs certmon',
  EROFS: 'is on a read-only file system; mount it writable',
  ENOSPC: 'is on a full disk; make room',
  EDQUOT: 'is over its quota; make room',
  ENOTDIR: 'is not a directory; move what is there away',
  EEXIST: 'is not a directory; move what is there away',
};

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
