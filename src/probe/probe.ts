/** The prober: every address of an endpoint looked at, at once, none in the way of another. */
import { setMaxListeners } from 'node:events';
import type { AddressObservation, Observation } from '../core/observation.ts';
import type { ProbeRequest, Prober } from '../core/ports.ts';
import { createCaaLookup, findCaa } from './caa.ts';
import type { CaaLookup } from './caa.ts';
import { createCertificateReader } from './certificate-reader.ts';
import type { CertificateReader } from './certificate-reader.ts';
import { reasonOf, startDeadline } from './deadline.ts';
import { createEgress } from './egress.ts';
import type { Egress } from './egress.ts';
import { ProbeError } from './errors.ts';
import { createIssuerFetch } from './issuer-fetch.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { createKnownIssuers } from './known-issuers.ts';
import type { KnownIssuers } from './known-issuers.ts';
import { createLookPool } from './look-pool.ts';
import { createLooker } from './looker.ts';
import type { Looker } from './looker.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { expectedOf, readChain } from './read-chain.ts';
import { createNameResolver } from './resolve.ts';
import type { NameResolver, Resolution } from './resolve.ts';
import { createSlots } from './slots.ts';
import type { Slots } from './slots.ts';
import { createTurns } from './turns.ts';
import type { Turns } from './turns.ts';
import { createTrustSets, readReadable } from './trust.ts';
import type { TrustSet, TrustSets } from './trust.ts';

export interface ProbeSettings {
  /** PEM; `undefined`: the system's bundle, else Node's. */
  readonly publicCaFile: string | undefined;
  /** PEM, trusted besides the public CAs. */
  readonly extraCaFile: string | undefined;
  /** `undefined`: the system's, with its search list. */
  readonly dnsServers: readonly string[] | undefined;
  /** Networks; see `createEgress`. */
  readonly egressAllow: readonly string[];
  readonly egressDeny: readonly string[];
  readonly loopbackAllowed: boolean;
  readonly privateAllowed: boolean;
  /** Connections at a time to one address and port; 2 if `undefined`. */
  readonly perAddress: number | undefined;
  /** Threads to look in; this one if absent or 0, which is sooner for a single probe. */
  readonly threads?: number;
  /** `/etc/hosts` and `/etc/resolv.conf` if absent. */
  readonly hostsFile?: string;
  readonly resolvConfFile?: string;
}

export interface ClosableProber extends Prober {
  /** Aborts what is under way and resolves when it has ended. */
  close(): Promise<void>;
}

/** Servers count connections against us, and some block whoever opens many. */
const PER_ADDRESS = 2;
/** As many as `missing` has for a handful of addresses that each lack their own. */
const MAX_KNOWN_ISSUERS = 32;

interface Parts {
  readonly egress: Egress;
  readonly names: NameResolver;
  readonly slots: Slots;
  readonly reader: CertificateReader;
  readonly trustSets: TrustSets;
  readonly issuers: IssuerFetch;
  readonly looker: Looker;
  readonly turns: Turns;
  readonly caa: CaaLookup;
  readonly knownIssuers: KnownIssuers;
}

/**
 * @throws {CaError} if a CA file cannot be used.
 * @throws {EgressError} if a network cannot be read.
 */
export function createProber(settings: ProbeSettings): ClosableProber {
  const reader = createCertificateReader();
  const egress = createEgress({
    allow: settings.egressAllow,
    deny: settings.egressDeny,
    loopbackAllowed: settings.loopbackAllowed,
    privateAllowed: settings.privateAllowed,
  });
  const names = createNameResolver({
    dnsServers: settings.dnsServers,
    hostsFile: settings.hostsFile ?? '/etc/hosts',
    resolvConfFile: settings.resolvConfFile ?? '/etc/resolv.conf',
  });
  const trustSets = createTrustSets(settings, reader);
  const { threads = 0 } = settings;
  const { processPem } = trustSets;
  const looker = threads === 0 ? createLooker(processPem) : createLookPool(processPem, threads);
  const parts: Parts = {
    egress,
    trustSets,
    looker,
    turns: createTurns(),
    names,
    reader,
    slots: createSlots(settings.perAddress ?? PER_ADDRESS),
    issuers: createIssuerFetch(egress, names, reader),
    caa: createCaaLookup(names),
    knownIssuers: createKnownIssuers(),
  };
  const underWay = new Map<AbortController, Promise<unknown>>();
  let isClosed = false;

  return {
    async observe(request, now, signal) {
      if (isClosed) throw new Error('the prober is closed');
      if (signal.aborted) throw reasonOf(signal);
      const controller = new AbortController();
      // One signal serves many observations, and one observation many addresses: that is no leak.
      setMaxListeners(0, signal, controller.signal);
      const onAbort = (): void => controller.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      const observing = observe(request, now, controller.signal, parts);
      underWay.set(controller, observing);
      try {
        return await observing;
      } finally {
        underWay.delete(controller);
        signal.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      isClosed = true;
      for (const controller of underWay.keys()) controller.abort(new Error('the prober is closing'));
      await Promise.allSettled(underWay.values());
      await looker.close();
    },
  };
}

async function observe(request: ProbeRequest, now: Date, signal: AbortSignal, parts: Parts): Promise<Observation> {
  const trust = parts.trustSets.of(request.trust);
  await parts.turns.take();
  if (signal.aborted) throw reasonOf(signal);
  const resolution = await resolve(request, signal, parts);
  if (resolution.outcome !== 'ok') return { checkedAt: now, resolution, addresses: [] };
  const missingBefore = readReadable(request.knownIssuers.slice(0, MAX_KNOWN_ISSUERS).join('\n'), parts.reader);
  // All are waited for, whatever becomes of one: nothing goes on behind the caller's back.
  const looks = await Promise.allSettled(
    resolution.addresses.map((address) => observeAddress(address, request, trust, missingBefore, now, signal, parts)),
  );
  const addresses = looks.map((look) => {
    if (look.status === 'rejected') throw look.reason;
    return look.value;
  });
  const caa = await findCaa(addresses, request.endpoint.serverName, parts.caa, now, signal);
  return { checkedAt: now, resolution: { outcome: 'ok', notProbed: resolution.notProbed }, addresses, caa };
}

async function resolve(request: ProbeRequest, signal: AbortSignal, { names }: Parts): Promise<Resolution> {
  const deadline = startDeadline(request.timeoutMs, signal);
  try {
    return await names.resolve(request.endpoint, deadline.signal);
  } finally {
    deadline.clear();
  }
}

async function observeAddress(
  address: string,
  request: ProbeRequest,
  trust: TrustSet,
  missingBefore: readonly ParsedCertificate[],
  now: Date,
  signal: AbortSignal,
  parts: Parts,
): Promise<AddressObservation> {
  const { endpoint, timeoutMs } = request;
  const judgement = parts.egress.judge(address);
  if (!judgement.allowed) return { address, outcome: 'address-refused', durationMs: 0, detail: judgement.reason };

  const known = request.known.get(address);
  const giveBack = await parts.slots.take(`${address} ${endpoint.port}`, signal);
  const startedAt = performance.now();
  let durationMs = 0;
  try {
    const expected = expectedOf(known, now);
    const { seen, failure, weakness } = await parts.looker
      .look({ address, endpoint, timeoutMs, cas: trust.cas, expected }, signal)
      .finally(() => {
        durationMs = Math.round(performance.now() - startedAt);
        giveBack();
      });
    const { verdict, tlsVersion, cipher, clientCertificateWanted } = seen;
    const read =
      seen.chain === undefined && known !== undefined
        ? known
        : await readChain(seen.chain ?? [], verdict, { trust, missingBefore, now, signal, ...parts });
    return {
      address,
      outcome: 'ok',
      durationMs,
      tlsVersion,
      cipher,
      chain: read.chain,
      chainRead: seen.chain !== undefined,
      unreadable: read.unreadable,
      verdict,
      path: read.path,
      isPublic: read.isPublic,
      missing: read.missing,
      failure,
      clientCertificateWanted,
      weakness,
    };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return { address, outcome: error.code, durationMs, detail: error.message };
  }
}
