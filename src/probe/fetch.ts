/**
 * What a certificate points to, by plain HTTP: an issuer's certificate, a CRL, an OCSP responder. The URLs are in
 * certificates, so a peer chose them, and as little as can be is done with them: http alone on port 80 or 443 (others where
 * the operator allows the address by name), the resolved address judged and that one dialled, no redirects, no credentials,
 * nothing decoded, bounded in bytes and time. https would need a certificate to be judged first (RFC 5280, 8).
 */
import { setMaxListeners } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { parseIpv4, parseIpv6 } from '../core/ip-address.ts';
import { reasonOf } from './deadline.ts';
import type { Egress } from './egress.ts';
import { codeOf } from './errors.ts';
import type { NameResolver } from './resolve.ts';
import { createSlots } from './slots.ts';

/** What a server said of a version, to be told with the next question whether it still stands (RFC 9110, 13). */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export interface FetchRequest {
  readonly url: string;
  readonly maxBytes: number;
  /** Until the answer begins, name and connection included. */
  readonly answerMs: number;
  /** Until it has come whole. */
  readonly wholeMs: number;
  /** Sent by POST; a GET without it. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  readonly since?: Validators | undefined;
}

/** `reason` is plain words, without the URL; it may hold a peer's. */
export type Fetched =
  | { readonly outcome: 'ok'; readonly body: Buffer; readonly validators: Validators }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'failed'; readonly reason: string };

export interface Fetcher {
  /** Nobody who asks can abort it: others may wait for the same. */
  fetch(request: FetchRequest): Promise<Fetched>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** At a time: one dead host holds two of the places, never all. */
const PER_HOST = 2;
const IN_ALL = 8;

export function createFetcher(egress: Egress, names: NameResolver): Fetcher {
  const hostSlots = createSlots(PER_HOST);
  const allSlots = createSlots(IN_ALL);
  const closing = new AbortController();
  // Whatever is under way, or stands in line, listens to it.
  setMaxListeners(0, closing.signal);
  const underWay = new Set<Promise<unknown>>();

  const inTurn = async (url: URL, wanted: FetchRequest): Promise<Fetched> => {
    const giveBackHost = await hostSlots.take(url.host, closing.signal);
    try {
      const giveBack = await allSlots.take('', closing.signal);
      try {
        return await download(url, wanted, egress, names, closing.signal);
      } finally {
        giveBack();
      }
    } finally {
      giveBackHost();
    }
  };

  return {
    async fetch(wanted) {
      const url = usableUrl(wanted.url);
      if (url === undefined) return failed('not an http URL that certmon follows');
      if (closing.signal.aborted) return failed('certmon is stopping');
      const fetching = inTurn(url, wanted).catch((error: unknown) => {
        if (!closing.signal.aborted) throw error;
        return failed('certmon is stopping');
      });
      underWay.add(fetching);
      try {
        return await fetching;
      } finally {
        underWay.delete(fetching);
      }
    },
    async close() {
      closing.abort(new Error('the fetcher is closing'));
      await Promise.allSettled(underWay);
    },
  };
}

function failed(reason: string): Fetched {
  return { outcome: 'failed', reason };
}

/** Whether certmon would ask there at all. */
export function usableUrl(text: string): URL | undefined {
  const url = parseUrl(text);
  return url?.protocol === 'http:' && url.username === '' && url.password === '' ? url : undefined;
}

/**
 * Not by `URL.canParse`: on Node 20 it takes text beyond ASCII for UTF-8 once it was called often enough to be compiled,
 * and then says yes to what `new URL` throws at.
 */
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch (error) {
    if (codeOf(error) !== 'ERR_INVALID_URL') throw error;
    return undefined;
  }
}

async function download(
  url: URL,
  wanted: FetchRequest,
  egress: Egress,
  names: NameResolver,
  closing: AbortSignal,
): Promise<Fetched> {
  const port = url.port === '' ? 80 : Number(url.port);
  const controller = new AbortController();
  const stop = (): void => controller.abort(reasonOf(closing));
  closing.addEventListener('abort', stop, { once: true });
  let timer = expireAfter(wanted.answerMs, controller);
  try {
    const found = await allowedAddress(url.hostname, port, egress, names, controller.signal);
    if ('reason' in found) return failed(found.reason);
    const response = await ask(url, found.address, port, wanted, controller.signal);
    clearTimeout(timer);
    timer = expireAfter(wanted.wholeMs, controller);
    return await read(response, wanted.maxBytes);
  } catch (error) {
    closing.throwIfAborted();
    if (controller.signal.aborted) return failed(reasonOf(controller.signal).message);
    if (codeOf(error) === '') throw error;
    return failed(`the connection failed (${codeOf(error)})`);
  } finally {
    clearTimeout(timer);
    closing.removeEventListener('abort', stop);
    controller.abort();
  }
}

function expireAfter(ms: number, controller: AbortController): NodeJS.Timeout {
  return setTimeout(() => controller.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
}

async function allowedAddress(
  hostname: string,
  port: number,
  egress: Egress,
  names: NameResolver,
  signal: AbortSignal,
): Promise<{ readonly address: string } | { readonly reason: string }> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const isIpv6 = parseIpv6(host) !== undefined;
  const hostKind = isIpv6 ? 'ipv6' : parseIpv4(host) === undefined ? 'name' : 'ipv4';
  const resolution = await names.resolve({ host, hostKind }, signal);
  if (resolution.outcome !== 'ok') return { reason: `its name does not resolve: ${resolution.detail}` };
  let reason = 'its name has no address';
  for (const address of resolution.addresses) {
    const judgement = egress.judgeFetch(address, port);
    if (judgement.allowed) return { address };
    reason = `its address is not allowed: ${judgement.reason}`;
  }
  return { reason };
}

function ask(
  url: URL,
  address: string,
  port: number,
  wanted: FetchRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: address,
        port,
        path: `${url.pathname}${url.search}`,
        method: wanted.body === undefined ? 'GET' : 'POST',
        headers: headersOf(url, wanted),
        agent: false,
        signal,
      },
      resolve,
    );
    asked.on('error', reject);
    asked.end(wanted.body?.bytes);
  });
}

function headersOf(url: URL, { body, since }: FetchRequest): OutgoingHttpHeaders {
  return {
    host: url.host,
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'certmon',
    ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': body.bytes.length }),
    ...(since?.etag === undefined ? {} : { 'if-none-match': since.etag }),
    ...(since?.lastModified === undefined ? {} : { 'if-modified-since': since.lastModified }),
  };
}

async function read(response: IncomingMessage, maxBytes: number): Promise<Fetched> {
  try {
    return await readWhole(response, maxBytes);
  } finally {
    response.destroy();
  }
}

async function readWhole(response: IncomingMessage, maxBytes: number): Promise<Fetched> {
  const { statusCode = 0, headers } = response;
  if (statusCode === 304) return { outcome: 'unchanged' };
  if (statusCode >= 300 && statusCode < 400) return failed(`it redirects (${statusCode}), which is not followed`);
  if (statusCode !== 200) return failed(`it answered ${statusCode}`);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') return failed('it sends an encoding that was not asked for');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return failed(`it sends more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return {
    outcome: 'ok',
    body: Buffer.concat(chunks, size),
    validators: { etag: headers.etag, lastModified: headers['last-modified'] },
  };
}
