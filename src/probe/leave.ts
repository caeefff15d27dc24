import type { TLSSocket } from 'node:tls';
import type { Farewell } from './protocols/farewell.ts';

/** What is kept of a greeting, to find its end; beyond, none is waited for. */
const GREETING_BYTES = 4096;

/**
 * Takes leave as the protocol asks: says its farewell once the server has greeted, hears what it answers, and closes TLS
 * (RFC 8446, 6.1). What the server does then, or that it does nothing, is the caller's to wait for.
 */
export function takeLeave(socket: TLSSocket, farewell: Farewell | undefined): void {
  if (farewell === undefined) {
    socket.end();
    return;
  }
  const { say, afterGreeting } = farewell;
  let greeting = '';
  let hasSpoken = afterGreeting === undefined;
  socket.on('data', (chunk: Buffer) => {
    if (hasSpoken) {
      socket.end();
      return;
    }
    greeting += chunk.toString('latin1', 0, GREETING_BYTES);
    hasSpoken = afterGreeting?.test(greeting) === true;
    if (hasSpoken) socket.write(say);
    else if (greeting.length >= GREETING_BYTES) socket.end();
  });
  if (hasSpoken) socket.write(say);
}
