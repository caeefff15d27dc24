/**
 * FTP with AUTH TLS (RFC 4217, 4), port 21.
 *
 *   S: 220 ready     C: AUTH TLS
 *   S: 234           then ClientHello
 *
 * FEAT is not asked: it tells less than the answer to AUTH. Before the RFC, servers answered 200 or 334, or knew the
 * mechanism as SSL only; each starts the same TLS on the control connection.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';
import { isTemporary, readReply } from './reply.ts';
import type { Reply } from './reply.ts';

const GO_AHEAD: ReadonlySet<number> = new Set([234, 200, 334]);

export const ftp: Dialogue = async (peer) => {
  const greeting = await readGreeting(peer);
  if (greeting.code !== 220) {
    throw isTemporary(greeting)
      ? temporarilyRefused('the server does not take connections from us at the moment', greeting.last)
      : protocolError('the server does not take connections from us', greeting.last);
  }

  const answer = await authenticate(peer, 'TLS');
  if (GO_AHEAD.has(answer.code)) return;
  if (isTemporary(answer)) throw temporarilyRefused('the server cannot start TLS at the moment', answer.last);

  const older = await authenticate(peer, 'SSL');
  if (GO_AHEAD.has(older.code)) return;
  throw tlsNotOffered('the server refused AUTH TLS', answer.last);
};

/** 120 means "ready in some minutes" and is followed by 220 (RFC 959, 5.4). */
async function readGreeting(peer: Plaintext): Promise<Reply> {
  for (;;) {
    const reply = await readReply(peer, 'ftp');
    if (reply.code >= 200) return reply;
  }
}

async function authenticate(peer: Plaintext, mechanism: 'TLS' | 'SSL'): Promise<Reply> {
  await peer.write(`AUTH ${mechanism}\r\n`);
  return readReply(peer, 'ftp');
}
