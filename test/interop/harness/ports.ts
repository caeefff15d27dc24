import { randomInt } from 'node:crypto';
import { connect, createServer, isIPv6 } from 'node:net';
import type { Server } from 'node:net';

export const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** As URLs and most settings want it: IPv6 in brackets. */
export function hostAndPort(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** Below the range that Linux gives to outgoing connections (ip_local_port_range), so that none of those takes one. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 200;

/** Ports that nobody has on either loopback address at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries === TRIES) throw new Error(`no ${count} free ports on ${LOOPBACK.join(' and ')} found`);
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const servers = await Promise.all(LOOPBACK.map((host) => listen(port, host)));
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          if (server === undefined) resolve();
          else server.close(() => resolve());
        }),
    ),
  );
  return !servers.includes(undefined);
}

/** `undefined` where somebody else listens. A machine without the address itself is an error: both are tested. */
function listen(port: number, host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => resolve(server));
  });
}

export function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
