/**
 * The tests of one daemon: every service, good and expired, over IPv4 and IPv6. Three views of the same endpoint are
 * compared: what was issued, what the prober and the rules make of it, and what `openssl s_client` says.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assess } from '../../../src/core/assess.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { DEFAULT_SEVERITY, severityIsTold } from '../../../src/core/finding.ts';
import type { Endpoint } from '../../../src/core/monitor.ts';
import type { AddressObservation } from '../../../src/core/observation.ts';
import { STANDARD_PROFILE } from '../../../src/core/profile.ts';
import { observe } from '../../helpers/probing.ts';
import { unprivileged } from '../../helpers/postgres-server.ts';
import { runCommand } from './command.ts';
import { STATES } from './credentials.ts';
import type { State } from './credentials.ts';
import { askOpenssl } from './openssl.ts';
import { hostAndPort, LOOPBACK } from './ports.ts';
import { lackOf, REQUIREMENTS } from './requirements.ts';
import type { DaemonName } from './requirements.ts';
import { openSite } from './site.ts';
import type { OpenSite, Site } from './site.ts';
import { titleOf } from './service.ts';
import type { Listener, Service } from './service.ts';

export interface DaemonSuite {
  readonly daemon: DaemonName;
  readonly services: readonly Service[];
  readonly start: (site: Site) => Promise<void>;
  /** The first service also by the command line. */
  readonly alsoByCommand?: boolean;
}

const PROBE_WITHIN_MS = 15_000;

export function testDaemon(suite: DaemonSuite): void {
  const { daemon, services } = suite;
  const lack = lackOf(daemon);
  if (lack !== undefined) {
    it(lack, () => {
      process.stderr.write(`\n!!! ${lack}\n`);
      if (isContinuousIntegration()) throw new Error(`${lack}; in CI every daemon is there`);
    });
    return;
  }

  describe(daemon, () => {
    let site: OpenSite | undefined;
    beforeAll(async () => {
      const user = REQUIREMENTS[daemon].needsRoot ? {} : await unprivileged();
      site = await openSite({ ...suite, user });
    });
    afterAll(() => site?.close());
    const open = (): OpenSite => {
      if (site === undefined) throw new Error(`${daemon} is not open`);
      return site;
    };

    it('offers what the suite says of it', () => {
      expect(new Set(services.map(({ protocol }) => protocol))).toEqual(new Set(REQUIREMENTS[daemon].protocols));
    });
    for (const service of services) {
      for (const state of STATES) testService(service, state, open);
    }
    if (suite.alsoByCommand === true) testCommand(services, open);
  });
}

function isContinuousIntegration(): boolean {
  return !['', '0', 'false', undefined].includes(process.env.CI);
}

function testService(service: Service, state: State, open: () => OpenSite): void {
  describe(`${titleOf(service)}, ${state}`, () => {
    let listener: Listener;
    let seen: readonly Seen[];
    beforeAll(async () => {
      listener = listenerFor(service, state, open());
      seen = service.byAddress === true ? await lookByAddress(listener, open()) : await lookByName(listener, open());
    });

    it('is probed on both addresses', () => {
      expect(seen.map(({ observed }) => observed.address)).toEqual(LOOPBACK);
    });

    it.each(LOOPBACK)(
      'over %s: chain, verdict and version as issued and as openssl s_client has them',
      async (address) => {
        const { observed, findings } = seenAt(seen, address);
        const openssl = await askOpenssl(address, listener, open().caFile);
        const expected = expectedFindings(service, state);

        expect(observed).toMatchObject({
          outcome: 'ok',
          tlsVersion: openssl.tlsVersion,
          verdict: state === 'good' ? { trusted: true } : { trusted: false, code: 'CERT_HAS_EXPIRED' },
          chainRead: true,
          unreadable: 0,
          missing: [],
          failure: undefined,
          clientCertificateWanted: service.finds?.includes('client-certificate-wanted') ?? false,
        });
        expect(openssl.fingerprints).toEqual(listener.sent);
        expect(fingerprintsOf(observed)).toEqual(listener.sent);
        if (service.tlsVersion !== undefined) expect(openssl.tlsVersion).toBe(service.tlsVersion);
        expect(openssl.verifyCode).toBe(verifyCodeFor(service, expected));
        expect(findings.filter(({ severity }) => severityIsTold(severity))).toMatchObject(
          expected.filter(({ severity }) => severityIsTold(severity)),
        );
        expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(expected.map(({ code }) => code)));
      },
    );
  });
}

interface Seen {
  readonly observed: AddressObservation;
  readonly findings: readonly Finding[];
}

/** As a monitor of a name is checked: all its addresses at once. */
async function lookByName(listener: Listener, site: Site): Promise<Seen[]> {
  const { serverName } = listener;
  return look(listener, site, { host: serverName, displayHost: serverName, hostKind: 'name', serverName });
}

async function lookByAddress(listener: Listener, site: Site): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const address of LOOPBACK) {
    const hostKind = address === '::1' ? 'ipv6' : 'ipv4';
    seen.push(...(await look(listener, site, { host: address, displayHost: address, hostKind, serverName: address })));
  }
  return seen;
}

async function look(
  { port, service }: Listener,
  { caPem, hostsFile }: Site,
  host: Pick<Endpoint, 'host' | 'displayHost' | 'hostKind' | 'serverName'>,
): Promise<Seen[]> {
  const endpoint: Endpoint = { ...host, port, protocol: service.protocol, direct: service.direct ?? false };
  const now = new Date();
  const observation = await observe(endpoint, { caPem, now, timeoutMs: PROBE_WITHIN_MS, settings: { hostsFile } });
  const { findings } = assess(observation, endpoint, STANDARD_PROFILE, now);
  return observation.addresses.map((observed) => ({
    observed,
    findings: findings.filter(({ addresses }) => addresses.includes(observed.address)),
  }));
}

function seenAt(seen: readonly Seen[], address: string): Seen {
  const found = seen.find(({ observed }) => observed.address === address);
  if (found === undefined) throw new Error(`${address} was not probed`);
  return found;
}

function fingerprintsOf(observed: AddressObservation): string[] {
  return observed.outcome === 'ok' ? observed.chain.map(({ fingerprint }) => fingerprint) : [];
}

/** The worst first, then by code, as `assess` has them. */
function expectedFindings({ finds }: Service, state: State): Pick<Finding, 'code' | 'severity'>[] {
  const codes = [...(state === 'expired' ? ['expired' as const] : []), ...(finds ?? [])];
  return codes.map((code) => ({ code, severity: DEFAULT_SEVERITY[code] }));
}

/** What OpenSSL has to say where those are our findings: X509_V_OK, _ERR_CERT_HAS_EXPIRED or _ERR_HOSTNAME_MISMATCH. */
function verifyCodeFor({ protocol }: Service, expected: readonly Pick<Finding, 'code'>[]): number {
  const has = (code: string): boolean => expected.some((finding) => finding.code === code);
  if (has('expired')) return 10;
  return has('name-mismatch') && protocol !== 'sips' ? 62 : 0;
}

function listenerFor(service: Service, state: State, { listeners }: Site): Listener {
  const found = listeners.find((listener) => listener.service === service && listener.state === state);
  if (found === undefined) throw new Error(`no listener for ${titleOf(service)}, ${state}`);
  return found;
}

/** `certmon probe --json` as a person runs it: exit code, status and fingerprints. */
function testCommand([service]: readonly Service[], open: () => OpenSite): void {
  it.each([
    { state: 'good', address: '127.0.0.1', code: 0, status: 'valid', told: [] },
    { state: 'expired', address: '::1', code: 2, status: 'expired', told: ['expired'] },
  ] as const)(
    'certmon probe of the $state one at $address has its exit code',
    async ({ state, address, ...wanted }) => {
      if (service === undefined) throw new Error('no service to probe');
      const listener = listenerFor(service, state, open());
      const { code, report } = await runCommand(hostAndPort(address, listener.port), listener, open().caFile);
      expect({
        code,
        status: report.status,
        told: report.findings.filter(({ severity }) => severity !== 'info').map((finding) => finding.code),
        chains: report.addresses.map(({ chain }) => chain.map(({ fingerprint }) => fingerprint)),
      }).toEqual({ ...wanted, chains: [listener.sent] });
    },
  );
}
