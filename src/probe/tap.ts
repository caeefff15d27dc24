import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** Room for a chain with a leaf of 10,000 names; OpenSSL gives up long before. */
const KEPT_BYTES = 512 * 1024;

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
 */
export function tap(socket: Socket): Tap {
  let parts: Buffer[] = [];
  let kept = 0;
  let hasEnded = false;
  let wake: (() => void) | undefined;
  const stream = new Duplex({
    read() {
      socket.resume();
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
    if (kept < KEPT_BYTES) {
      const part = chunk.subarray(0, KEPT_BYTES - kept);
      parts.push(part);
      kept += part.length;
    } else if (stream.destroyed) {
      socket.pause();
    }
    wake?.();
    if (!stream.destroyed && !stream.push(chunk)) socket.pause();
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
    received() {
      const all = Buffer.concat(parts);
      parts = [all];
      return all;
    },
    async more(signal) {
      const before = kept;
      while (kept === before && !hasEnded && kept < KEPT_BYTES && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      wake = undefined;
      return kept > before;
    },
  };
}
