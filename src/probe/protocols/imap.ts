/**
 * IMAP with STARTTLS (RFC 9051, 6.2.1), port 143.
 *
 *   S: * OK ready                      C: a1 CAPABILITY
 *   S: * CAPABILITY … STARTTLS, a1 OK  C: a2 STARTTLS
 *   S: a2 OK                           then ClientHello
 *
 * Limit: literals (`{12}`) in answers are read as lines; none of the answers here has any.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

export const imap: Dialogue = async (peer) => {
  const greeting = await peer.readLine();
  if (/^\* PREAUTH(?:\s|$)/i.test(greeting)) {
    // Only a session that is not authenticated may start TLS; a forged PREAUTH keeps clients in the clear (RFC 9051, 11.2).
    throw tlsNotOffered('the server says that we are logged in already, where STARTTLS is not possible', greeting);
  }
  throwIfBye(greeting);
  if (!/^\* OK(?:\s|$)/i.test(greeting)) throw protocolError('the server did not greet as IMAP', greeting);

  await peer.write('a1 CAPABILITY\r\n');
  const capabilities = await readTagged(peer, 'a1');
  if (capabilities.result !== 'OK') throw refusal('the server refused CAPABILITY', capabilities.line);
  const words = capabilities.untagged
    .filter((line) => /^\* CAPABILITY\s/i.test(line))
    .flatMap((line) => line.toUpperCase().split(/\s+/));
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
    const line = await peer.readLine();
    const result = new RegExp(`^${tag} (OK|NO|BAD)(?:\\s|$)`, 'i').exec(line)?.[1];
    if (result !== undefined) return { result: result.toUpperCase(), line, untagged };
    if (!line.startsWith('* ')) throw protocolError('the server answered something that is no IMAP', line);
    throwIfBye(line);
    untagged.push(line);
  }
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
