/** What is typed, or piped in, as commands; and what a terminal completes. */
import type { Incoming, Mention } from '../../core/inbox.ts';
import { COMMAND_NAMES, findCommand, specOf } from '../grammar/table.ts';
import { OWN_WORDS } from './own-commands.ts';

/** One console from its opening to its end: line numbers are unique within it. */
export interface ConsoleRun {
  /** Random: lines of two runs are never the same command. */
  readonly runId: string;
  readonly personName: string;
}

/** The console's own chat, with the person at it. */
export const OWN_CHAT = 'console';

export const CONSOLE_TEAM = 'local';

/** @param line counted from 1. */
export function toIncoming(run: ConsoleRun, text: string, line: number): Incoming {
  return {
    platform: 'console',
    externalId: `${run.runId}:${String(line)}`,
    teamId: CONSOLE_TEAM,
    person: { externalId: run.personName, name: run.personName },
    conversation: { externalId: OWN_CHAT, name: OWN_CHAT, isPrivateChat: true },
    text,
    mentions: mentionsIn(text),
    answerTo: { run: run.runId, line },
  };
}

/** Any `#name` is a channel here: it comes to be once a group is mapped to it. */
function mentionsIn(text: string): Mention[] {
  const tokens = new Set(text.match(/(?<!\S)#[\p{L}\p{N}][\p{L}\p{N}_.-]{0,79}(?!\S)/gu) ?? []);
  return [...tokens].map((token) => ({
    token,
    kind: 'channel',
    externalId: token.toLowerCase(),
    name: token.slice(1),
  }));
}

/** What the line may go on as, for readline: whole lines for a command's name, else the last word's. */
export function complete(line: string): [string[], string] {
  const typed = line.trimStart().toLowerCase();
  const lastWord = /\S*$/.exec(line)?.[0] ?? '';
  const command = [2, 1]
    .map((count) => findCommand(typed.split(/\s+/, count).join(' ')))
    .find((name) => name !== undefined);
  if (command === 'help' && typed.startsWith('help ')) {
    const topic = typed.replace(/^help\s+/, '');
    return [
      [...COMMAND_NAMES, ...OWN_WORDS].filter((name) => name.startsWith(topic)).map((name) => `help ${name}`),
      line,
    ];
  }
  if (command !== undefined && lastWord.startsWith('--')) {
    const flags = Object.keys(specOf(command).flags).map((flag) => `--${flag} `);
    return [flags.filter((flag) => flag.startsWith(lastWord)), lastWord];
  }
  return [[...COMMAND_NAMES, ...OWN_WORDS].filter((name) => name.startsWith(typed)).map((name) => `${name} `), line];
}
