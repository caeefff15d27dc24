/** The fake network: answers a probe from what its sites do at that instant, and tells the oracle what was seen. */
import type { AddressObservation, Observation, ReadAddress } from '../../../src/core/observation.ts';
import { isRead } from '../../../src/core/observation.ts';
import type { Prober } from '../../../src/core/ports.ts';
import type { Serving } from './certificates.ts';
import { faultAt, servedAt } from './site.ts';
import type { Site } from './site.ts';

/** One look at one site, as it was answered. */
export interface Look {
  readonly site: Site;
  readonly atMs: number;
  readonly observation: Observation;
  /** It failed because our own network is down. */
  readonly isCutOff: boolean;
}

export interface World {
  readonly sites: readonly Site[];
  readonly prober: Prober;
  readonly looks: number;
  /** Our own network is down from then to then: every probe fails before TLS. */
  cutOff(fromMs: number, toMs: number): void;
  readonly isCutOff: (nowMs: number) => boolean;
}

/** What a site remembers of how it was asked. */
interface Memory {
  /** Looks at an address that serves two certificates in turns. */
  turns: number;
  /** Looks that failed for hiccups, by hiccup. */
  readonly failed: number[];
}

export function createWorld(sites: readonly Site[], onLook: (look: Look) => void): World {
  const byHost = new Map(sites.map((site) => [site.host, site]));
  const memories = new Map<Site, Memory>();
  const rendered = new Map<Serving, Map<string, ReadAddress>>();
  const cuts: { readonly fromMs: number; readonly toMs: number }[] = [];
  let looks = 0;

  const isCutOff = (nowMs: number): boolean => cuts.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);

  const memoryOf = (site: Site): Memory => {
    const known = memories.get(site) ?? { turns: 0, failed: site.hiccups.map(() => 0) };
    memories.set(site, known);
    return known;
  };

  const hiccups = (site: Site, nowMs: number): boolean => {
    const { failed } = memoryOf(site);
    const index = site.hiccups.findIndex(({ fromMs, looks: most }, n) => fromMs <= nowMs && (failed[n] ?? 0) < most);
    if (index === -1) return false;
    failed[index] = (failed[index] ?? 0) + 1;
    return true;
  };

  const read = (serving: Serving, ip: string, nowMs: number): ReadAddress => {
    const isExpired = endOf(serving) < nowMs;
    const known = rendered.get(serving) ?? new Map<string, ReadAddress>();
    rendered.set(serving, known);
    const key = `${ip} ${String(isExpired)}`;
    const address = known.get(key) ?? readAddress(serving, ip, isExpired);
    known.set(key, address);
    return address;
  };

  const failing = (site: Site, code: 'timeout' | 'refused' | 'unreachable' | 'reset'): AddressObservation[] =>
    site.addresses.map(({ ip }) => ({ address: ip, outcome: code, durationMs: 10_000, detail: 'no answer' }));

  const seen = (site: Site, nowMs: number): Omit<Observation, 'checkedAt'> => {
    const ok = { outcome: 'ok', notProbed: 0 } as const;
    if (isCutOff(nowMs)) return { resolution: ok, addresses: failing(site, 'unreachable') };
    const fault = faultAt(site, nowMs);
    if (fault?.code === 'dns-failure') {
      return {
        resolution: { outcome: 'dns-failure', detail: 'no such name' },
        addresses: [],
      };
    }
    if (fault !== undefined) return { resolution: ok, addresses: failing(site, 'refused') };
    if (hiccups(site, nowMs)) return { resolution: ok, addresses: failing(site, 'timeout') };
    const memory = memoryOf(site);
    memory.turns += 1;
    const addresses = site.addresses.map((address) => {
      const serving = servedAt(address, nowMs);
      return read('leaf' in serving ? serving : serving[memory.turns % 2 === 0 ? 0 : 1], address.ip, nowMs);
    });
    return { resolution: ok, addresses };
  };

  return {
    sites,
    get looks() {
      return looks;
    },
    isCutOff,
    cutOff(fromMs, toMs) {
      cuts.push({ fromMs, toMs });
    },
    prober: {
      observe({ endpoint }, now) {
        const site = byHost.get(endpoint.host);
        if (site === undefined) throw new Error(`nobody is at ${endpoint.host}`);
        looks += 1;
        const what = seen(site, now.getTime());
        const observation: Observation = { checkedAt: now, ...what };
        onLook({ site, atMs: now.getTime(), observation, isCutOff: isCutOff(now.getTime()) });
        return Promise.resolve(observation);
      },
    },
  };
}

function endOf({ leaf, authority }: Serving): number {
  return Math.min(leaf.notAfter.getTime(), authority.intermediate.notAfter.getTime());
}

/** As OpenSSL and the path builder would have it. */
function readAddress({ leaf, authority }: Serving, ip: string, isExpired: boolean): ReadAddress {
  const { intermediate, root, trusted } = authority;
  const verdict: ReadAddress['verdict'] = !trusted
    ? { trusted: false, code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', reason: 'unable to get local issuer certificate' }
    : isExpired
      ? { trusted: false, code: 'CERT_HAS_EXPIRED', reason: 'certificate has expired' }
      : { trusted: true };
  return {
    address: ip,
    outcome: 'ok',
    durationMs: 20,
    tlsVersion: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain: [leaf, intermediate],
    chainRead: true,
    unreadable: 0,
    verdict,
    path: trusted ? [leaf, intermediate, root] : undefined,
    isPublic: false,
    missing: [],
    revocation: [],
    staple: 'none',
    failure: undefined,
    clientCertificateWanted: false,
    weakness: undefined,
  };
}

export function readOf(observation: Observation): readonly ReadAddress[] {
  return observation.addresses.filter(isRead);
}
