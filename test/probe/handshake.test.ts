import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, createServer as createSecureServer } from 'node:tls';
import type { SecureVersion } from 'node:tls';
import { createAuthority, createSelfSigned } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer, ServerOptions } from '../../src/demo/tls-servers.ts';
import { handshake } from '../../src/probe/handshake.ts';
import { createProber } from '../../src/probe/probe.ts';
import { LOOPBACK_SETTINGS, endpointAt, observe, observeOne, readOne, subjects } from '../helpers/probing.ts';

const DAY_MS = 86_400_000;
const past = (days: number): Date => new Date(Date.now() - days * DAY_MS);

let root: Issuer;
let intermediate: Issuer;
let stranger: Issuer;
let leaf: Credential;
const servers: DemoServer[] = [];

beforeAll(async () => {
  [root, stranger] = await Promise.all([createAuthority('Root'), createAuthority('Stranger')]);
  intermediate = await root.issueIntermediate('Intermediate');
  leaf = await intermediate.issueLeaf({ dns: ['mail.example.com'] });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => expect(servers).toEqual([]));

/** Answers a ClientHello that names `refused` with unrecognized_name, and others with its certificate. */
async function startPickyServer(
  { chainPem, keyPem }: Credential,
  refused: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const secured = createSecureServer({ cert: chainPem, key: keyPem });
  secured.on('tlsClientError', () => undefined);
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (hello: Buffer) => {
      if (hello.includes(refused)) {
        socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 112]));
        return;
      }
      socket.pause();
      socket.unshift(hello);
      secured.emit('connection', socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(options: Partial<ServerOptions> = {}): Promise<number> {
  const server = await startTlsServer({ chainPem: leaf.chainPem, keyPem: leaf.keyPem, ...options });
  servers.push(server);
  return server.port;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('the chain as sent on %s', (version: SecureVersion) => {
  it.each([
    { sent: 'in order', pems: () => [leaf, intermediate], read: ['mail.example.com', 'Intermediate'] },
    {
      sent: 'in the wrong order',
      pems: () => [leaf, root, intermediate],
      read: ['mail.example.com', 'Root', 'Intermediate'],
    },
    {
      sent: 'with a duplicate',
      pems: () => [leaf, intermediate, leaf],
      read: ['mail.example.com', 'Intermediate', 'mail.example.com'],
    },
    {
      sent: 'with a stranger in between',
      pems: () => [leaf, stranger, intermediate],
      read: ['mail.example.com', 'Stranger', 'Intermediate'],
    },
    {
      sent: 'with its root',
      pems: () => [leaf, intermediate, root],
      read: ['mail.example.com', 'Intermediate', 'Root'],
    },
  ])('$sent is read so', async ({ pems, read }) => {
    const chainPem = pems()
      .map(({ pem }) => pem)
      .join('');
    const port = await serve({ chainPem, minVersion: version, maxVersion: version });
    const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
    expect(subjects(result.chain)).toEqual(read);
    expect(subjects(result.path)).toEqual(['mail.example.com', 'Intermediate', 'Root']);
    expect(result).toMatchObject({
      chainRead: true,
      unreadable: 0,
      verdict: { trusted: true },
      isPublic: false,
      missing: [],
      failure: undefined,
      clientCertificateWanted: false,
      weakness: undefined,
      tlsVersion: version,
    });
    expect(result.cipher).toMatch(/^TLS_/);
  });

  it('a client certificate that is demanded hides nothing', async () => {
    const port = await serve({ minVersion: version, maxVersion: version, clientCaPem: stranger.pem });
    expect(await readOne(endpointAt(port, 'tls'), { caPem: root.pem })).toMatchObject({
      chain: [{ fingerprint: leaf.fingerprint }, { fingerprint: intermediate.fingerprint }],
      verdict: { trusted: true },
      failure: undefined,
      clientCertificateWanted: true,
    });
  });
});

describe("OpenSSL's verdict", () => {
  it.each([
    {
      of: 'an expired leaf',
      options: { notBefore: past(20), notAfter: past(1) },
      code: 'CERT_HAS_EXPIRED',
      hasPath: true,
    },
    {
      of: 'a leaf of tomorrow',
      options: { notBefore: past(-1), notAfter: past(-20) },
      code: 'CERT_NOT_YET_VALID',
      hasPath: true,
    },
  ])('$of', async ({ options, code, hasPath }) => {
    const odd = await intermediate.issueLeaf({ dns: ['mail.example.com'], ...options });
    const result = await readOne(endpointAt(await serve(odd), 'tls'), { caPem: root.pem });
    expect(result.verdict).toMatchObject({ trusted: false, code });
    expect(result.path !== undefined).toBe(hasPath);
  });

  it('a self-signed leaf', async () => {
    const own = await createSelfSigned({ dns: ['mail.example.com'] });
    const result = await readOne(endpointAt(await serve(own), 'tls'), { caPem: root.pem });
    expect(result).toMatchObject({
      verdict: { trusted: false, code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      path: undefined,
      chain: [{ isSelfSigned: true }],
    });
  });

  it('a chain of a CA that nobody trusts', async () => {
    const foreign = await (await stranger.issueIntermediate('Foreign')).issueLeaf({ dns: ['mail.example.com'] });
    const result = await readOne(endpointAt(await serve(foreign), 'tls'), { caPem: root.pem });
    expect(result).toMatchObject({ verdict: { trusted: false }, path: undefined, missing: [] });
  });

  it('the reason where the code says nothing: a leaf that issued another', async () => {
    const noCa = await root.issueIntermediate('Not a CA', { isCa: false });
    const odd = await noCa.issueLeaf({ dns: ['mail.example.com'] });
    const result = await readOne(endpointAt(await serve(odd), 'tls'), { caPem: root.pem });
    expect(result.verdict).toMatchObject({ trusted: false });
    expect(result.verdict).not.toHaveProperty('reason', 'UNSPECIFIED');
    expect(result.path).toBeUndefined();
  });

  it('the wrong name changes neither verdict nor path: names are for core', async () => {
    const port = await serve();
    const result = await readOne(endpointAt(port, 'tls', { serverName: 'other.example.com' }), { caPem: root.pem });
    expect(result).toMatchObject({ verdict: { trusted: true }, failure: undefined });
  });

  it('an expired cross-sign that no path needs does no harm', async () => {
    const young = await createAuthority('Young Root');
    const cross = await root.crossSign(young, { notBefore: past(30), notAfter: past(1) });
    const fine = await young.issueLeaf({ dns: ['mail.example.com'] });
    const port = await serve({ chainPem: fine.pem + cross, keyPem: fine.keyPem });
    const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem + young.pem });
    expect(result.verdict).toEqual({ trusted: true });
    expect(subjects(result.path)).toEqual(['mail.example.com', 'Young Root']);
  });

  it('of two certificates for one intermediate the valid one is on the path', async () => {
    const old = await root.crossSign(intermediate, { notBefore: past(30), notAfter: past(1) });
    const port = await serve({ chainPem: leaf.pem + old + intermediate.pem });
    const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
    expect(result.verdict).toEqual({ trusted: true });
    expect(result.path?.map(({ fingerprint }) => fingerprint)).toEqual([
      leaf.fingerprint,
      intermediate.fingerprint,
      root.fingerprint,
    ]);
  });

  it('public CAs are told from our own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certmon-trust-'));
    const [publicCaFile, extraCaFile] = [join(folder, 'public.pem'), join(folder, 'extra.pem')];
    await Promise.all([writeFile(publicCaFile, root.pem), writeFile(extraCaFile, stranger.pem)]);
    const own = await stranger.issueLeaf({ dns: ['mail.example.com'] });
    const settings = { publicCaFile, extraCaFile };
    expect(await readOne(endpointAt(await serve(), 'tls'), { settings })).toMatchObject({
      verdict: { trusted: true },
      isPublic: true,
    });
    expect(await readOne(endpointAt(await serve(own), 'tls'), { settings })).toMatchObject({
      verdict: { trusted: true },
      isPublic: false,
    });
    await rm(folder, { recursive: true });
  });
});

describe('a missing intermediate', () => {
  async function withIssuerAt(
    body: () => Buffer,
    test: (url: string, asked: () => number) => Promise<void>,
    status = 200,
  ): Promise<void> {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.writeHead(status, status === 302 ? { location: '/again' } : {}).end(body());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}/issuer.cer`, () => asked);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const allowed = { settings: { egressAllow: ['127.0.0.0/8'] } };

  it.each([
    { form: 'DER', body: () => intermediate.der },
    { form: 'PEM', body: () => Buffer.from(intermediate.pem) },
  ])('is fetched in $form and offered', async ({ body }) => {
    await withIssuerAt(body, async (issuerUrl) => {
      const alone = await intermediate.issueLeaf({ dns: ['mail.example.com'], issuerUrl });
      const port = await serve({ chainPem: alone.pem, keyPem: alone.keyPem });
      const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem, ...allowed });
      expect(result).toMatchObject({ verdict: { trusted: false }, path: undefined });
      expect(result.missing).toMatchObject([{ certificate: { subject: 'CN=Intermediate' } }]);
      expect(result.missing[0]?.pem).toMatch(/^-----BEGIN CERTIFICATE-----/);
    });
  });

  it('is fetched for an expired leaf too, where OpenSSL speaks of the date alone', async () => {
    await withIssuerAt(
      () => intermediate.der,
      async (issuerUrl) => {
        const options = { dns: ['mail.example.com'], issuerUrl, notBefore: past(20), notAfter: past(1) };
        const alone = await intermediate.issueLeaf(options);
        const port = await serve({ chainPem: alone.pem, keyPem: alone.keyPem });
        const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem, ...allowed });
        expect(subjects(result.missing.map(({ certificate }) => certificate))).toEqual(['Intermediate']);
      },
    );
  });

  it.each([
    { what: 'a certificate that did not issue it', body: () => stranger.der, status: 200 },
    { what: 'garbage', body: () => Buffer.from('<html>'), status: 200 },
    { what: 'nothing', body: () => Buffer.alloc(0), status: 404 },
    { what: 'a redirect', body: () => intermediate.der, status: 302 },
    { what: 'too much', body: () => Buffer.alloc(100_000, 0x30), status: 200 },
  ])('is not made up from $what', async ({ body, status }) => {
    await withIssuerAt(
      body,
      async (issuerUrl, asked) => {
        const alone = await intermediate.issueLeaf({ dns: ['mail.example.com'], issuerUrl });
        const port = await serve({ chainPem: alone.pem, keyPem: alone.keyPem });
        const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem, ...allowed });
        expect(result).toMatchObject({ missing: [], path: undefined });
        expect(asked()).toBe(1);
      },
      status,
    );
  });

  it('is not looked for on loopback unless that is allowed by name', async () => {
    await withIssuerAt(
      () => intermediate.der,
      async (issuerUrl, asked) => {
        const alone = await intermediate.issueLeaf({ dns: ['mail.example.com'], issuerUrl });
        const port = await serve({ chainPem: alone.pem, keyPem: alone.keyPem });
        const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
        expect(result.missing).toEqual([]);
        expect(asked()).toBe(0);
      },
    );
  });
});

describe('an earlier reading', () => {
  it('stands in while leaf and verdict are the same', async () => {
    const endpoint = endpointAt(await serve(), 'tls');
    const first = await readOne(endpoint, { caPem: root.pem });
    const again = await readOne(endpoint, { caPem: root.pem, known: new Map([['127.0.0.1', first]]) });
    expect(again).toEqual({ ...first, chainRead: false, durationMs: again.durationMs });
  });

  it('does not after a renewal, nor under other CAs', async () => {
    const endpoint = endpointAt(await serve(), 'tls');
    const first = await readOne(endpoint, { caPem: root.pem });
    const known = new Map([['127.0.0.1', first]]);
    const renewed = await intermediate.issueLeaf({ dns: ['mail.example.com'] });
    expect(await readOne(endpoint, { caPem: stranger.pem, known })).toMatchObject({ chainRead: true, path: undefined });
    servers[0]?.replaceCertificate(renewed);
    expect(await readOne(endpoint, { caPem: root.pem, known })).toMatchObject({
      chainRead: true,
      chain: [{ fingerprint: renewed.fingerprint }, {}],
    });
  });
});

describe('what others cannot read', () => {
  it('a server of TLS 1.0 and 1.1 only is read, and its version told', async () => {
    const port = await serve({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    expect(await readOne(endpointAt(port, 'tls'), { caPem: root.pem })).toMatchObject({
      tlsVersion: 'TLSv1.1',
      chain: [{ fingerprint: leaf.fingerprint }, {}],
      verdict: { trusted: true },
      failure: undefined,
    });
  });

  it.each(['RSA-1024', 'RSA-2048', 'P-521', 'Ed25519'] as const)('a leaf with a key of %s', async (key) => {
    const odd = await intermediate.issueLeaf({ dns: ['mail.example.com'], key });
    // OpenSSL serves no weak key unless it is asked to, from Node 24 on.
    const port = await serve({ chainPem: odd.chainPem, keyPem: odd.keyPem, ciphers: 'DEFAULT:@SECLEVEL=0' });
    const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
    expect(result.chain[0]?.fingerprint).toBe(odd.fingerprint);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('10,000 names on %s, more than OpenSSL takes in', async (version) => {
    const dns = Array.from({ length: 10_000 }, (_, at) => `n${String(at)}.example.com`);
    const crowded = await intermediate.issueLeaf({ dns: [...dns, 'mail.example.com'] });
    const port = await serve({ ...crowded, minVersion: version, maxVersion: version });
    const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
    expect(subjects(result.path)).toEqual(['n0.example.com', 'Intermediate', 'Root']);
    expect(result.chain[0]?.subjectAltNames.length).toBe(10_001);
    expect(result).toMatchObject({
      verdict: { trusted: false, code: 'UNVERIFIED' },
      failure: {
        code: 'handshake-failed',
        detail: "the server's certificates are larger than OpenSSL takes in (100 KiB)",
      },
    });
  });

  it('a handshake that made no sense on the wire, by the list that Node has', async () => {
    const tcp = connectTcp({ host: '127.0.0.1', port: await serve() });
    await once(tcp, 'connect');
    const { seen, failure } = await handshake(tcp, {
      context: createSecureContext({ ca: root.pem }),
      serverName: 'mail.example.com',
      alpn: undefined,
      acceptsWeak: false,
      farewell: undefined,
      signal: new AbortController().signal,
      bytesRead: () => tcp.bytesRead,
      readChain: () => ({ state: 'none' }),
    });
    tcp.destroy();
    expect(failure).toBeUndefined();
    expect(seen).toMatchObject({ leafFingerprint: leaf.fingerprint, verdict: { trusted: true } });
    expect(seen?.chain?.map((der) => Buffer.from(der))).toEqual([leaf.der, intermediate.der]);
  });

  it.each([() => serve(), () => serve({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', clientCaPem: stranger.pem })])(
    'a mistake of ours in reading it rejects, and ends nothing else',
    async (start) => {
      const tcp = connectTcp({ host: '127.0.0.1', port: await start() });
      await once(tcp, 'connect');
      const shaking = handshake(tcp, {
        context: createSecureContext({ ca: root.pem }),
        serverName: 'mail.example.com',
        alpn: undefined,
        acceptsWeak: false,
        farewell: undefined,
        signal: new AbortController().signal,
        bytesRead: () => 0,
        readChain: () => {
          throw new TypeError('of ours');
        },
      });
      await expect(shaking).rejects.toThrow('of ours');
      expect(tcp.destroyed).toBe(true);
    },
  );

  it('a server that refuses the name is read without it, and the refusal told', async () => {
    const picky = await startPickyServer(leaf, 'mail.example.com');
    try {
      expect(await readOne(endpointAt(picky.port, 'tls'), { caPem: root.pem })).toMatchObject({
        chain: [{ fingerprint: leaf.fingerprint }, { fingerprint: intermediate.fingerprint }],
        verdict: { trusted: true },
        failure: { code: 'handshake-failed', detail: 'the server has nothing for this server name (TLS alert 112)' },
      });
    } finally {
      await picky.close();
    }
  });

  it('ten intermediates', async () => {
    let last = root;
    for (let number = 1; number <= 10; number += 1) last = await last.issueIntermediate(`Intermediate ${number}`);
    const deep = await last.issueLeaf({ dns: ['mail.example.com'] });
    const result = await readOne(endpointAt(await serve(deep), 'tls'), { caPem: root.pem });
    expect(result.chain).toHaveLength(11);
    expect(result.path).toHaveLength(12);
  });

  it('direct PostgreSQL names its protocol by ALPN, and nothing else does', async () => {
    const port = await serve({ alpn: ['postgresql'] });
    const direct = endpointAt(port, 'postgresql', { direct: true });
    expect((await readOne(direct, { caPem: root.pem })).failure).toBeUndefined();
    const refusing = await serve({ alpn: ['h2'] });
    expect(await observeOne({ ...direct, port: refusing }, { caPem: root.pem })).toMatchObject({
      outcome: 'handshake-failed',
    });
  });

  it('no name is asked for by SNI where there is only an address', async () => {
    const result = await readOne(endpointAt(await serve(), 'tls', { serverName: '127.0.0.1' }), { caPem: root.pem });
    expect(result.outcome).toBe('ok');
  });
});

describe('the round', () => {
  it('more at once than there is time for are late for none', async () => {
    const port = await serve();
    const prober = createProber({ ...LOOPBACK_SETTINGS, perAddress: 1000 });
    const request = {
      endpoint: endpointAt(port, 'tls'),
      // Far less than all of them take together, server and client in one thread.
      timeoutMs: 1000,
      trust: { extraCaPem: root.pem, only: true },
      known: new Map(),
      knownIssuers: [],
    };
    const { signal } = new AbortController();
    const all = await Promise.all(Array.from({ length: 1000 }, () => prober.observe(request, new Date(), signal)));
    expect(new Set(all.flatMap(({ addresses }) => addresses.map(({ outcome }) => outcome)))).toEqual(new Set(['ok']));
    await prober.close();
  });

  it('gives up when the caller does', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(observe(endpointAt(await serve(), 'tls'), { signal: aborted })).rejects.toThrow('enough');
  });

  it('refuses an address that egress refuses, and does not dial it', async () => {
    const port = await serve();
    expect(await observeOne(endpointAt(port, 'tls'), { settings: { loopbackAllowed: false } })).toMatchObject({
      outcome: 'address-refused',
      durationMs: 0,
    });
  });
});

describe('a server that current clients cannot use', () => {
  it('says why, where version and cipher do not', async () => {
    const rsa = await intermediate.issueLeaf({ dns: ['mail.example.com'], key: 'RSA-2048' });
    const old = createSecureServer({
      cert: rsa.chainPem,
      key: rsa.keyPem,
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0',
      sigalgs: 'RSA+SHA1',
    });
    old.on('tlsClientError', () => undefined).on('secureConnection', (socket) => socket.on('error', () => undefined));
    old.listen(0, '127.0.0.1');
    await once(old, 'listening');
    try {
      const result = await readOne(endpointAt((old.address() as AddressInfo).port, 'tls'), { caPem: root.pem });
      expect(result).toMatchObject({ tlsVersion: 'TLSv1.2', verdict: { trusted: true }, failure: undefined });
      expect(result.weakness).toMatch(/^the server/);
    } finally {
      old.close();
    }
  });

  it('but a failure of the moment is none', async () => {
    let asked = 0;
    const secured = createSecureServer({ cert: leaf.chainPem, key: leaf.keyPem });
    secured.on('tlsClientError', () => undefined);
    const moody = createTcpServer((socket) => {
      asked += 1;
      socket.on('error', () => undefined);
      // The first is refused with internal_error (RFC 8446, 6.2), as by a server that is short of something.
      if (asked === 1) socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 80]));
      else secured.emit('connection', socket);
    });
    moody.listen(0, '127.0.0.1');
    await once(moody, 'listening');
    try {
      const port = (moody.address() as AddressInfo).port;
      const result = await readOne(endpointAt(port, 'tls'), { caPem: root.pem });
      expect(result).toMatchObject({ tlsVersion: 'TLSv1.3', failure: undefined, weakness: undefined });
      expect(asked).toBe(3);
    } finally {
      moody.close();
    }
  });
});
