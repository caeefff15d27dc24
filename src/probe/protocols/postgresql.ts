/**
 * PostgreSQL, port 5432: SSLRequest and one byte for an answer (PostgreSQL's manual, "SSL Session Encryption"). Exactly
 * one byte is read: whatever comes with it is an injection (CVE-2021-23222). Direct TLS (version 17 on) is in `index.ts`.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

/** Length 8, request code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
/** Class 53 is insufficient resources, 57P03 cannot connect now (PostgreSQL's manual, appendix A). */
const TEMPORARY_STATE = /^(?:53...|57P03)$/;

export const postgresql: Dialogue = async (peer) => {
  await peer.write(SSL_REQUEST);
  const answer = (await peer.readBytes(1)).toString('latin1');
  if (answer === 'S') return;
  if (answer === 'N') throw tlsNotOffered('the server does not offer TLS');
  if (answer === 'E') throw await readError(peer);
  throw protocolError('the server answered something that is no PostgreSQL', answer);
};

/** ErrorResponse: its length, then fields of a type byte and NUL-terminated text. Very old servers end a bare text by NUL. */
async function readError(peer: Plaintext): Promise<Error> {
  const length = (await peer.readBytes(4)).readUInt32BE(0);
  if (length < 5) return protocolError('the server answered something that is no PostgreSQL');
  if (length > 30_000) return tlsNotOffered('the server does not know SSLRequest');
  const fields = new Map<string, string>();
  for (const field of (await peer.readBytes(length - 4)).toString('utf8').split('\0')) {
    if (field !== '') fields.set(field.slice(0, 1), field.slice(1));
  }
  const said = fields.get('M') ?? '';
  return TEMPORARY_STATE.test(fields.get('C') ?? '')
    ? temporarilyRefused('the server does not take connections at the moment', said)
    : tlsNotOffered('the server refused TLS', said);
}
