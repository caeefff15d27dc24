/** A certmon of its own process, driven as a program would: lines in, JSON lines out. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PATIENCE_MS = 30_000;

/** One line of `console --json`. */
export interface ConsoleLine {
  readonly type: 'reply' | 'head' | 'edit' | 'thread';
  readonly inReplyTo: number | null;
  readonly channel: string | null;
  readonly incident: string | null;
  readonly severity: string | null;
  readonly status: string | null;
  readonly acknowledgedBy: string | null;
  readonly text: string;
  readonly ok: boolean | null;
  readonly monitors: readonly string[];
  readonly probe: {
    readonly status: string;
    readonly daysLeft: number | null;
    readonly findings: readonly { code: string }[];
  } | null;
}

export interface CertmonProcess {
  readonly child: ChildProcess;
  readonly lines: readonly ConsoleLine[];
  /** Types a line and waits for its reply. */
  ask(text: string): Promise<ConsoleLine>;
  /** The first line from `from` on that fits; waits for it. */
  until(fits: (line: ConsoleLine) => boolean, from?: number): Promise<ConsoleLine>;
  /** What it wrote to standard error, and to standard output if that is no JSON of ours. */
  noise(): string;
  /** Waits for the text in the noise. */
  untilNoise(text: string | RegExp): Promise<void>;
  /** Ends standard input, and waits for the exit code. */
  end(): Promise<number | null>;
  /** Sends a signal, and waits for the exit code; `null` where the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export function startCertmon(words: readonly string[], env: Readonly<Record<string, string>>): CertmonProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: ConsoleLine[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  let noise = '';
  let typed = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"type":')) lines.push(JSON.parse(line) as ConsoleLine);
    else noise += `${line}\n`;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    noise += chunk;
    changed();
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      resolve(code);
      changed();
    });
  });

  const watch = <T>(look: () => T | undefined, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        watchers.delete(check);
        clearTimeout(timer);
        reject(
          new Error(
            `${why} while waiting for ${what}\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n${noise}`,
          ),
        );
      };
      const check = (): void => {
        const found = look();
        if (found === undefined) {
          if (child.exitCode !== null || child.signalCode !== null) fail('certmon ended');
          return;
        }
        watchers.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        fail('time is up');
      }, PATIENCE_MS);
      watchers.add(check);
      check();
    });

  return {
    child,
    lines,
    ask(text) {
      typed += 1;
      const number = typed;
      child.stdin.write(`${text}\n`);
      return watch(
        () => lines.find((line) => line.type === 'reply' && line.inReplyTo === number),
        `the reply to "${text}"`,
      );
    },
    until: (fits, from = 0) => watch(() => lines.slice(from).find(fits), `a line with ${fits.toString()}`),
    noise: () => noise,
    async untilNoise(text) {
      await watch(() => (noise.search(text) >= 0 ? true : undefined), String(text));
    },
    end() {
      child.stdin.end();
      return exited;
    },
    kill(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
