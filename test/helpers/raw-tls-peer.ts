/**
 * Half a TLS 1.2 server (RFC 5246, RFC 8422): it answers a ClientHello with ServerHello, Certificate, ServerKeyExchange and
 * ServerHelloDone, and then stays silent. The Certificate message may hold any bytes, which no real server would load: it
 * is for certificates that the client's OpenSSL refuses, and a client that refuses one never sends its half.
 */
import { createECDH, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface RawPeer {
  readonly port: number;
  close(): Promise<void>;
}

/** Sends `certificates` as they are, leaf first; `key` signs the key exchange. */
export function startRawTls(certificates: readonly Uint8Array[], key: KeyObject): Promise<RawPeer> {
  return startPeer((clientHello) => serverFlight(clientHello, certificates, key));
}

/** Sends the fatal alert `description` (RFC 8446, 6) to everybody. */
export function startAlertPeer(description: number): Promise<RawPeer> {
  return startPeer(() => alert('fatal', description));
}

export function alert(level: 'warning' | 'fatal', description: number): Buffer {
  return record(21, Buffer.of(level === 'warning' ? 1 : 2, description));
}

async function startPeer(answer: (clientHello: Buffer) => Buffer): Promise<RawPeer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    let heard = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length < 5 || heard.length < 5 + heard.readUInt16BE(3)) return;
      socket.off('data', onData).resume();
      socket.write(answer(heard.subarray(5)));
    };
    socket.on('data', onData);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const VERSION = Buffer.of(3, 3);
/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and the same with RSA. */
const SUITES = { ec: 0xc02b, rsa: 0xc02f } as const;
/** ecdsa_secp256r1_sha256 and rsa_pkcs1_sha256 (RFC 8446, 4.2.3), which TLS 1.2 has too. */
const SCHEMES = { ec: 0x0403, rsa: 0x0401 } as const;

/** @param clientHello the message, without the header of its record. */
export function serverFlight(clientHello: Buffer, certificates: readonly Uint8Array[], key: KeyObject): Buffer {
  const kind = key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  // Header of the message, version, random (RFC 5246, 7.4.1.2).
  const clientRandom = clientHello.subarray(6, 38);
  const serverRandom = randomBytes(32);
  // Secure renegotiation (RFC 5746), without which OpenSSL would go no further; no compression, no session.
  const extensions = vector(2, Buffer.of(0xff, 0x01, 0x00, 0x01, 0x00));
  const hello = Buffer.concat([VERSION, serverRandom, Buffer.of(0), uint(2, SUITES[kind]), Buffer.of(0), extensions]);
  const exchange = createECDH('prime256v1');
  // A named curve, secp256r1 (RFC 8422, 5.4).
  const parameters = Buffer.concat([Buffer.of(3, 0, 23), vector(1, exchange.generateKeys())]);
  const signature = sign('sha256', Buffer.concat([clientRandom, serverRandom, parameters]), key);
  const messages = [
    message(2, hello),
    message(11, vector(3, ...certificates.map((der) => vector(3, der)))),
    message(12, parameters, uint(2, SCHEMES[kind]), vector(2, signature)),
    message(14),
  ];
  return records(22, Buffer.concat(messages));
}

function message(type: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, ...parts)]);
}

/** A record holds 16 KiB at most (RFC 5246, 6.2.1). */
function records(type: number, content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length; at += 16_384) parts.push(record(type, content.subarray(at, at + 16_384)));
  return Buffer.concat(parts);
}

function record(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), VERSION, vector(2, content)]);
}

/** `parts` behind their length in `octets` octets. */
function vector(octets: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([uint(octets, content.length), content]);
}

function uint(octets: number, value: number): Buffer {
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}
