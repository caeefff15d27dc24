import type { Certificate } from '../../src/core/certificate.ts';
import type { Endpoint } from '../../src/core/monitor.ts';
import type { AddressObservation, Observation, ReadAddress } from '../../src/core/observation.ts';
import type { ProbeRequest } from '../../src/core/ports.ts';
import type { Protocol } from '../../src/core/protocol.ts';
import { createProber } from '../../src/probe/probe.ts';
import type { ProbeSettings } from '../../src/probe/probe.ts';

export const LOOPBACK_SETTINGS: ProbeSettings = {
  publicCaFile: undefined,
  extraCaFile: undefined,
  dnsServers: undefined,
  egressAllow: [],
  egressDeny: [],
  loopbackAllowed: true,
  privateAllowed: true,
  perAddress: undefined,
};

export function endpointAt(port: number, protocol: Protocol, given: Partial<Endpoint> = {}): Endpoint {
  return {
    host: '127.0.0.1',
    displayHost: '127.0.0.1',
    hostKind: 'ipv4',
    port,
    protocol,
    serverName: 'mail.example.com',
    direct: false,
    ...given,
  };
}

export interface ProbeOptions {
  readonly caPem?: string;
  readonly timeoutMs?: number;
  readonly known?: ProbeRequest['known'];
  readonly knownIssuers?: ProbeRequest['knownIssuers'];
  readonly settings?: Partial<ProbeSettings>;
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** Only `caPem` is trusted, where given. */
export function requestFor(
  endpoint: Endpoint,
  options: Omit<ProbeOptions, 'settings' | 'now' | 'signal'> = {},
): ProbeRequest {
  return {
    endpoint,
    timeoutMs: options.timeoutMs ?? 5000,
    trust: { extraCaPem: options.caPem, only: options.caPem !== undefined },
    known: options.known ?? new Map(),
    knownIssuers: options.knownIssuers ?? [],
  };
}

/** One round by a prober of its own. Only `caPem` is trusted, where given. */
export async function observe(endpoint: Endpoint, options: ProbeOptions = {}): Promise<Observation> {
  const prober = createProber({ ...LOOPBACK_SETTINGS, ...options.settings });
  try {
    return await prober.observe(
      requestFor(endpoint, options),
      options.now ?? new Date(),
      options.signal ?? new AbortController().signal,
    );
  } finally {
    await prober.close();
  }
}

/** What became of the only address. */
export async function observeOne(endpoint: Endpoint, options: ProbeOptions = {}): Promise<AddressObservation> {
  const { addresses } = await observe(endpoint, options);
  const [only, ...more] = addresses;
  if (only === undefined || more.length > 0) throw new Error(`${addresses.length} addresses where one is expected`);
  return only;
}

export async function readOne(endpoint: Endpoint, options: ProbeOptions = {}): Promise<ReadAddress> {
  const only = await observeOne(endpoint, options);
  if (only.outcome !== 'ok') throw new Error(`no leaf was read: ${only.outcome}, ${only.detail}`);
  return only;
}

export function subjects(certificates: readonly Certificate[] | undefined): string[] | undefined {
  return certificates?.map(({ subject }) => subject.replace(/^CN=/, ''));
}
