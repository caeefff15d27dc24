/** Who holds a lock on a data directory, and whether that process still lives. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

export interface Owner {
  readonly pid: number;
  /** Kernel's start time of the process, in its own units; empty where the system does not tell. */
  readonly startedAt: string;
  /** Where the id means a process: host name and process id namespace, since containers share the one and not the other. */
  readonly host: string;
  /** Where the database listens; empty until it does. */
  readonly socketPath: string;
  /** It ended in order: whoever comes next need not ask whether it lives. */
  readonly released: boolean;
}

/** How long an owner of another host may leave its lock untouched. */
const DEAD_AFTER_MS = 30_000;

/** This process, that listens nowhere yet. */
export function thisProcess(): Owner {
  const { startedAt } = processAt(process.pid);
  return { pid: process.pid, startedAt, host: thisHost(), socketPath: '', released: false };
}

/** `undefined` for a lock that is gone or given back, or that nobody could have written whole. */
export async function readOwner(path: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    // An id below 1 means a group of processes, or all of them (kill(2)).
    if (!Number.isInteger(owner.pid) || (owner.pid ?? 0) < 1 || owner.released === true) return undefined;
    return {
      pid: owner.pid ?? 0,
      startedAt: owner.startedAt ?? '',
      host: owner.host ?? '',
      socketPath: owner.socketPath ?? '',
      released: false,
    };
  } catch {
    // Not JSON: a machine that lost power while it was written leaves such a file.
    return undefined;
  }
}

/** @param path of its lock. */
export async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== thisHost()) return wasTouched(path);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const { startedAt, isZombie } = processAt(owner.pid);
  return !isZombie && (owner.startedAt === '' || owner.startedAt === startedAt);
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

/**
 * Fields 3 and 22 of /proc/PID/stat (proc(5)), counted after the command's name, which may hold anything. A zombie has
 * ended, though its id is still there.
 */
function processAt(pid: number): { startedAt: string; isZombie: boolean } {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startedAt: fields[19] ?? '', isZombie: fields[0] === 'Z' };
  } catch {
    // No /proc here, or no such process: the id alone has to do.
    return { startedAt: '', isZombie: false };
  }
}

function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // No /proc here: no containers either.
    return hostname();
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
