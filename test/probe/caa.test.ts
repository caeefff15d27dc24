import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { assess } from '../../src/core/assess.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Issuer, LeafOptions } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { createCaaLookup } from '../../src/probe/caa.ts';
import { createNameResolver } from '../../src/probe/resolve.ts';
import { profile } from '../helpers/builders.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import type { CaaAnswer, DnsServer } from '../helpers/dns-server.ts';
import { endpointAt, observe } from '../helpers/probing.ts';

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;
const NOW = new Date('2026-11-24T12:00:00Z');

let folder: string;
const servers: (DnsServer | DemoServer)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certmon-caa-'));
  await writeFile(join(folder, 'hosts'), '192.0.2.7 known.example\n');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serveDns(caa: (name: string) => CaaAnswer): Promise<DnsServer> {
  const server = await startDnsServer((_, type) => (type === 'A' ? ['127.0.0.1'] : []), caa);
  servers.push(server);
  return server;
}

/** Answers from `zone`; other names exist and have none. */
async function serveZone(zone: Readonly<Record<string, CaaAnswer>>) {
  const dns = await serveDns((name) => zone[name] ?? []);
  const names = createNameResolver({
    dnsServers: [dns.address],
    hostsFile: join(folder, 'hosts'),
    resolvConfFile: '/nonexistent',
  });
  const lookup = createCaaLookup(names);
  return { dns, find: (domain: string, now = NOW, signal = NEVER) => lookup.find(domain, now, signal) };
}

const issue = (value: string): CaaAnswer => [[0, 'issue', value]];

describe('the records that count', () => {
  it.each([
    { title: 'at the name', at: 'www.mail.example.com', asked: 1 },
    { title: 'above it', at: 'example.com', asked: 3 },
    { title: 'at the top-level domain', at: 'com', asked: 4 },
  ])('are those $title', async ({ at, asked }) => {
    const { dns, find } = await serveZone({ com: issue('above.example'), [at]: issue('ca.example') });
    expect(await find('www.mail.example.com')).toEqual({
      domain: 'www.mail.example.com',
      name: at,
      records: [{ critical: false, tag: 'issue', value: 'ca.example' }],
    });
    const climbed = ['www.mail.example.com', 'mail.example.com', 'example.com', 'com'];
    expect(dns.asked).toEqual(climbed.slice(0, asked).map((name) => `${name}/CAA`));
  });

  it('are looked for above a name that does not exist, and not at the root', async () => {
    const { dns, find } = await serveZone({ 'a.b.example': 'nxdomain', 'b.example': 'nxdomain', example: 'nxdomain' });
    expect(await find('a.b.example')).toBeUndefined();
    expect(dns.asked).toEqual(['a.b.example/CAA', 'b.example/CAA', 'example/CAA']);
  });

  it('are those behind an alias, by the name that has it', async () => {
    const { find } = await serveZone({
      'www.example.com': { aliasOf: 'cdn.example.net', records: [[0, 'issue', 'ca.example']] },
    });
    expect(await find('www.example.com')).toMatchObject({
      name: 'www.example.com',
      records: [{ value: 'ca.example' }],
    });
  });

  it('are read with their tags and flags as sent, in one order', async () => {
    const { find } = await serveZone({
      'example.com': [
        [128, 'tbs', 'Unknown'],
        [0, 'IssueWild', ';'],
        [1, 'issue', 'b.example; a=1'],
        [129, 'issue', 'a.example'],
        [0, 'iodef', 'mailto:a@example.com'],
        [128, 'critical', 'odd'],
      ],
    });
    expect((await find('example.com'))?.records).toEqual([
      { critical: false, tag: 'IssueWild', value: ';' },
      { critical: false, tag: 'critical', value: 'odd' },
      { critical: false, tag: 'iodef', value: 'mailto:a@example.com' },
      { critical: true, tag: 'issue', value: 'a.example' },
      { critical: false, tag: 'issue', value: 'b.example; a=1' },
      { critical: true, tag: 'tbs', value: 'Unknown' },
    ]);
  });

  it.each([
    { what: 'a failure', answer: 'servfail' },
    { what: 'a refusal', answer: 'refused' },
    { what: 'a record that cannot be read', answer: [Buffer.from([0, 99])] },
    { what: 'an empty value', answer: [[0, 'issue', '']] },
    { what: 'more than any policy needs', answer: Array.from({ length: 40 }, () => [0, 'issue', 'x'.repeat(250)]) },
  ] as const)('are not made up from $what, nor taken from above', async ({ answer }) => {
    const { find } = await serveZone({ 'mail.example.com': answer as CaaAnswer, 'example.com': issue('ca.example') });
    expect(await find('mail.example.com')).toBeUndefined();
  });

  it.each(['known.example', 'localhost', 'shop.localhost', '192.0.2.1', '2001:db8::1'])(
    'of %s are not asked for',
    async (name) => {
      const { dns, find } = await serveZone({});
      expect(await find(name)).toBeUndefined();
      expect(dns.asked).toEqual([]);
    },
  );
});

describe('a look-up', () => {
  it('is kept for an hour, and shared by those who ask meanwhile', async () => {
    const { dns, find } = await serveZone({ 'example.com': issue('ca.example') });
    await Promise.all([find('a.example.com'), find('b.example.com')]);
    await find('a.example.com', new Date(NOW.getTime() + HOUR_MS - 1));
    expect([...dns.asked].sort()).toEqual(['a.example.com/CAA', 'b.example.com/CAA', 'example.com/CAA']);
    await find('a.example.com', new Date(NOW.getTime() + HOUR_MS));
    expect(dns.asked).toHaveLength(5);
  });

  it('that failed is tried again after ten minutes', async () => {
    const zone: Record<string, CaaAnswer> = { 'example.com': 'refused' };
    const { dns, find } = await serveZone(zone);
    expect(await find('example.com')).toBeUndefined();
    const failed = dns.asked.length;
    zone['example.com'] = issue('ca.example');
    expect(await find('example.com', new Date(NOW.getTime() + 10 * 60_000 - 1))).toBeUndefined();
    expect(dns.asked).toHaveLength(failed);
    expect(await find('example.com', new Date(NOW.getTime() + 10 * 60_000))).toMatchObject({ name: 'example.com' });
  });

  it('that fails is stood in for by the last answer, for a day', async () => {
    const zone: Record<string, CaaAnswer> = { 'example.com': issue('ca.example') };
    const { find } = await serveZone(zone);
    await find('example.com');
    zone['example.com'] = 'refused';
    for (const hours of [2, 12, 23]) {
      expect(await find('example.com', new Date(NOW.getTime() + hours * HOUR_MS))).toMatchObject({
        name: 'example.com',
      });
    }
    expect(await find('example.com', new Date(NOW.getTime() + 25 * HOUR_MS))).toBeUndefined();
  });

  it('that nobody answers ends by its own deadline', async () => {
    const { find } = await serveZone({ 'example.com': 'silence' });
    const startedAt = performance.now();
    expect(await find('mail.example.com')).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(8000);
  }, 20_000);

  it('gives up when the caller does', async () => {
    const { find } = await serveZone({ 'example.com': 'silence' });
    const caller = new AbortController();
    const finding = find('example.com', NOW, caller.signal);
    caller.abort(new Error('enough'));
    await expect(finding).rejects.toThrow('enough');
  });
});

describe('a check', () => {
  let root: Issuer;
  let issuing: Issuer;
  let publicCaFile: string;

  beforeAll(async () => {
    root = await createAuthority('Root');
    issuing = await root.issueIntermediate('TLS CA 1', { organization: 'DigiCert Inc' });
    publicCaFile = join(folder, 'public.pem');
    await writeFile(publicCaFile, root.pem);
  });

  async function check(leafOptions: LeafOptions, zone: Readonly<Record<string, CaaAnswer>>, isPublic = true) {
    const leaf = await issuing.issueLeaf(leafOptions);
    const tls = await startTlsServer(leaf);
    const dns = await serveDns((name) => zone[name] ?? []);
    servers.push(tls);
    const endpoint = endpointAt(tls.port, 'tls', {
      host: 'mail.example.com',
      displayHost: 'mail.example.com',
      hostKind: 'name',
    });
    const seen = await observe(endpoint, {
      settings: { dnsServers: [dns.address], ...(isPublic ? { publicCaFile } : {}) },
      ...(isPublic ? {} : { caPem: root.pem }),
    });
    const { findings } = assess(seen, endpoint, profile(), new Date());
    return { seen, asked: dns.asked.filter((one) => one.endsWith('/CAA')), findings };
  }

  it('of a leaf from a public CA that CAA does not allow finds it', async () => {
    const { seen, findings } = await check({ dns: ['mail.example.com'] }, { 'example.com': issue('letsencrypt.org') });
    expect(seen.caa).toMatchObject([{ domain: 'mail.example.com', name: 'example.com' }]);
    expect(findings).toMatchObject([
      { code: 'caa-mismatch', severity: 'info', nextStep: expect.stringContaining('0 issue "digicert.com"') as string },
    ]);
  });

  it('of a wildcard asks for the domain under it, and minds issuewild', async () => {
    const zone = {
      'mail.example.com': issue('letsencrypt.org'),
      'example.com': [
        [0, 'issue', 'digicert.com'],
        [0, 'issuewild', ';'],
      ],
    } as const;
    const { asked, findings } = await check({ dns: ['*.example.com'] }, zone);
    expect(asked).toEqual(['example.com/CAA']);
    expect(findings).toMatchObject([
      { code: 'caa-mismatch', message: expect.stringContaining('let no CA issue wildcard certificates') as string },
    ]);
  });

  it.each([
    { title: 'that CAA allows', leaf: { dns: ['mail.example.com'] }, answer: issue('geotrust.com') },
    { title: 'whose CAA records cannot be had', leaf: { dns: ['mail.example.com'] }, answer: 'servfail' },
  ] as const)('of a leaf $title finds nothing', async ({ leaf, answer }) => {
    const { findings } = await check(leaf, { 'mail.example.com': answer });
    expect(findings).toEqual([]);
  });

  it('of a leaf from a CA of our own asks nobody', async () => {
    const { asked, seen } = await check({ dns: ['mail.example.com'] }, { 'example.com': issue(';') }, false);
    expect([asked, seen.caa]).toEqual([[], []]);
  });

  it('of a leaf that lives too long finds that too', async () => {
    const notBefore = new Date(Date.now() - 24 * HOUR_MS);
    const notAfter = new Date(notBefore.getTime() + 400 * 24 * HOUR_MS);
    const { findings } = await check({ dns: ['mail.example.com'], notBefore, notAfter }, { 'example.com': issue(';') });
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['caa-mismatch', 'info'],
      ['lifetime-too-long', 'info'],
    ]);
  });
});
