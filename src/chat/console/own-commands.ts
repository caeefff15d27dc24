/** What only a console understands: `demo` and `exit`, help on them, and what people bring along from other platforms. */
import { parseCommand } from '../command.ts';
import type { Message, Reply } from '../message.ts';
import { command, done, message, refusal, text } from '../reply.ts';

export const OWN_WORDS = ['demo', 'exit', 'quit'] as const;

/** Whether a line ends the console. */
export function isExit(typed: string): boolean {
  return /^\s*(?:exit|quit)\s*$/i.test(typed);
}

export function isDemo(typed: string): boolean {
  return /^\s*demo\s*$/i.test(typed);
}

const HELP: Readonly<Record<(typeof OWN_WORDS)[number], string>> = {
  demo: 'the whole story with services and certificates made up for it, in under a minute; Ctrl-C ends it',
  exit: 'leave the console; what is watched is kept',
  quit: 'leave the console, as exit does',
};

/** The answer to a line that needs nobody but the console itself; `undefined` for all others. */
export function ownReply(typed: string): Reply | undefined {
  const [first = '', second, third] = typed.trim().split(/\s+/);
  const word = ownWord(first);
  if (word !== undefined && second !== undefined) return refusal(`${word} takes nothing more`);
  const topic = first.toLowerCase() === 'help' && third === undefined ? ownWord(second ?? '') : undefined;
  if (topic !== undefined) return done({ message: message('neutral', `${topic}: ${HELP[topic]}`) });
  const elsewhere = /^\s*\/certmon(?:\s+(.*))?$/is.exec(typed);
  if (elsewhere === null) return undefined;
  return refusal('Not done', [text(['Here without /certmon: ', command(elsewhere[1]?.trim() ?? 'help')])]);
}

function ownWord(word: string): (typeof OWN_WORDS)[number] | undefined {
  return OWN_WORDS.find((own) => own === word.toLowerCase());
}

/** The list of all commands, with the console's own at its end; any other reply as it is. */
export function withOwnWords(typed: string, said: Message): Message {
  const read = parseCommand(typed);
  if (!read.ok || read.value.type !== 'help' || read.value.topic !== undefined) return said;
  const items = (['demo', 'exit'] as const).map((word) => [command(word), `: ${HELP[word]}`]);
  const [first, ...rest] = said.blocks;
  if (first?.type !== 'list') return said;
  return { ...said, blocks: [{ type: 'list', items: [...first.items, ...items] }, ...rest] };
}
