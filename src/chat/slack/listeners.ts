/**
 * What is heard from Slack: the slash command, and every button and choice of ours. Accept, tell Slack, run; no rule of
 * ours lives here.
 *
 * Slack drops what is not acknowledged within 3 s and never repeats it: the inbox keeps it before we acknowledge. What
 * the inbox did not take is told to the person. A command's acknowledgement may carry that text; a click's may not, so it
 * goes to the click's response URL.
 */
import type { App } from '@slack/bolt';
import type { Incoming } from '../../core/inbox.ts';
import type { Log } from '../../core/ports.ts';
import type { Hear, Heard } from '../platform.ts';
import { ACTION_ID } from './actions.ts';
import { fromClick, fromCommand, lineOf } from './incoming.ts';
import { COMMAND } from './plain.ts';
import { escapeText } from './text.ts';
import { within } from './within.ts';

/** Of the 3 s that Slack waits. */
const ACK_WITHIN_MS = 2_500;
/** A person who sees nothing for longer types it again. */
const SILENT_FOR_MS = 2_500;

const STARTING = 'certmon is just starting, so this was not accepted and nothing is done. Try again in a few seconds.';
const STOPPING = 'certmon is shutting down, so this was not accepted and nothing is done. Try again in a minute.';
const FAILED = 'Something went wrong in certmon, so this was not accepted and nothing is done. Its log says more.';
const UNSURE = 'certmon is slow just now. Whether it has accepted this is told here as soon as it is known.';

export interface Listening {
  /** `undefined` until certmon has started, and after it was told to stop. */
  hear: Hear | undefined;
  isStopping: boolean;
}

/** Says something to the person alone, at the place of the command. Never throws. */
export type Whisper = (incoming: Incoming, text: string) => Promise<void>;

export function registerListeners(app: App, listening: Listening, whisper: Whisper, log: Log): void {
  const listen = async (incoming: Incoming): Promise<Heard> => {
    if (listening.hear === undefined) return { accepted: false, message: listening.isStopping ? STOPPING : STARTING };
    try {
      return await listening.hear(incoming);
    } catch (error) {
      log.error({ err: error }, 'slack command could not be accepted');
      return { accepted: false, message: FAILED };
    }
  };

  /** Tells Slack in time, and then does it. `refuse` tells the person, and Slack where that was not told yet. */
  const take = async (
    incoming: Incoming,
    ack: (text?: string) => Promise<void>,
    refuse: (text: string, isAcked: boolean) => Promise<void>,
  ): Promise<void> => {
    const hearing = listen(incoming);
    const inTime = await within(ACK_WITHIN_MS, hearing);
    if (inTime === undefined) await ack(UNSURE);
    const heard = inTime ?? (await hearing);
    if (!heard.accepted) {
      await refuse(heard.message, inTime === undefined);
      return;
    }
    if (inTime !== undefined) await ack();
    await run(incoming, heard, whisper);
  };

  app.command(/^/, async ({ command, ack }) => {
    if (command.command !== COMMAND) {
      await ack(ephemeral(`certmon listens to ${COMMAND}, not to ${command.command}. Try ${COMMAND} help.`));
      return;
    }
    const incoming = fromCommand(command, new Date());
    await take(
      incoming,
      (text) => (text === undefined ? ack() : ack(ephemeral(text))),
      (text, isAcked) => (isAcked ? whisper(incoming, text) : ack(ephemeral(text))),
    );
  });

  app.action({ type: 'block_actions', action_id: ACTION_ID }, async ({ body, action, ack }) => {
    const line = lineOf(action);
    if (line === undefined) {
      await ack();
      return;
    }
    const incoming = fromClick(body, action, line, new Date());
    await take(
      incoming,
      () => ack(),
      async (text, isAcked) => {
        if (!isAcked) await ack();
        await whisper(incoming, text);
      },
    );
  });
}

async function run(incoming: Incoming, heard: Heard & { accepted: true }, whisper: Whisper): Promise<void> {
  if (!heard.isNew) return;
  let isDone = false;
  const running = heard.run().finally(() => {
    isDone = true;
  });
  await within(SILENT_FOR_MS, running);
  const line = incoming.text.trim().split('\n')[0] ?? '';
  if (!(isDone as boolean)) await whisper(incoming, `Working on it: ${line.slice(0, 100)}`);
  await running;
}

function ephemeral(text: string): { response_type: 'ephemeral'; text: string } {
  return { response_type: 'ephemeral', text: escapeText(text) };
}
