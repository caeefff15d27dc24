/**
 * The bounded reader and writer that STARTTLS dialogues speak through. A peer may be slow, silent, endless or cut off at
 * any byte: every wait ends with the deadline, and no more than `LIMIT_BYTES` are ever taken in, whatever is read.
 */
import type { Duplex } from 'node:stream';
import type { Deadline } from './deadline.ts';
import { reasonOf } from './deadline.ts';
import { ProbeError, codeOf } from './errors.ts';

/** Plaintext side of a connection, before TLS. Every read stops at the probe's deadline and at 64 KiB in all. */
export interface Plaintext {
  /** Without its line end; a bare LF ends a line too. Bytes that are no UTF-8 become U+FFFD. */
  readLine(): Promise<string>;
  /** Exactly `count` bytes. */
  readBytes(count: number): Promise<Buffer>;
  write(data: string | Uint8Array): Promise<void>;
  /** `read` gets `factor` times the step budget of its own, besides the probe's deadline: for slow greetings. */
  patiently<T>(factor: number, read: () => Promise<T>): Promise<T>;
}

/** Greetings of some kilobytes exist; more than this is no dialogue. */
export const LIMIT_BYTES = 64 * 1024;

export interface PlaintextSide extends Plaintext {
  /**
   * Gives the socket back, silent, for TLS to take over.
   *
   * @throws {ProbeError} `plaintext-injection` if anything came after the go-ahead: a server is silent until ClientHello,
   * so somebody on the way wants it taken for protected (RFC 3207, 6; CVE-2021-23222 and its kin).
   */
  release(): Promise<void>;
  /** Ends every wait; the socket stays the caller's. */
  abandon(): void;
}

export function openPlaintext(socket: Duplex, deadline: Deadline, stepMs: number): PlaintextSide {
  let buffer = Buffer.allocUnsafe(1024);
  let filled = 0;
  let consumed = 0;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  const fail = (error: Error): void => {
    failure ??= error;
    wake?.();
  };
  const onData = (chunk: Buffer): void => {
    const taken = Math.min(chunk.length, LIMIT_BYTES - filled);
    if (filled + taken > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, filled + taken));
      buffer.copy(larger, 0, 0, filled);
      buffer = larger;
    }
    chunk.copy(buffer, filled, 0, taken);
    filled += taken;
    if (taken < chunk.length) {
      socket.pause();
      fail(new ProbeError('protocol-error', `the server sent more than ${LIMIT_BYTES / 1024} KiB before TLS`));
    }
    wake?.();
  };
  const onEnd = (): void => fail(new ProbeError('reset', 'the server closed the connection before TLS'));
  const onError = (error: Error): void => fail(lostConnection(error));
  const onAbort = (): void => fail(reasonOf(deadline.signal));

  socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  deadline.signal.addEventListener('abort', onAbort, { once: true });
  if (deadline.signal.aborted) onAbort();

  const detach = (): void => {
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
    deadline.signal.removeEventListener('abort', onAbort);
  };
  const throwIfAborted = (): void => {
    if (deadline.signal.aborted) throw reasonOf(deadline.signal);
  };
  /** What came before a failure is still read: a server may say why and close. */
  const more = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    wake = undefined;
    throwIfAborted();
  };

  return {
    async readLine() {
      throwIfAborted();
      let scanned = consumed;
      for (;;) {
        const end = buffer.subarray(0, filled).indexOf(0x0a, scanned);
        if (end !== -1) {
          const line = buffer.toString('utf8', consumed, end > consumed && buffer[end - 1] === 0x0d ? end - 1 : end);
          consumed = end + 1;
          return line;
        }
        scanned = filled;
        await more();
      }
    },
    async readBytes(count) {
      throwIfAborted();
      if (consumed + count > LIMIT_BYTES) {
        throw new ProbeError('protocol-error', `the server announces ${count} bytes before TLS`);
      }
      while (filled - consumed < count) await more();
      const bytes = Buffer.from(buffer.subarray(consumed, consumed + count));
      consumed += count;
      return bytes;
    },
    async write(data) {
      throwIfAborted();
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve, reject) => {
        wake = () => {
          if (failure !== undefined) reject(failure);
        };
        socket.write(data, (error) => {
          if (error) reject(lostConnection(error));
          else resolve();
        });
      }).finally(() => {
        wake = undefined;
      });
    },
    patiently(factor, read) {
      return deadline.withBudget(factor * stepMs, read);
    },
    async release() {
      // Bytes that came with the go-ahead in another segment are in the kernel still: one turn brings them in.
      await new Promise<void>((resolve) => setImmediate(resolve));
      throwIfAborted();
      if (filled > consumed) {
        throw new ProbeError(
          'plaintext-injection',
          `${filled - consumed} bytes came in plaintext after the server's go-ahead for TLS`,
        );
      }
      if (failure !== undefined) throw failure;
      socket.pause();
      detach();
    },
    abandon: detach,
  };
}

/** What a socket's own error means once a connection stands. */
export function lostConnection(error: Error): ProbeError {
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') return new ProbeError('timeout', 'the connection timed out', { cause: error });
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new ProbeError('unreachable', 'the server became unreachable', { cause: error });
  }
  return new ProbeError('reset', 'the server reset the connection', { cause: error });
}
