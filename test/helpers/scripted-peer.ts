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
  close(): Promise<void>;
}

/** A script that ends leaves the connection open and silent. What a broken connection throws is the test's point. */
export async function startScriptedPeer(script: (peer: Conversation) => Promise<void> | void): Promise<ScriptedPeer> {
  const open = new Set<Socket>();
  let heard = '';
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    void converse(socket, script, (text) => {
      heard += text;
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
  hear: (text: string) => void,
): Promise<void> {
  let buffer = Buffer.alloc(0);
  let wake: (() => void) | undefined;
  const onData = (chunk: Buffer): void => {
    hear(chunk.toString('latin1'));
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
