import { afterEach, beforeAll, expect, it } from 'vitest';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import type { Protocol } from '../../src/core/protocol.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { endpointAt, readOne } from '../helpers/probing.ts';
import { startScriptedPeer } from '../helpers/scripted-peer.ts';

let root: Issuer;
let leaf: Credential;
const servers: Server[] = [];

beforeAll(async () => {
  root = await createAuthority('Root');
  leaf = await root.issueLeaf({ dns: ['mail.example.com'] });
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** TLS at once; `talk` is all that is said inside. Resolves to what was heard inside, when the connection has ended. */
async function serve(talk: readonly string[]): Promise<{ port: number; heard: Promise<string> }> {
  let ended: (heard: string) => void = () => undefined;
  const heard = new Promise<string>((resolve) => {
    ended = resolve;
  });
  const server = createServer({ cert: leaf.chainPem, key: leaf.keyPem }, (socket) => {
    let text = talk.length === 0 ? '' : '(greets)';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      socket.end('221 Bye\r\n');
    });
    socket.on('error', () => undefined).on('close', () => ended(text));
    for (const line of talk) socket.write(line);
  });
  servers.push(server);
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, heard };
}

it.each<{ protocol: Protocol; talk: readonly string[]; heard: string }>([
  { protocol: 'smtps', talk: ['220-mx ', 'says\r\n220 hello\r\n'], heard: '(greets)QUIT\r\n' },
  { protocol: 'imaps', talk: ['* OK hello\r\n'], heard: '(greets)a3 LOGOUT\r\n' },
  { protocol: 'pops', talk: ['+OK hello\r\n'], heard: '(greets)QUIT\r\n' },
  { protocol: 'ftps', talk: ['220 hello\r\n'], heard: '(greets)QUIT\r\n' },
  { protocol: 'ldaps', talk: [], heard: '0\x05\x02\x01\x02B\x00' },
  { protocol: 'https', talk: [], heard: '' },
  // Whoever talks before the greeting has ended is turned away: so nothing is said.
  { protocol: 'smtps', talk: ['220-please wait\r\n'], heard: '(greets)' },
  { protocol: 'smtps', talk: [], heard: '' },
  { protocol: 'smtps', talk: [`220-${'x'.repeat(9000)}`], heard: '(greets)' },
])('$protocol after $talk.length lines hears $heard', async ({ protocol, talk, heard }) => {
  const server = await serve(talk);
  const startedAt = performance.now();
  expect(await readOne(endpointAt(server.port, protocol), { caPem: root.pem })).toMatchObject({
    verdict: { trusted: true },
    failure: undefined,
  });
  expect(await server.heard).toBe(heard);
  // A server that never greets, or never answers, holds nobody up for long.
  expect(performance.now() - startedAt).toBeLessThan(3000);
});

it('after STARTTLS the farewell goes out at once', async () => {
  let inside = '';
  let hasEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    hasEnded = resolve;
  });
  const peer = await startScriptedPeer(async (conversation) => {
    await conversation.say('220 mx\r\n');
    await conversation.hearLine();
    await conversation.say('250 STARTTLS\r\n');
    await conversation.hearLine();
    await conversation.say('220 go\r\n');
    const secured = conversation.startTls(leaf);
    secured.on('data', (chunk: Buffer) => {
      inside += chunk.toString();
      secured.end('221 Bye\r\n');
    });
    secured.on('close', hasEnded);
  });
  await readOne(endpointAt(peer.port, 'smtp'), { caPem: root.pem });
  await ended;
  expect(inside).toBe('QUIT\r\n');
  await peer.close();
});
