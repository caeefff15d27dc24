/**
 * The console: a chat platform on stdin and stdout.
 *
 * Commands run strictly one after the other, in the order of their lines. On a terminal there is a prompt with history,
 * and what is said meanwhile appears above it, with the line being typed put back below; in a pipe there is neither.
 * With `json` everything is one line of JSON a message. Whoever reads may go away at any time: the console then ends.
 */
import { randomUUID } from 'node:crypto';
import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline';
import type { Interface } from 'node:readline';
import type { HeadAlert } from '../../core/alert.ts';
import type { Incoming } from '../../core/inbox.ts';
import type { Delivery, DeliveryOutcome, Log } from '../../core/ports.ts';
import { alertMessage } from '../alert-message.ts';
import { faultFields } from '../fault.ts';
import type { Message, Reply } from '../message.ts';
import type { ChatPlatform, Hear } from '../platform.ts';
import { command, message, note, text, undone } from '../reply.ts';
import { openHistory } from './history.ts';
import type { History } from './history.ts';
import { alertLine, replyLine } from './json.ts';
import type { DeliveryKind } from './json.ts';
import { OWN_CHAT, complete, toIncoming } from './listeners.ts';
import type { ConsoleRun } from './listeners.ts';
import { isDemo, isExit, ownReply, withOwnWords } from './own-commands.ts';
import { renderMessage } from './render.ts';
import type { Look } from './render.ts';

type Input = NodeJS.ReadableStream;
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface ConsoleSettings {
  readonly input: Input;
  readonly output: Output;
  /** A person sits at it: a prompt, history, alerts above the line being typed. */
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  /** One line of JSON a message, instead of text. */
  readonly isJson: boolean;
  readonly personName: string;
  /** Where typed lines are kept; `undefined` keeps them for this run only. */
  readonly historyFile: string | undefined;
  /** Tells the story of `demo` on the same terminal until the signal; without it, or in a pipe, the grammar answers. */
  readonly demo: ((signal: AbortSignal) => Promise<void>) | undefined;
}

export interface ConsolePlatform extends ChatPlatform {
  /** Nothing more is heard, and everything heard is answered: stdin ended, `exit`, Ctrl-C, or nobody reads any more. */
  readonly ended: Promise<void>;
}

const PROMPT = 'certmon> ';
const FAREWELL = 'Left the console. What is watched is kept, and is checked again whenever certmon runs.';
const GREETING = message('neutral', 'certmon watches the certificates of your TLS services', [
  text(['Begin with ', command('add www.example.com https'), '; ', command('list'), ' shows what is watched.']),
  note([command('help'), ' lists all commands, ', command('demo'), ' tells a story, ', command('exit'), ' leaves.']),
]);
const HEADS_REMEMBERED = 5_000;
/** Lines read ahead of the one that runs. */
const READ_AHEAD = 100;

const SILENT: ConsoleLog = { debug: () => undefined, warn: () => undefined, error: () => undefined };

type ConsoleLog = Pick<Log, 'debug' | 'warn' | 'error'>;

/** @param log where it is told what the person at the console has no use for. */
export function createConsolePlatform(settings: ConsoleSettings, log: ConsoleLog = SILENT): ConsolePlatform {
  const { input, output, isJson, isTerminal } = settings;
  const run: ConsoleRun = { runId: randomUUID(), personName: settings.personName };
  /** What the heads shown last said, by channel and incident. */
  const shown = new Map<string, string>();
  const waiting: { readonly text: string; readonly line: number }[] = [];
  let lines: Interface | undefined;
  let history: History | undefined;
  let hear: Hear | undefined;
  let lineNumber = 0;
  let messageNumber = 0;
  let isRunning = false;
  let isClosed = false;
  let nobodyReads = false;
  let isInputOver = false;
  let hasLeft = false;
  let telling: AbortController | undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') log.warn({ err: error }, 'console output failed');
    nobodyReads = true;
    stopReading();
    end();
  });

  function look(): Look {
    return { colour: settings.hasColour && !isJson, width: output.isTTY === true ? (output.columns ?? 80) : Infinity };
  }

  // -------------------------------------------------------------- saying

  /** False where nobody reads any more. */
  function print(shown: string): Promise<boolean> {
    if (nobodyReads) return Promise.resolve(false);
    const typing = isTerminal && !isInputOver ? lines : undefined;
    const rows = typing?.getCursorPos().rows ?? 0;
    if (typing !== undefined) {
      moveCursor(output, 0, -rows);
      cursorTo(output, 0);
      clearScreenDown(output);
    }
    const written = new Promise<boolean>((resolve) => {
      output.write(`${shown}\n`, (error) => {
        resolve(error === null || error === undefined);
      });
    });
    if (typing !== undefined) {
      // Before it draws the line anew readline goes up by the rows it counted last, which would be over what was written.
      Object.assign(typing, { prevRows: 0 });
      typing.prompt(true);
    }
    return written;
  }

  function say(said: Message): Promise<boolean> {
    return print(renderMessage(said, look()));
  }

  async function answerLine(reply: Reply, line: number): Promise<void> {
    await (isJson ? print(replyLine(reply, OWN_CHAT, line)) : say(reply.message));
  }

  /** `undefined` where there is nothing that whoever reads here does not know. */
  function renderDelivery({ channel, content, how }: Delivery): string | undefined {
    const name = channel.isPrivateChat ? channel.name : `#${channel.name}`;
    const kind: DeliveryKind = how.type === 'post' ? 'head' : how.type === 'reply' ? 'thread' : 'edit';
    if (isJson) return alertLine(content, kind, name);
    const said = alertMessage(content);
    const prefix = `[${name}] `;
    const isNews = content.kind !== 'head' || isNewsOf(channel.id, content);
    if (kind !== 'edit') return renderMessage(said, look(), { prefix, actions: kind === 'head' });
    // The head stands above already: only what is new about it is worth the lines, and that a day has passed is not.
    if (!isNews) return undefined;
    const state = content.kind === 'head' ? content.state : [];
    const blocks = state.map((line) => text(line));
    return renderMessage({ ...said, blocks, actions: [] }, look(), { prefix });
  }

  /** Whether a head says more than the one shown last, beside the days that are left. */
  function isNewsOf(channelId: string, { incident, severity, status, state, hosts }: HeadAlert): boolean {
    const key = `${channelId} ${incident.id}`;
    const said = JSON.stringify([severity, status, state, hosts.length]);
    const isNews = shown.get(key) !== said;
    if (shown.size >= HEADS_REMEMBERED) shown.clear();
    shown.set(key, said);
    return isNews;
  }

  // -------------------------------------------------------------- hearing

  function read(typed: string): void {
    lineNumber += 1;
    if (typed.trim() === '') {
      if (!isRunning) lines?.prompt();
      return;
    }
    if (isTerminal) history?.add(typed);
    waiting.push({ text: typed, line: lineNumber });
    if (waiting.length >= READ_AHEAD) lines?.pause();
    void work();
  }

  async function work(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    lines?.setPrompt('');
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runLine(next.text, next.line);
      if (waiting.length < READ_AHEAD / 2 && !isInputOver) lines?.resume();
    }
    isRunning = false;
    if (isInputOver) {
      leave();
      return;
    }
    lines?.setPrompt(PROMPT);
    if (isTerminal) lines?.prompt(true);
  }

  /** Never rejects: one line's fault is not the next one's. */
  async function runLine(typed: string, line: number): Promise<void> {
    if (isExit(typed)) {
      waiting.length = 0;
      stopReading();
      return;
    }
    try {
      if (isDemo(typed) && isTerminal && settings.demo !== undefined) {
        await tell(settings.demo);
        return;
      }
      const own = ownReply(typed);
      if (own !== undefined) {
        await answerLine(own, line);
        return;
      }
      const heard = await hear?.(toIncoming(run, typed, line));
      if (heard?.accepted === true) await heard.run();
      else if (heard !== undefined) {
        await answerLine(undone({ message: message('critical', heard.message) }), line);
      }
    } catch (error) {
      log.error({ line, ...faultFields(error) }, 'console line failed');
      await answerLine(undone({ message: message('critical', 'certmon could not do this: a fault of its own') }), line);
    }
  }

  /** Until it is over, or somebody ends it. */
  async function tell(demo: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const told = new AbortController();
    telling = told;
    try {
      await demo(told.signal);
    } catch (error) {
      if (!told.signal.aborted) throw error;
    } finally {
      telling = undefined;
    }
  }

  /** With a farewell where a person went of their own accord. */
  function leave(): void {
    if (hasLeft) return;
    hasLeft = true;
    if (!isTerminal || isClosed || nobodyReads) end();
    else void print(FAREWELL).then(end);
  }

  function stopReading(): void {
    isInputOver = true;
    telling?.abort();
    lines?.close();
  }

  function openLines(known: readonly string[]): Interface {
    const opened = isTerminal
      ? createInterface({
          input,
          output,
          terminal: true,
          prompt: PROMPT,
          history: [...known],
          historySize: 1_000,
          removeHistoryDuplicates: true,
          completer: complete,
        })
      : createInterface({ input, terminal: false, crlfDelay: Infinity });
    opened.on('line', read);
    opened.on('close', () => {
      isInputOver = true;
      telling?.abort();
      // Off the line of the prompt; while a command runs there is none.
      if (isTerminal && !nobodyReads && !isRunning) output.write('\n');
      if (!isRunning && waiting.length === 0) leave();
    });
    opened.on('SIGINT', () => {
      if (telling !== undefined) {
        telling.abort();
        return;
      }
      if (opened.line !== '') {
        // As in a shell: what was typed is dropped.
        opened.write(null, { ctrl: true, name: 'e' });
        opened.write(null, { ctrl: true, name: 'u' });
        return;
      }
      stopReading();
      leave();
    });
    return opened;
  }

  return {
    platform: 'console',
    paceMs: 0,
    goesStale: false,
    routes: [],
    ended,
    async start(hearing) {
      hear = hearing;
      history = await openHistory(isTerminal ? settings.historyFile : undefined, log);
      if (isTerminal) await say(GREETING);
      lines = openLines(history.lines);
      if (isTerminal) lines.prompt();
    },
    async answer(incoming: Incoming, reply: Reply) {
      // A line of an earlier run, or of a console that joined this process: who asked is not here.
      const line = incoming.answerTo.line;
      if (incoming.answerTo.run !== run.runId || typeof line !== 'number') return;
      const said = isTerminal ? withOwnWords(incoming.text, reply.message) : reply.message;
      await answerLine({ ...reply, message: said }, line);
    },
    async deliver(delivery, signal): Promise<DeliveryOutcome> {
      if (isClosed || nobodyReads) return { type: 'retry', reason: 'no console is open' };
      const rendered = renderDelivery(delivery);
      // A reader that stalls must not hold back the dispatcher: what is written waits in the stream, and is shown in time.
      const isShown = rendered === undefined || (await unlessAborted(print(rendered), signal));
      if (!isShown) return { type: 'retry', reason: 'nobody reads the console any more' };
      messageNumber += 1;
      return { type: 'sent', messageId: `${run.runId}:${String(messageNumber)}` };
    },
    async stop() {
      isClosed = true;
      stopReading();
      end();
      await history?.flush();
    },
  };
}

/** What `writing` says; true where `signal` aborts first. */
async function unlessAborted(writing: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<true>((resolve) => {
    giveUp = () => {
      resolve(true);
    };
  });
  if (signal.aborted) return true;
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([writing, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
