/**
 * SMTP with STARTTLS (RFC 3207), ports 25 and 587, and LMTP, which greets with LHLO (RFC 2033, 4.1).
 *
 *   S: 220 mx.example ESMTP        C: EHLO probe.invalid
 *   S: 250-mx.example 250 STARTTLS C: STARTTLS
 *   S: 220 Ready                   then ClientHello
 *
 * Servers that make spammers wait (postscreen, greet_pause) send the first line of the greeting and the last one many
 * seconds apart, and turn away whoever speaks before the last: the greeting has a budget of its own.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';
import { isTemporary, readReply } from './reply.ts';
import type { Reply } from './reply.ts';

/** Times the step budget: 35 s at the default of 10 s (design, section 3). */
const GREETING_FACTOR = 3.5;

export const smtp: Dialogue = (peer) => startTls(peer, 'EHLO');

export const lmtp: Dialogue = (peer) => startTls(peer, 'LHLO');

async function startTls(peer: Plaintext, greetingVerb: 'EHLO' | 'LHLO'): Promise<void> {
  const greeting = await peer.patiently(GREETING_FACTOR, () => readReply(peer, 'smtp'));
  if (greeting.code !== 220) throw refusal(greeting, 'the server does not take connections from us');

  await peer.write(`${greetingVerb} probe.invalid\r\n`);
  const capabilities = await readReply(peer, 'smtp');
  // "Command unrecognized" or "not implemented" (RFC 5321, 4.2.4): no extensions, so no STARTTLS.
  if (capabilities.code >= 500 && capabilities.code <= 504) {
    throw tlsNotOffered(`the server does not know ${greetingVerb}, so it has no STARTTLS`, capabilities.last);
  }
  if (capabilities.code !== 250) throw refusal(capabilities, `the server refused ${greetingVerb}`);
  if (!capabilities.lines.some((line) => /^STARTTLS(?:\s|$)/i.test(line))) {
    throw tlsNotOffered('the server does not offer STARTTLS');
  }

  await peer.write('STARTTLS\r\n');
  const goAhead = await readReply(peer, 'smtp');
  if (goAhead.code === 220) return;
  // 454: TLS not available due to temporary reason (RFC 3207, 4).
  if (isTemporary(goAhead)) throw temporarilyRefused('the server cannot start TLS at the moment', goAhead.last);
  throw tlsNotOffered('the server offers STARTTLS but refused it', goAhead.last);
}

function refusal(reply: Reply, why: string): Error {
  return isTemporary(reply) ? temporarilyRefused(`${why} at the moment`, reply.last) : protocolError(why, reply.last);
}
