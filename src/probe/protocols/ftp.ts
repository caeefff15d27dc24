/**
 * FTP with AUTH TLS (RFC 4217, 4), port 21.
 *
 *   S: 220 ready     C: AUTH TLS
 *   S: 234           then ClientHello
 *
 * FEAT is not asked: it tells less than the answer to AUTH. Before the RFC, servers answered 200 or 334, or knew the
 * mechanism as TLS-C or SSL only; each starts the same TLS on the control connection.
 */
import { ProbeError } from '../errors.ts';
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';
import { isTemporary, readReply } from './reply.ts';
import type { Reply } from './reply.ts';

const GO_AHEAD: ReadonlySet<number> = new Set([234, 200, 334]);
/** The older names, asked for where TLS is refused: the synonym of RFC 4217, 17, then that of its drafts. */
const OLDER_MECHANISMS = ['TLS-C', 'SSL'] as const;

export const ftp: Dialogue = async (peer) => {
  const greeting = await readGreeting(peer);
  if (greeting.code !== 220) {
    throw isTemporary(greeting)
      ? temporarilyRefused('the server does not take connections from us at the moment', greeting.last)
      : protocolError('the server does not take connections from us', greeting.last);
  }

  const answer = await authenticate(peer, 'TLS');
  if (isGoAhead(answer)) return;
  for (const mechanism of OLDER_MECHANISMS) {
    const older = await unlessGone(authenticate(peer, mechanism));
    if (older === undefined) break;
    if (isGoAhead(older)) return;
  }
  throw tlsNotOffered('the server refused AUTH TLS', answer.last);
};

function isGoAhead(answer: Reply): boolean {
  if (isTemporary(answer)) throw temporarilyRefused('the server cannot start TLS at the moment', answer.last);
  return GO_AHEAD.has(answer.code);
}

/** A server that hangs up over a second try has answered the first: `undefined`, and that answer stands. */
async function unlessGone(asked: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ProbeError && error.code === 'reset') return undefined;
    throw error;
  }
}

/** 120 means "ready in some minutes" and is followed by 220 (RFC 959, 5.4). */
async function readGreeting(peer: Plaintext): Promise<Reply> {
  for (;;) {
    const reply = await readReply(peer, 'ftp');
    if (reply.code >= 200) return reply;
  }
}

async function authenticate(peer: Plaintext, mechanism: 'TLS' | (typeof OLDER_MECHANISMS)[number]): Promise<Reply> {
  await peer.write(`AUTH ${mechanism}\r\n`);
  return readReply(peer, 'ftp');
}
