/**
 * Slack for tests: npm's `emulate` keeps what the bot said, and a server in front of it on loopback answers at its
 * response URLs and breaks on demand. `emulate` knows neither response URLs nor rate limits.
 *
 *   certmon ──▶ front /api/*        ──▶ emulate
 *           └─▶ front /response/:id ──▶ `responses`
 */
import { createServer, Server } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from 'emulate';

/** What becomes of one call instead of an answer. */
export type Fault =
  | { readonly type: 'error'; readonly code: string }
  | {
      readonly type: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is cut before anything is done. */
  | { readonly type: 'reset' }
  /** It is done, and the connection is cut before the answer. */
  | { readonly type: 'lost-answer' };

export interface SlackMessageSeen {
  readonly ts: string;
  readonly text: string;
  readonly blocks?: readonly unknown[];
  readonly thread_ts?: string;
  readonly reply_broadcast?: boolean;
  readonly edited?: unknown;
  readonly metadata?: unknown;
  readonly [field: string]: unknown;
}

export interface ResponseSeen {
  readonly id: string;
  readonly body: { readonly text: string; readonly blocks?: readonly unknown[]; readonly [field: string]: unknown };
}

export interface SlackCall {
  readonly method: string;
  readonly args: Readonly<Record<string, string>>;
  /** As it was sent: a bearer's. */
  readonly token: string | undefined;
}

/** Answers a method instead of the emulator; `undefined` leaves it to that. */
export type Answer = (call: SlackCall) => Record<string, unknown> | undefined;

export interface SlackEmulator {
  /** For `SLACK_API_URL`. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly teamId: string;
  /** A person in every channel. */
  readonly person: { readonly id: string; readonly name: string };
  readonly responses: readonly ResponseSeen[];
  readonly calls: readonly SlackCall[];
  /** In front of the emulator, for what else speaks there: Socket Mode. */
  readonly front: Server;
  channelId(name: string): string;
  newResponseUrl(): string;
  /** Waits until that many answers came at response URLs, all told. */
  waitForResponses(count: number): Promise<readonly ResponseSeen[]>;
  /** The channel's own messages, oldest first. */
  history(channelId: string): Promise<SlackMessageSeen[]>;
  /** A thread, its head first. */
  replies(channelId: string, ts: string): Promise<SlackMessageSeen[]>;
  /** Any method of the Web API, past all faults. */
  call(method: string, args: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** For the next `times` calls of the method, or posts to a response URL (`response`). */
  breakNext(method: string, fault: Fault, times?: number): void;
  /** The next call of the method is answered only once it is let go. */
  holdNext(method: string, onCall: (release: () => void) => void): void;
  /** Waits for a call of that method. */
  untilCalled(method: string): Promise<void>;
  /** From now on, where no fault comes first. */
  answerWith(method: string, answer: Answer): void;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  /** Public ones, beside `general` and `random`. */
  readonly channels?: readonly string[];
  /** The bot's, enforced; without them all is allowed. */
  readonly scopes?: readonly string[];
}

const BOT_TOKEN = 'xoxb-test-0123456789';
const READER_TOKEN = 'xoxb-test-reader';
/** Stands for "any free port" until `listen` is told. */
const ANY_PORT = 65_535;
const ALL_SCOPES =
  'chat:write,channels:read,channels:history,groups:read,groups:history,channels:manage,im:history,im:write,users:read';

export async function startSlackEmulator(options: EmulatorOptions = {}): Promise<SlackEmulator> {
  const { emulator, server } = await onLoopback(() =>
    createEmulator({
      service: 'slack',
      port: ANY_PORT,
      seed: {
        slack: {
          users: [{ name: 'certmon' }, { name: 'ann' }],
          channels: (options.channels ?? ['ops']).map((name) => ({ name })),
          tokens: [
            { token: BOT_TOKEN, user: 'certmon', scopes: options.scopes?.join(',') ?? ALL_SCOPES },
            { token: READER_TOKEN, user: 'certmon', scopes: ALL_SCOPES },
          ],
          strict_scopes: options.scopes !== undefined,
        },
      },
    }),
  );
  const behind = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const faults = new Map<string, Fault[]>();
  const calls: SlackCall[] = [];
  const answers = new Map<string, Answer>();
  const held = new Map<string, (release: () => void) => void>();
  const callers = new Set<() => void>();
  const responses: ResponseSeen[] = [];
  const waiting: { count: number; done: () => void }[] = [];
  let urls = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await read(request);
    const path = request.url ?? '/';
    const isResponse = path.startsWith('/response/');
    const method = isResponse ? 'response' : path.replace(/^\/api\//, '');
    const fault = faults.get(method)?.shift();
    const call: SlackCall = {
      method,
      args: Object.fromEntries(new URLSearchParams(body)),
      token: request.headers.authorization?.replace(/^Bearer /, ''),
    };
    if (!isResponse) calls.push(call);
    for (const look of [...callers]) look();
    const onCall = held.get(method);
    held.delete(method);
    if (onCall !== undefined) await new Promise<void>((resolve) => onCall(resolve));
    const own = isResponse || fault !== undefined ? undefined : answers.get(method)?.(call);
    if (fault?.type === 'reset') {
      request.socket.resetAndDestroy();
    } else if (fault?.type === 'status') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    } else if (fault?.type === 'error') {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ ok: false, error: fault.code }));
    } else if (own !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(own));
    } else if (isResponse) {
      responses.push({ id: path.slice('/response/'.length), body: JSON.parse(body) as ResponseSeen['body'] });
      response.writeHead(200).end('ok');
      for (const one of waiting) if (responses.length >= one.count) one.done();
    } else {
      const { authorization, 'content-type': contentType } = request.headers;
      const answered = await fetch(behind + path, {
        method: request.method ?? 'POST',
        redirect: 'manual',
        headers: { ...(authorization === undefined ? {} : { authorization }), 'content-type': contentType ?? '' },
        ...(request.method === 'GET' ? {} : { body }),
      });
      const text = await answered.text();
      const location = answered.headers.get('location');
      if (fault?.type === 'lost-answer') request.socket.resetAndDestroy();
      else
        response
          .writeHead(answered.status, {
            'content-type': answered.headers.get('content-type') ?? 'application/json',
            ...(location === null ? {} : { location }),
          })
          .end(text);
    }
  };
  const front = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((front.address() as AddressInfo).port)}`;

  const call = async (method: string, args: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> => {
    const answered = await fetch(`${behind}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${READER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    const result = (await answered.json()) as Record<string, unknown>;
    if (result.ok !== true) throw new Error(`emulated ${method} failed: ${JSON.stringify(result)}`);
    return result;
  };
  const messages = async (method: string, args: Readonly<Record<string, unknown>>): Promise<SlackMessageSeen[]> =>
    (await call(method, args)).messages as SlackMessageSeen[];

  const listed = (await call('conversations.list', { limit: 200 })).channels as { id: string; name: string }[];
  const members = (await call('users.list', {})).members as { id: string; name: string; team_id: string }[];
  const ann = members.find((member) => member.name === 'ann');
  if (ann === undefined) throw new Error('the emulator has no person');

  return {
    apiUrl: `${origin}/api/`,
    botToken: BOT_TOKEN,
    teamId: 'T000000001',
    person: { id: ann.id, name: ann.name },
    responses,
    calls,
    front,
    channelId(name) {
      const found = listed.find((channel) => channel.name === name);
      if (found === undefined) throw new Error(`the emulator has no channel ${name}`);
      return found.id;
    },
    newResponseUrl() {
      urls += 1;
      return `${origin}/response/${String(urls)}`;
    },
    async waitForResponses(count) {
      if (responses.length < count) await new Promise<void>((done) => waiting.push({ count, done }));
      return responses;
    },
    async history(channelId) {
      return (await messages('conversations.history', { channel: channelId, limit: 999 })).reverse();
    },
    replies: (channelId, ts) => messages('conversations.replies', { channel: channelId, ts }),
    call,
    breakNext(method, fault, times = 1) {
      faults.set(method, [...(faults.get(method) ?? []), ...Array.from({ length: times }, () => fault)]);
    },
    holdNext: (method, onCall) => void held.set(method, onCall),
    untilCalled: (method) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!calls.some((call) => call.method === method)) return;
          callers.delete(look);
          resolve();
        };
        callers.add(look);
        look();
      }),
    answerWith: (method, answer) => void answers.set(method, answer),
    async close() {
      server.closeAllConnections();
      await emulator.close();
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

/** `emulate` listens on every interface, at a port that it must be told: this makes it a free one on loopback. */
async function onLoopback<T>(start: () => Promise<T>): Promise<{ emulator: T; server: Server }> {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, and called with its server
  const listen = Server.prototype.listen;
  let server: Server | undefined;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    if (args[0] !== ANY_PORT) return Reflect.apply(listen, this, args) as Server;
    server = Reflect.apply(listen, this, [0, '127.0.0.1']) as Server;
    return server;
  } as typeof listen;
  let emulator: T;
  try {
    emulator = await start();
  } finally {
    Server.prototype.listen = listen;
  }
  const started = server;
  if (started === undefined) throw new Error('the emulator listens in another way than it did');
  if (!started.listening) await new Promise((resolve) => started.once('listening', resolve));
  return { emulator, server: started };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
