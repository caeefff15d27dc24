import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../src/listener.ts';
import type { Listener, Readiness } from '../src/listener.ts';

let listener: Listener | undefined;

afterEach(async () => {
  await listener?.close(1_000);
  listener = undefined;
});

const fail = (error: Error): void => {
  throw error;
};

const get = async (path: string) => fetch(`http://127.0.0.1:${String(listener?.port)}${path}`);

describe('the HTTP listener', () => {
  it('is ready only while it runs, and alive all the time', async () => {
    let readiness: Readiness = { ready: false, state: 'starting', degraded: [] };
    listener = await listen(0, [], () => readiness, fail);

    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 503]);

    readiness = { ready: true, state: 'running', degraded: ['the database is away'] };
    const ready = await get('/readyz');

    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual(readiness);
  });

  it("serves a platform's route, whatever its query, and nothing else", async () => {
    const routes = [
      {
        path: '/slack/events',
        handle: (_: unknown, response: ServerResponse) => void response.end('heard'),
      },
    ];
    listener = await listen(0, routes, () => ({ ready: true, state: 'running', degraded: [] }), fail);

    expect(await (await get('/slack/events?x=1')).text()).toBe('heard');
    expect((await get('/slack')).status).toBe(404);
  });

  it('a port in use is an error', async () => {
    listener = await listen(0, [], () => ({ ready: true, state: 'running', degraded: [] }), fail);

    await expect(
      listen(listener.port, [], () => ({ ready: true, state: 'running', degraded: [] }), fail),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
