/** The one HTTP listener: the platforms' routes, `/healthz` (the process lives) and `/readyz` (it takes work). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpRoute } from './chat/platform.ts';

/** What `/readyz` says. Not ready only while starting or stopping; what is degraded is told beside it. */
export interface Readiness {
  readonly ready: boolean;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly degraded: readonly string[];
}

export interface Listener {
  readonly port: number;
  /** Takes no new connection, and waits for the answers under way, `deadlineMs` at most. */
  close(deadlineMs: number): Promise<void>;
}

/** @throws {Error} with `code` `EADDRINUSE` where the port is taken. */
export async function listen(
  port: number,
  routes: readonly HttpRoute[],
  readiness: () => Readiness,
  onTrouble: (error: Error) => void,
): Promise<Listener> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    const route = routes.find((one) => one.path === path);
    if (route !== undefined) {
      route.handle(request, response);
    } else if (path === '/healthz') {
      json(200, { alive: true });
    } else if (path === '/readyz') {
      const state = readiness();
      json(state.ready ? 200 : 503, state);
    } else {
      json(404, { error: 'nothing here; certmon serves /healthz, /readyz and its chat platforms' });
    }
  });
  // A peer that sends its headers slowly holds no socket for long.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      // A connection that cannot be taken, for want of files say, is not the end of the others.
      server.on('error', onTrouble);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (deadlineMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          server.closeAllConnections();
        }, deadlineMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
