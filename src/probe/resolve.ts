/**
 * Names to addresses, and to their CAA records: the hosts file, then a resolver of our own. Never `dns.lookup`, which runs on four threads, has no
 * deadline, and so lets one dead name server stop every probe. A and AAAA are asked at once; the deadline ends both.
 */
import { Resolver } from 'node:dns/promises';
import type { CaaRecord } from '../core/caa.ts';
import { addressBytes, formatIpv6, parseIpv6 } from '../core/ip-address.ts';
import type { Endpoint } from '../core/monitor.ts';
import { abortable } from './deadline.ts';
import { ProbeError, codeOf } from './errors.ts';
import { parseHostsFile, parseSearchList, readIfThere } from './hosts-file.ts';
import type { HostsFile, SearchList } from './hosts-file.ts';

/** More addresses than this are counted and not probed (design, section 3). */
export const MAX_ADDRESSES = 32;

export interface ResolverSettings {
  /** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`; `undefined`: the system's, with its search list. */
  readonly dnsServers: readonly string[] | undefined;
  readonly hostsFile: string;
  readonly resolvConfFile: string;
}

export type Resolution =
  | { readonly outcome: 'ok'; readonly addresses: readonly string[]; readonly notProbed: number }
  | { readonly outcome: 'dns-failure'; readonly detail: string };

export interface NameResolver {
  /** IPv4 first, then by bytes. Rejects only when `signal` aborts for another reason than its `ProbeError`. */
  resolve(endpoint: Pick<Endpoint, 'host' | 'hostKind'>, signal: AbortSignal): Promise<Resolution>;
  /**
   * The CAA records at this very name, sorted; empty where there are none. `undefined` where DNS does not say, or is not
   * asked since this machine knows the name by itself. Rejects with the reason of `signal`.
   */
  caa(name: string, signal: AbortSignal): Promise<readonly CaaRecord[] | undefined>;
}

/** What the machine says is read anew after this long, since both files and servers change under a long-lived process. */
const REREAD_MS = 30_000;
/** One try; c-ares doubles it for the next. The caller's deadline cuts all short. */
const TRY_MS = 2000;
const TRIES = 3;
/** Text of CAA records beyond this is nobody's policy. */
const MAX_CAA_LENGTH = 8192;

interface Surroundings {
  readonly hosts: HostsFile;
  readonly search: SearchList;
  readonly resolver: Resolver;
}

export function createNameResolver(settings: ResolverSettings): NameResolver {
  let known: { readonly readAt: number; readonly surroundings: Promise<Surroundings> } | undefined;

  const surroundings = (): Promise<Surroundings> => {
    if (known === undefined || performance.now() - known.readAt > REREAD_MS) {
      known = { readAt: performance.now(), surroundings: readSurroundings(settings) };
    }
    return known.surroundings;
  };

  return {
    async resolve({ host, hostKind }, signal) {
      if (hostKind !== 'name') return { outcome: 'ok', addresses: [host], notProbed: 0 };
      const { hosts, search, resolver } = await surroundings();
      const fixed = fixedAddresses(host, hosts);
      if (fixed !== undefined) return toResolution(fixed);
      let failure: Extract<Answer, { failure: string }> | undefined;
      for (const name of candidates(host, search)) {
        const answer = await ask(resolver, name, signal);
        if ('addresses' in answer) return toResolution(answer.addresses);
        // The name as it was given says more than one that the search list made of it.
        if (failure === undefined || name === host) failure = answer;
        // "No such name" leads on to the next candidate; "no answer" is no reason to guess (resolv.conf(5)).
        if (!answer.isAbsent) break;
      }
      return { outcome: 'dns-failure', detail: failure?.failure ?? 'the name is too long' };
    },
    async caa(name, signal) {
      const { hosts, resolver } = await surroundings();
      if (fixedAddresses(name, hosts) !== undefined || addressBytes(name) !== undefined) return undefined;
      return abortable(askCaa(resolver, name), signal);
    },
  };
}

async function readSurroundings(settings: ResolverSettings): Promise<Surroundings> {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (settings.dnsServers !== undefined) resolver.setServers(settings.dnsServers);
  return {
    hosts: parseHostsFile(await readIfThere(settings.hostsFile)),
    search:
      settings.dnsServers === undefined
        ? parseSearchList(await readIfThere(settings.resolvConfFile))
        : { domains: [], dots: 1 },
    resolver,
  };
}

/** Names that are never asked for: those in the hosts file, and `localhost`, which is loopback always (RFC 6761, 6.3). */
function fixedAddresses(host: string, hosts: HostsFile): readonly string[] | undefined {
  const listed = hosts.get(host);
  if (host !== 'localhost' && !host.endsWith('.localhost')) return listed;
  const loopback = listed?.filter((address) => address === '::1' || address.startsWith('127.')) ?? [];
  return loopback.length > 0 ? loopback : ['127.0.0.1', '::1'];
}

/** In the order of resolv.conf(5): a name with dots enough as it is first, a short one in the search domains first. */
function candidates(host: string, { domains, dots }: SearchList): string[] {
  const searched = domains.map((domain) => `${host}.${domain}`).filter((name) => name.length <= 253);
  return host.split('.').length - 1 >= dots ? [host, ...searched] : [...searched, host];
}

type Answer =
  | { readonly addresses: readonly string[] }
  | {
      readonly failure: string;
      /** The name, or any address of it, is not there; nobody failed to answer. */
      readonly isAbsent: boolean;
    };

/** A failed half does not spoil the other: IPv4 alone is an answer where AAAA cannot be had. */
async function ask(resolver: Resolver, name: string, signal: AbortSignal): Promise<Answer> {
  const found: string[] = [];
  const codes: string[] = [];
  const query = async (addresses: Promise<string[]>): Promise<void> => {
    try {
      found.push(...(await addresses));
    } catch (error) {
      codes.push(codeOf(error));
    }
  };
  try {
    await abortable(Promise.all([query(resolver.resolve4(name)), query(resolver.resolve6(name))]), signal);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    codes.push('ETIMEOUT');
  }
  if (found.length > 0) return { addresses: [...found] };
  return { failure: explain(codes), isAbsent: codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA') };
}

async function askCaa(resolver: Resolver, name: string): Promise<readonly CaaRecord[] | undefined> {
  try {
    const records = (await resolver.resolveCaa(name)).map(toCaaRecord).sort(compareRecords);
    const length = records.reduce((sum, { tag, value }) => sum + tag.length + value.length, 0);
    return length > MAX_CAA_LENGTH ? undefined : records;
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : undefined;
  }
}

/** The issuer critical flag; the other bits mean nothing yet (RFC 8659, 4.1). */
const CRITICAL = 0x80;

/**
 * Node gives `{ critical: <all flags>, <tag>: <value> }`, the tag as sent; Node 24 puts a `type` of `CAA` besides. A tag that
 * is called `critical` overwrites the flags, and no name for anything: it counts as not critical. An empty value is an
 * answer that c-ares cannot read, and one with a NUL ends there.
 */
function toCaaRecord({ critical, ...property }: object & { readonly critical: unknown }): CaaRecord {
  const [sent] = Object.entries(property).filter(([key, value]) => key !== 'type' || value !== 'CAA');
  const [tag, value] = sent ?? (typeof critical === 'string' ? ['critical', critical] : ['type', 'CAA']);
  return {
    critical: typeof critical === 'number' && (critical & CRITICAL) !== 0,
    tag,
    value: typeof value === 'string' ? value : '',
  };
}

function compareRecords(a: CaaRecord, b: CaaRecord): number {
  const [left, right] = [a, b].map(({ critical, tag, value }) => `${tag} ${value} ${String(critical)}`);
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1;
}

function explain(codes: readonly string[]): string {
  if (codes.every((code) => code === 'ENOTFOUND')) return 'the name does not exist (NXDOMAIN)';
  if (codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA')) {
    return 'the name exists but has no address (neither A nor AAAA)';
  }
  const code = codes.find((one) => one !== 'ENOTFOUND' && one !== 'ENODATA') ?? '';
  return DNS_FAILURES[code] ?? `the DNS server gave no usable answer (${code === '' ? 'unknown' : code})`;
}

const DNS_FAILURES: Readonly<Record<string, string>> = {
  ESERVFAIL: 'the DNS server could not find out (SERVFAIL); the domain may be broken, or its DNSSEC',
  EREFUSED: 'the DNS server refuses to answer (REFUSED)',
  ETIMEOUT: 'the DNS servers did not answer in time',
  ECONNREFUSED: 'no DNS server is reachable',
  EBADNAME: 'DNS has no names of this form',
};

function toResolution(found: readonly string[]): Resolution {
  const addresses = [...new Set(found.map(canonical))].sort(compareAddresses);
  return {
    outcome: 'ok',
    addresses: addresses.slice(0, MAX_ADDRESSES),
    notProbed: Math.max(0, addresses.length - MAX_ADDRESSES),
  };
}

function canonical(address: string): string {
  const ipv6 = parseIpv6(address);
  return ipv6 === undefined ? address : formatIpv6(ipv6);
}

function compareAddresses(a: string, b: string): number {
  const left = addressBytes(a) ?? new Uint8Array();
  const right = addressBytes(b) ?? new Uint8Array();
  return left.length - right.length || Buffer.compare(left, right);
}
