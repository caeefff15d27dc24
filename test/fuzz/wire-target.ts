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

function check(received: Buffer, secret: Buffer | undefined): void {
  const chain = readWireChain(received, secret);
  if (chain.state !== 'read') return;
  const bytes = chain.ders.reduce((sum, der) => sum + der.length, 0);
  if (chain.ders.length > MOST_CERTIFICATES || bytes > received.length) throw new Error('more was read than was sent');
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
      check(input, undefined);
      check(input, SECRET);
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
    run: (input) => check(Buffer.concat([SERVER_HELLO, sealed(input.subarray(0, 16_000))]), SECRET),
  };
}
