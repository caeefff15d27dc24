/** Other processes, driven by lines of JSON: what two processes do to one data directory shows in no other way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** Everything it has said so far. */
  readonly said: readonly unknown[];
  /** Types a line. */
  tell(...words: readonly string[]): void;
  /** The next thing it says. @throws {Error} where the process ends instead. */
  next(): Promise<unknown>;
  /** Types a line and waits for the next thing it says. */
  ask(...words: readonly string[]): Promise<unknown>;
  /** Waits until it has said this many things. */
  untilSaid(count: number): Promise<void>;
  /** Ends it at once, and waits until it has ended and all it said was read. */
  kill(): Promise<void>;
}

/** Runs a program of this folder from source. */
export function startChild(program: string, ...words: readonly string[]): Child {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: unknown[] = [];
  const watchers = new Set<() => void>();
  let heard = 0;
  let hasEnded = false;
  const changed = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line));
    changed();
  });
  const closed = once(child, 'close').then(() => {
    hasEnded = true;
    changed();
  });
  // What is typed to one that has just ended is lost, as the test then sees.
  child.stdin.on('error', () => undefined);

  const untilSaid = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (said.length < count && !hasEnded) return;
        watchers.delete(look);
        if (said.length >= count) resolve();
        else reject(new Error(`${program} ended with ${String(child.exitCode ?? child.signalCode)}`));
      };
      watchers.add(look);
      look();
    });
  const tell: Child['tell'] = (...line) => {
    child.stdin.write(`${JSON.stringify(line)}\n`);
  };
  const next = async (): Promise<unknown> => {
    heard += 1;
    const index = heard - 1;
    await untilSaid(heard);
    return said[index];
  };
  return {
    pid: child.pid ?? 0,
    said,
    tell,
    next,
    untilSaid,
    ask(...line) {
      tell(...line);
      return next();
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
