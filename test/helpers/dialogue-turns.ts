/** What a server says in plaintext, in turn, and the packets of those that speak in bytes. */
import type { Conversation } from './scripted-peer.ts';

/** What the server says, or waits to hear before it goes on, or does. */
export type Turn =
  | string
  | Buffer
  | { readonly hear: number | 'line' }
  /** One byte of it at a time, with a pause after each. */
  | { readonly drip: string | Buffer; readonly everyMs: number }
  /** The same again until the connection ends. */
  | { readonly flood: string | Buffer }
  | { readonly end: 'reset' | 'close' };

export const line = { hear: 'line' } as const;
export const reset = { end: 'reset' } as const;
export const close = { end: 'close' } as const;

export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

export const mysqlPacket = (payload: Buffer, sequence = 0): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence, 3);
  return Buffer.concat([header, payload]);
};

export const mysqlGreeting = (flags: number, version = '8.4.0'): Buffer =>
  mysqlPacket(
    Buffer.concat([
      Buffer.from([10]),
      Buffer.from(`${version}\0`),
      Buffer.alloc(12, 0x41),
      Buffer.from([0, flags & 0xff, flags >> 8, 45, 2, 0, 0xff, 0xc1, 21]),
      Buffer.alloc(23),
    ]),
  );

export const mysqlError = (code: number, text: string): Buffer =>
  mysqlPacket(Buffer.concat([Buffer.from([0xff, code & 0xff, code >> 8]), Buffer.from(text)]));

/** Our SSLRequest of 32 bytes in its packet. */
export const mysqlSslRequest = { hear: 36 } as const;

export const postgresError = (state: string, text: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0C${state}\0M${text}\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
};

/** PostgreSQL's SSLRequest. */
export const sslRequest = { hear: 8 } as const;

/** A result with empty text; `extra` is what follows it, such as a referral or a name. */
export const ldapResult = (code: number, extra: Uint8Array = Buffer.alloc(0), messageId = 1): Buffer => {
  const operation = Buffer.concat([Buffer.from([0x0a, 1, code, 4, 0, 4, 0]), extra]);
  const body = Buffer.concat([Buffer.from([2, 1, messageId, 0x78, operation.length]), operation]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};

/** The responseName of an extended response. */
export const ldapName = (identifier: string): Buffer =>
  Buffer.concat([Buffer.from([0x8a, identifier.length]), Buffer.from(identifier)]);

/** Our StartTLS request. */
export const ldapRequest = { hear: 31 } as const;

/** Up to the go-ahead, as each protocol's RFC or manual has it. */
export const GO_AHEAD = {
  smtp: ['220 mx ESMTP\r\n', line, '250-mx\r\n250-STARTTLS\r\n250 HELP\r\n', line, '220 go\r\n'],
  lmtp: ['220 lmtp\r\n', line, '250-mx\r\n250 STARTTLS\r\n', line, '220 go\r\n'],
  imap: ['* OK ready\r\n', line, '* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n', line, 'a2 OK go\r\n'],
  pop: ['+OK <1@pop>\r\n', line, '+OK\r\nUSER\r\nSTLS\r\n.\r\n', line, '+OK go\r\n'],
  ftp: ['220-Welcome\r\n  to this\r\n331 days\r\n220 server\r\n', line, '234 go\r\n'],
  ldap: [ldapRequest, ldapResult(0)],
  mysql: [mysqlGreeting(0xffff), mysqlSslRequest],
  postgresql: [sslRequest, 'S'],
} as const satisfies Record<string, readonly Turn[]>;

export type StartTlsProtocol = keyof typeof GO_AHEAD;

/** `pieces`: as for `Conversation.say`. */
export async function play(peer: Conversation, turns: readonly Turn[], pieces?: number): Promise<void> {
  for (const turn of turns) {
    if (typeof turn === 'string' || Buffer.isBuffer(turn)) await peer.say(turn, pieces);
    else if ('drip' in turn) await peer.drip(turn.drip, turn.everyMs);
    else if ('flood' in turn) await peer.flood(turn.flood);
    else if ('end' in turn) peer[turn.end]();
    else if (turn.hear === 'line') await peer.hearLine();
    else await peer.hearBytes(turn.hear);
  }
}
