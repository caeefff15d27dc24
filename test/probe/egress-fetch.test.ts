/**
 * URLs that a peer chose, here of a missing issuer: whatever they say, nothing is asked of what the policy refuses. The
 * server of the certificates is on loopback and allowed; a fetch from loopback is not.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { ProbeSettings } from '../../src/probe/probe.ts';
import { watchConnectionAttempts } from '../helpers/connection-attempts.ts';
import type { ConnectionAttempts } from '../helpers/connection-attempts.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import type { DnsServer } from '../helpers/dns-server.ts';
import { endpointAt, readOne } from '../helpers/probing.ts';

let root: Issuer;
let intermediate: Issuer;
/** Serves the missing issuer to whoever gets through. */
let canary: Server;
let visits: string[] = [];
let port = 0;
let answer: (asked: IncomingMessage, response: ServerResponse) => void;
let attempts: ConnectionAttempts;
let dns: DnsServer;
let rebound = 0;

beforeAll(async () => {
  root = await createAuthority('Root');
  intermediate = await root.issueIntermediate('Intermediate');
  canary = createServer((asked, response) => {
    visits.push(asked.url ?? '');
    answer(asked, response);
  });
  await new Promise<void>((resolve) => canary.listen(0, '0.0.0.0', resolve));
  port = (canary.address() as AddressInfo).port;
  attempts = watchConnectionAttempts();
  dns = await startDnsServer((name, type) => {
    if (type === 'AAAA') return [];
    if (name === 'rebind.example') {
      rebound += 1;
      return rebound === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
    }
    return name === 'metadata.example' ? ['169.254.169.254'] : ['127.0.0.1'];
  });
});
afterAll(async () => {
  attempts.stop();
  canary.close();
  await dns.close();
});
const serveIssuer = (_: IncomingMessage, response: ServerResponse): void => {
  response.end(intermediate.der);
};
afterEach(() => {
  visits = [];
});

interface Fetched {
  readonly isFound: boolean;
  /** Connections to anything but the server itself. */
  readonly dialled: readonly string[];
}

/** What comes of a server that forgot its intermediate and names `url` for it. `PORT` is the canary's. */
async function fetchIssuer(url: string, settings: Partial<ProbeSettings> = {}): Promise<Fetched> {
  const issuerUrl = url.replaceAll('PORT', String(port));
  const leaf = await intermediate.issueLeaf({ dns: ['mail.example.com'], issuerUrl });
  const server = await startTlsServer({ chainPem: leaf.pem, keyPem: leaf.keyPem });
  const before = attempts.seen.length;
  try {
    const { missing } = await readOne(endpointAt(server.port, 'tls'), {
      caPem: root.pem,
      settings: { dnsServers: [dns.address], ...settings },
    });
    const dialled = attempts.seen.slice(before).filter((one) => !one.endsWith(`:${server.port}`));
    return { isFound: missing.length > 0, dialled };
  } finally {
    await server.close();
  }
}

/** Refused where nothing is allowed by name, though probing loopback and private networks is. */
const URLS = [
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://017700000001:PORT/',
  'http://127.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[::1]:PORT/',
  'http://[::]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[64:ff9b::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST.:PORT/',
  'http://x.localhost:PORT/',
  'http://evil.example:PORT/',
  'http://evil.example./',
  'http://evil.example:80/',
  'http://evil.example:443/',
  'http://evil.example:22/',
  'http://evil.example:0/',
  'http://metadata.example/latest/meta-data/iam/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://10.0.0.1/',
  'http://192.168.1.1/',
  'http://user:pass@127.0.0.1:PORT/',
  'http://192.0.2.1@127.0.0.1:PORT/',
  'http://10.0.0.1#@127.0.0.1:22/',
  'http:127.0.0.1:PORT',
  'http:\\\\127.0.0.1:PORT\\',
  '//127.0.0.1:PORT/',
  'HTTP://127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/',
  'ht\ntp://127.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/_x',
  'file:///etc/ssl/certs/ca-certificates.crt',
  'data:application/pkix-cert;base64,MIIB',
  'ldap://127.0.0.1:PORT/cn=x?cACertificate;binary',
  'unix:/var/run/docker.sock',
  'http://[::1%25lo]:PORT/',
  'http://①②⑦.0.0.1:PORT/',
  'http://127。0。0。1:PORT/',
  'http://',
  '',
] as const;

describe('the URL of an issuer', () => {
  // A certificate holds URLs as ASCII (RFC 5280, 4.2.1.6); what others put there is read as Latin-1.
  it.each(URLS)('leads nowhere that is refused: %s', async (url) => {
    answer = serveIssuer;
    const { isFound, dialled } = await fetchIssuer(url);
    expect(isFound).toBe(false);
    expect(visits).toEqual([]);
    expect(dialled).toEqual([]);
  });

  it.each([
    'http://127.0.0.1:PORT/a',
    'http://2130706433:PORT/a',
    'http://localhost:PORT/a',
    'http://evil.example:PORT/a',
  ])('is fetched where ALLOW names its address, so that the canary sings: %s', async (url) => {
    answer = serveIssuer;
    const { isFound, dialled } = await fetchIssuer(url, { egressAllow: ['127.0.0.1/32'] });
    expect(isFound).toBe(true);
    expect([visits, dialled]).toEqual([['/a'], [`127.0.0.1:${port}`]]);
  });

  it('is fetched nowhere where DENY beats ALLOW', async () => {
    answer = serveIssuer;
    const { isFound, dialled } = await fetchIssuer('http://127.0.0.1:PORT/', {
      egressAllow: ['127.0.0.1/32'],
      // The server of the certificates is there too.
      egressDeny: ['127.0.0.2/32'],
    });
    expect([isFound, dialled]).toEqual([true, [`127.0.0.1:${port}`]]);
    const second = await fetchIssuer('http://127.0.0.2:PORT/', {
      egressAllow: ['127.0.0.0/8'],
      egressDeny: ['127.0.0.2/32'],
    });
    expect(second).toEqual({ isFound: false, dialled: [] });
  });

  it('is never asked with credentials, even where its address is allowed', async () => {
    answer = serveIssuer;
    for (const url of [
      'http://user:pass@127.0.0.1:PORT/',
      'http://user@127.0.0.1:PORT/',
      'http://:p@127.0.0.1:PORT/',
    ]) {
      expect(await fetchIssuer(url, { egressAllow: ['127.0.0.1/32'] })).toEqual({ isFound: false, dialled: [] });
    }
  });

  it.each([
    { status: 301, location: '/b' },
    { status: 302, location: '/b' },
    { status: 302, location: 'http://127.0.0.1:PORT/b' },
    { status: 302, location: 'http://169.254.169.254/' },
    { status: 302, location: 'file:///etc/passwd' },
    { status: 303, location: '/b' },
    { status: 307, location: '//evil.example/b' },
    { status: 308, location: '/b' },
    { status: 300, location: '/b' },
    { status: 305, location: 'http://127.0.0.1:PORT/b' },
    { status: 201, location: '/b' },
  ])('whose server redirects by $status to $location is not followed', async ({ status, location }) => {
    const to = location.replace('PORT', String(port));
    answer = (asked, response) => {
      if (asked.url === '/a') response.writeHead(status, { location: to, refresh: `0;url=${to}` }).end();
      else serveIssuer(asked, response);
    };
    const { isFound, dialled } = await fetchIssuer('http://127.0.0.1:PORT/a', { egressAllow: ['127.0.0.1/32'] });
    expect([isFound, visits, dialled]).toEqual([false, ['/a'], [`127.0.0.1:${port}`]]);
  });

  it('is dialled at the address that was judged, however its name is rebound', async () => {
    answer = serveIssuer;
    const { isFound, dialled } = await fetchIssuer('http://rebind.example:PORT/', { egressAllow: ['127.0.0.2/32'] });
    expect([isFound, dialled]).toEqual([true, [`127.0.0.2:${port}`]]);
    const second = await fetchIssuer('http://rebind.example:PORT/', { egressAllow: ['127.0.0.2/32'] });
    expect(second).toEqual({ isFound: false, dialled: [] });
  });
});
