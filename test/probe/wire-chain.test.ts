import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, SecureVersion, TLSSocket } from 'node:tls';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer, ServerOptions } from '../../src/demo/tls-servers.ts';
import { MOST_BYTES } from '../../src/probe/handshake.ts';
import { tap } from '../../src/probe/tap.ts';
import { readWireChain, serverSecretIn } from '../../src/probe/wire-chain.ts';
import type { WireChain } from '../../src/probe/wire-chain.ts';

let root: Issuer;
let intermediate: Issuer;
let stranger: Issuer;
let leaf: Credential;
let large: Credential;
const servers: DemoServer[] = [];

beforeAll(async () => {
  [root, stranger] = await Promise.all([createAuthority('Root'), createAuthority('Stranger')]);
  intermediate = await root.issueIntermediate('Intermediate');
  leaf = await intermediate.issueLeaf({ dns: ['mail.example.com'] });
  // More than one record of TLS holds, and less than OpenSSL takes in.
  large = await intermediate.issueLeaf({ dns: Array.from({ length: 2000 }, (_, at) => `n${String(at)}.example.com`) });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Recording {
  readonly received: Buffer;
  readonly secret: Buffer | undefined;
  /** What Node lists, which takes it out of OpenSSL's hands: the other way to see the chain as sent. */
  readonly oracle: readonly Buffer[];
}

async function record(options: Partial<ServerOptions>, client: ConnectionOptions = {}): Promise<Recording> {
  const server = await startTlsServer({ chainPem: leaf.chainPem, keyPem: leaf.keyPem, ...options });
  servers.push(server);
  const tcp = connectTcp({ host: '127.0.0.1', port: server.port });
  await once(tcp, 'connect');
  const tapped = tap(tcp, MOST_BYTES);
  const socket = connect({
    socket: tapped.stream,
    rejectUnauthorized: false,
    servername: 'mail.example.com',
    ...client,
  });
  let secret: Buffer | undefined;
  socket.on('keylog', (line: Buffer) => {
    secret ??= serverSecretIn(line);
  });
  await once(socket, 'secureConnect');
  const recording = { received: tapped.received(), secret, oracle: oracleOf(socket) };
  socket.destroy();
  tcp.destroy();
  return recording;
}

function oracleOf(socket: TLSSocket): Buffer[] {
  const ders: Buffer[] = [];
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate)
    ders.push(next.raw);
  return ders;
}

function hexOf(chain: WireChain): string[] {
  if (chain.state !== 'read') throw new Error(`the chain is ${chain.state}`);
  return chain.ders.map((der) => Buffer.from(der).toString('hex'));
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('on %s', (version: SecureVersion) => {
  const versions = { minVersion: version, maxVersion: version };

  it.each([
    { sent: 'in order', pems: () => [leaf, intermediate] },
    { sent: 'out of order, with a duplicate', pems: () => [leaf, root, intermediate, intermediate, leaf] },
    { sent: 'with strangers', pems: () => [leaf, stranger, intermediate] },
    { sent: 'alone', pems: () => [leaf] },
    { sent: 'in more than one record', pems: () => [large, intermediate] },
  ])('a chain $sent is read as Node lists it', async ({ pems }) => {
    const [first] = pems();
    if (first === undefined || !('keyPem' in first)) throw new Error('the first is the leaf');
    const chainPem = pems()
      .map(({ pem }) => pem)
      .join('');
    const { received, secret, oracle } = await record({ chainPem, keyPem: first.keyPem, ...versions });
    expect(oracle.length).toBe(pems().length);
    expect(hexOf(readWireChain(received, secret))).toEqual(oracle.map((der) => der.toString('hex')));
    expect(secret === undefined).toBe(version === 'TLSv1.2');
  });

  it('any part of the bytes is incomplete until the chain is whole, and then it stays read', async () => {
    const { received, secret, oracle } = await record(versions);
    const states = Array.from(received, (_, end) => readWireChain(received.subarray(0, end), secret).state);
    const firstRead = states.indexOf('read');
    expect(firstRead).toBeGreaterThan(oracle.reduce((sum, der) => sum + der.length, 0));
    expect(new Set(states.slice(0, firstRead))).toEqual(new Set(['incomplete']));
    expect(new Set(states.slice(firstRead))).toEqual(new Set(['read']));
  });

  it('a changed byte never makes another chain than the one on the wire', async () => {
    const { received, secret, oracle } = await record(versions);
    const ders = oracle.map((der) => der.toString('hex'));
    fc.assert(
      fc.property(fc.nat(received.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(received);
        changed.writeUInt8((changed[at] ?? 0) ^ change, at);
        const chain = readWireChain(changed, secret);
        // In the clear a changed certificate is what was sent; sealed, it does not open.
        if (chain.state === 'read' && version === 'TLSv1.3') expect(hexOf(chain)).toEqual(ders);
      }),
      { numRuns: 500 },
    );
  });
});

it.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
  'TLS 1.3 with %s opens',
  async (ciphers) => {
    const { received, secret, oracle } = await record({}, { ciphers, minVersion: 'TLSv1.3' });
    expect(hexOf(readWireChain(received, secret))).toEqual(oracle.map((der) => der.toString('hex')));
  },
);

it('a server that asks for another key share first is read (HelloRetryRequest)', async () => {
  // The client's share is for X25519.
  const { received, secret, oracle } = await record({ curves: 'P-384', minVersion: 'TLSv1.3' });
  const serverHellos = received.toString('latin1').split('\x16\x03\x03').length - 1;
  expect(serverHellos).toBeGreaterThanOrEqual(2);
  expect(hexOf(readWireChain(received, secret))).toEqual(oracle.map((der) => der.toString('hex')));
});

it('a demanded client certificate stands before the chain and hides nothing', async () => {
  const { received, secret, oracle } = await record({ clientCaPem: stranger.pem });
  expect(hexOf(readWireChain(received, secret))).toEqual(oracle.map((der) => der.toString('hex')));
});

it('without the secret TLS 1.3 stays closed, with another one too', async () => {
  const { received } = await record({ minVersion: 'TLSv1.3' });
  expect(readWireChain(received, undefined)).toEqual({ state: 'incomplete' });
  expect(readWireChain(received, Buffer.alloc(48, 1))).toEqual({ state: 'none' });
});

it('any bytes are a chain, a part, or none', () => {
  const header = fc.constantFrom(
    Buffer.from([22, 3, 3]),
    Buffer.from([23, 3, 3]),
    Buffer.from([21, 3, 3]),
    Buffer.alloc(0),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(header, fc.uint8Array({ maxLength: 300 })), { maxLength: 6 }),
      fc.option(fc.uint8Array({ minLength: 32, maxLength: 48 })),
      (parts, secret) => {
        const bytes = Buffer.concat(parts.flatMap(([start, rest]) => [start, rest]));
        const { state } = readWireChain(bytes, secret === null ? undefined : Buffer.from(secret));
        expect(['read', 'incomplete', 'none']).toContain(state);
      },
    ),
    { numRuns: 2000 },
  );
});

it('a line of the key log gives the secret of the server alone', () => {
  const random = 'ab'.repeat(32);
  expect(serverSecretIn(Buffer.from(`SERVER_HANDSHAKE_TRAFFIC_SECRET ${random} ${'0f'.repeat(48)}\n`))).toEqual(
    Buffer.alloc(48, 0x0f),
  );
  expect(serverSecretIn(Buffer.from(`CLIENT_HANDSHAKE_TRAFFIC_SECRET ${random} ${'0f'.repeat(48)}\n`))).toBeUndefined();
  expect(serverSecretIn(Buffer.from('SERVER_HANDSHAKE_TRAFFIC_SECRET x y'))).toBeUndefined();
});
