/**
 * Replies of three digits, as SMTP, LMTP and FTP have them (RFC 5321, 4.2; RFC 959, 4.2): `250-` goes on, `250 ` ends.
 * The final line decides, however slowly the lines before it come.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError } from './dialogue.ts';

export interface Reply {
  readonly code: number;
  /** Each line's text, without the code. */
  readonly lines: readonly string[];
  /** The final line as sent, for quoting. */
  readonly last: string;
}

/** SMTP repeats the code on every line; FTP may put anything between the first line and the final one. */
export async function readReply(peer: Plaintext, style: 'smtp' | 'ftp'): Promise<Reply> {
  const lines: string[] = [];
  let opening: string | undefined;
  for (;;) {
    const line = await peer.readLine();
    const match = /^([1-5]\d\d)(?:([ -])(.*))?$/s.exec(line);
    const isForeign = match === null || (style === 'ftp' && opening !== undefined && match[1] !== opening);
    if (isForeign) {
      if (style === 'smtp' || opening === undefined) {
        throw protocolError(`the server answered something that is no ${style.toUpperCase()} reply`, line);
      }
      lines.push(line);
      continue;
    }
    opening ??= match[1];
    lines.push(match[3] ?? '');
    if (match[2] !== '-') return { code: Number(match[1]), lines, last: line };
  }
}

export function isTemporary(reply: Reply): boolean {
  return reply.code >= 400 && reply.code < 500;
}
