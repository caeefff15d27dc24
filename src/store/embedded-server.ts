/**
 * PostgreSQL's wire protocol (PostgreSQL manual, "Frontend/Backend Protocol") in front of one PGlite, for any number of
 * connections. PGlite is a single session, so a connection has it to itself from its first message until PostgreSQL says
 * that it is ready and in no transaction. The server that comes with PGlite hands over between single messages, where
 * another connection's Bind would replace a portal that is about to be executed.
 *
 * No session state outlives a turn: no session locks, no LISTEN, no SET.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** What of PGlite is needed here. */
export interface Session {
  execProtocolRaw(message: Uint8Array): Promise<Uint8Array>;
}

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const HEADER_LENGTH = 5;
const ROLLBACK = simpleQuery('ROLLBACK');

type Message = { readonly type: 'startup' | 'query' | 'sync' | 'terminate' | 'other'; readonly bytes: Buffer };

export function createEmbeddedServer(session: Session): Server {
  const turns = createTurns();
  return createServer((socket) => {
    serve(socket, session, turns);
  });
}

function serve(socket: Socket, session: Session, turns: Turns): void {
  let received: Buffer = Buffer.alloc(0);
  let hasStarted = false;
  let isPumping = false;
  let endTurn: (() => void) | undefined;
  let isInTransaction = false;

  const next = (): Message | undefined => {
    const taken = hasStarted ? takeMessage(received) : takeStartup(received);
    if (taken === undefined) return undefined;
    received = received.subarray(taken.length);
    return taken.message;
  };

  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    try {
      for (let message = next(); message !== undefined && !socket.destroyed; message = next()) {
        if (message.type === 'terminate') {
          socket.end();
          return;
        }
        if (message.type === 'other' && !hasStarted) {
          socket.write('N');
          continue;
        }
        hasStarted = true;
        endTurn ??= await turns.take();
        const answer = Buffer.from(await session.execProtocolRaw(message.bytes));
        if (answer.length > 0) socket.write(answer);
        if (message.type === 'other') continue;
        const status = readyStatus(answer);
        isInTransaction = status !== undefined && status !== 'I';
        if (!isInTransaction) giveBack();
      }
    } finally {
      isPumping = false;
      if (socket.destroyed) await abandon();
    }
  };

  const giveBack = (): void => {
    endTurn?.();
    endTurn = undefined;
  };

  /** A peer that vanished in the middle leaves nothing open for the next. */
  const abandon = async (): Promise<void> => {
    if (endTurn === undefined) return;
    try {
      await session.execProtocolRaw(SYNC);
      if (isInTransaction) await session.execProtocolRaw(ROLLBACK);
    } finally {
      isInTransaction = false;
      giveBack();
    }
  };

  socket.setNoDelay(true);
  socket.on('data', (data: Buffer) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    pump().catch((error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  // A reset is the peer's affair; `close` follows and cleans up.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!isPumping) abandon().catch(() => undefined);
  });
}

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

function simpleQuery(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const message = Buffer.alloc(HEADER_LENGTH + body.length, 'Q');
  message.writeInt32BE(4 + body.length, 1);
  body.copy(message, HEADER_LENGTH);
  return message;
}

/** The first message has no type byte: a start-up, or a request for encryption, which a Unix socket does not need. */
function takeStartup(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < 8) return undefined;
  const length = bytes.readInt32BE(0);
  if (bytes.length < length) return undefined;
  const code = bytes.readInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_REQUEST)
    return { message: { type: 'other', bytes: bytes.subarray(0, length) }, length };
  if (code === CANCEL_REQUEST) return { message: { type: 'terminate', bytes: bytes.subarray(0, length) }, length };
  return { message: { type: 'startup', bytes: bytes.subarray(0, length) }, length };
}

function takeMessage(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < HEADER_LENGTH) return undefined;
  const length = 1 + bytes.readInt32BE(1);
  if (bytes.length < length) return undefined;
  const letter = String.fromCharCode(bytes[0] ?? 0);
  const type = letter === 'Q' ? 'query' : letter === 'S' ? 'sync' : letter === 'X' ? 'terminate' : 'other';
  return { message: { type, bytes: bytes.subarray(0, length) }, length };
}

/** The status of ReadyForQuery at the end of an answer: `I` idle, `T` in a transaction, `E` in a failed one. */
function readyStatus(answer: Buffer): string | undefined {
  const end = answer.subarray(-6);
  return end.length === 6 && end[0] === 0x5a && end.readInt32BE(1) === 5 ? String.fromCharCode(end[5] ?? 0) : undefined;
}

interface Turns {
  /** Resolves when it is ours, with what ends our turn. */
  take(): Promise<() => void>;
}

function createTurns(): Turns {
  let last = Promise.resolve();
  return {
    take() {
      const before = last;
      let end = (): void => undefined;
      last = new Promise<void>((resolve) => {
        end = resolve;
      });
      return before.then(() => end);
    },
  };
}
