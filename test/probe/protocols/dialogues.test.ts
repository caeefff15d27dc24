import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionCode } from '../../../src/core/finding.ts';
import type { Protocol } from '../../../src/core/protocol.ts';
import { PROTOCOL_TOKENS } from '../../../src/core/protocol.ts';
import { createAuthority } from '../../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../../src/demo/authority.ts';
import { startSmtpServer } from '../../../src/demo/tls-servers.ts';
import { dialogueOf } from '../../../src/probe/protocols/index.ts';
import { atOnce } from '../../../src/probe/protocols/dialogue.ts';
import { createProber } from '../../../src/probe/probe.ts';
import {
  GO_AHEAD,
  ldapName,
  ldapRequest,
  ldapResult,
  line,
  hex,
  mysqlError,
  mysqlGreeting,
  mysqlSslRequest,
  play,
  postgresError,
  sslRequest,
} from '../../helpers/dialogue-turns.ts';
import type { Turn } from '../../helpers/dialogue-turns.ts';
import { LOOPBACK_SETTINGS, endpointAt, observeOne, readOne } from '../../helpers/probing.ts';
import { startScriptedPeer } from '../../helpers/scripted-peer.ts';
import type { Conversation, ScriptedPeer } from '../../helpers/scripted-peer.ts';

let root: Issuer;
let leaf: Credential;
const peers: ScriptedPeer[] = [];

beforeAll(async () => {
  root = await createAuthority('Root');
  leaf = await (await root.issueIntermediate('Intermediate')).issueLeaf({ dns: ['mail.example.com'] });
});
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

async function peerThat(script: (peer: Conversation) => Promise<void> | void): Promise<ScriptedPeer> {
  const peer = await startScriptedPeer(script);
  peers.push(peer);
  return peer;
}

const READS: readonly { protocol: Protocol; how: string; turns: readonly Turn[]; asks?: string }[] = [
  {
    protocol: 'smtp',
    how: 'in the usual way',
    turns: GO_AHEAD.smtp,
    asks: 'EHLO probe.invalid\r\nSTARTTLS\r\n',
  },
  {
    protocol: 'smtp',
    how: 'with a greeting of several lines and STARTTLS last, in lower case',
    turns: [
      '220-mx\r\n220-be patient\r\n220 now\r\n',
      line,
      '250-mx\r\n250 starttls\r\n',
      line,
      '220 2.0.0 SMTP server ready\r\n',
    ],
  },
  {
    protocol: 'smtp',
    how: 'with bare line feeds and no text',
    turns: ['220\n', line, '250-STARTTLS\n250 x\n', line, '220\n'],
  },
  {
    protocol: 'smtp',
    how: 'with replies of several lines, whose codes differ and whose last one decides',
    turns: ['220-x\r\n220 x\r\n', line, '220-mx\r\n250-STARTTLS\r\n250 x\r\n', line, '454-wait\r\n220 2.0.0 go\r\n'],
  },
  {
    protocol: 'lmtp',
    how: 'in the usual way',
    turns: GO_AHEAD.lmtp,
    asks: 'LHLO probe.invalid\r\nSTARTTLS\r\n',
  },
  {
    protocol: 'imap',
    how: 'in the usual way',
    turns: GO_AHEAD.imap,
    asks: 'a1 CAPABILITY\r\na2 STARTTLS\r\n',
  },
  {
    protocol: 'imap',
    how: 'in mixed case, with an alert in between',
    turns: ['* ok hi\r\n', line, '* OK [ALERT] soon down\r\n* Capability StartTls\r\nA1 ok x\r\n', line, 'a2 OK\r\n'],
  },
  {
    protocol: 'imap',
    how: 'with its capabilities in the greeting alone',
    turns: ['* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n', line, 'a1 OK done\r\n', line, 'a2 OK\r\n'],
  },
  {
    protocol: 'imap',
    how: 'with its capabilities in the final line, and a literal before it',
    turns: [
      '* OK hi\r\n',
      line,
      '* ID ("name" {12}\r\na1 NO x\r\n{3} "v" NIL)\r\na1 OK [CAPABILITY IMAP4rev2 StartTLS] done\r\n',
      line,
      '* 3 EXISTS\r\na2 OK\r\n',
    ],
  },
  {
    protocol: 'pop',
    how: 'in the usual way',
    turns: GO_AHEAD.pop,
    asks: 'CAPA\r\nSTLS\r\n',
  },
  {
    protocol: 'pop',
    how: 'with lists and dots about it',
    turns: ['+ok\r\n', line, '+OK\r\nSASL PLAIN\r\n..x\r\nIMPLEMENTATION .\r\nstls\r\n.\r\n', line, '+OK\r\n'],
  },
  { protocol: 'pop', how: 'without CAPA', turns: ['+OK\r\n', line, '-ERR what?\r\n', line, '+OK go\r\n'] },
  {
    protocol: 'ftp',
    how: 'in the usual way',
    turns: GO_AHEAD.ftp,
    asks: 'AUTH TLS\r\n',
  },
  {
    protocol: 'ftp',
    how: 'with the synonym of old',
    turns: ['220 hi\r\n', line, '504-what?\r\n 234 is no code here\r\n504 no\r\n', line, '234 go\r\n'],
    asks: 'AUTH TLS\r\nAUTH TLS-C\r\n',
  },
  { protocol: 'ftp', how: 'with 200 of old', turns: ['220 hi\r\n', line, '200 go\r\n'] },
  { protocol: 'ftp', how: 'with 334 of old', turns: ['120 soon\r\n220 hi\r\n', line, '334 go\r\n'] },
  {
    protocol: 'ftp',
    how: 'with the mechanism of old',
    turns: ['220 hi\r\n', line, '504 what?\r\n', line, '504 what?\r\n', line, '234 go\r\n'],
    asks: 'AUTH TLS\r\nAUTH TLS-C\r\nAUTH SSL\r\n',
  },
  {
    protocol: 'ldap',
    how: 'in the usual way',
    turns: GO_AHEAD.ldap,
    asks: hex('30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37').toString(
      'latin1',
    ),
  },
  {
    protocol: 'ldap',
    how: 'with long lengths and its name, as Active Directory answers',
    turns: [
      ldapRequest,
      hex(
        '30 84 00 00 00 28 02 01 01 78 84 00 00 00 1f 0a 01 00 04 00 04 00 8a 16 312e332e362e312e342e312e313436362e3230303337',
      ),
    ],
  },
  {
    protocol: 'ldap',
    how: 'after a notification that nobody knows',
    turns: [ldapRequest, ldapResult(0, ldapName('1.3.6.1.4.1.99999.1'), 0), ldapResult(0)],
  },
  { protocol: 'mysql', how: 'in the usual way', turns: GO_AHEAD.mysql },
  { protocol: 'mysql', how: 'as MariaDB', turns: [mysqlGreeting(0xfffe, '5.5.5-11.4.2-MariaDB'), mysqlSslRequest] },
  {
    protocol: 'postgresql',
    how: 'in the usual way',
    turns: GO_AHEAD.postgresql,
    asks: hex('00 00 00 08 04 d2 16 2f').toString('latin1'),
  },
];

describe.each([
  { split: 'whole', pieces: undefined },
  { split: 'byte by byte', pieces: 1 },
  { split: 'in threes', pieces: 3 },
])('replies $split', ({ pieces }) => {
  it.each(READS)('$protocol $how', async ({ protocol, turns, asks }) => {
    const peer = await peerThat(async (conversation) => {
      await play(conversation, turns, pieces);
      conversation.startTls(leaf);
    });
    const result = await readOne(endpointAt(peer.port, protocol), { caPem: root.pem });
    expect(result).toMatchObject({ chain: [{ fingerprint: leaf.fingerprint }, {}], verdict: { trusted: true } });
    expect(peer.connections).toBe(1);
    if (asks !== undefined) expect(peer.heard).toBe(asks);
  });
});

const REFUSES: readonly { protocol: Protocol; what: string; turns: readonly Turn[]; code: ConnectionCode }[] = [
  {
    protocol: 'smtp',
    what: 'no STARTTLS',
    turns: ['220 x\r\n', line, '250-x\r\n250 XSTARTTLSX\r\n'],
    code: 'tls-not-offered',
  },
  {
    protocol: 'smtp',
    what: 'a stripped STARTTLS',
    turns: ['220 x\r\n', line, '250-x\r\n250 XXXXXXXX\r\n'],
    code: 'tls-not-offered',
  },
  { protocol: 'smtp', what: '421 at once', turns: ['421 too many\r\n'], code: 'temporarily-refused' },
  { protocol: 'smtp', what: '554 at once', turns: ['554 go away\r\n'], code: 'protocol-error' },
  { protocol: 'smtp', what: '220- and then 554', turns: ['220-hm\r\n554 no\r\n'], code: 'protocol-error' },
  { protocol: 'smtp', what: '502 to EHLO', turns: ['220 x\r\n', line, '502 what?\r\n'], code: 'tls-not-offered' },
  { protocol: 'smtp', what: '450 to EHLO', turns: ['220 x\r\n', line, '450 later\r\n'], code: 'temporarily-refused' },
  {
    protocol: 'smtp',
    what: '454 to STARTTLS',
    turns: ['220 x\r\n', line, '250 STARTTLS\r\n', line, '454 later\r\n'],
    code: 'temporarily-refused',
  },
  {
    protocol: 'smtp',
    what: '502 to STARTTLS',
    turns: ['220 x\r\n', line, '250 STARTTLS\r\n', line, '502 no\r\n'],
    code: 'tls-not-offered',
  },
  { protocol: 'smtp', what: 'another protocol', turns: ['* OK IMAP\r\n'], code: 'protocol-error' },
  {
    protocol: 'smtp',
    what: 'more after the go-ahead',
    turns: ['220 x\r\n', line, '250 STARTTLS\r\n', line, '220 go\r\n250 evil\r\n'],
    code: 'plaintext-injection',
  },
  { protocol: 'lmtp', what: '500 to LHLO', turns: ['220 x\r\n', line, '500 what?\r\n'], code: 'tls-not-offered' },
  { protocol: 'imap', what: 'PREAUTH', turns: ['* PREAUTH hi\r\n'], code: 'tls-not-offered' },
  { protocol: 'imap', what: 'BYE', turns: ['* BYE overloaded\r\n'], code: 'temporarily-refused' },
  { protocol: 'imap', what: 'BYE later', turns: ['* OK\r\n', line, '* BYE timeout\r\n'], code: 'temporarily-refused' },
  {
    protocol: 'imap',
    what: 'no STARTTLS',
    turns: ['* OK\r\n', line, '* CAPABILITY IMAP4rev1\r\na1 OK\r\n'],
    code: 'tls-not-offered',
  },
  {
    protocol: 'imap',
    what: 'NO',
    turns: ['* OK\r\n', line, '* CAPABILITY STARTTLS\r\na1 OK\r\n', line, 'a2 NO no\r\n'],
    code: 'tls-not-offered',
  },
  {
    protocol: 'imap',
    what: 'NO for now',
    turns: ['* OK\r\n', line, '* CAPABILITY STARTTLS\r\na1 OK\r\n', line, 'a2 NO [UNAVAILABLE] later\r\n'],
    code: 'temporarily-refused',
  },
  {
    protocol: 'imap',
    what: 'more after the go-ahead',
    turns: ['* OK\r\n', line, '* CAPABILITY STARTTLS\r\na1 OK\r\n', line, 'a2 OK\r\n* PREAUTH\r\n'],
    code: 'plaintext-injection',
  },
  { protocol: 'pop', what: '-ERR at once', turns: ['-ERR no\r\n'], code: 'protocol-error' },
  { protocol: 'pop', what: '-ERR for now', turns: ['-ERR [SYS/TEMP] later\r\n'], code: 'temporarily-refused' },
  { protocol: 'pop', what: 'no STLS', turns: ['+OK\r\n', line, '+OK\r\nUSER\r\n.\r\n'], code: 'tls-not-offered' },
  {
    protocol: 'pop',
    what: 'a refused STLS',
    turns: ['+OK\r\n', line, '+OK\r\nSTLS\r\n.\r\n', line, '-ERR no\r\n'],
    code: 'tls-not-offered',
  },
  {
    protocol: 'pop',
    what: 'more after the go-ahead',
    turns: ['+OK\r\n', line, '+OK\r\nSTLS\r\n.\r\n', line, '+OK\r\n+OK\r\n'],
    code: 'plaintext-injection',
  },
  { protocol: 'ftp', what: '421 at once', turns: ['421 full\r\n'], code: 'temporarily-refused' },
  { protocol: 'ftp', what: '530 at once', turns: ['530 no\r\n'], code: 'protocol-error' },
  { protocol: 'ftp', what: '431 to AUTH', turns: ['220 x\r\n', line, '431 later\r\n'], code: 'temporarily-refused' },
  {
    protocol: 'ftp',
    what: '500 to all',
    turns: ['220 x\r\n', line, '500 ?\r\n', line, '500 ?\r\n', line, '500 ?\r\n'],
    code: 'tls-not-offered',
  },
  {
    protocol: 'ftp',
    what: 'more after the go-ahead',
    turns: ['220 x\r\n', line, '234 go\r\n220 evil\r\n'],
    code: 'plaintext-injection',
  },
  { protocol: 'ldap', what: 'protocolError', turns: [ldapRequest, ldapResult(2)], code: 'tls-not-offered' },
  { protocol: 'ldap', what: 'unavailable', turns: [ldapRequest, ldapResult(52)], code: 'temporarily-refused' },
  {
    protocol: 'ldap',
    what: 'a referral',
    turns: [ldapRequest, ldapResult(10, hex('a3 0e 04 0c 6c6461703a2f2f6f74686572'))],
    code: 'tls-not-offered',
  },
  {
    protocol: 'ldap',
    what: 'a notice of disconnection',
    turns: [ldapRequest, ldapResult(0, Buffer.alloc(0), 0)],
    code: 'temporarily-refused',
  },
  {
    protocol: 'ldap',
    what: 'an answer to another request',
    turns: [ldapRequest, ldapResult(0, Buffer.alloc(0), 7)],
    code: 'protocol-error',
  },
  {
    protocol: 'ldap',
    what: 'a length of gigabytes',
    turns: [ldapRequest, hex('30 84 7f ff ff ff')],
    code: 'protocol-error',
  },
  {
    protocol: 'ldap',
    what: 'an indefinite length',
    turns: [ldapRequest, hex('30 80 02 01 01')],
    code: 'protocol-error',
  },
  { protocol: 'ldap', what: 'broken BER', turns: [ldapRequest, hex('30 03 02 7f 01')], code: 'protocol-error' },
  {
    protocol: 'ldap',
    what: 'more after the go-ahead',
    turns: [ldapRequest, Buffer.concat([ldapResult(0), ldapResult(0)])],
    code: 'plaintext-injection',
  },
  { protocol: 'mysql', what: 'no CLIENT_SSL', turns: [mysqlGreeting(0xf7ff)], code: 'tls-not-offered' },
  {
    protocol: 'mysql',
    what: 'a blocked host',
    turns: [mysqlError(1129, 'Host is blocked')],
    code: 'temporarily-refused',
  },
  {
    protocol: 'mysql',
    what: 'too many connections',
    turns: [mysqlError(1040, 'Too many')],
    code: 'temporarily-refused',
  },
  {
    protocol: 'mysql',
    what: 'a host that is not allowed',
    turns: [mysqlError(1130, 'not allowed')],
    code: 'protocol-error',
  },
  { protocol: 'mysql', what: 'the X protocol', turns: [hex('05 00 00 00 0b 08 05 1a 00')], code: 'protocol-error' },
  { protocol: 'mysql', what: 'a greeting cut short', turns: [hex('03 00 00 00 0a 38 00')], code: 'protocol-error' },
  {
    protocol: 'mysql',
    what: 'more after the greeting',
    turns: [Buffer.concat([mysqlGreeting(0xffff), Buffer.from('evil')]), { hear: 36 }],
    code: 'plaintext-injection',
  },
  { protocol: 'postgresql', what: 'N', turns: [sslRequest, 'N'], code: 'tls-not-offered' },
  {
    protocol: 'postgresql',
    what: 'an error',
    turns: [sslRequest, postgresError('28000', 'no')],
    code: 'tls-not-offered',
  },
  {
    protocol: 'postgresql',
    what: 'too many clients',
    turns: [sslRequest, postgresError('53300', 'too many')],
    code: 'temporarily-refused',
  },
  { protocol: 'postgresql', what: 'something else', turns: [sslRequest, 'X'], code: 'protocol-error' },
  { protocol: 'postgresql', what: 'more with the S', turns: [sslRequest, 'SEvil'], code: 'plaintext-injection' },
];

describe('refusals', () => {
  it.each(REFUSES)('$protocol with $what is $code', async ({ protocol, turns, code }) => {
    const peer = await peerThat((conversation) => play(conversation, turns, undefined));
    const result = await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 3000 });
    expect(result.outcome).toBe(code);
  });
});

const STARTTLS = PROTOCOL_TOKENS.filter((protocol) => dialogueOf({ protocol, direct: false }) !== atOnce);

describe.each(STARTTLS)('a hostile %s server', (protocol) => {
  const turns = READS.find((one) => one.protocol === protocol)?.turns ?? [];

  it('that is silent ends with the deadline', async () => {
    const peer = await peerThat(() => undefined);
    const startedAt = performance.now();
    expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 200 })).toMatchObject({ outcome: 'timeout' });
    // The greeting of SMTP and LMTP has 3.5 times the step budget.
    expect(performance.now() - startedAt).toBeLessThan(200 * 3.5 + 800);
  });

  it('that says one byte at a time, for ever, ends with the deadline', async () => {
    const peer = await peerThat(async (conversation) => {
      for (let count = 0; count < 200; count += 1) {
        await conversation.say('2');
        await conversation.pause(20);
      }
    });
    const startedAt = performance.now();
    const { outcome } = await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 200 });
    expect(['timeout', 'protocol-error']).toContain(outcome);
    expect(performance.now() - startedAt).toBeLessThan(200 * 3.5 + 800);
  });

  it('that never ends its line is cut off at the limit', async () => {
    const peer = await peerThat((conversation) => conversation.say(Buffer.alloc(1_000_000, 0x32)));
    expect(await observeOne(endpointAt(peer.port, protocol))).toMatchObject({ outcome: 'protocol-error' });
  });

  it('that sends lines without end is cut off at the limit', async () => {
    const peer = await peerThat((conversation) => conversation.say('220-more\r\n'.repeat(100_000)));
    expect(await observeOne(endpointAt(peer.port, protocol))).toMatchObject({ outcome: 'protocol-error' });
  });

  it('that sends garbage is no server of its kind', async () => {
    const peer = await peerThat((conversation) =>
      conversation.say(Buffer.from('\u0000\u0001\u00fe\r\n\u0000\u0007\r\n'.repeat(20))),
    );
    expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 500 })).toMatchObject({
      outcome: 'protocol-error',
    });
  });

  it.each(turns.map((_, index) => index))('that resets at step %i is a reset', async (step) => {
    const peer = await peerThat(async (conversation) => {
      await play(conversation, turns.slice(0, step), undefined);
      conversation.reset();
    });
    expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 2000 })).toMatchObject({ outcome: 'reset' });
  });

  it('that hangs up instead of TLS is a reset', async () => {
    const peer = await peerThat(async (conversation) => {
      await play(conversation, turns, undefined);
      await conversation.hearBytes(5);
      conversation.close();
    });
    expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 2000 })).toMatchObject({ outcome: 'reset' });
  });

  it('that is silent instead of TLS ends with the deadline', async () => {
    const peer = await peerThat((conversation) => play(conversation, turns, undefined));
    expect(await observeOne(endpointAt(peer.port, protocol), { timeoutMs: 300 })).toMatchObject({ outcome: 'timeout' });
  });
});

describe('a TLS port', () => {
  it.each([
    { that: 'speaks SMTP', say: '220 mail.example.com ESMTP\r\n', code: 'tls-not-offered' },
    { that: 'speaks HTTP', say: 'HTTP/1.1 400 Bad Request\r\n\r\n', code: 'tls-not-offered' },
    { that: 'sends garbage', say: Buffer.alloc(64, 0x81), code: 'protocol-error' },
  ])('that $that is $code', async ({ say, code }) => {
    const peer = await peerThat(async (conversation) => {
      await conversation.hearBytes(5);
      await conversation.say(say);
      conversation.close();
    });
    const result = await observeOne(endpointAt(peer.port, 'https'), { timeoutMs: 2000 });
    expect(result.outcome).toBe(code);
  });

  it('quotes the plaintext it got, made visible', async () => {
    const peer = await peerThat((conversation) => conversation.say('220 hello there\r\n'));
    expect(await observeOne(endpointAt(peer.port, 'https'), { timeoutMs: 2000 })).toMatchObject({
      detail: "the server speaks plaintext on this port: '220 hello there'",
    });
  });

  it.each([
    { alert: 40, says: 'accepts none of the ciphers' },
    { alert: 70, says: 'none of the TLS versions' },
    { alert: 80, says: 'internal error' },
    { alert: 112, says: 'nothing for this server name' },
  ])('that answers with alert $alert is explained', async ({ alert, says }) => {
    const peer = await peerThat(async (conversation) => {
      await conversation.hearBytes(5);
      await conversation.say(Buffer.from([21, 3, 3, 0, 2, 2, alert]));
      conversation.close();
    });
    const result = await observeOne(endpointAt(peer.port, 'tls'), { timeoutMs: 2000 });
    expect(result).toMatchObject({ outcome: 'handshake-failed' });
    expect(result).toHaveProperty('detail', expect.stringContaining(says));
  });
});

describe('SMTP', () => {
  it('a greeting may take longer than the step budget', async () => {
    const peer = await peerThat(async (conversation) => {
      await conversation.say('220-wait\r\n');
      await conversation.pause(700);
      await play(conversation, ['220 now\r\n', line, '250 STARTTLS\r\n', line, '220 go\r\n'], undefined);
      conversation.startTls(leaf);
    });
    expect((await observeOne(endpointAt(peer.port, 'smtp'), { timeoutMs: 400, caPem: root.pem })).outcome).toBe('ok');
  });

  it("speaks to the demo's server on TLS 1.2 and 1.3", async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = await startSmtpServer({ ...leaf, minVersion: version, maxVersion: version });
      try {
        expect(await readOne(endpointAt(server.port, 'smtp'), { caPem: root.pem })).toMatchObject({
          tlsVersion: version,
        });
      } finally {
        await server.close();
      }
    }
  });
});

describe('politeness', () => {
  it('opens no more connections to one address and port than it may', async () => {
    let now = 0;
    let most = 0;
    const peer = await peerThat(async (conversation) => {
      now += 1;
      most = Math.max(most, now);
      await conversation.pause(50);
      now -= 1;
      conversation.close();
    });
    const prober = createProber({ ...LOOPBACK_SETTINGS, perAddress: 2 });
    const request = { endpoint: endpointAt(peer.port, 'tls'), timeoutMs: 2000, known: new Map(), knownIssuers: [] };
    const trust = { extraCaPem: root.pem, only: true };
    const signal = new AbortController().signal;
    await Promise.all(Array.from({ length: 8 }, () => prober.observe({ ...request, trust }, new Date(), signal)));
    await prober.close();
    expect(peer.connections).toBe(8);
    expect(most).toBe(2);
  });
});
