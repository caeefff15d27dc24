/** Counts what was sent, by kind. */
import { whatIsTold } from './oracle/threads.ts';
import type { Message } from './platform.ts';

export interface Numbers {
  readonly monitors: number;
  readonly days: number;
  readonly seed: string;
  readonly looks: number;
  readonly steps: number;
  readonly restarts: number;
  /** Crossings that had to be told. */
  readonly thresholds: number;
  readonly sent: Readonly<Record<string, number>>;
  readonly people: Readonly<Record<string, number>>;
}

export interface Tally {
  readonly messages: number;
  readonly numbers: Readonly<Record<string, number>>;
  message(message: Message): void;
}

export function createTally(): Tally {
  const numbers: Record<string, number> = {};
  let messages = 0;
  const count = (kind: string): void => {
    numbers[kind] = (numbers[kind] ?? 0) + 1;
  };
  return {
    get messages() {
      return messages;
    },
    get numbers() {
      return Object.fromEntries(Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    message({ how, content }) {
      messages += 1;
      if (content.kind === 'notice') count(`notice: ${content.title.replaceAll(/\d+/g, 'N')}`);
      else if (content.kind === 'head') count(how === 'post' ? `head, ${content.severity}` : 'head, edited');
      else count(`thread: ${whatIsTold(content).replace(/ \d+$/, '')}`);
      if (content.kind === 'thread' && content.broadcast) count('broadcast');
    },
  };
}
