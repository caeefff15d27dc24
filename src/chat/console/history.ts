/** Lines typed in earlier consoles, in a file of the person's own. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../../core/ports.ts';

const KEPT = 1_000;

export interface History {
  /** Newest first, as readline wants them. */
  readonly lines: readonly string[];
  /** Kept in order, in the background; a file that cannot be written costs the history and nothing else. */
  add(line: string): void;
  /** Once all is written. */
  flush(): Promise<void>;
}

/** @param path `undefined` keeps nothing beyond this run. */
export async function openHistory(path: string | undefined, log: Pick<Log, 'debug'>): Promise<History> {
  if (path === undefined) return { lines: [], add: () => undefined, flush: () => Promise.resolve() };
  /** The data directory may not be there: with a database server nothing else is kept in it. */
  let writing: Promise<unknown> | undefined;
  let isBroken = false;
  const giveUp = (error: unknown): void => {
    // Nobody at the console has a use for it on their screen.
    if (!isBroken) log.debug({ err: error }, 'console history is not kept');
    isBroken = true;
  };
  const lines = await readLines(path).catch((error: unknown) => {
    giveUp(error);
    return [];
  });
  if (lines.length > KEPT) {
    await writeFile(path, `${lines.slice(-KEPT).join('\n')}\n`, { mode: 0o600 }).catch(giveUp);
  }
  return {
    lines: lines.slice(-KEPT).reverse(),
    add(line) {
      if (isBroken) return;
      writing ??= mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(giveUp);
      writing = writing.then(() => appendFile(path, `${line}\n`, { mode: 0o600 })).catch(giveUp);
    },
    async flush() {
      await writing;
    },
  };
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
