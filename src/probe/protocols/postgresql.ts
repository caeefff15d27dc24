/**
 * PostgreSQL, port 5432: SSLRequest and one byte for an answer (PostgreSQL's manual, "SSL Session Encryption"). Exactly
 * one byte is read: whatever comes with it is an injection (CVE-2021-23222). Direct TLS (version 17 on) is in `index.ts`.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

/** Length 8, request code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
/** Class 53 is insufficient resources; 57P01 to 57P03 a server that stops, crashed or starts (PostgreSQL's manual, appendix A). */
const TEMPORARY_STATE = /^(?:53...|57P0[123])$/;
/** A length that is none: the text that servers before 7.4 sent, and any that cannot start a process for us sends still. */
const LONGEST_ERROR = 30_000;
const LONGEST_BARE_TEXT = 1000;

export const postgresql: Dialogue = async (peer) => {
  await peer.write(SSL_REQUEST);
  const answer = (await peer.readBytes(1)).toString('latin1');
  if (answer === 'S') return;
  if (answer === 'N') throw tlsNotOffered('the server does not offer TLS');
  if (answer === 'E') throw await readError(peer);
  throw protocolError('the server answered something that is no PostgreSQL', answer);
};

/** ErrorResponse: its length, then fields of a type byte and NUL-terminated text. */
async function readError(peer: Plaintext): Promise<Error> {
  const start = await peer.readBytes(4);
  const length = start.readUInt32BE(0);
  if (length < 5) return protocolError('the server answered something that is no PostgreSQL');
  if (length > LONGEST_ERROR) return readBareError(peer, start);
  const fields = new Map<string, string>();
  for (const field of (await peer.readBytes(length - 4)).toString('utf8').split('\0')) {
    if (field !== '') fields.set(field.slice(0, 1), field.slice(1));
  }
  const said = fields.get('M') ?? '';
  return TEMPORARY_STATE.test(fields.get('C') ?? '')
    ? temporarilyRefused('the server does not take connections at the moment', said)
    : tlsNotOffered('the server refused TLS', said);
}

/** The form of protocol 2: text that ends with a NUL. */
async function readBareError(peer: Plaintext, start: Buffer): Promise<Error> {
  const bytes = [...start];
  while (bytes.length < LONGEST_BARE_TEXT) {
    const [byte = 0] = await peer.readBytes(1);
    if (byte === 0) break;
    bytes.push(byte);
  }
  const said = Buffer.from(bytes).toString('utf8').trim();
  // The first says "unsupported frontend protocol", the second, in the server's language, that it "could not fork".
  return /protocol/i.test(said)
    ? tlsNotOffered('the server does not know SSLRequest', said)
    : temporarilyRefused('the server cannot start a process for us at the moment', said);
}
