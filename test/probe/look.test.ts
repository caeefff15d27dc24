/** Which of several looks at one address counts, where the server is not the same at each. */
import { createPrivateKey } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadAddress } from '../../src/core/observation.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import { GO_AHEAD, hex, mysqlError, play } from '../helpers/dialogue-turns.ts';
import { endpointAt, observeOne, readOne } from '../helpers/probing.ts';
import { alert, serverFlight, startRawTls } from '../helpers/raw-tls-peer.ts';
import { startScriptedPeer } from '../helpers/scripted-peer.ts';
import type { Conversation, ScriptedPeer } from '../helpers/scripted-peer.ts';

let root: Issuer;
let old: Credential;
let renewed: Credential;
let known: ReadonlyMap<string, ReadAddress>;
const closing: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  root = await createAuthority('Root');
  [old, renewed] = await Promise.all([
    root.issueLeaf({ dns: ['mail.example.com'] }),
    root.issueLeaf({ dns: ['mail.example.com'] }),
  ]);
  const server = await startTlsServer(old);
  known = new Map([['127.0.0.1', await readOne(endpointAt(server.port, 'tls'), { caPem: root.pem })]]);
  await server.close();
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

type Script = (peer: Conversation) => Promise<void> | void;

const serves =
  (credential: Credential, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Script =>
  (peer) => {
    peer.startTls({ chainPem: credential.chainPem, keyPem: credential.keyPem, maxVersion });
  };
const resets: Script = (peer) => {
  peer.reset();
};
const alerts =
  (description: number): Script =>
  async (peer) => {
    await peer.hearBytes(6);
    await peer.say(alert('fatal', description));
    peer.close();
  };

/** Each connection gets the next script; the last one stays. */
async function inTurn(...scripts: readonly Script[]): Promise<ScriptedPeer> {
  let connections = 0;
  const peer = await startScriptedPeer((conversation) => {
    const script = scripts[Math.min(connections, scripts.length - 1)];
    connections += 1;
    return script?.(conversation);
  });
  closing.push(peer);
  return peer;
}

describe('an earlier reading does not stand in', () => {
  it('for another leaf of a server that then falls silent', async () => {
    const peer = await startRawTls([renewed.der], createPrivateKey(renewed.keyPem));
    closing.push(peer);
    const asked = { caPem: root.pem, known, timeoutMs: 400 };
    expect(await observeOne(endpointAt(peer.port, 'tls'), asked)).toMatchObject({ outcome: 'timeout' });
  });

  it('for another leaf of a handshake that fails, where no second connection comes about', async () => {
    // The signature is not of the leaf's key: OpenSSL breaks off with the leaf in its hands.
    const peer = await inTurn(async (conversation) => {
      const header = await conversation.hearBytes(5);
      const hello = await conversation.hearBytes(header.readUInt16BE(3));
      await conversation.say(serverFlight(hello, [renewed.der], createPrivateKey(old.keyPem)));
    }, resets);
    const seen = await observeOne(endpointAt(peer.port, 'tls'), { caPem: root.pem, known });
    expect(seen).toMatchObject({ outcome: 'handshake-failed' });
  });
});

describe('behind an address where servers take turns', () => {
  it.each([
    { turn: 'the old one again in between', scripts: () => [serves(renewed), serves(old), serves(renewed)], looks: 3 },
    { turn: 'the new one twice', scripts: () => [serves(renewed), serves(renewed), serves(old)], looks: 2 },
    { turn: 'a third look that is turned away', scripts: () => [serves(renewed), serves(old), resets], looks: 3 },
  ])('a new leaf is read: $turn', async ({ scripts, looks }) => {
    const peer = await inTurn(...scripts());
    const { chain, chainRead } = await readOne(endpointAt(peer.port, 'tls'), { caPem: root.pem, known });
    expect(peer.connections).toBe(looks);
    const expected = looks === 3 && scripts()[2] === resets ? old : renewed;
    expect([chainRead, chain[0]?.fingerprint]).toEqual([true, expected.fingerprint]);
  });
});

describe('a third look that comes to nothing', () => {
  it.each([
    { first: 'an internal error', description: 80, isWeak: false },
    { first: 'a refusal of our settings', description: 40, isWeak: true },
  ])('leaves $first to speak for itself', async ({ description, isWeak }) => {
    const peer = await inTurn(alerts(description), serves(old, 'TLSv1.2'), resets);
    const { weakness, failure, chain } = await readOne(endpointAt(peer.port, 'tls'), { caPem: root.pem });
    expect([weakness !== undefined, failure, chain[0]?.fingerprint]).toEqual([isWeak, undefined, old.fingerprint]);
  });
});

describe('plaintext after the go-ahead', () => {
  it.each(['smtp', 'lmtp', 'imap', 'pop', 'ftp', 'ldap', 'postgresql'] as const)(
    'of %s is an injection, however late it comes',
    async (protocol) => {
      const peer = await inTurn(async (conversation) => {
        await play(conversation, GO_AHEAD[protocol]);
        await conversation.hearBytes(6);
        await conversation.say('a1 OK injected\r\n');
      });
      expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 2000 })).toMatchObject({
        outcome: 'plaintext-injection',
      });
    },
  );

  it('is none for MySQL, which gives no go-ahead and may refuse', async () => {
    const peer = await inTurn(async (conversation) => {
      await play(conversation, GO_AHEAD.mysql);
      await conversation.say(mysqlError(1043, 'Bad handshake'));
    });
    expect(await observeOne(endpointAt(peer.port, 'mysql'), { timeoutMs: 2000 })).toMatchObject({
      outcome: 'protocol-error',
    });
  });

  it('on a TLS port is a plaintext service, also where the second look is turned away', async () => {
    const greets: Script = (conversation) => conversation.say('220 mail.example.com ESMTP\r\n');
    const peer = await inTurn(greets, resets);
    expect(await observeOne(endpointAt(peer.port, 'tls'), { timeoutMs: 2000 })).toMatchObject({
      outcome: 'tls-not-offered',
    });
  });
});

describe('a peer without an end', () => {
  it.each([
    { sends: 'empty records', flood: hex('16 03 03 00 00') },
    { sends: 'HelloRequests', flood: hex('16 03 03 00 04 00 00 00 00') },
  ])('of $sends is left before its time is over', async ({ flood }) => {
    const peer = await inTurn((conversation) => play(conversation, [{ hear: 6 }, { flood }]));
    for (const before of [new Map<string, ReadAddress>(), known]) {
      const startedAt = performance.now();
      const seen = await observeOne(endpointAt(peer.port, 'tls'), {
        caPem: root.pem,
        timeoutMs: 10_000,
        known: before,
      });
      expect(seen.outcome).toMatch(/^(?:protocol-error|handshake-failed)$/);
      expect(performance.now() - startedAt).toBeLessThan(3000);
    }
  });
});
