import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** Enough for the first line of any plaintext service. */
const KEPT_BYTES = 256;

export interface Tap {
  /** In the place of the socket. */
  readonly stream: Duplex;
  /** What the peer sent first. */
  firstBytes(): Buffer;
}

/** Passes everything on and keeps the first bytes received: for a second look, since TLS swallows what is no TLS. */
export function tap(socket: Socket): Tap {
  let kept = Buffer.alloc(0);
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
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (kept.length < KEPT_BYTES) kept = Buffer.concat([kept, chunk.subarray(0, KEPT_BYTES - kept.length)]);
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  return { stream, firstBytes: () => kept };
}
