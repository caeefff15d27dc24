/** The adapter on a real listener between a Slack client and the emulator, with an inbox that the test plays. */
import { createSlackPlatform } from '../../../src/chat/slack/adapter.ts';
import type { SlackSettings } from '../../../src/chat/slack/adapter.ts';
import type { Hear, ChatPlatform } from '../../../src/chat/platform.ts';
import type { Reply } from '../../../src/chat/message.ts';
import type { Incoming } from '../../../src/core/inbox.ts';
import type { Log } from '../../../src/core/ports.ts';
import type { SlackServices } from '../../../src/chat/slack/tokens.ts';
import { listen } from '../../../src/listener.ts';
import { createSlackClient } from '../../helpers/slack-client.ts';
import type { SlackClient } from '../../helpers/slack-client.ts';
import { startSlackEmulator } from '../../helpers/slack-emulator.ts';
import type { EmulatorOptions, SlackEmulator } from '../../helpers/slack-emulator.ts';

export const SIGNING_SECRET = 'a-signing-secret-of-tests';

export interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

export interface SlackWorld {
  readonly slack: SlackEmulator;
  readonly platform: ChatPlatform;
  readonly client: SlackClient;
  /** Somebody of another team. */
  clientOf(teamId: string): SlackClient;
  readonly url: string;
  readonly heard: Incoming[];
  readonly logged: LogRecord[];
  /** Waits for a record of that message. */
  untilLogged(message: string): Promise<LogRecord>;
  /** What the inbox does next; by default it keeps everything and answers with `reply`. */
  hear: Hear;
  reply: Reply;
  close(): Promise<void>;
}

export const someReply: Reply = {
  ok: true,
  audience: 'person',
  message: { tone: 'good', title: 'Done.', blocks: [], actions: [] },
  monitors: [],
  incident: undefined,
  status: undefined,
  probe: undefined,
};

export async function startSlackWorld(
  options: EmulatorOptions & {
    readonly isStarted?: boolean;
    /** Where the world's own differ. */
    readonly settings?: Partial<SlackSettings>;
    readonly services?: () => SlackServices | undefined;
    /** Before certmon is there. */
    readonly prepare?: (slack: SlackEmulator) => void;
  } = {},
): Promise<SlackWorld> {
  const slack = await startSlackEmulator(options);
  options.prepare?.(slack);
  const logged: LogRecord[] = [];
  const looking = new Set<() => void>();
  const keep =
    (level: LogRecord['level']) =>
    (fields: object, message: string): void => {
      logged.push({ level, fields, message });
      for (const look of [...looking]) look();
    };
  const log: Log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  const platform = createSlackPlatform(
    {
      hears: { type: 'http', signingSecret: SIGNING_SECRET },
      speaks: { type: 'token', botToken: slack.botToken },
      apiUrl: slack.apiUrl,
      ...options.settings,
    },
    log,
    options.services,
  );
  const listener = await listen(
    0,
    platform.routes,
    () => ({ ready: true, state: 'running', degraded: [] }),
    (error) => {
      throw error;
    },
  );
  const url = `http://127.0.0.1:${String(listener.port)}/slack/events`;
  const heard: Incoming[] = [];
  const clientOf = (teamId: string): SlackClient =>
    createSlackClient({
      signingSecret: SIGNING_SECRET,
      url,
      teamId,
      person: slack.person,
      newResponseUrl: () => slack.newResponseUrl(),
    });
  const world: SlackWorld = {
    slack,
    platform,
    url,
    heard,
    logged,
    untilLogged: (message) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = logged.find((record) => record.message === message);
          if (found === undefined) return;
          looking.delete(look);
          resolve(found);
        };
        looking.add(look);
        look();
      }),
    client: clientOf(slack.teamId),
    clientOf,
    reply: someReply,
    hear: (incoming) =>
      Promise.resolve({ accepted: true, isNew: true, run: () => platform.answer(incoming, world.reply) }),
    async close() {
      await platform.stop();
      await listener.close(1_000);
      await slack.close();
    },
  };
  if (options.isStarted !== false) {
    await platform.start((incoming) => {
      heard.push(incoming);
      return world.hear(incoming);
    });
  }
  return world;
}
