/**
 * One process owns a data directory: two that write one embedded database lose data without any error.
 *
 * The lock is a row of numbered files, of which the one with the highest number counts. It names its owner by process id
 * and start time, against ids that are used again. A dead or released lock is never removed or overwritten by those who
 * want it, only followed by the next number, which link(2) lets one of several takers make; a taker that was slow finds its
 * number taken, or a higher one beside its own, and steps back. (To remove a dead lock and then make one's own fails:
 * the second of two takers removes the first one's.) A file is made whole under another name and linked into place, so
 * that it is never seen half written.
 *
 * An owner on another host, or in another container, cannot be asked for by its id: it is alive as long as it touches its
 * lock. One that was taken for dead, since it was frozen, finds a higher number when it wakes, and is told.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { errorCode, isAlive, readOwner, thisProcess } from './lock-owner.ts';
import type { Owner } from './lock-owner.ts';

/** The data directory cannot be used: read-only, full, not ours, or in use. Says what to do. */
export class DataDirectoryError extends AppError {
  readonly code = 'data-directory';
}

/** One file of the row. */
interface Lock {
  readonly number: number;
  readonly path: string;
}

export type Ownership =
  | {
      readonly isOwner: true;
      /** Tells others where the database listens. */
      publish(socketPath: string): Promise<void>;
      /** Calls `stop` once if another process took the directory, as it may from an owner that was frozen for long. */
      whenLost(stop: () => void): void;
      release(): Promise<void>;
    }
  | { readonly isOwner: false; readonly pid: number; readonly socketPath: string };

const TRIES = 50;
const TOUCH_EVERY_MS = 5_000;
const LOCK_NAME = /^owner\.(\d{1,15})\.json$/;

/** @throws {DataDirectoryError} where the directory cannot be written. */
export async function own(directory: string): Promise<Ownership> {
  const me = thisProcess();
  return usable(directory, async () => {
    await makeDirectory(directory);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const last = (await locksIn(directory)).at(-1);
      const owner = last === undefined ? undefined : await readOwner(last.path);
      if (last !== undefined && owner !== undefined && (await isAlive(owner, last.path))) {
        return { isOwner: false, pid: owner.pid, socketPath: owner.socketPath };
      }
      const mine = lockIn(directory, (last?.number ?? 0) + 1);
      if (await isTaken(mine, me)) return ownership(directory, mine, me);
    }
    throw new DataDirectoryError(
      `the data directory ${directory} could not be locked; if no certmon runs on it, remove the files owner.*.json there`,
    );
  });
}

function ownership(directory: string, mine: Lock, me: Owner): Ownership {
  let lost = false;
  let stop: (() => void) | undefined;
  const touch = async (): Promise<void> => {
    const now = new Date();
    // Where even this fails the disk is in trouble, and the database will say so.
    await utimes(mine.path, now, now).catch(() => undefined);
    if (!(await isFollowed(directory, mine)) || lost) return;
    lost = true;
    stop?.();
  };
  const timer = setInterval(() => {
    touch().catch(() => undefined);
  }, TOUCH_EVERY_MS).unref();
  return {
    isOwner: true,
    publish: (socketPath) => usable(directory, () => replace(mine, { ...me, socketPath })),
    whenLost(then) {
      stop = then;
      if (lost) then();
    },
    async release() {
      clearInterval(timer);
      try {
        if (!(await isFollowed(directory, mine))) await replace(mine, { ...me, released: true });
      } catch (error) {
        // Left as it is, on a full disk say, it is a dead process's lock as soon as this one has ended.
        if (errorCode(error) === undefined) throw error;
      }
    },
  };
}

/** Makes the lock, unless another made it first or came later and higher; the lower ones are swept away. */
async function isTaken(mine: Lock, me: Owner): Promise<boolean> {
  const directory = dirname(mine.path);
  const draft = await writeDraft(mine, me);
  try {
    await link(draft, mine.path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  if (await isFollowed(directory, mine)) {
    await rm(mine.path, { force: true });
    return false;
  }
  for (const lock of await locksIn(directory)) if (lock.number < mine.number) await rm(lock.path, { force: true });
  return true;
}

async function isFollowed(directory: string, mine: Lock): Promise<boolean> {
  return (await locksIn(directory)).some((lock) => lock.number > mine.number);
}

/** By number. */
async function locksIn(directory: string): Promise<Lock[]> {
  const numbers = (await readdir(directory)).flatMap((name) => {
    const number = LOCK_NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.sort((a, b) => a - b).map((number) => lockIn(directory, number));
}

function lockIn(directory: string, number: number): Lock {
  return { number, path: join(directory, `owner.${String(number)}.json`) };
}

async function replace(mine: Lock, owner: Owner): Promise<void> {
  await rename(await writeDraft(mine, owner), mine.path);
}

async function writeDraft(mine: Lock, owner: Owner): Promise<string> {
  const draft = `${mine.path}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    return draft;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** With all that leads to it. Node's own `recursive` tries for ever where a file system takes no directory, as /proc does. */
async function makeDirectory(path: string): Promise<void> {
  const known = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (known?.isDirectory() === true) return;
  if (known === undefined && dirname(path) !== path) await makeDirectory(dirname(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it in the meantime.
    if (errorCode(error) !== 'EEXIST' || known !== undefined) throw error;
  }
}

/** What the file system refuses comes out with the directory and a remedy. */
async function usable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || error instanceof AppError) throw error;
    const why = REMEDY[code] ?? `cannot be used (${code})`;
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
  // All that leads to it is there: only a file system that takes no directory says so.
  ENOENT: 'cannot be made there',
};
