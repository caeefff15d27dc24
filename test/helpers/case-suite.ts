/**
 * Runs a family of certificate cases the whole way: a real server on loopback, the prober, the rules of Standard. Each
 * case says exactly what is found and on which path, and is bounded in time and memory.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assess, statusOf } from '../../src/core/assess.ts';
import { certificateLabel } from '../../src/core/certificate.ts';
import type { Finding, FindingCode, Severity } from '../../src/core/finding.ts';
import type { Endpoint } from '../../src/core/monitor.ts';
import { isRead } from '../../src/core/observation.ts';
import type { Observation } from '../../src/core/observation.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ClosableProber, ProbeSettings } from '../../src/probe/probe.ts';
import { startDnsServer } from './dns-server.ts';
import type { DnsServer } from './dns-server.ts';
import type { Forged } from './forge.ts';
import { heapInUse } from './memory.ts';
import { LOOPBACK_SETTINGS, endpointAt } from './probing.ts';

/** Of one case, from the first packet to the findings. A probe may take ten seconds; none of these has a reason to. */
const CASE_MS = 2000;
/** How much the process may grow during one case: the largest serves and reads some hundred kilobytes. */
const CASE_RSS_BYTES = 32 * 1024 * 1024;
/** What a whole family may leave behind once garbage is collected. */
const FAMILY_HEAP_BYTES = 12 * 1024 * 1024;

export interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

export interface Expected {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** The certificate at fault. */
  readonly about: Forged | undefined;
  /** What message and next step have to hold. */
  readonly says: readonly RegExp[];
}

type Expect = (code: FindingCode, about?: Forged, ...says: readonly RegExp[]) => Expected;
export const critical: Expect = (code, about, ...says) => ({ severity: 'critical', code, about, says });
export const warning: Expect = (code, about, ...says) => ({ severity: 'warning', code, about, says });
export const info: Expect = (code, about, ...says) => ({ severity: 'info', code, about, says });

export interface Scene {
  /** Sent in this order, with the first one's key; or a server that does as it likes. */
  readonly serve: readonly Forged[] | (() => Promise<Peer>);
  /** For a server that sends what stands in `serve`. */
  readonly tls?: TlsOptions;
  readonly endpoint?: Partial<Endpoint>;
  /** CAs of the profile's own, besides the public ones or alone; the public ones where absent. */
  readonly own?: { readonly cas: readonly Forged[]; readonly only: boolean };
  /** All of them, the worst first. */
  readonly finds: readonly Expected[];
  /** Leaf first; `undefined` for none. Absent where no certificate is read. */
  readonly path?: readonly Forged[] | undefined;
  /** Whole days until the first on the path ends. */
  readonly daysLeft?: number;
  readonly status?: ReturnType<typeof statusOf>;
  /** What is left to say about what was seen. */
  readonly also?: (observation: Observation) => void;
}

export interface Case {
  readonly of: string;
  /** Called within the case's test. */
  readonly scene: () => Scene | Promise<Scene>;
}

export function describeCases(family: string, publicCas: readonly Forged[], cases: readonly Case[]): void {
  describe(family, () => {
    let dns: DnsServer;
    let folder: string;
    let settings: ProbeSettings;
    let heapBefore: number;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'certmon-cases-'));
      const publicCaFile = join(folder, 'public.pem');
      await writeFile(publicCaFile, publicCas.map(({ pem }) => pem).join(''));
      // No name has a record: what CAs may issue is not what these cases are about.
      dns = await startDnsServer(() => 'nxdomain');
      settings = { ...LOOPBACK_SETTINGS, publicCaFile, dnsServers: [dns.address], egressAllow: ['127.0.0.0/8'] };
      heapBefore = heapInUse();
    });
    afterAll(async () => {
      await dns.close();
      await rm(folder, { recursive: true });
    });

    it.each(cases)('$of', async ({ scene }) => {
      // One for each: a prober learns intermediates from one server and knows them at the next.
      const prober = createProber(settings);
      try {
        await play(await scene(), prober);
      } finally {
        await prober.close();
      }
    });

    it(`leaves less than ${FAMILY_HEAP_BYTES / 1024 / 1024} MiB behind`, () => {
      expect(heapInUse() - heapBefore).toBeLessThan(FAMILY_HEAP_BYTES);
    });
  });
}

async function play(scene: Scene, prober: ClosableProber): Promise<void> {
  const peer = typeof scene.serve === 'function' ? await scene.serve() : await startTls(scene.serve, scene.tls);
  try {
    const endpoint = endpointAt(peer.port, scene.endpoint?.protocol ?? 'tls', scene.endpoint);
    const now = new Date();
    const rssBefore = process.memoryUsage.rss();
    const startedAt = performance.now();
    const trust = {
      extraCaPem: scene.own?.cas.map(({ pem }) => pem).join(''),
      only: scene.own?.only ?? false,
    };
    const request = { endpoint, timeoutMs: STANDARD_PROFILE.timeoutMs, trust, known: new Map(), knownIssuers: [] };
    const observation = await prober.observe(request, now, new AbortController().signal);
    const { findings, daysLeft } = assess(observation, endpoint, STANDARD_PROFILE, now);
    const tookMs = performance.now() - startedAt;
    const grownBytes = process.memoryUsage.rss() - rssBefore;

    const labels = labelsOf(observation);
    expect(shown(findings, labels)).toEqual(wanted(scene.finds, labels));
    for (const [index, { says }] of scene.finds.entries()) {
      const text = `${findings[index]?.message ?? ''} ${findings[index]?.nextStep ?? ''}`;
      for (const words of says) expect(text).toMatch(words);
    }
    if ('path' in scene) {
      const only = observation.addresses.find(isRead);
      const name = (fingerprint: string): string => labels.get(fingerprint) ?? fingerprint;
      expect(only?.path?.map(({ fingerprint }) => name(fingerprint))).toEqual(
        scene.path?.map(({ fingerprint }) => name(fingerprint)),
      );
    }
    if (scene.daysLeft !== undefined) expect(daysLeft).toBe(scene.daysLeft);
    if (scene.status !== undefined) expect(statusOf(findings)).toBe(scene.status);
    scene.also?.(observation);
    expect(tookMs).toBeLessThan(CASE_MS);
    expect(grownBytes).toBeLessThan(CASE_RSS_BYTES);
  } finally {
    await peer.close();
  }
}

/** A server with `chain` as it stands; what a failed handshake does to it is no concern of the case. */
export async function startTls(chain: readonly Forged[], options: TlsOptions = {}): Promise<Peer> {
  const [leaf] = chain;
  if (leaf === undefined) throw new RangeError('a server needs a certificate');
  const ignore = (): void => undefined;
  const open = new Set<Socket>();
  const server = createServer(
    // Level 0: it serves what no server should, on every OpenSSL.
    { cert: chain.map(({ pem }) => pem).join(''), key: leaf.keyPem, ciphers: 'DEFAULT:@SECLEVEL=0', ...options },
    (socket) => socket.on('error', ignore).resume(),
  );
  server.on('tlsClientError', ignore);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', ignore).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The name of each certificate seen, with a piece of its fingerprint: cross-signs have one name. */
function labelsOf(observation: Observation): ReadonlyMap<string, string> {
  const seen = observation.addresses.filter(isRead).flatMap(({ chain, path = [] }) => [...chain, ...path]);
  return new Map(seen.map((one) => [one.fingerprint, `${certificateLabel(one)} ${one.fingerprint.slice(0, 6)}`]));
}

type Labels = ReturnType<typeof labelsOf>;

function shown(findings: readonly Finding[], labels: Labels): string[] {
  return findings.map(({ severity, code, fingerprint, addresses, message }) => {
    expect(addresses).toEqual(['127.0.0.1']);
    expect(message).not.toMatch(/undefined|null|NaN|\[object/);
    return line(severity, code, fingerprint, labels);
  });
}

function wanted(finds: readonly Expected[], labels: Labels): string[] {
  return finds.map(({ severity, code, about }) => line(severity, code, about?.fingerprint, labels));
}

function line(severity: Severity, code: FindingCode, fingerprint: string | undefined, labels: Labels): string {
  return fingerprint === undefined
    ? `${severity} ${code}`
    : `${severity} ${code} of ${labels.get(fingerprint) ?? fingerprint}`;
}
