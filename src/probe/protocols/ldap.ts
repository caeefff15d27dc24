/**
 * LDAP with StartTLS (RFC 4511, 4.14; RFC 4513, 3), port 389: one extended request in BER, one extended response. The
 * response's name is optional and its lengths may be short or long (Active Directory writes four octets), so it is read
 * as BER and not compared with bytes. Message 0 is the server's own: a notice of disconnection (4.4.1), never the go-ahead,
 * or a notification that we know nothing of and pass over (4.4).
 */
import { TAG, DerError, contextTag, cursorOver, expectElement, readAll, readSmallInteger } from '../der.ts';
import type { Element } from '../der.ts';
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

const MESSAGE_ID = 1;
/** LDAPMessage { messageID 1, extendedReq { requestName 1.3.6.1.4.1.1466.20037 } }. */
const START_TLS_REQUEST = Buffer.concat([
  Buffer.from([TAG.sequence, 29, TAG.integer, 1, MESSAGE_ID, 0x77, 24, contextTag(0, false), 22]),
  Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
]);
/** [APPLICATION 24], constructed. */
const EXTENDED_RESPONSE = 0x78;
/** RFC 4511, 4.1.9. */
const RESULT = {
  success: 0,
  protocolError: 2,
  strongerAuthRequired: 8,
  referral: 10,
  busy: 51,
  unavailable: 52,
} as const;
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';

export const ldap: Dialogue = async (peer) => {
  await peer.write(START_TLS_REQUEST);
  let response = parseResponse(await readMessage(peer));
  while (response.messageId === 0 && (response.name ?? NOTICE_OF_DISCONNECTION) !== NOTICE_OF_DISCONNECTION) {
    response = parseResponse(await readMessage(peer));
  }
  if (response.messageId !== 0 && response.messageId !== MESSAGE_ID) {
    throw protocolError('the server answered a request that we did not make');
  }
  const said = `result code ${response.resultCode}${response.text === '' ? '' : `, ${response.text}`}`;
  if (response.resultCode === RESULT.busy || response.resultCode === RESULT.unavailable) {
    throw temporarilyRefused('the server cannot start TLS at the moment', said);
  }
  if (response.messageId === 0) throw sentAway(response.resultCode, said);
  if (response.resultCode === RESULT.success) return;
  if (response.resultCode === RESULT.referral) {
    throw tlsNotOffered('the server refers us to another one for StartTLS', response.referrals.join(' '));
  }
  throw tlsNotOffered('the server refused StartTLS', said);
};

/** Two of the codes that a notice may have say that we are at fault, and will be next time (RFC 4511, 4.4.1). */
function sentAway(resultCode: number, said: string): Error {
  const isForGood = resultCode === RESULT.protocolError || resultCode === RESULT.strongerAuthRequired;
  return (isForGood ? protocolError : temporarilyRefused)('the server sent us away', said);
}

interface ExtendedResponse {
  readonly messageId: number;
  readonly resultCode: number;
  readonly text: string;
  readonly referrals: readonly string[];
  readonly name: string | undefined;
}

async function readMessage(peer: Plaintext): Promise<Buffer> {
  const start = await peer.readBytes(2);
  const [tag = 0, first = 0] = start;
  if (tag !== TAG.sequence) throw protocolError('the server answered something that is no LDAP');
  if (first < 0x80) return Buffer.concat([start, await peer.readBytes(first)]);
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4) throw protocolError('the server answered something that is no LDAP');
  const length = await peer.readBytes(octets);
  return Buffer.concat([start, length, await peer.readBytes(length.readUIntBE(0, octets))]);
}

function parseResponse(message: Uint8Array): ExtendedResponse {
  try {
    const fields = cursorOver(expectElement(message, TAG.sequence).content);
    const messageId = readSmallInteger(fields.take(TAG.integer));
    const result = cursorOver(fields.take(EXTENDED_RESPONSE).content);
    const resultCode = readSmallInteger(result.take(TAG.enumerated));
    result.take(TAG.octetString);
    const text = textOf(result.take(TAG.octetString));
    const referral = result.takeIf(contextTag(3, true));
    const name = result.takeIf(contextTag(10, false));
    return {
      messageId,
      resultCode,
      text,
      referrals: referral === undefined ? [] : readAll(referral.content).map(textOf),
      name: name === undefined ? undefined : textOf(name),
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw protocolError(`the server's answer to StartTLS cannot be read (${error.message})`);
  }
}

function textOf({ content }: Element): string {
  return Buffer.from(content).toString('utf8');
}
