/** Types commands, shows what comes back, and says in between what happens: the demo's voice. */
import { Writable } from 'node:stream';
import type { Readable } from 'node:stream';

const PATIENCE_MS = 45_000;

export interface Stage {
  say(text: string): void;
  /** Types a command line, as at the prompt, and waits for what it shows to hold `shows`. */
  type(line: string, shows: RegExp): Promise<void>;
  /** Waits until the screen shows it, from here on. */
  until(shows: RegExp): Promise<void>;
}

export class Narrator {
  /** What the console writes to. */
  readonly screen: Writable;
  readonly #stdout: NodeJS.WritableStream;
  readonly #hasColour: boolean;
  readonly #watchers = new Set<() => void>();
  #shown = '';

  constructor(stdout: NodeJS.WritableStream, hasColour: boolean) {
    this.#stdout = stdout;
    this.#hasColour = hasColour;
    this.screen = new Writable({
      decodeStrings: false,
      write: (chunk, _, done) => {
        const text = String(chunk);
        this.#shown += text;
        stdout.write(text);
        for (const watcher of [...this.#watchers]) watcher();
        done();
      },
    });
  }

  say(text: string): void {
    this.#stdout.write(`\n${this.#hasColour ? `\u001b[1;36m${text}\u001b[0m` : `# ${text}`}\n`);
  }

  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.say(`${text} …`);
    return work();
  }

  at(input: Readable, signal: AbortSignal): Stage {
    return {
      say: (text) => {
        this.say(text);
      },
      type: async (line, shows) => {
        this.#stdout.write(`\n${this.#hasColour ? `\u001b[1mcertmon> ${line}\u001b[0m` : `certmon> ${line}`}\n`);
        const shown = this.#until(shows, line, signal);
        input.push(`${line}\n`);
        await shown;
      },
      until: (shows) => this.#until(shows, undefined, signal),
    };
  }

  #until(shows: RegExp, line: string | undefined, signal: AbortSignal): Promise<void> {
    const from = this.#shown.length;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        signal.removeEventListener('abort', stop);
      };
      const check = (): void => {
        if (!shows.test(this.#shown.slice(from))) return;
        end();
        resolve();
      };
      const stop = (): void => {
        end();
        reject(new Error('the demo was stopped'));
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(`the demo waited in vain for ${String(shows)}${line === undefined ? '' : ` after "${line}"`}`),
        );
      }, PATIENCE_MS);
      this.#watchers.add(check);
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
    });
  }
}
