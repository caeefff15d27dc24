/**
 * IMAP with STARTTLS (RFC 9051, 6.2.1), port 143.
 *
 *   S: * OK ready                      C: a1 CAPABILITY
 *   S: * CAPABILITY … STARTTLS, a1 OK  C: a2 STARTTLS
 *   S: a2 OK                           then ClientHello
 *
 * Capabilities may come as a line of their own, or as a code in the greeting or in any other OK (RFC 9051, 7.1).
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

export const imap: Dialogue = async (peer) => {
  const greeting = await readResponse(peer);
  if (/^\* PREAUTH(?:\s|$)/i.test(greeting)) {
    // Only a session that is not authenticated may start TLS; a forged PREAUTH keeps clients in the clear (RFC 9051, 11.2).
    throw tlsNotOffered('the server says that we are logged in already, where STARTTLS is not possible', greeting);
  }
  throwIfBye(greeting);
  if (!/^\* OK(?:\s|$)/i.test(greeting)) throw protocolError('the server did not greet as IMAP', greeting);

  await peer.write('a1 CAPABILITY\r\n');
  const capabilities = await readTagged(peer, 'a1');
  if (capabilities.result !== 'OK') throw refusal('the server refused CAPABILITY', capabilities.line);
  const listed = [...capabilities.untagged, capabilities.line].flatMap(capabilitiesIn);
  const words = listed.length > 0 ? listed : capabilitiesIn(greeting);
  if (!words.includes('STARTTLS')) throw tlsNotOffered('the server does not offer STARTTLS');

  await peer.write('a2 STARTTLS\r\n');
  const goAhead = await readTagged(peer, 'a2');
  if (goAhead.result !== 'OK') throw refusal('the server offers STARTTLS but refused it', goAhead.line);
};

interface Tagged {
  readonly result: string;
  readonly line: string;
  readonly untagged: readonly string[];
}

async function readTagged(peer: Plaintext, tag: string): Promise<Tagged> {
  const untagged: string[] = [];
  for (;;) {
    const line = await readResponse(peer);
    const result = new RegExp(`^${tag} (OK|NO|BAD)(?:\\s|$)`, 'i').exec(line)?.[1];
    if (result !== undefined) return { result: result.toUpperCase(), line, untagged };
    if (!line.startsWith('* ')) throw protocolError('the server answered something that is no IMAP', line);
    throwIfBye(line);
    untagged.push(line);
  }
}

/** One response with the literals in it (`{12}`, then as many bytes, then the rest of the line; RFC 9051, 4.3). */
async function readResponse(peer: Plaintext): Promise<string> {
  let response = await peer.readLine();
  for (;;) {
    const size = /\{(\d{1,10})\}$/.exec(response)?.[1];
    if (size === undefined) return response;
    const literal = await peer.readBytes(Number(size));
    response += `\r\n${literal.toString('utf8')}${await peer.readLine()}`;
  }
}

/** In upper case; empty where `response` lists none. Literals are text for people and list nothing. */
function capabilitiesIn(response: string): string[] {
  const [line = ''] = response.split('\r\n', 1);
  const list = /^\* CAPABILITY\s(.*)$/i.exec(line)?.[1] ?? /^\S+ OK \[CAPABILITY\s([^\]]*)\]/i.exec(line)?.[1] ?? '';
  return list
    .toUpperCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function throwIfBye(line: string): void {
  if (/^\* BYE(?:\s|$)/i.test(line)) throw temporarilyRefused('the server sent us away', line);
}

/** The response codes that mean "later" (RFC 5530, 3). */
function refusal(why: string, line: string): Error {
  return /\[(?:UNAVAILABLE|INUSE|LIMIT)\]/i.test(line)
    ? temporarilyRefused(`${why} at the moment`, line)
    : tlsNotOffered(why, line);
}
