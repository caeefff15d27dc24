import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** Room for a chain with a leaf of 10,000 names; OpenSSL gives up long before. */
const KEPT_BYTES = 512 * 1024;
/** Most chains fit. */
const FIRST_BYTES = 8 * 1024;

export interface Tap {
  /** In the place of the socket. Its end is not the socket's: whoever dialled closes that. */
  readonly stream: Duplex;
  /** What the peer sent, from its first byte, as far as it is kept. */
  received(): Buffer;
  /** Waits for more to be kept; false where nothing more will be. */
  more(signal: AbortSignal): Promise<boolean>;
}

/**
 * Passes everything on and keeps what is received, to read the chain as it was sent and to call plaintext on a TLS port by
 * its name: TLS swallows both. It goes on keeping after TLS has given up.
 *
 * @param mostBytes takes in no more than this, and what one read brings besides.
 */
export function tap(socket: Socket, mostBytes: number): Tap {
  // One buffer that grows, not the pieces: a peer may send a byte at a time, and each piece would be an object of its own.
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let kept = 0;
  let taken = 0;
  let hasEnded = false;
  let wake: (() => void) | undefined;
  const keep = (chunk: Buffer): void => {
    const wanted = Math.min(kept + chunk.length, KEPT_BYTES);
    if (wanted > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(KEPT_BYTES, Math.max(wanted, 2 * buffer.length)));
      buffer.copy(larger, 0, 0, kept);
      buffer = larger;
    }
    kept += chunk.copy(buffer, kept, 0, wanted - kept);
  };
  const stream = new Duplex({
    read() {
      if (taken <= mostBytes) socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      socket.write(chunk, done);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      // Whatever comes now is for us alone.
      socket.resume();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    taken += chunk.length;
    keep(chunk);
    wake?.();
    if (stream.destroyed ? kept === KEPT_BYTES : taken > mostBytes || !stream.push(chunk)) socket.pause();
  });
  const onEnd = (): void => {
    hasEnded = true;
    wake?.();
  };
  socket.on('end', () => {
    onEnd();
    if (!stream.destroyed) stream.push(null);
  });
  socket.on('error', (error) => stream.destroy(error)).on('close', onEnd);
  return {
    stream,
    received: () => buffer.subarray(0, kept),
    async more(signal) {
      const before = kept;
      const onAbort = (): void => wake?.();
      signal.addEventListener('abort', onAbort, { once: true });
      while (kept === before && !hasEnded && kept < KEPT_BYTES && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal.removeEventListener('abort', onAbort);
      wake = undefined;
      return kept > before;
    },
  };
}
