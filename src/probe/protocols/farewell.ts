/**
 * What is said inside TLS before we leave, so that no server logs a client that vanished. Nothing that is said here can
 * change what a probe saw: it goes out once the certificate is read, and no answer is waited for.
 *
 * A server greets once for a connection. After STARTTLS it is silent until the client speaks (RFC 3207, 4.2), so the
 * farewell goes out at once; with TLS from the first byte its greeting comes inside TLS, and whoever speaks before it has
 * ended is turned away as a spammer (RFC 5321, 4.3.1).
 */
import type { Endpoint } from '../../core/monitor.ts';
import type { Protocol } from '../../core/protocol.ts';
import { TAG } from '../der.ts';

export interface Farewell {
  readonly say: Uint8Array;
  /** Found in what the server has sent inside TLS once its greeting is complete; `undefined` where none comes. */
  readonly afterGreeting: RegExp | undefined;
}

/** `220-` goes on, `220 ` ends (RFC 5321, 4.2; RFC 959, 4.2). */
const REPLY_GREETING = /^[1-5]\d\d(?: [^\n]*)?\r?\n/m;
const LINE_GREETING = /\n/;

/** RFC 5321, 4.1.1.10; LMTP has it too (RFC 2033, 4). */
const smtpQuit = Buffer.from('QUIT\r\n');
/** RFC 9051, 6.1.3. The tags before it were `a1` and `a2`. */
const imapLogout = Buffer.from('a3 LOGOUT\r\n');
/** RFC 1939, 5. */
const popQuit = Buffer.from('QUIT\r\n');
/** RFC 959, 4.1.1. */
const ftpQuit = Buffer.from('QUIT\r\n');
/** UnbindRequest, message 2 (RFC 4511, 4.3); the server never answers it. */
const ldapUnbind = Buffer.from([TAG.sequence, 5, TAG.integer, 1, 2, 0x42, 0]);

const FAREWELLS: Readonly<Record<Protocol, Farewell | undefined>> = {
  // No request was made; closing TLS is how an idle client leaves (RFC 9112, 9.8).
  https: undefined,
  smtps: { say: smtpQuit, afterGreeting: REPLY_GREETING },
  smtp: { say: smtpQuit, afterGreeting: undefined },
  imaps: { say: imapLogout, afterGreeting: LINE_GREETING },
  imap: { say: imapLogout, afterGreeting: undefined },
  pops: { say: popQuit, afterGreeting: LINE_GREETING },
  pop: { say: popQuit, afterGreeting: undefined },
  lmtp: { say: smtpQuit, afterGreeting: undefined },
  ftps: { say: ftpQuit, afterGreeting: REPLY_GREETING },
  ftp: { say: ftpQuit, afterGreeting: undefined },
  ldaps: { say: ldapUnbind, afterGreeting: undefined },
  ldap: { say: ldapUnbind, afterGreeting: undefined },
  // COM_QUIT is a command, and there are none before login (MySQL's manual, "Command Phase").
  mysql: undefined,
  // Terminate belongs to a session, and there is none before the startup packet; a client that sends nothing at all in its
  // place is not even logged (PostgreSQL's manual, "Start-up" and "Termination").
  postgresql: undefined,
  // Connections carry many dialogs and just close (RFC 3261, 18.1.1).
  sips: undefined,
  // Who knows what is spoken there.
  tls: undefined,
};

/** `undefined` where closing TLS (RFC 8446, 6.1) is all that there is to say. */
export function farewellOf(endpoint: Pick<Endpoint, 'protocol'>): Farewell | undefined {
  return FAREWELLS[endpoint.protocol];
}
