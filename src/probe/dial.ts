/** One TCP connection to one address that egress has allowed: no name is resolved here, so none can change in between. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { reasonOf } from './deadline.ts';
import { ProbeError, codeOf } from './errors.ts';

/**
 * The caller owns the socket and destroys it. Its `error` events are always heard, so that a late reset ends no process.
 *
 * @throws {ProbeError} `refused`, `reset`, `unreachable`, `no-route` or `timeout`.
 */
export function dial(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(reasonOf(signal));
      return;
    }
    const socket = connect({ host: address, port, family: address.includes(':') ? 6 : 4 });
    // STARTTLS dialogues are many small writes; waiting to fill a segment would cost a round trip each.
    socket.setNoDelay(true);
    const done = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect).off('error', onError);
    };
    const onConnect = (): void => {
      done();
      resolve(socket);
    };
    const onError = (error: Error): void => {
      done();
      socket.destroy();
      reject(connectFailure(error, address));
    };
    const onAbort = (): void => {
      done();
      socket.destroy();
      reject(reasonOf(signal));
    };
    socket.on('error', () => undefined);
    socket.on('connect', onConnect).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function connectFailure(error: Error, address: string): ProbeError {
  const code = codeOf(error);
  const isIpv6 = address.includes(':');
  switch (code) {
    case 'ECONNREFUSED':
      return new ProbeError('refused', 'the connection was refused: nothing listens on this port', { cause: error });
    case 'ECONNRESET':
    case 'EPIPE':
      return new ProbeError('reset', 'the connection was reset at once', { cause: error });
    case 'ETIMEDOUT':
      return new ProbeError('timeout', 'nobody answered the connection', { cause: error });
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      // Without IPv6 of our own this says nothing about the server.
      return isIpv6
        ? new ProbeError('no-route', 'there is no IPv6 route from here', { cause: error })
        : new ProbeError('unreachable', `there is no route to this address from here (${code})`, { cause: error });
    case 'EMFILE':
    case 'ENFILE':
      return new ProbeError('unreachable', 'this machine has too many open files to connect', { cause: error });
    default:
      return new ProbeError('unreachable', `the address is unreachable (${code === '' ? error.message : code})`, {
        cause: error,
      });
  }
}
