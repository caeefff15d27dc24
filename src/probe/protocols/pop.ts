/**
 * POP3 with STLS (RFC 2595, 4), port 110.
 *
 *   S: +OK ready           C: CAPA      (RFC 2449, 5; a list that ends with a dot)
 *   S: +OK … STLS … .      C: STLS
 *   S: +OK                 then ClientHello
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

export const pop: Dialogue = async (peer) => {
  const greeting = await readStatus(peer);
  if (!greeting.isOk) {
    throw isTemporary(greeting.line)
      ? temporarilyRefused('the server does not take connections from us at the moment', greeting.line)
      : protocolError('the server does not take connections from us', greeting.line);
  }

  await peer.write('CAPA\r\n');
  // A server older than RFC 2449 has no CAPA and may know STLS all the same: then its answer to STLS decides.
  const knowsCapa = (await readStatus(peer)).isOk;
  if (knowsCapa && !(await readList(peer)).some((line) => /^STLS\s*$/i.test(line))) {
    throw tlsNotOffered('the server does not offer STLS');
  }

  await peer.write('STLS\r\n');
  const goAhead = await readStatus(peer);
  if (goAhead.isOk) return;
  if (isTemporary(goAhead.line)) throw temporarilyRefused('the server cannot start TLS at the moment', goAhead.line);
  throw tlsNotOffered(knowsCapa ? 'the server offers STLS but refused it' : 'the server refused STLS', goAhead.line);
};

async function readStatus(peer: Plaintext): Promise<{ isOk: boolean; line: string }> {
  const line = await peer.readLine();
  if (/^\+OK(?:\s|$)/i.test(line)) return { isOk: true, line };
  if (/^-ERR(?:\s|$)/i.test(line)) return { isOk: false, line };
  throw protocolError('the server answered something that is no POP3', line);
}

async function readList(peer: Plaintext): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await peer.readLine();
    if (line === '.') return lines;
    // A leading dot is doubled (RFC 1939, 3).
    lines.push(line.startsWith('.') ? line.slice(1) : line);
  }
}

/** Response codes that mean "later" (RFC 2449, 8; RFC 3206, 4). */
function isTemporary(line: string): boolean {
  return /^-ERR \[(?:SYS\/TEMP|IN-USE|LOGIN-DELAY)\]/i.test(line);
}
