/** Lines typed in earlier consoles, in a file of the person's own. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
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
export async function openHistory(path: string | undefined, log: Pick<Log, 'warn'>): Promise<History> {
  if (path === undefined) return { lines: [], add: () => undefined, flush: () => Promise.resolve() };
  let writing = Promise.resolve();
  let isBroken = false;
  const giveUp = (error: unknown): void => {
    if (!isBroken) log.warn({ err: error }, 'console history is not kept');
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
      writing = writing.then(() => appendFile(path, `${line}\n`, { mode: 0o600 })).catch(giveUp);
    },
    flush: () => writing,
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
