import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assess } from '../../src/core/assess.ts';
import { isRead } from '../../src/core/observation.ts';
import type { ReadAddress } from '../../src/core/observation.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ClosableProber } from '../../src/probe/probe.ts';
import { profile } from '../helpers/builders.ts';
import { LOOPBACK_SETTINGS, endpointAt, observe, subjects } from '../helpers/probing.ts';

let root: Issuer;
let upper: Issuer;
let lower: Issuer;
let leaf: Credential;
let prober: ClosableProber;
const servers: DemoServer[] = [];

beforeAll(async () => {
  root = await createAuthority('Root');
  upper = await root.issueIntermediate('Upper');
  lower = await upper.issueIntermediate('Lower');
  leaf = await lower.issueLeaf({ dns: ['mail.example.com'] });
});
beforeEach(() => {
  prober = createProber(LOOPBACK_SETTINGS);
});
afterEach(async () => {
  await prober.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Asked {
  readonly caPem?: string;
  /** The leaf's. */
  readonly keyPem?: string;
  readonly knownIssuers?: readonly string[];
  readonly now?: Date;
}

/** What the prober reads of a server that sends `chainPem`, and the codes it earns. */
async function look(chainPem: string, asked: Asked = {}) {
  const { caPem = root.pem, keyPem = leaf.keyPem, knownIssuers = [], now = new Date() } = asked;
  const server = await startTlsServer({ chainPem, keyPem });
  servers.push(server);
  const endpoint = endpointAt(server.port, 'tls');
  const request = {
    endpoint,
    timeoutMs: 5000,
    trust: { extraCaPem: caPem, only: true },
    known: new Map<string, ReadAddress>(),
    knownIssuers,
  };
  const seen = await prober.observe(request, now, new AbortController().signal);
  const [address] = seen.addresses.filter(isRead);
  return {
    missing: address?.missing ?? [],
    codes: assess(seen, endpoint, profile(), now).findings.map(({ code }) => code),
  };
}

const names = ({ missing }: Awaited<ReturnType<typeof look>>) => subjects(missing.map((one) => one.certificate));

describe('a leaf that is sent alone, without a URL for its issuer', () => {
  it('is from an untrusted CA as long as nobody knows better', async () => {
    expect(await look(leaf.pem)).toEqual({ missing: [], codes: ['untrusted'] });
  });

  it('lacks what another server sent, and says so with the certificates', async () => {
    expect((await look(leaf.chainPem)).codes).toEqual([]);
    const alone = await look(leaf.pem);
    expect(alone.codes).toEqual(['incomplete-chain']);
    expect(names(alone)).toEqual(['Lower', 'Upper']);
    expect(alone.missing.map(({ pem }) => pem.trim())).toEqual([lower.pem.trim(), upper.pem.trim()]);
    expect(names(await look(leaf.pem + lower.pem))).toEqual(['Upper']);
  });

  it('lacks what it lacked at the last check, in a prober that saw nothing yet', async () => {
    const alone = await look(leaf.pem, { knownIssuers: [lower.pem, upper.pem] });
    expect([alone.codes, names(alone)]).toEqual([['incomplete-chain'], ['Lower', 'Upper']]);
    // What one monitor is told completes the chain of another.
    expect(names(await look(leaf.pem))).toEqual(['Lower', 'Upper']);
  });

  it('lacks nothing that it sends, whatever it lacked before', async () => {
    expect(names(await look(leaf.pem + lower.pem, { knownIssuers: [lower.pem, upper.pem] }))).toEqual(['Upper']);
  });

  it('lacks nothing that leads to no trusted CA', async () => {
    const other = await createAuthority('Other');
    await look(leaf.chainPem);
    for (const knownIssuers of [[], [lower.pem, upper.pem], ['garbage', other.pem]]) {
      expect(await look(leaf.pem, { caPem: other.pem, knownIssuers })).toEqual({ missing: [], codes: ['untrusted'] });
    }
  });

  it('lacks nothing that was only seen on an untrusted path', async () => {
    const other = await createAuthority('Other');
    expect((await look(leaf.chainPem, { caPem: other.pem })).codes).toEqual(['untrusted']);
    expect(await look(leaf.pem)).toEqual({ missing: [], codes: ['untrusted'] });
  });

  it('lacks nothing that has expired', async () => {
    const notAfter = new Date(Date.now() + 24 * 3_600_000);
    const brief = await root.issueIntermediate('Brief', { notAfter });
    const served = await brief.issueLeaf({ dns: ['mail.example.com'] });
    const asked = { keyPem: served.keyPem, knownIssuers: [brief.pem] };
    expect(names(await look(served.pem, asked))).toEqual(['Brief']);
    expect(names(await look(served.pem, { ...asked, now: new Date(notAfter.getTime() + 1000) }))).toEqual([]);
  });
});

it('what one address sends is what another forgot to, in the first check already', async () => {
  const alone = await startTlsServer({ chainPem: leaf.pem, keyPem: leaf.keyPem });
  const { port } = alone;
  const whole = await startTlsServer({ chainPem: leaf.chainPem, keyPem: leaf.keyPem, host: '127.0.0.2', port });
  servers.push(alone, whole);
  const folder = await mkdtemp(join(tmpdir(), 'certmon-hosts-'));
  const hostsFile = join(folder, 'hosts');
  await writeFile(hostsFile, '127.0.0.1 mail.example.com\n127.0.0.2 mail.example.com\n');
  const { addresses } = await observe(endpointAt(port, 'tls', { host: 'mail.example.com', hostKind: 'name' }), {
    caPem: root.pem,
    settings: { hostsFile },
  });
  await rm(folder, { recursive: true });
  const missing = addresses.filter(isRead).map((one) => subjects(one.missing.map(({ certificate }) => certificate)));
  expect(missing).toEqual([['Lower', 'Upper'], []]);
});
