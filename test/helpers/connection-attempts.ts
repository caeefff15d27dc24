/** Every TCP connection that this thread tries to open, as Node itself tells it: the proof that nothing was dialled. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface ConnectionAttempts {
  /** `address:port`, in order. */
  readonly seen: readonly string[];
  stop(): void;
}

export function watchConnectionAttempts(): ConnectionAttempts {
  const seen: string[] = [];
  const onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address: string, port: number) => seen.push(`${address}:${port}`));
  };
  subscribe('net.client.socket', onSocket);
  return { seen, stop: () => void unsubscribe('net.client.socket', onSocket) };
}
