/** The reader of the chain on the wire: real handshakes changed anywhere, and flights of TLS 1.3 changed before they are sealed. */
import { createCipheriv, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import type { Credential } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import { MOST_BYTES } from '../../src/probe/handshake.ts';
import { tap } from '../../src/probe/tap.ts';
import { readWireChain } from '../../src/probe/wire-chain.ts';
import type { WireChain } from '../../src/probe/wire-chain.ts';
import type { Target } from './target.ts';

const MOST_CERTIFICATES = 32;
const SECRET = Buffer.alloc(32, 7);

/** Records and messages as they begin. */
const WORDS = [
  '160303',
  '170303',
  '140303000101',
  '150303000202',
  '0b',
  '02',
  '000000',
  'ffffff',
  '0304',
  '002b00020304',
].map((text) => Buffer.from(text, 'hex'));

/**
 * The chain in handshake messages, read the plain way: `undefined` where there is no Certificate message that is whole and
 * fits. Every certificate lies within its list, and the list is used up but for what is too short to be one more.
 */
function plainChain(messages: Buffer, isTls13: boolean): readonly Buffer[] | undefined {
  for (let at = 0; at + 4 <= messages.length;) {
    const end = at + 4 + messages.readUIntBE(at + 1, 3);
    if (end > messages.length) return undefined;
    if (messages[at] !== 11) {
      at = end;
      continue;
    }
    const body = messages.subarray(at + 4, end);
    const listAt = isTls13 ? 1 + (body[0] ?? 0) : 0;
    if (listAt + 3 > body.length) return undefined;
    const announced = body.readUIntBE(listAt, 3);
    const list = body.subarray(listAt + 3, listAt + 3 + announced);
    return list.length === announced ? plainList(list, isTls13) : undefined;
  }
  return undefined;
}

function plainList(list: Buffer, isTls13: boolean): readonly Buffer[] | undefined {
  const ders: Buffer[] = [];
  for (let at = 0; at + 3 <= list.length && ders.length < MOST_CERTIFICATES;) {
    const length = list.readUIntBE(at, 3);
    const der = list.subarray(at + 3, at + 3 + length);
    if (der.length !== length) return undefined;
    ders.push(der);
    at += 3 + length;
    if (!isTls13) continue;
    if (at + 2 > list.length) return undefined;
    at += 2 + list.readUInt16BE(at);
  }
  return ders;
}

/** What the records in the clear hold, one after the other. */
function messagesIn(received: Buffer): Buffer {
  const contents: Buffer[] = [];
  for (let at = 0; at + 5 <= received.length;) {
    const end = at + 5 + received.readUInt16BE(at + 3);
    if (received[at] === 22 && end <= received.length) contents.push(received.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(contents);
}

const textOf = (ders: readonly Uint8Array[]): string => ders.map((der) => Buffer.from(der).toString('hex')).join(' ');

/** `messages` is what the server said in the handshake, in the clear or before it was sealed. */
function check(chain: WireChain, messages: Buffer, versions: readonly boolean[]): void {
  if (chain.state !== 'read') return;
  if (chain.ders.length > MOST_CERTIFICATES) throw new Error('more certificates than are taken');
  const isPlain = versions.some((isTls13) => {
    const plain = plainChain(messages, isTls13);
    return plain !== undefined && textOf(plain) === textOf(chain.ders);
  });
  if (!isPlain) throw new Error('another chain than was sent');
}

/** What a server of `version` sends, up to the end of the handshake. */
async function recordHandshake(credential: Credential, version: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const server = await startTlsServer({ ...credential, minVersion: version, maxVersion: version });
  try {
    const tcp = connectTcp({ host: '127.0.0.1', port: server.port });
    await once(tcp, 'connect');
    const tapped = tap(tcp, MOST_BYTES);
    const socket = connect({ socket: tapped.stream, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.destroy();
    tcp.destroy();
    return tapped.received();
  } finally {
    await server.close();
  }
}

export async function wireTarget(credential: Credential): Promise<Target> {
  return {
    name: 'wire-handshake',
    seeds: await Promise.all([recordHandshake(credential, 'TLSv1.2'), recordHandshake(credential, 'TLSv1.3')]),
    words: WORDS,
    run: (input) => {
      // A change can make one version of the other, and no other secret opens what is sealed.
      for (const secret of [undefined, SECRET]) check(readWireChain(input, secret), messagesIn(input), [false, true]);
    },
  };
}

function expandLabel(label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac('sha256', SECRET).update(info).digest().subarray(0, length);
}

/** A record of TLS 1.3 with a handshake message in it, the first under its key (RFC 8446, 5.2). */
function sealed(content: Buffer): Buffer {
  const inner = Buffer.concat([content, Buffer.from([22])]);
  const header = Buffer.from([23, 3, 3, (inner.length + 16) >> 8, (inner.length + 16) & 0xff]);
  const cipher = createCipheriv('aes-128-gcm', expandLabel('key', 16), expandLabel('iv', 12));
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}

/** TLS_AES_128_GCM_SHA256 and version 1.3, no session, no more. */
const SERVER_HELLO = Buffer.from(`16030300320200002e0303${'07'.repeat(32)}001301000006002b00020304`, 'hex');

export function sealedTarget(credential: Credential): Target {
  const { der } = credential;
  const length = (value: number): Buffer => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
  const entry = Buffer.concat([length(der.length), der, Buffer.from([0, 0])]);
  const body = Buffer.concat([Buffer.from([0]), length(2 * entry.length), entry, entry]);
  const certificate = Buffer.concat([Buffer.from([11]), length(body.length), body]);
  const extensions = Buffer.from('080000020000', 'hex');
  if (readWireChain(Buffer.concat([SERVER_HELLO, sealed(certificate)]), SECRET).state !== 'read') {
    throw new Error('the seed of the sealed target is none');
  }
  return {
    name: 'wire-sealed',
    seeds: [Buffer.concat([extensions, certificate])],
    words: WORDS,
    run: (input) => {
      const flight = input.subarray(0, 16_000);
      const chain = readWireChain(Buffer.concat([SERVER_HELLO, sealed(flight)]), SECRET);
      // Another hello among what is sealed may name another version.
      check(chain, flight, [true, false]);
      const isUsual = flight.subarray(0, 6).equals(extensions);
      if (isUsual && flight[6] === 11 && plainChain(flight, true) !== undefined && chain.state !== 'read') {
        throw new Error('a chain that is whole is not read');
      }
    },
  };
}
