/**
 * PostgreSQL's wire protocol (PostgreSQL manual, "Frontend/Backend Protocol") in front of one PGlite, for any number of
 * connections. PGlite is a single session, so a connection has it to itself from its first message until PostgreSQL says
 * that it is ready and in no transaction. The server that comes with PGlite hands over between single messages, where
 * another connection's Bind would replace a portal that is about to be executed.
 *
 * One that has its turn and says nothing is cut off after a while, as a server's `idle_in_transaction_session_timeout`
 * would: a process that was stopped in a transaction must not stop all others. Whoever is cut off, or goes away, leaves
 * nothing open.
 *
 * No session state outlives a turn: no session locks, no LISTEN, no SET, no named statement.
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
const TERMINATE = 'X'.charCodeAt(0);
const HEADER_LENGTH = 5;
/** Ours are a fraction of this; whatever says it is longer speaks another protocol. */
const LONGEST_MESSAGE = 256 * 1024 * 1024;
const IDLE_TURN_MS = 10_000;
const ROLLBACK = simpleQuery('ROLLBACK');
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);

type Message = { readonly type: 'encryption' | 'terminate' | 'other'; readonly bytes: Buffer };

/** @param idleTurnMs how long a connection may have the session to itself and say nothing. */
export function createEmbeddedServer(session: Session, idleTurnMs = IDLE_TURN_MS): Server {
  const turns = createTurns();
  return createServer((socket) => {
    serve(socket, session, turns, idleTurnMs);
  });
}

function serve(socket: Socket, session: Session, turns: Turns, idleTurnMs: number): void {
  let received: Buffer = Buffer.alloc(0);
  let hasStarted = false;
  let isPumping = false;
  let endTurn: (() => void) | undefined;
  let idle: NodeJS.Timeout | undefined;

  const isGone = (): boolean => socket.destroyed;

  const next = (): Message | undefined => {
    const taken = hasStarted ? takeMessage(received) : takeStartup(received);
    if (taken === undefined) return undefined;
    received = received.subarray(taken.length);
    return taken.message;
  };

  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    clearTimeout(idle);
    try {
      for (let message = next(); message !== undefined && !isGone(); message = next()) {
        if (message.type === 'terminate') {
          socket.end();
          return;
        }
        if (message.type === 'encryption') {
          socket.write('N');
          continue;
        }
        hasStarted = true;
        if (endTurn === undefined) {
          endTurn = await turns.take();
          // What somebody asked who is no longer there need not be done.
          if (isGone()) return;
        }
        const answer = Buffer.from(await session.execProtocolRaw(message.bytes));
        if (answer.length > 0) socket.write(answer);
        if (readyStatus(answer) === 'I') giveBack();
      }
    } finally {
      isPumping = false;
      if (isGone()) await abandon();
      else if (endTurn !== undefined) idle = setTimeout(() => socket.destroy(), idleTurnMs);
    }
  };

  const giveBack = (): void => {
    endTurn?.();
    endTurn = undefined;
  };

  /**
   * A peer that vanished in the middle leaves nothing open for the next: what was begun is rolled back, whether by BEGIN
   * or by statements without their Sync; and where the session skips all until a Sync, after an error, again after that.
   */
  const abandon = async (): Promise<void> => {
    clearTimeout(idle);
    const end = endTurn;
    // Once: what is sent after the turn is given back would hit the next one's transaction.
    endTurn = undefined;
    if (end === undefined) return;
    try {
      for (const message of [ROLLBACK, SYNC, ROLLBACK]) await session.execProtocolRaw(message);
    } finally {
      end();
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
  const length = lengthAt(bytes, 0);
  if (bytes.length < length) return undefined;
  const code = bytes.readInt32BE(4);
  const type =
    code === SSL_REQUEST || code === GSS_REQUEST ? 'encryption' : code === CANCEL_REQUEST ? 'terminate' : 'other';
  return { message: { type, bytes: bytes.subarray(0, length) }, length };
}

function takeMessage(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < HEADER_LENGTH) return undefined;
  const length = 1 + lengthAt(bytes, 1);
  if (bytes.length < length) return undefined;
  const type = bytes[0] === TERMINATE ? 'terminate' : 'other';
  return { message: { type, bytes: bytes.subarray(0, length) }, length };
}

/** Counts itself and what follows. */
function lengthAt(bytes: Buffer, offset: number): number {
  const length = bytes.readInt32BE(offset);
  if (length < 4 || length > LONGEST_MESSAGE)
    throw new Error(`a message of ${String(length)} bytes is none of PostgreSQL's`);
  return length;
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
