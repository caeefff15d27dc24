/** Speaks PostgreSQL's wire protocol message by message (PostgreSQL manual, "Message Formats"), as no driver lets a test. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface WireClient {
  readonly socket: Socket;
  send(...messages: readonly Buffer[]): void;
  /** The values of all rows up to the next ReadyForQuery, and the messages of errors. */
  ready(): Promise<string[]>;
  /** Resolves once a message of this type has come, or a CommandComplete that begins so: `2` for BindComplete, `E`, `INSERT`. */
  until(type: string): Promise<void>;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
}

/** Connected, and past the start-up. */
export async function wireClient(socketPath: string): Promise<WireClient> {
  const client = rawClient(socketPath);
  client.send(STARTUP);
  await client.ready();
  return client;
}

/** Connected, nothing said. */
export function rawClient(socketPath: string): WireClient {
  const socket = connect(socketPath);
  let received = Buffer.alloc(0);
  let values: string[] = [];
  const turns: string[][] = [];
  const seen = new Set<string>();
  const watchers = new Set<() => void>();
  const waiting: { resolve: (values: string[]) => void; reject: (error: Error) => void }[] = [];
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      if (received.length < 5) return;
      const length = 1 + received.readInt32BE(1);
      if (received.length < length) return;
      const body = received.subarray(5, length);
      const type = String.fromCharCode(received[0] ?? 0);
      received = received.subarray(length);
      seen.add(type === 'C' ? commandTag(body) : type);
      for (const watcher of watchers) watcher();
      if (type === 'D') values.push(...dataRow(body));
      if (type === 'E') values.push(errorText(body));
      if (type !== 'Z') continue;
      const next = waiting.shift();
      if (next === undefined) turns.push(values);
      else next.resolve(values);
      values = [];
    }
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { reject } of waiting) reject(new Error('the connection was closed'));
      resolve();
    });
  });
  socket.on('error', () => undefined);
  return {
    socket,
    closed,
    send: (...messages) => {
      socket.write(Buffer.concat(messages));
    },
    until: (type) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (seen.has(type)) resolve();
        };
        watchers.add(look);
        look();
      }),
    ready() {
      const turn = turns.shift();
      if (turn !== undefined) return Promise.resolve(turn);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
}

export const STARTUP = withLength(
  Buffer.concat([int32(196_608), Buffer.from('user\0postgres\0database\0postgres\0\0')]),
);
export const SSL_REQUEST = withLength(int32(80_877_103));
export const SYNC = message('S');
export const TERMINATE = message('X');

export function query(text: string): Buffer {
  return message('Q', Buffer.from(`${text}\0`));
}

/** Unnamed, its parameters of types the server finds out. */
export function parse(text: string): Buffer {
  return message('P', Buffer.from(`\0${text}\0\0\0`));
}

/** The unnamed statement to the unnamed portal, all as text. */
export function bind(...values: readonly string[]): Buffer {
  const parameters = values.map((value) => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]));
  return message('B', Buffer.from('\0\0'), int16(0), int16(values.length), ...parameters, int16(0));
}

export function execute(): Buffer {
  return message('E', Buffer.from('\0'), int32(0));
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(type), withLength(Buffer.concat(parts))]);
}

function withLength(body: Buffer): Buffer {
  return Buffer.concat([int32(4 + body.length), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function dataRow(body: Buffer): string[] {
  const values: string[] = [];
  for (let offset = 2; offset < body.length;) {
    const length = body.readInt32BE(offset);
    offset += 4;
    values.push(length < 0 ? 'null' : body.toString('utf8', offset, offset + length));
    offset += Math.max(0, length);
  }
  return values;
}

function commandTag(body: Buffer): string {
  return body.toString('utf8').split(' ')[0] ?? '';
}

/** Field `M` of an ErrorResponse. */
function errorText(body: Buffer): string {
  const field = body
    .toString('utf8')
    .split('\0')
    .find((one) => one.startsWith('M'));
  return `error: ${field?.slice(1) ?? ''}`;
}
