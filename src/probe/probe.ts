/** The prober: what lasts from one round to the next, made from settings and closed at the end. */
import { setMaxListeners } from 'node:events';
import type { Prober } from '../core/ports.ts';
import { createCaaLookup } from './caa.ts';
import { createCertificateReader } from './certificate-reader.ts';
import { reasonOf } from './deadline.ts';
import { createEgress } from './egress.ts';
import { createFetcher } from './fetch.ts';
import { createIssuerFetch } from './issuer-fetch.ts';
import { createKnownIssuers } from './known-issuers.ts';
import { createLookPool } from './look-pool.ts';
import { createLooker } from './looker.ts';
import { observe } from './observe.ts';
import type { Parts } from './observe.ts';
import { createNameResolver } from './resolve.ts';
import { createRevocation } from './revocation/revocation.ts';
import { createSlots } from './slots.ts';
import { createTurns } from './turns.ts';
import { createUnreached } from './unreached.ts';
import { createTrustSets } from './trust.ts';

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
  // Any peer may choose where an issuer is fetched; none of that stands in the way of what trusted CAs publish.
  const issuerFetcher = createFetcher(egress, names);
  const revocationFetcher = createFetcher(egress, names);
  const parts: Parts = {
    egress,
    trustSets,
    looker,
    turns: createTurns(),
    names,
    reader,
    unreached: createUnreached(() => performance.now()),
    slots: createSlots(settings.perAddress ?? PER_ADDRESS),
    issuers: createIssuerFetch(issuerFetcher, reader),
    revocation: createRevocation(revocationFetcher, reader),
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
      await Promise.allSettled([...underWay.values(), issuerFetcher.close(), revocationFetcher.close()]);
      await looker.close();
    },
  };
}
