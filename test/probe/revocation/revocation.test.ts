import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assess } from '../../../src/core/assess.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Endpoint } from '../../../src/core/monitor.ts';
import type { ReadAddress } from '../../../src/core/observation.ts';
import { exitCode } from '../../../src/core/probe-report.ts';
import { STANDARD_PROFILE } from '../../../src/core/profile.ts';
import { createAuthority } from '../../../src/demo/authority.ts';
import type { Credential, Issuer, LeafOptions } from '../../../src/demo/authority.ts';
import { startTlsServer } from '../../../src/demo/tls-servers.ts';
import type { DemoServer, ServerOptions } from '../../../src/demo/tls-servers.ts';
import { createProber } from '../../../src/probe/probe.ts';
import type { ClosableProber, ProbeSettings } from '../../../src/probe/probe.ts';
import { LOOPBACK_SETTINGS, endpointAt } from '../../helpers/probing.ts';
import {
  DISTRIBUTION,
  EXTENSION,
  HOUR_MS,
  REVOKED_AT,
  makeCrl,
  makeOcsp,
  ocspFailure,
  serialOf,
  startHttpServer,
} from '../../helpers/revocation.ts';
import type { Answer, CrlOptions, HttpServer } from '../../helpers/revocation.ts';

const start = new Date();
const inHours = (hours: number): Date => new Date(start.getTime() + hours * HOUR_MS);

let root: Issuer;
let intermediate: Issuer;
let http: HttpServer;
const servers: DemoServer[] = [];
const probers: ClosableProber[] = [];

beforeAll(async () => {
  root = await createAuthority('Root');
  intermediate = await root.issueIntermediate('Intermediate');
});
beforeEach(async () => {
  http = await startHttpServer();
});
afterEach(async () => {
  await Promise.all(probers.splice(0).map((prober) => prober.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await http.close();
});
afterAll(() => expect(servers).toEqual([]));

function proberWith(settings: Partial<ProbeSettings> = {}): ClosableProber {
  const prober = createProber({ ...LOOPBACK_SETTINGS, egressAllow: ['127.0.0.0/8'], ...settings });
  probers.push(prober);
  return prober;
}

async function serve(credential: Credential, options: Partial<ServerOptions> = {}): Promise<Endpoint> {
  const server = await startTlsServer({ chainPem: credential.chainPem, keyPem: credential.keyPem, ...options });
  servers.push(server);
  return endpointAt(server.port, 'tls');
}

interface Looked {
  readonly prober?: ClosableProber;
  readonly now?: Date;
  readonly known?: ReadAddress;
  readonly leavesOutRevocation?: boolean;
}

async function look(
  endpoint: Endpoint,
  { prober = proberWith(), now = start, known, leavesOutRevocation = false }: Looked = {},
): Promise<ReadAddress> {
  const { addresses } = await prober.observe(
    {
      endpoint,
      timeoutMs: 5000,
      trust: { extraCaPem: root.pem, only: true },
      known: new Map(known === undefined ? [] : [[known.address, known]]),
      knownIssuers: [],
      leavesOutRevocation,
    },
    now,
    new AbortController().signal,
  );
  const [only] = addresses;
  if (only?.outcome !== 'ok') throw new Error('no leaf was read');
  return only;
}

/** What the profile Standard says of it. */
function findingsOf(address: ReadAddress, endpoint: Endpoint): readonly Finding[] {
  const observation = { checkedAt: start, resolution: { outcome: 'ok', notProbed: 0 }, addresses: [address] } as const;
  return assess(observation, endpoint, STANDARD_PROFILE, start).findings;
}

function codesOf(address: ReadAddress, endpoint: Endpoint): string[] {
  return findingsOf(address, endpoint).map(({ code }) => code);
}

const crlUrl = (): string => `${http.origin}/1.crl`;
const ocspUrl = (): string => `${http.origin}/ocsp`;

function leafWith(options: LeafOptions, issuer: Issuer = intermediate): Promise<Credential> {
  return issuer.issueLeaf({ dns: ['mail.example.com'], ...options });
}

describe('by CRL', () => {
  it('a certificate that is not listed is good', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()] });
    http.answers.set('/1.crl', makeCrl(intermediate, { entries: [{ serial: '0102' }] }));
    const endpoint = await serve(leaf);
    const seen = await look(endpoint);
    expect(seen.revocation).toMatchObject([{ fingerprint: leaf.fingerprint, status: 'good', via: 'crl' }]);
    expect(seen.staple).toBe('none');
    expect(codesOf(seen, endpoint)).toEqual([]);
  });

  it('a certificate that is listed is revoked', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()] });
    const entries = [{ serial: serialOf(leaf), extensions: [EXTENSION.reason(1)] }];
    http.answers.set('/1.crl', makeCrl(intermediate, { entries }));
    const endpoint = await serve(leaf);
    const seen = await look(endpoint);
    expect(seen.revocation).toMatchObject([
      { fingerprint: leaf.fingerprint, status: 'revoked', via: 'crl', reason: 'keyCompromise', revokedAt: REVOKED_AT },
    ]);
    expect(codesOf(seen, endpoint)).toEqual(['revoked']);
  });

  it('an intermediate that is listed is revoked, and the leaf without URLs is not asked about', async () => {
    const weak = await root.issueIntermediate('Revoked', { crlUrls: [crlUrl()] });
    http.answers.set('/1.crl', makeCrl(root, { entries: [{ serial: serialOf(weak) }] }));
    const endpoint = await serve(await leafWith({}, weak));
    const seen = await look(endpoint);
    expect(seen.revocation).toMatchObject([{ fingerprint: weak.fingerprint, status: 'revoked' }]);
    expect(codesOf(seen, endpoint)).toEqual(['revoked']);
  });

  it.each(['ldap://127.0.0.1/cn=ca', 'https://127.0.0.1/1.crl'])('%s is no place we could ask', async (url) => {
    const endpoint = await serve(await leafWith({ crlUrls: [url] }));
    expect((await look(endpoint)).revocation).toEqual([]);
  });

  it.each<{ what: string; answer: () => Answer | undefined; why: string }>([
    { what: 'answers 404', answer: () => undefined, why: 'it answered 404' },
    {
      what: 'redirects',
      answer: () => (_, response) => response.writeHead(302, { location: '/2.crl' }).end(),
      why: 'it redirects (302)',
    },
    {
      what: 'breaks off',
      answer: () => (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('0', () => response.destroy());
      },
      why: 'the connection failed (ECONNRESET)',
    },
    {
      what: 'sends too much',
      answer: () => (_, response) => {
        response.on('error', () => undefined);
        for (let index = 0; index < 21; index += 1) response.write(Buffer.alloc(1024 * 1024));
        response.end();
      },
      why: 'more than 20971520 bytes',
    },
    {
      what: 'compresses unasked',
      answer: () => (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      why: 'an encoding',
    },
    { what: 'sends a web page', answer: () => Buffer.from('<html>'), why: 'no CRL that can be read' },
    { what: "sends another issuer's", answer: () => makeCrl(root), why: 'another issuer' },
    { what: 'sends a forged one', answer: () => makeCrl(intermediate, { signer: root }), why: 'signature' },
    {
      what: 'sends one of yesterday',
      answer: () => makeCrl(intermediate, { thisUpdate: inHours(-99), nextUpdate: inHours(-25) }),
      why: 'the newest to be had there ended on',
    },
    { what: 'sends one of tomorrow', answer: () => makeCrl(intermediate, { thisUpdate: inHours(24) }), why: 'future' },
    {
      what: 'sends one for another place',
      answer: () =>
        makeCrl(intermediate, { extensions: [EXTENSION.distribution(DISTRIBUTION.at('http://ca.example/'))] }),
      why: 'of another place',
    },
  ])('one that $what makes unknown, which is no trouble', async ({ answer, why }) => {
    const given = answer();
    if (given !== undefined) http.answers.set('/1.crl', given);
    const endpoint = await serve(await leafWith({ crlUrls: [crlUrl()] }));
    const prober = proberWith();
    const seen = await look(endpoint, { prober });
    expect(seen.revocation).toMatchObject([{ status: 'unknown', via: 'crl', revokedAt: undefined }]);
    expect(seen.revocation[0]?.detail).toContain(`${crlUrl()}: `);
    expect(seen.revocation[0]?.detail).toContain(why);
    expect(codesOf(seen, endpoint)).toEqual(['revocation-unknown']);
    expect(exitCode(findingsOf(seen, endpoint))).toBe(0);
    // And is not asked again at once.
    await look(endpoint, { prober });
    expect(http.asked).toEqual(['GET /1.crl']);
    await look(endpoint, { prober, now: inHours(0.5) });
    expect(http.asked).toHaveLength(2);
  });

  it('a server that says nothing holds a check for five seconds once', async () => {
    http.answers.set('/1.crl', () => undefined);
    const endpoint = await serve(await leafWith({ crlUrls: [crlUrl()] }));
    const prober = proberWith();
    const startedAt = performance.now();
    expect((await look(endpoint, { prober })).revocation[0]?.detail).toContain('no answer within 5 s');
    expect(performance.now() - startedAt).toBeLessThan(8000);
    const secondAt = performance.now();
    expect((await look(endpoint, { prober })).revocation[0]?.detail).toContain('no answer within 5 s');
    expect(performance.now() - secondAt).toBeLessThan(2000);
  });

  it('nothing is fetched from loopback where nobody allowed it', async () => {
    const endpoint = await serve(await leafWith({ crlUrls: [crlUrl()] }));
    const seen = await look(endpoint, { prober: proberWith({ egressAllow: [] }) });
    expect(seen.revocation[0]?.detail).toContain('its address is not allowed');
    expect(http.asked).toEqual([]);
  });

  it('a place that the certificate names three times is asked, and told of, once', async () => {
    http.answers.set('/2.crl', makeCrl(intermediate));
    const endpoint = await serve(await leafWith({ crlUrls: [crlUrl(), crlUrl(), crlUrl(), `${http.origin}/2.crl`] }));
    expect((await look(endpoint)).revocation).toMatchObject([{ status: 'good' }]);
    http.answers.delete('/2.crl');
    expect((await look(endpoint)).revocation[0]?.detail.match(/1\.crl/g)).toHaveLength(1);
  });

  it('the second place is asked where the first has nothing', async () => {
    http.answers.set('/2.crl', makeCrl(intermediate));
    const endpoint = await serve(await leafWith({ crlUrls: [crlUrl(), `${http.origin}/2.crl`] }));
    expect((await look(endpoint)).revocation).toMatchObject([{ status: 'good' }]);
    expect(http.asked).toEqual(['GET /1.crl', 'GET /2.crl']);
  });
});

describe('a CRL that was fetched', () => {
  async function withCrl(options: CrlOptions = {}) {
    const leaf = await leafWith({ crlUrls: [crlUrl()] });
    http.answers.set('/1.crl', makeCrl(intermediate, options));
    return { leaf, endpoint: await serve(leaf), prober: proberWith() };
  }

  it('serves every certificate of the issuer, and all who ask at once', async () => {
    const { endpoint, prober } = await withCrl();
    const other = await serve(await leafWith({ crlUrls: [crlUrl()] }));
    const seen = await Promise.all([endpoint, other, endpoint].map((one) => look(one, { prober })));
    expect(seen.map(({ revocation }) => revocation[0]?.status)).toEqual(['good', 'good', 'good']);
    expect(http.asked).toEqual(['GET /1.crl']);
  });

  it('is asked anew in the background at half of its life, and what it then says counts', async () => {
    const { leaf, endpoint, prober } = await withCrl({ thisUpdate: inHours(-1), nextUpdate: inHours(8) });
    await look(endpoint, { prober });
    http.answers.set(
      '/1.crl',
      makeCrl(intermediate, { thisUpdate: inHours(0), nextUpdate: inHours(9), entries: [{ serial: serialOf(leaf) }] }),
    );
    expect((await look(endpoint, { prober, now: inHours(3.9) })).revocation).toMatchObject([{ status: 'good' }]);
    expect(http.asked).toHaveLength(1);
    expect((await look(endpoint, { prober, now: inHours(4.1) })).revocation).toMatchObject([{ status: 'good' }]);
    await expect
      .poll(async () => (await look(endpoint, { prober, now: inHours(4.1) })).revocation[0]?.status)
      .toBe('revoked');
    expect(http.asked).toHaveLength(2);
  });

  it('is judged anew where the chain of an earlier check stands in', async () => {
    const { leaf, endpoint, prober } = await withCrl({ nextUpdate: inHours(1) });
    const known = await look(endpoint, { prober });
    http.answers.set(
      '/1.crl',
      makeCrl(intermediate, { thisUpdate: inHours(1), entries: [{ serial: serialOf(leaf) }] }),
    );
    const later = await look(endpoint, { prober, known, now: inHours(2) });
    expect(later).toMatchObject({ chainRead: false, revocation: [{ status: 'revoked' }] });
    // A process that has just started knows no issuer, so it reads the chain again.
    const elsewhere = await look(endpoint, { known, now: inHours(2) });
    expect(elsewhere).toMatchObject({ chainRead: true, revocation: [{ status: 'revoked' }] });
  });

  it('is relied on for a day after its end while there is no newer one, and then no more', async () => {
    const { endpoint, prober } = await withCrl({ nextUpdate: inHours(1) });
    await look(endpoint, { prober });
    http.answers.delete('/1.crl');
    expect((await look(endpoint, { prober, now: inHours(24.9) })).revocation).toMatchObject([{ status: 'good' }]);
    const after = await look(endpoint, { prober, now: inHours(25.1) });
    expect(after.revocation).toMatchObject([{ status: 'unknown' }]);
    expect(after.revocation[0]?.detail).toContain('404');
  });

  it('is not replaced by an older one', async () => {
    const { leaf, endpoint, prober } = await withCrl();
    http.answers.set(
      '/1.crl',
      makeCrl(intermediate, { nextUpdate: inHours(1), entries: [{ serial: serialOf(leaf) }] }),
    );
    await look(endpoint, { prober });
    http.answers.set('/1.crl', makeCrl(intermediate, { thisUpdate: inHours(-9), nextUpdate: inHours(99) }));
    expect((await look(endpoint, { prober, now: inHours(2) })).revocation).toMatchObject([{ status: 'revoked' }]);
  });

  it('is asked for by its version, and stands where the server says so', async () => {
    const { endpoint, prober } = await withCrl();
    const body = makeCrl(intermediate, { nextUpdate: inHours(20) });
    const conditions: unknown[] = [];
    http.answers.set('/1.crl', (request, response) => {
      conditions.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"7"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"7"' }).end(body);
    });
    await look(endpoint, { prober });
    await look(endpoint, { prober, now: inHours(11) });
    await expect.poll(() => conditions).toEqual([undefined, '"7"']);
    expect((await look(endpoint, { prober, now: inHours(12) })).revocation).toMatchObject([{ status: 'good' }]);
    expect(conditions).toHaveLength(2);
  });
});

describe('by OCSP', () => {
  it.each([
    { status: 'good', codes: [] },
    { status: 'revoked', codes: ['revoked'] },
    { status: 'unknown', codes: ['revocation-unknown'] },
  ] as const)('$status gives $codes', async ({ status, codes }) => {
    const leaf = await leafWith({ ocspUrl: ocspUrl() });
    http.answers.set('/ocsp', makeOcsp(intermediate, leaf, { status }));
    const endpoint = await serve(leaf);
    const prober = proberWith();
    const seen = await look(endpoint, { prober });
    expect(seen.revocation).toMatchObject([{ status, via: 'ocsp' }]);
    expect(codesOf(seen, endpoint)).toEqual(codes);
    await look(endpoint, { prober });
    expect(http.asked).toEqual(['POST /ocsp']);
  });

  it('is asked only where the CRL gives no answer', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()], ocspUrl: ocspUrl() });
    http.answers.set('/ocsp', makeOcsp(intermediate, leaf));
    const endpoint = await serve(leaf);
    expect((await look(endpoint)).revocation).toMatchObject([{ status: 'good', via: 'ocsp' }]);
    http.answers.set('/1.crl', makeCrl(intermediate));
    expect((await look(endpoint)).revocation).toMatchObject([{ status: 'good', via: 'crl' }]);
    expect(http.asked).toEqual(['GET /1.crl', 'POST /ocsp', 'GET /1.crl']);
  });

  it('an answer stays good for a day after its end', async () => {
    const leaf = await leafWith({ ocspUrl: ocspUrl() });
    http.answers.set('/ocsp', makeOcsp(intermediate, leaf, { nextUpdate: inHours(1) }));
    const endpoint = await serve(leaf);
    const prober = proberWith();
    await look(endpoint, { prober });
    http.answers.set('/ocsp', ocspFailure(3));
    expect((await look(endpoint, { prober, now: inHours(24) })).revocation).toMatchObject([{ status: 'good' }]);
    const after = await look(endpoint, { prober, now: inHours(26) });
    expect(after.revocation).toMatchObject([{ status: 'unknown', via: 'ocsp' }]);
    expect(after.revocation[0]?.detail).toContain('tryLater');
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a staple on %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it.each([
    { status: 'good', codes: [] },
    { status: 'revoked', codes: ['revoked'] },
    { status: 'unknown', codes: ['staple-missing'] },
  ] as const)('that says $status gives $codes', async ({ status, codes }) => {
    const leaf = await leafWith({ mustStaple: true });
    const endpoint = await serve(leaf, { ...only, staple: makeOcsp(intermediate, leaf, { status }) });
    const seen = await look(endpoint);
    expect(seen.staple).toBe(status === 'unknown' ? 'unusable' : status);
    expect(seen.revocation.map((one) => [one.status, one.via])).toEqual(
      status === 'unknown' ? [] : [[status, 'staple']],
    );
    expect(codesOf(seen, endpoint)).toEqual(codes);
  });

  it('that is missing or garbage is missed by must-staple alone', async () => {
    const [must, may] = await Promise.all([leafWith({ mustStaple: true }), leafWith({})]);
    for (const [leaf, staple, state] of [
      [must, undefined, 'none'],
      [must, Buffer.from('garbage'), 'unusable'],
      [may, undefined, 'none'],
      [may, Buffer.from('garbage'), 'unusable'],
    ] as const) {
      const endpoint = await serve(leaf, { ...only, ...(staple === undefined ? {} : { staple }) });
      const seen = await look(endpoint);
      expect(seen.staple).toBe(state);
      expect(codesOf(seen, endpoint)).toEqual(leaf === must ? ['staple-missing'] : []);
    }
  });

  it('that says revoked counts whatever the CRL says, and one that says good spares the OCSP responder', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()], ocspUrl: ocspUrl() });
    const prober = proberWith();
    http.answers.set('/1.crl', makeCrl(intermediate));
    const bad = await serve(leaf, { ...only, staple: makeOcsp(intermediate, leaf, { status: 'revoked' }) });
    expect((await look(bad, { prober })).revocation).toMatchObject([{ status: 'revoked', via: 'staple' }]);
    http.answers.delete('/1.crl');
    const good = await serve(leaf, { ...only, staple: makeOcsp(intermediate, leaf) });
    expect((await look(good)).revocation).toMatchObject([{ status: 'good', via: 'staple' }]);
    expect(http.asked).not.toContain('POST /ocsp');
  });
});

describe('a server that staples now and then', () => {
  const staplesAndNot = async (leaf: Credential, staple: Buffer, other?: Buffer) => ({
    stapling: await serve(leaf, { staple }),
    other: await serve(leaf, other === undefined ? {} : { staple: other }),
    prober: proberWith(),
  });

  it('stays good where its responder is out of reach, for a day', async () => {
    const leaf = await leafWith({ ocspUrl: ocspUrl() });
    const { stapling, other, prober } = await staplesAndNot(
      leaf,
      makeOcsp(intermediate, leaf, { nextUpdate: inHours(96) }),
    );
    expect((await look(other, { prober })).revocation).toMatchObject([{ status: 'unknown' }]);
    await look(stapling, { prober, now: inHours(1) });
    const without = await look(other, { prober, now: inHours(24) });
    expect(without).toMatchObject({ staple: 'none', revocation: [{ status: 'good', via: 'staple' }] });
    expect((await look(other, { prober, now: inHours(26) })).revocation).toMatchObject([{ status: 'unknown' }]);
  });

  it('stays revoked, whatever an older staple or the CRL says', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()] });
    http.answers.set('/1.crl', makeCrl(intermediate));
    const { stapling, other, prober } = await staplesAndNot(
      leaf,
      makeOcsp(intermediate, leaf, { status: 'revoked', thisUpdate: inHours(-1) }),
      makeOcsp(intermediate, leaf, { thisUpdate: inHours(-2) }),
    );
    await look(stapling, { prober });
    expect((await look(other, { prober })).revocation).toMatchObject([{ status: 'revoked', via: 'staple' }]);
    expect((await look(await serve(leaf), { prober })).revocation).toMatchObject([{ status: 'revoked' }]);
  });

  it('is good again once a newer staple says so', async () => {
    const leaf = await leafWith({});
    const { stapling, other, prober } = await staplesAndNot(
      leaf,
      makeOcsp(intermediate, leaf, { status: 'revoked', thisUpdate: inHours(-2) }),
      makeOcsp(intermediate, leaf, { thisUpdate: inHours(-1) }),
    );
    await look(stapling, { prober });
    expect((await look(other, { prober })).revocation).toMatchObject([{ status: 'good' }]);
  });
});

describe('not judged', () => {
  it('is what the profile says nothing of, and nobody is asked; the staple is judged all the same', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()], ocspUrl: ocspUrl(), mustStaple: true });
    const endpoint = await serve(leaf, { staple: makeOcsp(intermediate, leaf) });
    expect(await look(endpoint, { leavesOutRevocation: true })).toMatchObject({ revocation: [], staple: 'good' });
    expect(http.asked).toEqual([]);
  });

  it('is a chain that leads to no anchor', async () => {
    const stranger = await createAuthority('Stranger');
    const leaf = await leafWith({ crlUrls: [crlUrl()], mustStaple: true }, stranger);
    const endpoint = await serve(leaf);
    expect(await look(endpoint)).toMatchObject({ path: undefined, revocation: [], staple: 'not-judged' });
    expect(http.asked).toEqual([]);
  });

  it('is a certificate that has ended', async () => {
    const leaf = await leafWith({ crlUrls: [crlUrl()], notBefore: inHours(-48), notAfter: inHours(-1) });
    expect((await look(await serve(leaf))).revocation).toEqual([]);
    expect(http.asked).toEqual([]);
  });
});

it('a check that is given up ends at once, and so does a prober that is closed', async () => {
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  http.answers.set('/1.crl', () => isAsked());
  const endpoint = await serve(await leafWith({ crlUrls: [crlUrl()] }));
  const prober = proberWith();
  const controller = new AbortController();
  const request = {
    endpoint,
    timeoutMs: 5000,
    trust: { extraCaPem: root.pem, only: true },
    known: new Map(),
    knownIssuers: [],
  };
  const observing = prober.observe(request, start, controller.signal);
  const startedAt = performance.now();
  await asked;
  controller.abort(new Error('enough'));
  await expect(observing).rejects.toThrow('enough');
  await prober.close();
  expect(performance.now() - startedAt).toBeLessThan(3000);
});
