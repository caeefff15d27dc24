/**
 * Servers on a TLS port that mean no good. Whatever they send ends in a code, within the time of the probe, in flat
 * memory, and delays nobody else's probe.
 */
import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionCode } from '../../src/core/finding.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import { createProber } from '../../src/probe/probe.ts';
import { GO_AHEAD, close, hex, play, reset } from '../helpers/dialogue-turns.ts';
import type { Turn } from '../helpers/dialogue-turns.ts';
import { closeAll, oneProber } from '../helpers/hostile.ts';
import { heapInUse } from '../helpers/memory.ts';
import { LOOPBACK_SETTINGS, endpointAt, requestFor } from '../helpers/probing.ts';
import { startScriptedPeer } from '../helpers/scripted-peer.ts';
import type { Conversation, ScriptedPeer } from '../helpers/scripted-peer.ts';

const SLACK_MS = 700;
const MOST_GROWTH = 16 * 1024 * 1024;

const peers: ScriptedPeer[] = [];
afterEach(() => closeAll(peers.splice(0)));

async function peerThat(script: (peer: Conversation) => Promise<void> | void): Promise<ScriptedPeer> {
  const peer = await startScriptedPeer(script);
  peers.push(peer);
  return peer;
}

/** A record header and so much of a ClientHello that it is one. */
const clientHello = { hear: 6 } as const;

function record(type: number, content: Buffer, version = 0x0303): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(version, 1);
  header.writeUInt16BE(content.length, 3);
  return Buffer.concat([header, content]);
}
function message(type: number, body: Buffer, announced = body.length): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUIntBE(announced, 1, 3);
  return Buffer.concat([header, body]);
}
const ALERT = 21;
const HANDSHAKE = 22;
/** TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256, no extensions. */
const serverHello = message(
  2,
  Buffer.concat([hex('03 03'), Buffer.alloc(32, 7), hex('00 c0 2f 00 00 05 ff 01 00 01 00')]),
);
/** RFC 8446, 4.1.4: the random that makes a ServerHello a HelloRetryRequest, for group 0x17, twice. */
const helloRetry = message(
  2,
  Buffer.concat([
    hex('03 03 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'),
    hex('00 13 01 00 00 0c 00 2b 00 02 03 04 00 33 00 02 00 17'),
  ]),
);

const HOSTILE: readonly {
  readonly what: string;
  readonly turns: readonly Turn[];
  readonly codes: readonly ConnectionCode[];
  readonly timeoutMs?: number;
}[] = [
  { what: 'silence', turns: [], codes: ['timeout'] },
  {
    what: 'a record of one byte a time',
    turns: [{ drip: record(HANDSHAKE, Buffer.alloc(400)), everyMs: 20 }],
    codes: ['timeout', 'handshake-failed'],
  },
  { what: 'a record header and then nothing', turns: [clientHello, hex('16 03 03 40 00')], codes: ['timeout'] },
  { what: 'half a record header and a hang-up', turns: [clientHello, hex('16 03'), close], codes: ['reset'] },
  {
    what: 'half a ServerHello and a hang-up',
    turns: [clientHello, record(HANDSHAKE, serverHello).subarray(0, 30), close],
    codes: ['reset'],
  },
  {
    what: 'half a ServerHello and a reset',
    turns: [clientHello, record(HANDSHAKE, serverHello).subarray(0, 30), reset],
    codes: ['reset'],
  },
  {
    what: 'a ServerHello and a hang-up',
    turns: [clientHello, record(HANDSHAKE, serverHello), close],
    codes: ['reset'],
  },
  { what: 'a ServerHello and a reset', turns: [clientHello, record(HANDSHAKE, serverHello), reset], codes: ['reset'] },
  { what: 'a ServerHello and then nothing', turns: [clientHello, record(HANDSHAKE, serverHello)], codes: ['timeout'] },
  {
    what: 'a ServerHello twice',
    turns: [clientHello, record(HANDSHAKE, Buffer.concat([serverHello, serverHello]))],
    codes: ['handshake-failed'],
  },
  {
    what: 'a HelloRetryRequest for ever',
    turns: [clientHello, { flood: record(HANDSHAKE, helloRetry) }],
    codes: ['handshake-failed'],
  },
  {
    what: 'a certificate before the ServerHello',
    turns: [clientHello, record(HANDSHAKE, message(11, hex('00 00 00')))],
    codes: ['handshake-failed'],
  },
  {
    what: 'an empty certificate message',
    turns: [clientHello, record(HANDSHAKE, Buffer.concat([serverHello, message(11, hex('00 00 00'))]))],
    codes: ['handshake-failed'],
  },
  {
    what: 'a certificate that is garbage',
    turns: [
      clientHello,
      record(
        HANDSHAKE,
        Buffer.concat([serverHello, message(11, Buffer.concat([hex('00 01 03 00 01 00'), Buffer.alloc(256, 0x30)]))]),
      ),
    ],
    codes: ['handshake-failed'],
  },
  {
    what: 'a certificate message of 16 MiB, announced and never sent',
    turns: [clientHello, record(HANDSHAKE, Buffer.concat([serverHello, message(11, Buffer.alloc(0), 0xffffff)]))],
    codes: ['timeout', 'handshake-failed'],
  },
  {
    what: 'a certificate message of 16 MiB, announced and sent',
    turns: [
      clientHello,
      record(HANDSHAKE, Buffer.concat([serverHello, message(11, Buffer.alloc(0), 0xffffff)])),
      { flood: record(HANDSHAKE, Buffer.alloc(16_384)) },
    ],
    codes: ['handshake-failed'],
    timeoutMs: 2000,
  },
  {
    what: 'a record of 16 KiB of nothing',
    // HelloRequests, read as such, which are to be ignored (RFC 5246, 7.4.1.1).
    turns: [clientHello, record(HANDSHAKE, Buffer.alloc(16_384))],
    codes: ['timeout', 'handshake-failed'],
  },
  {
    what: 'empty records for ever',
    turns: [clientHello, { flood: record(HANDSHAKE, Buffer.alloc(0)) }],
    codes: ['handshake-failed', 'protocol-error'],
  },
  {
    what: 'HelloRequests for ever',
    turns: [clientHello, { flood: record(HANDSHAKE, message(0, Buffer.alloc(0))) }],
    codes: ['protocol-error'],
  },
  {
    what: 'warnings for ever',
    turns: [clientHello, { flood: record(ALERT, hex('01 5a')) }],
    codes: ['handshake-failed', 'timeout'],
  },
  {
    what: 'a record longer than any may be',
    turns: [clientHello, hex('16 03 03 ff ff'), { flood: '\0' }],
    codes: ['handshake-failed', 'protocol-error'],
  },
  {
    what: 'application data',
    turns: [clientHello, record(23, Buffer.alloc(64))],
    codes: ['handshake-failed', 'protocol-error'],
  },
  { what: 'a record of no known type', turns: [clientHello, record(99, Buffer.alloc(64))], codes: ['protocol-error'] },
  {
    what: 'TLS 1.2 and no cipher of ours',
    turns: [clientHello, record(HANDSHAKE, Buffer.from(serverHello.toString('hex').replace('c02f', '0000'), 'hex'))],
    codes: ['handshake-failed'],
  },
  {
    what: 'the answer of SSL 2',
    turns: [clientHello, hex('80 0b 04 00 01 00 02 00 00 00 03 00 00')],
    codes: ['protocol-error'],
  },
  {
    what: 'SSL 3',
    turns: [
      clientHello,
      record(HANDSHAKE, Buffer.from(serverHello.toString('hex').replace('0303', '0300'), 'hex'), 0x0300),
    ],
    codes: ['handshake-failed', 'protocol-error'],
  },
  { what: 'garbage', turns: [clientHello, Buffer.alloc(4096, 0x81)], codes: ['protocol-error'] },
  {
    what: 'garbage for ever',
    turns: [{ flood: Buffer.from(Array.from({ length: 997 }, (_, at) => (at * 151 + 7) & 0xff)) }],
    codes: ['protocol-error'],
  },
  {
    what: 'its ClientHello back',
    turns: [clientHello, record(HANDSHAKE, message(1, Buffer.alloc(64)))],
    codes: ['handshake-failed'],
  },
];

describe('a hostile server on a TLS port', () => {
  const prober = oneProber();
  let before = 0;
  beforeAll(() => {
    before = heapInUse();
  });

  it.each(HOSTILE)('that sends $what', async ({ turns, codes, timeoutMs = 300 }) => {
    const peer = await peerThat((conversation) => play(conversation, turns));
    const startedAt = performance.now();
    const seen = await prober.look(peer.port, 'tls', timeoutMs);
    expect(performance.now() - startedAt).toBeLessThan(timeoutMs + SLACK_MS);
    expect(codes).toContain(seen.outcome);
  });

  it('leaves no memory behind', () => {
    expect(heapInUse() - before).toBeLessThan(MOST_GROWTH);
  });

  it('is understood whichever alert it sends', async () => {
    let description = 0;
    const peer = await peerThat((conversation) =>
      play(conversation, [clientHello, record(ALERT, Buffer.from([2, description])), close]),
    );
    for (; description <= 255; description += 1) {
      const seen = await prober.look(peer.port, 'tls', 2000);
      // Close notify is no failure: what is left is the hang-up.
      expect([description, seen.outcome]).toEqual([description, description === 0 ? 'reset' : 'handshake-failed']);
      if (description === 0) continue;
      expect(seen).toMatchObject({ detail: expect.stringContaining(`(TLS alert ${description})`) as string });
    }
  });

  it.each([
    { service: 'SMTP', says: '220 mail.example.com ESMTP\r\n' },
    { service: 'IMAP', says: '* OK [CAPABILITY IMAP4rev1] ready\r\n' },
    { service: 'POP3', says: '+OK ready\r\n' },
    { service: 'FTP', says: '220 (vsFTPd 3.0.5)\r\n' },
    { service: 'SSH', says: 'SSH-2.0-OpenSSH_9.6\r\n' },
    { service: 'HTTP', says: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n' },
    { service: 'SIP', says: 'SIP/2.0 400 Bad Request\r\n\r\n' },
    { service: 'Redis', says: '-ERR Protocol error: unauthenticated multibulk length\r\n' },
    { service: 'an error in words', says: 'Too many connections' },
  ])('is called plaintext where it speaks $service', async ({ says }) => {
    const peer = await peerThat((conversation) => play(conversation, [clientHello, says, close]));
    expect(await prober.look(peer.port, 'tls', 2000)).toMatchObject({ outcome: 'tls-not-offered' });
  });

  it.each([
    { service: 'MySQL', turns: GO_AHEAD.mysql.slice(0, 1) },
    { service: 'LDAP', turns: [hex('30 24 02 01 00 78 1f 0a 01 02 04 00 04 00')] },
    { service: 'PostgreSQL', turns: [hex('45 00 00 00 09 53 46 00 00')] },
  ])('is called no TLS where it speaks $service, which is no text', async ({ turns }) => {
    const peer = await peerThat((conversation) => play(conversation, [clientHello, ...turns, close]));
    expect(await prober.look(peer.port, 'tls', 2000)).toMatchObject({ outcome: 'protocol-error' });
  });
});

describe('a server that breaks off after so many bytes', () => {
  let root: Issuer;
  let leaf: Credential;
  beforeAll(async () => {
    root = await createAuthority('Root');
    leaf = await (await root.issueIntermediate('Intermediate')).issueLeaf({ dns: ['mail.example.com'] });
  });

  it.each([
    { version: 'TLSv1.2', end: 'close' },
    { version: 'TLSv1.2', end: 'reset' },
    { version: 'TLSv1.3', end: 'close' },
    { version: 'TLSv1.3', end: 'reset' },
  ] as const)('of $version by $end is read, or is a reset', async ({ version, end }) => {
    const server = await startTlsServer({ ...leaf, minVersion: version, maxVersion: version });
    const prober = createProber(LOOPBACK_SETTINGS);
    let limit = 0;
    let passed = 0;
    const peer = await peerThat(async (conversation) => {
      const behind = connect(server.port, '127.0.0.1');
      behind.on('error', () => undefined);
      let left = limit;
      behind.on('data', (chunk: Buffer) => {
        const piece = chunk.subarray(0, left);
        left -= piece.length;
        passed += piece.length;
        void conversation.say(piece).then(() => {
          if (left > 0) return;
          behind.destroy();
          conversation[end]();
        });
      });
      for (;;) behind.write(await conversation.hearBytes(1));
    });
    try {
      const outcomes = new Set<string>();
      // The key share of newer OpenSSLs alone is a kilobyte (ML-KEM), and the chain comes behind it.
      for (limit = 1; limit < 3500; limit += 67) {
        passed = 0;
        const { addresses } = await prober.observe(
          requestFor(endpointAt(peer.port, 'tls'), { timeoutMs: 2000, caPem: root.pem }),
          new Date(),
          new AbortController().signal,
        );
        const outcome = addresses[0]?.outcome ?? 'none';
        outcomes.add(outcome);
        expect([limit, outcome]).toEqual([limit, expect.stringMatching(/^(?:ok|reset)$/)]);
        // A leaf that was read is judged, whatever broke off later.
        if (addresses[0]?.outcome === 'ok') expect(addresses[0].chain[0]?.fingerprint).toBe(leaf.fingerprint);
        expect(passed).toBeLessThanOrEqual(2 * limit);
      }
      expect(outcomes).toContain('reset');
      expect(outcomes).toContain('ok');
    } finally {
      await prober.close();
      await server.close();
    }
  });
});

describe('bad peers', () => {
  it('never delay a good one', async () => {
    const root = await createAuthority('Root');
    const leaf = await root.issueLeaf({ dns: ['mail.example.com'] });
    const server = await startTlsServer(leaf);
    const kinds: readonly (readonly Turn[])[] = [
      [],
      [{ drip: '220-wait\r\n'.repeat(400), everyMs: 25 }],
      [{ drip: record(HANDSHAKE, Buffer.alloc(400)), everyMs: 25 }],
      [{ flood: '220-x\r\n' }],
      [clientHello, hex('16 03 03 40 00')],
      [clientHello, { flood: record(HANDSHAKE, Buffer.alloc(0)) }],
      [clientHello, { flood: record(HANDSHAKE, message(0, Buffer.alloc(0))) }],
    ];
    const tarpits = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        peerThat((conversation) => play(conversation, kinds[index % kinds.length] ?? [])),
      ),
    );
    const prober = createProber(LOOPBACK_SETTINGS);
    const observe = async (port: number, protocol: 'smtp' | 'tls') => {
      const startedAt = performance.now();
      const { addresses } = await prober.observe(
        requestFor(endpointAt(port, protocol), { timeoutMs: 1500, caPem: root.pem }),
        new Date(),
        new AbortController().signal,
      );
      return { outcome: addresses[0]?.outcome, tookMs: performance.now() - startedAt };
    };
    try {
      const alone = await observe(server.port, 'tls');
      const bad = Promise.all(tarpits.map(({ port }, index) => observe(port, index % 2 === 0 ? 'tls' : 'smtp')));
      const beside = await observe(server.port, 'tls');
      const ends = await bad;
      expect([alone.outcome, beside.outcome]).toEqual(['ok', 'ok']);
      // The tarpits hold their probes for 1.5 s and more; the good one does not wait for any of them.
      expect(beside.tookMs).toBeLessThan(1300);
      expect(ends.every(({ outcome }) => outcome !== 'ok')).toBe(true);
      expect(Math.max(...ends.map(({ tookMs }) => tookMs))).toBeLessThan(1500 * 4.5 + SLACK_MS);
    } finally {
      await prober.close();
      await server.close();
    }
  });
});
