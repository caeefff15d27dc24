import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { startDeadline } from '../../src/probe/deadline.ts';
import { parseHostsFile, parseSearchList } from '../../src/probe/hosts-file.ts';
import { createNameResolver } from '../../src/probe/resolve.ts';
import type { Resolution } from '../../src/probe/resolve.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import type { DnsAnswer, DnsServer } from '../helpers/dns-server.ts';
import { endpointAt, observe } from '../helpers/probing.ts';

let folder: string;
const servers: DnsServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certmon-resolve-'));
  await writeFile(join(folder, 'hosts'), '192.0.2.7 known.example\n127.0.0.1 localhost\n');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer): Promise<DnsServer> {
  const server = await startDnsServer(answer);
  servers.push(server);
  return server;
}

async function resolve(host: string, server: DnsServer, timeoutMs = 5000): Promise<Resolution> {
  const names = createNameResolver({
    dnsServers: [server.address],
    hostsFile: join(folder, 'hosts'),
    resolvConfFile: '/nonexistent',
  });
  const deadline = startDeadline(timeoutMs, new AbortController().signal);
  try {
    return await names.resolve({ host, hostKind: 'name' }, deadline.signal);
  } finally {
    deadline.clear();
  }
}

describe('names', () => {
  it('give A and AAAA, IPv4 first, then by bytes, each once', async () => {
    const server = await serve((_, type) =>
      type === 'A' ? ['192.0.2.10', '192.0.2.9', '192.0.2.10'] : ['2001:db8::a', '2001:db8::9'],
    );
    expect(await resolve('mail.example', server)).toEqual({
      outcome: 'ok',
      addresses: ['192.0.2.9', '192.0.2.10', '2001:db8::9', '2001:db8::a'],
      notProbed: 0,
    });
  });

  it('with more than 32 addresses are cut, and the rest is counted', async () => {
    const server = await serve((_, type) =>
      type === 'A' ? Array.from({ length: 40 }, (__, index) => `192.0.2.${index + 1}`) : [],
    );
    const resolution = await resolve('many.example', server);
    expect(resolution).toMatchObject({ outcome: 'ok', notProbed: 8 });
    expect(resolution).toHaveProperty('addresses.length', 32);
    expect(resolution).toHaveProperty(['addresses', 31], '192.0.2.32');
  });

  it.each([
    { a: 'nxdomain', aaaa: 'nxdomain', detail: 'the name does not exist (NXDOMAIN)' },
    { a: [], aaaa: [], detail: 'the name exists but has no address (neither A nor AAAA)' },
    { a: 'servfail', aaaa: 'servfail', detail: expect.stringContaining('SERVFAIL') as string },
    { a: [], aaaa: 'servfail', detail: expect.stringContaining('SERVFAIL') as string },
    { a: 'refused', aaaa: 'refused', detail: expect.stringContaining('REFUSED') as string },
  ] as const)('A $a, AAAA $aaaa: $detail', async ({ a, aaaa, detail }) => {
    const server = await serve((_, type) => (type === 'A' ? a : aaaa));
    expect(await resolve('broken.example', server)).toEqual({ outcome: 'dns-failure', detail });
  });

  it.each([
    { broken: 'AAAA', answer: 'servfail' },
    { broken: 'AAAA', answer: 'silence' },
    { broken: 'A', answer: 'nxdomain' },
  ] as const)('a $broken that is $answer does not spoil the other', async ({ broken, answer }) => {
    const server = await serve((_, type) =>
      type === broken ? answer : type === 'A' ? ['192.0.2.1'] : ['2001:db8::1'],
    );
    expect(await resolve('half.example', server, 600)).toMatchObject({
      outcome: 'ok',
      addresses: [broken === 'A' ? '2001:db8::1' : '192.0.2.1'],
    });
  });

  it('a silent server ends with the deadline', async () => {
    const server = await serve(() => 'silence');
    const startedAt = performance.now();
    expect(await resolve('mail.example', server, 300)).toEqual({
      outcome: 'dns-failure',
      detail: 'the DNS servers did not answer in time',
    });
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  it('in the hosts file are not asked for', async () => {
    const server = await serve(() => 'nxdomain');
    expect(await resolve('known.example', server)).toMatchObject({ addresses: ['192.0.2.7'] });
    expect(server.asked).toEqual([]);
  });

  it.each([
    { host: 'localhost', addresses: ['127.0.0.1'] },
    { host: 'shop.localhost', addresses: ['127.0.0.1', '::1'] },
  ])('$host is loopback', async ({ host, addresses }) => {
    const server = await serve(() => ['192.0.2.66']);
    expect(await resolve(host, server)).toMatchObject({ addresses });
    expect(server.asked).toEqual([]);
  });

  it('that do not resolve make an observation without addresses', async () => {
    const server = await serve(() => 'nxdomain');
    const endpoint = endpointAt(443, 'https', { host: 'gone.example', hostKind: 'name', serverName: 'gone.example' });
    expect(await observe(endpoint, { settings: { dnsServers: [server.address] } })).toMatchObject({
      resolution: { outcome: 'dns-failure', detail: 'the name does not exist (NXDOMAIN)' },
      addresses: [],
    });
  });

  it("one address's failure does not hide another's", async () => {
    const server = await serve((_, type) => (type === 'A' ? ['127.0.0.1', '169.254.169.254', '127.0.0.2'] : []));
    const endpoint = endpointAt(1, 'https', { host: 'mixed.example', hostKind: 'name', serverName: 'mixed.example' });
    const { addresses } = await observe(endpoint, { settings: { dnsServers: [server.address] } });
    expect(addresses.map(({ address, outcome }) => [address, outcome])).toEqual([
      ['127.0.0.1', 'refused'],
      ['127.0.0.2', 'refused'],
      ['169.254.169.254', 'address-refused'],
    ]);
  });
});

it('many addresses on one signal are no leak', async () => {
  const warnings: string[] = [];
  const hear = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', hear);
  const server = await serve((_, type) =>
    type === 'A' ? Array.from({ length: 40 }, (__, index) => `127.0.0.${index + 1}`) : [],
  );
  const endpoint = endpointAt(1, 'https', { host: 'many.example', hostKind: 'name', serverName: 'many.example' });
  const { addresses, resolution } = await observe(endpoint, { settings: { dnsServers: [server.address] } });
  // Warnings are told on the next turn.
  await new Promise((resolveTurn) => setImmediate(resolveTurn));
  process.off('warning', hear);
  expect(addresses).toHaveLength(32);
  expect(resolution).toEqual({ outcome: 'ok', notProbed: 8 });
  expect(warnings).toEqual([]);
});

describe("the machine's files", () => {
  it('hosts: names in any case, comments, IPv6, several lines for one name, rubbish passed over', () => {
    const hosts = parseHostsFile(
      '# x\n192.0.2.1\tMail.Example mx # c\n2001:DB8::1 mail.example\nrubbish x\nfe80::1%lo0 z\n',
    );
    expect(Object.fromEntries(hosts)).toEqual({ 'mail.example': ['192.0.2.1', '2001:db8::1'], mx: ['192.0.2.1'] });
  });

  it.each([
    { text: '', list: { domains: [], dots: 1 } },
    { text: 'search a.example b.example\n', list: { domains: ['a.example', 'b.example'], dots: 1 } },
    { text: 'domain a.example.\noptions timeout:2 ndots:3\n', list: { domains: ['a.example'], dots: 3 } },
    { text: 'search a\nsearch b ; c\n', list: { domains: ['b'], dots: 1 } },
  ])('resolv.conf: $text', ({ text, list }) => {
    expect(parseSearchList(text)).toEqual(list);
  });
});
