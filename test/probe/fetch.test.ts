import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../src/probe/egress.ts';
import { createFetcher, usableUrl } from '../../src/probe/fetch.ts';
import type { FetchRequest, Fetcher } from '../../src/probe/fetch.ts';
import { createNameResolver } from '../../src/probe/resolve.ts';
import { startHttpServer } from '../helpers/revocation.ts';
import type { HttpServer } from '../helpers/revocation.ts';

let http: HttpServer;
let directory: string;
const fetchers: Fetcher[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-fetch-'));
  await writeFile(join(directory, 'hosts'), '127.0.0.1 ca.example\n10.1.2.3 10.1.2.4 inside.example\n');
  http = await startHttpServer();
});
afterEach(async () => {
  await Promise.all(fetchers.splice(0).map((fetcher) => fetcher.close()));
  await http.close();
  await rm(directory, { recursive: true });
});

function fetcherWith(allow: readonly string[] = ['127.0.0.0/8']): Fetcher {
  const egress = createEgress({ allow, deny: [], loopbackAllowed: true, privateAllowed: true });
  const fetcher = createFetcher(
    egress,
    createNameResolver({
      dnsServers: ['127.0.0.1:1'],
      hostsFile: join(directory, 'hosts'),
      resolvConfFile: join(directory, 'none'),
    }),
  );
  fetchers.push(fetcher);
  return fetcher;
}

function wanted(url: string, given: Partial<FetchRequest> = {}): FetchRequest {
  return { url, maxBytes: 1000, answerMs: 3000, wholeMs: 3000, ...given };
}

it('text that is no URL stays none, however often it was asked about', () => {
  // Taken for UTF-8 it would be a name with an ideographic full stop. What V8 compiles, it compiles after some thousand calls.
  const used = Array.from({ length: 20_000 }, () => usableUrl('http:/\u00e3\u0080\u0082example.com/'));
  expect(used.filter((url) => url !== undefined)).toEqual([]);
});

describe('a fetch', () => {
  it('asks for what is there, as it is, and says little of itself', async () => {
    const seen: IncomingMessage['headers'][] = [];
    http.answers.set('/a?b=c', (request, response) => {
      seen.push(request.headers);
      response.writeHead(200, { etag: '"1"', 'last-modified': 'Mon, 23 Nov 2026 12:00:00 GMT' }).end('body');
    });
    const url = `${http.origin.replace('127.0.0.1', 'ca.example')}/a?b=c`;
    expect(await fetcherWith().fetch(wanted(url))).toEqual({
      outcome: 'ok',
      body: Buffer.from('body'),
      validators: { etag: '"1"', lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT' },
    });
    expect(seen).toEqual([
      {
        host: new URL(url).host,
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'certmon',
        connection: 'close',
      },
    ]);
  });

  it('with a body is a POST of just that', async () => {
    const bodies: string[] = [];
    http.answers.set('/', (request, response) => {
      request.on('data', (chunk: Buffer) =>
        bodies.push(`${request.headers['content-type'] ?? ''} ${chunk.toString()}`),
      );
      request.on('end', () => response.end('ok'));
    });
    const body = { type: 'application/ocsp-request', bytes: Buffer.from('question') };
    expect(await fetcherWith().fetch(wanted(`${http.origin}/`, { body }))).toMatchObject({ outcome: 'ok' });
    expect(http.asked).toEqual(['POST /']);
    expect(bodies).toEqual(['application/ocsp-request question']);
  });

  it('of no more than the bytes asked for', async () => {
    http.answers.set('/', Buffer.alloc(1000));
    const fetcher = fetcherWith();
    expect(await fetcher.fetch(wanted(`${http.origin}/`))).toMatchObject({ outcome: 'ok' });
    expect(await fetcher.fetch(wanted(`${http.origin}/`, { maxBytes: 999 }))).toEqual({
      outcome: 'failed',
      reason: 'it sends more than 999 bytes',
    });
  });

  it.each(['https://127.0.0.1/', 'ldap://127.0.0.1/', 'file:///etc/passwd', 'http://user:pass@127.0.0.1/', 'no URL'])(
    'of %s is none',
    async (url) => {
      expect(await fetcherWith().fetch(wanted(url))).toMatchObject({ outcome: 'failed' });
    },
  );

  it.each([
    { url: 'http://127.0.0.1/', allow: [], why: 'its address is not allowed' },
    { url: 'http://[::1]/', allow: [], why: 'its address is not allowed' },
    { url: 'http://inside.example/', allow: [], why: 'its address is not allowed' },
    { url: 'http://2130706433/', allow: [], why: 'its address is not allowed' },
    { url: 'http://169.254.169.254/latest/', allow: ['0.0.0.0/0'], why: 'its address is not allowed' },
    { url: 'http://192.0.2.1:8080/', allow: [], why: 'port 8080 is neither 80 nor 443' },
  ])('of $url is not made', async ({ url, allow, why }) => {
    const fetched = await fetcherWith(allow).fetch(wanted(url));
    expect(fetched.outcome === 'failed' && fetched.reason).toContain(why);
  });

  it('ends in time where the answer does not begin, and where it does not end', async () => {
    http.answers.set('/silent', () => undefined);
    http.answers.set('/slow', (_, response) => response.writeHead(200).write('a'));
    const fetcher = fetcherWith();
    const [silent, slow] = await Promise.all([
      fetcher.fetch(wanted(`${http.origin}/silent`, { answerMs: 100 })),
      fetcher.fetch(wanted(`${http.origin}/slow`, { wholeMs: 200 })),
    ]);
    expect(silent).toEqual({ outcome: 'failed', reason: 'no answer within 0.1 s' });
    expect(slow).toEqual({ outcome: 'failed', reason: 'no answer within 0.2 s' });
  });

  it('leaves room for other hosts where one is dead', async () => {
    http.answers.set('/silent', () => undefined);
    const fetcher = fetcherWith();
    const dead = Array.from({ length: 20 }, () => fetcher.fetch(wanted(`${http.origin}/silent`, { answerMs: 60_000 })));
    await expect.poll(() => http.asked).toHaveLength(2);
    const other = await startHttpServer();
    other.answers.set('/', Buffer.from('alive'));
    expect(await fetcher.fetch(wanted(`${other.origin}/`))).toMatchObject({ outcome: 'ok' });
    await other.close();
    expect(http.asked).toHaveLength(2);
    await fetcher.close();
    expect(await Promise.all(dead)).toEqual(dead.map(() => ({ outcome: 'failed', reason: 'certmon is stopping' })));
    expect(await fetcher.fetch(wanted(`${http.origin}/silent`))).toMatchObject({ outcome: 'failed' });
  });
});
