import { quote } from '../../core/quote.ts';
import { ProbeError } from '../errors.ts';
import type { Plaintext } from '../plaintext.ts';

/**
 * What is said in plaintext until TLS may start. It returns when the next byte on the wire is to be the ClientHello.
 *
 * @throws {ProbeError} `tls-not-offered`, `temporarily-refused` or `protocol-error`, with what the server said.
 */
export type Dialogue = (peer: Plaintext) => Promise<void>;

/** TLS from the first byte. */
export const atOnce: Dialogue = () => Promise.resolve();

export function tlsNotOffered(why: string, answer?: string): ProbeError {
  return new ProbeError('tls-not-offered', sentence(why, answer));
}

export function temporarilyRefused(why: string, answer?: string): ProbeError {
  return new ProbeError('temporarily-refused', sentence(why, answer));
}

export function protocolError(why: string, answer?: string): ProbeError {
  return new ProbeError('protocol-error', sentence(why, answer));
}

const QUOTED_CHARACTERS = 160;

function sentence(why: string, answer: string | undefined): string {
  return answer === undefined ? why : `${why}: ${quote(answer, QUOTED_CHARACTERS)}`;
}
