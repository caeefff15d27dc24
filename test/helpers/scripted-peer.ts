/** A server that does what a test tells it, byte by byte if need be, and keeps what it heard. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { SecureVersion } from 'node:tls';

export interface Conversation {
  /** In one piece, or cut into pieces of `pieces` bytes, each a segment of its own. */
  say(what: string | Uint8Array, pieces?: number): Promise<void>;
  /** One byte at a time with a pause after each, until all is said or the connection has ended. */
  drip(what: string | Uint8Array, everyMs: number): Promise<void>;
  /** The same again, as fast as it is taken, until the connection has ended. */
  flood(what: string | Uint8Array): Promise<void>;
  /** A line, without its end. */
  hearLine(): Promise<string>;
  hearBytes(count: number): Promise<Buffer>;
  /** Takes the server's side of TLS. */
  startTls(certificate: {
    chainPem: string;
    keyPem: string;
    minVersion?: SecureVersion;
    maxVersion?: SecureVersion;
  }): TLSSocket;
  /** RST. */
  reset(): void;
  /** FIN. */
  close(): void;
  pause(ms: number): Promise<void>;
}

export interface ScriptedPeer {
  readonly port: number;
  /** All that was said to it in plaintext, over all connections. */
  readonly heard: string;
  readonly connections: number;
  /** How many bytes of floods the system took, over all connections: what was read, and what its buffers hold. */
  readonly flooded: number;
  close(): Promise<void>;
}

/** A script that ends leaves the connection open and silent. What a broken connection throws is the test's point. */
export async function startScriptedPeer(script: (peer: Conversation) => Promise<void> | void): Promise<ScriptedPeer> {
  const open = new Set<Socket>();
  let heard = '';
  let connections = 0;
  let flooded = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    void converse(socket, script, {
      hear: (text) => {
        heard += text;
      },
      count: (bytes) => {
        flooded += bytes;
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get heard() {
      return heard;
    },
    get connections() {
      return connections;
    },
    get flooded() {
      return flooded;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function converse(
  socket: Socket,
  script: (peer: Conversation) => Promise<void> | void,
  tell: { hear(text: string): void; count(bytes: number): void },
): Promise<void> {
  let buffer = Buffer.alloc(0);
  let wake: (() => void) | undefined;
  const onData = (chunk: Buffer): void => {
    tell.hear(chunk.toString('latin1'));
    buffer = Buffer.concat([buffer, chunk]);
    wake?.();
  };
  socket.on('data', onData);
  const take = async (size: () => number | undefined): Promise<Buffer> => {
    for (;;) {
      const count = size();
      if (count !== undefined) {
        const taken = buffer.subarray(0, count);
        buffer = buffer.subarray(count);
        return taken;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await script({
    async say(what, pieces = Infinity) {
      const bytes = Buffer.from(what);
      for (let at = 0; at < bytes.length && !socket.destroyed; at += pieces) {
        socket.write(bytes.subarray(at, Math.min(bytes.length, at + pieces)));
        // A turn between pieces keeps them from being written, and mostly from being read, as one.
        if (pieces < bytes.length) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async drip(what, everyMs) {
      for (const byte of Buffer.from(what)) {
        if (socket.destroyed) return;
        socket.write(Buffer.from([byte]));
        await sleep(everyMs);
      }
    },
    async flood(what) {
      const bytes = Buffer.from(what);
      const block = Buffer.concat(Array<Buffer>(Math.max(1, Math.floor(65_536 / bytes.length))).fill(bytes));
      while (!socket.destroyed) {
        const isTaken = await new Promise<boolean>((resolve) => {
          socket.write(block, (error) => resolve(error === null || error === undefined));
        });
        if (isTaken) tell.count(block.length);
      }
    },
    async hearLine() {
      const line = await take(() => {
        const end = buffer.indexOf('\n');
        return end === -1 ? undefined : end + 1;
      });
      return line.toString('latin1').replace(/\r?\n$/, '');
    },
    hearBytes: (count) => take(() => (buffer.length >= count ? count : undefined)),
    startTls({ chainPem, keyPem, ...versions }) {
      socket.off('data', onData);
      // A client that need not wait for a go-ahead (MySQL's) has sent its ClientHello already.
      socket.pause();
      if (buffer.length > 0) socket.unshift(buffer);
      const secureContext = createSecureContext({ cert: chainPem, key: keyPem, ...versions });
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on('error', () => undefined).resume();
      return secured;
    },
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.end(),
    pause: (ms) => sleep(ms),
  });
}
