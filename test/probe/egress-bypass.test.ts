/**
 * Ways round the egress policy, tried through the whole way: what a person types, what a resolver answers, what is
 * dialled. None may end in a connection.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ProbeSettings } from '../../src/probe/probe.ts';
import { watchConnectionAttempts } from '../helpers/connection-attempts.ts';
import type { ConnectionAttempts } from '../helpers/connection-attempts.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import type { DnsAnswer, DnsServer } from '../helpers/dns-server.ts';
import { LOOPBACK_SETTINGS, requestFor } from '../helpers/probing.ts';

/** What waits where no connection may come to: on every address of this machine. */
let canary: Server;
let visits = 0;
let port = 0;
let folder: string;
let attempts: ConnectionAttempts;

beforeAll(async () => {
  canary = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '0.0.0.0', resolve));
  port = (canary.address() as AddressInfo).port;
  folder = await mkdtemp(join(tmpdir(), 'certmon-egress-'));
  attempts = watchConnectionAttempts();
});
afterAll(async () => {
  attempts.stop();
  canary.close();
  await rm(folder, { recursive: true, force: true });
});

const dnsServers: DnsServer[] = [];
afterEach(async () => {
  visits = 0;
  await Promise.all(dnsServers.splice(0).map((server) => server.close()));
});

async function dnsThat(answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer): Promise<DnsServer> {
  const server = await startDnsServer(answer);
  dnsServers.push(server);
  return server;
}

const STRICT: ProbeSettings = { ...LOOPBACK_SETTINGS, loopbackAllowed: false, privateAllowed: false };

interface Round {
  /** Why what was typed is no host; `undefined` where it is one. */
  readonly problem: string | undefined;
  readonly outcomes: readonly string[];
  readonly dialled: readonly string[];
}

/** What becomes of `typed` on the canary's port. */
async function round(typed: string, settings: Partial<ProbeSettings>): Promise<Round> {
  const parsed = parseEndpoint(typed, 'tls');
  if (!parsed.ok) return { problem: parsed.problem.message, outcomes: [], dialled: [] };
  const before = attempts.seen.length;
  const prober = createProber({ ...STRICT, ...settings });
  try {
    const { resolution, addresses } = await prober.observe(
      requestFor(parsed.value, { timeoutMs: 1500 }),
      new Date(),
      new AbortController().signal,
    );
    const outcomes = resolution.outcome === 'ok' ? addresses.map(({ outcome }) => outcome) : [resolution.outcome];
    return { problem: undefined, outcomes, dialled: attempts.seen.slice(before) };
  } finally {
    await prober.close();
  }
}

/** Typed as a host, with the port after it: no form of an address but the canonical ones is a host at all. */
const NOT_A_HOST = [
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0x7f.0x0.0x0.0x1',
  '0177.0.0.1',
  '017700000001',
  '127.1',
  '127.0.1',
  '0',
  '0x0',
  '127.0.0.1.',
  '127.0.0.01',
  '127.00.0.1',
  '127.0.0.1.0x0',
  '127.0.0.1%00',
  '127.0.0.1%2f',
  '%31%32%37.0.0.1',
  '１２７.０.０.１',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
  '0251.0376.0251.0376',
  '0xa9fea9fe',
  '2852039166',
  '169.254.43518',
  '0xA9.0xFE.169.254',
  '127.0.0.1\\@192.0.2.1',
  'http://127.0.0.1',
  'user@127.0.0.1',
  '127.0.0.1/',
  '127.0.0.1#',
  '127.0.0.1?',
  '127.0.0.1\t',
  '127.0.0.1\u0000',
  '127.0.0.1\u200b',
  '\u202e1.0.0.721',
  '[fe80::1%lo]',
  '[fe80::1%251]',
  '[::1%lo]',
  '[::ffff:0177.0.0.1]',
  '[::ffff:127.1]',
  '[::127.0.0.1.]',
  '[0:0:0:0:0:0:0:0:1]',
  '[::1::]',
  '[127.0.0.1]',
];

/** Addresses, and names that stand for one without any DNS. */
const REFUSED_HOSTS = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '169.254.169.254',
  '10.0.0.1',
  '100.100.100.200',
  '255.255.255.255',
  '224.0.0.251',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:7F00:0001]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::127.0.0.1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:7f00:1::]',
  '[2001::80ff:fffe]',
  '[2001:db8::5efe:127.0.0.1]',
  '[2001:db8::200:5efe:7f00:1]',
  '[fe80::1]',
  '[febf::5efe:127.0.0.1]',
  '[fec0::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'localhost。',
  'ｌｏｃａｌｈｏｓｔ',
  'any.thing.localhost',
  'a.ｌocalhost',
] as const;

describe('a host as it is typed', () => {
  it.each(NOT_A_HOST)('is none: %s', async (typed) => {
    const { problem, dialled } = await round(`${typed}:${port}`, {});
    expect(problem).toEqual(expect.any(String));
    expect(dialled).toEqual([]);
  });

  it.each(REFUSED_HOSTS)('is refused and never dialled: %s', async (typed) => {
    const { problem, outcomes, dialled } = await round(`${typed}:${port}`, {});
    expect(problem).toBeUndefined();
    expect(new Set(outcomes)).toEqual(new Set(['address-refused']));
    expect([visits, dialled]).toEqual([0, []]);
  });

  it('is dialled where the policy allows it, so that the canary sings', async () => {
    const { outcomes, dialled } = await round(`127.0.0.1:${port}`, { egressAllow: ['127.0.0.1'] });
    expect(outcomes).toEqual(['reset']);
    expect([visits, dialled]).toEqual([1, [`127.0.0.1:${port}`]]);
  });
});

/** What a hostile DNS server answers for `evil.example`. */
const ANSWERS: readonly { readonly what: string; readonly a: readonly string[]; readonly aaaa: readonly string[] }[] = [
  { what: 'loopback', a: ['127.0.0.1'], aaaa: ['::1'] },
  { what: 'loopback that is not .1', a: ['127.8.8.8'], aaaa: [] },
  { what: 'metadata', a: ['169.254.169.254'], aaaa: ['fd00:ec2::254'] },
  { what: 'unspecified', a: ['0.0.0.0'], aaaa: ['::'] },
  { what: 'unspecified that is not .0', a: ['0.1.2.3'], aaaa: [] },
  { what: 'a mapped loopback', a: [], aaaa: ['::ffff:127.0.0.1'] },
  { what: 'a mapped metadata address', a: [], aaaa: ['::ffff:169.254.169.254'] },
  { what: 'a compatible loopback', a: [], aaaa: ['::127.0.0.1'] },
  { what: 'a translated loopback', a: [], aaaa: ['::ffff:0:127.0.0.1'] },
  { what: 'NAT64 of loopback', a: [], aaaa: ['64:ff9b::127.0.0.1', '64:ff9b:1::127.0.0.1'] },
  { what: '6to4 of loopback', a: [], aaaa: ['2002:7f00:1::1'] },
  { what: 'Teredo of loopback', a: [], aaaa: ['2001:0:c000:201::80ff:fffe'] },
  { what: 'ISATAP of loopback', a: [], aaaa: ['2001:db8::5efe:127.0.0.1'] },
  { what: 'private networks', a: ['10.1.2.3', '172.16.0.1', '192.168.0.1', '100.64.0.1'], aaaa: ['fd00::1'] },
  { what: 'link-local', a: ['169.254.0.1'], aaaa: ['fe80::1'] },
  { what: 'multicast and broadcast', a: ['224.0.0.1', '255.255.255.255'], aaaa: ['ff02::1'] },
  { what: 'a CNAME to localhost and its address', a: ['localhost', '127.0.0.1'], aaaa: ['localhost', '::1'] },
  { what: 'CNAMEs to metadata', a: ['a.example', 'metadata.internal', '169.254.169.254'], aaaa: [] },
];

describe('a name that resolves to', () => {
  it.each(ANSWERS)('$what is refused and never dialled', async ({ a, aaaa }) => {
    const dns = await dnsThat((_, type) => (type === 'A' ? a : aaaa));
    const { outcomes, dialled } = await round(`evil.example:${port}`, { dnsServers: [dns.address] });
    expect(outcomes.length).toBeGreaterThan(0);
    expect(new Set(outcomes)).toEqual(new Set(['address-refused']));
    expect([visits, dialled]).toEqual([0, []]);
  });

  it('a CNAME to localhost without an address has none', async () => {
    const dns = await dnsThat(() => ['localhost']);
    const { outcomes, dialled } = await round(`evil.example:${port}`, { dnsServers: [dns.address] });
    expect(outcomes).toEqual(['dns-failure']);
    expect(dialled).toEqual([]);
  });

  it('good and bad addresses is dialled at the good ones only', async () => {
    const dns = await dnsThat((_, type) => (type === 'A' ? ['127.0.0.1', '127.0.0.2', '169.254.169.254'] : ['::1']));
    const { outcomes, dialled } = await round(`evil.example:${port}`, {
      dnsServers: [dns.address],
      egressAllow: ['127.0.0.2/32', '169.254.0.0/16'],
    });
    expect(outcomes).toEqual(['address-refused', 'reset', 'address-refused', 'address-refused']);
    expect(dialled).toEqual([`127.0.0.2:${port}`]);
  });

  it.each(['a label of its own', 'xn--fake-label', 'with_underscore'])('loopback by an odd name: %s', async (label) => {
    const dns = await dnsThat(() => ['127.0.0.1']);
    const { outcomes } = await round(`${label.replaceAll(' ', '-')}.example:${port}`, { dnsServers: [dns.address] });
    expect(new Set(outcomes)).toEqual(new Set(['address-refused']));
    expect(visits).toBe(0);
  });
});

describe('rebinding', () => {
  it('between the judgement and the dial is not possible: one resolution, and its address is dialled', async () => {
    let asked = 0;
    const dns = await dnsThat((_, type) => {
      if (type === 'AAAA') return [];
      asked += 1;
      return asked === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
    });
    const settings = { dnsServers: [dns.address], egressAllow: ['127.0.0.2/32'] };
    const { outcomes, dialled } = await round(`rebind.example:${port}`, settings);
    expect(outcomes).toEqual(['reset']);
    expect(dialled).toEqual([`127.0.0.2:${port}`]);
    expect([...dns.asked].sort()).toEqual(['rebind.example/A', 'rebind.example/AAAA']);
  });

  it('from a refused address to an allowed one is of no use either', async () => {
    let asked = 0;
    const dns = await dnsThat((_, type) => {
      if (type === 'AAAA') return [];
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['127.0.0.2'];
    });
    const settings = { dnsServers: [dns.address], egressAllow: ['127.0.0.2/32'] };
    const { outcomes, dialled } = await round(`rebind.example:${port}`, settings);
    expect([outcomes, dialled, visits]).toEqual([['address-refused'], [], 0]);
  });
});

describe('the files of this machine', () => {
  it.each([
    { name: 'metadata', outcomes: ['address-refused'] },
    { name: 'intranet', outcomes: ['address-refused'] },
    { name: 'six', outcomes: ['address-refused'] },
    { name: 'mapped', outcomes: ['address-refused'] },
    // Neither is an address as hosts(5) has it, so these names are asked for, and are not there.
    { name: 'decimal', outcomes: ['dns-failure'] },
    { name: 'zone', outcomes: ['dns-failure'] },
    { name: 'evil.localhost', outcomes: ['address-refused', 'address-refused'] },
  ])('lead $name to nowhere', async ({ name, outcomes }) => {
    const hostsFile = join(folder, 'hosts');
    await writeFile(
      hostsFile,
      [
        '169.254.169.254 metadata',
        '127.0.0.1 intranet',
        '::1 six',
        '::ffff:7f00:1 mapped',
        '2130706433 decimal',
        'fe80::1%lo zone',
        '192.0.2.1 evil.localhost',
      ].join('\n'),
    );
    const dns = await dnsThat(() => 'nxdomain');
    const settings = { hostsFile, dnsServers: [dns.address] };
    const seen = await round(`${name}:${port}`, settings);
    expect([seen.outcomes, seen.dialled, visits]).toEqual([outcomes, [], 0]);
  });
});
