/**
 * Which addresses certmon may connect to (design, section 9). What is judged is the resolved address, and that one is
 * dialled: a name is never resolved a second time. An IPv6 address that stands for an IPv4 one is judged as both.
 */
import { ADDRESS_REFUSALS } from '../core/connection-text.ts';
import { parseIpv4, parseIpv6 } from '../core/ip-address.ts';
import { AppError } from '../core/errors.ts';

export interface EgressRules {
  /** Networks or addresses; lifts loopback and private, never what is always refused. */
  readonly allow: readonly string[];
  /** Networks or addresses; beats `allow`. */
  readonly deny: readonly string[];
  readonly loopbackAllowed: boolean;
  readonly privateAllowed: boolean;
}

export type Judgement = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export interface Egress {
  /** Of an address in canonical text, as a resolver gives it; other notations (octal, decimal, zone ids) are refused. */
  judge(address: string): Judgement;
  /** For a URL that a peer chose: also port 80 or 443 only, and private or loopback only where `allow` names it. */
  judgeFetch(address: string, port: number): Judgement;
}

/** A network in settings that is none. Told at start. */
export class EgressError extends AppError {
  readonly code = 'egress';
}

export interface Network {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** @throws {EgressError} if a network cannot be read. */
export function createEgress(rules: EgressRules): Egress {
  const allow = rules.allow.map(network);
  const deny = rules.deny.map(network);

  const judgeBy = (address: string, loopbackAllowed: boolean, privateAllowed: boolean): Judgement => {
    const forms = formsOf(address);
    if (forms === undefined) return refusal('this is no IP address');
    for (const { networks, what } of ALWAYS_REFUSED) {
      if (isIn(forms, networks)) return refusal(`${what} addresses are never connected to`);
    }
    if (isIn(forms, deny)) return refusal(ADDRESS_REFUSALS.denied);
    if (isIn(forms, allow)) return { allowed: true };
    if (!loopbackAllowed && isIn(forms, LOOPBACK)) return refusal(ADDRESS_REFUSALS.loopback);
    if (!privateAllowed && isIn(forms, PRIVATE)) return refusal(ADDRESS_REFUSALS.private);
    return { allowed: true };
  };

  return {
    judge: (address) => judgeBy(address, rules.loopbackAllowed, rules.privateAllowed),
    judgeFetch(address, port) {
      const judgement = judgeBy(address, false, false);
      if (!judgement.allowed || port === 80 || port === 443) return judgement;
      return isIn(formsOf(address) ?? [], allow) ? judgement : refusal(`port ${port} is neither 80 nor 443`);
    },
  };
}

function refusal(reason: string): Judgement {
  return { allowed: false, reason };
}

/**
 * A network (`10.0.0.0/8`) or one address; `undefined` for anything else. Strict, since a short form that is read in
 * another way than its writer means (`10/8`, `010.0.0.0/8`) would leave open what was to be closed.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', prefix] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const bytes = parseIpv4(address) ?? parseIpv6(address);
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  const length = prefix === undefined ? bits : Number(prefix);
  return length <= bits ? { bytes, prefix: length } : undefined;
}

/** @throws {EgressError} */
function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) {
    throw new EgressError(`'${text}' is not a network; write networks such as 10.0.0.0/8,fd00::/8`);
  }
  return parsed;
}

const ALWAYS_REFUSED: readonly { readonly what: string; readonly networks: readonly Network[] }[] = [
  { what: 'unspecified', networks: ['0.0.0.0/8', '::/128'].map(network) },
  {
    // Where clouds hand out credentials outside link-local: AWS (IPv6), Google (IPv6), Alibaba, Oracle, and Azure's wire server.
    what: 'metadata',
    networks: [
      '169.254.169.254/32',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
      '100.100.100.200/32',
      '192.0.0.192/32',
      '168.63.129.16/32',
    ].map(network),
  },
  { what: 'link-local', networks: ['169.254.0.0/16', 'fe80::/10'].map(network) },
  { what: 'multicast', networks: ['224.0.0.0/4', 'ff00::/8'].map(network) },
  { what: 'broadcast', networks: ['255.255.255.255/32'].map(network) },
];

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(network);

/** RFC 1918, shared address space (RFC 6598), ULA (RFC 4193), and site-local, which ULA took the place of (RFC 3879). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10'].map(
  network,
);

/** IPv6 networks whose addresses carry an IPv4 address, and where in the sixteen bytes it stands. */
const EMBEDDINGS: readonly { readonly network: Network; readonly at: number; readonly isInverted?: boolean }[] = [
  // IPv4-mapped and IPv4-compatible (RFC 4291, 2.5.5), IPv4-translated (RFC 2765).
  { network: network('::ffff:0:0/96'), at: 12 },
  { network: network('::/96'), at: 12 },
  { network: network('::ffff:0:0:0/96'), at: 12 },
  // NAT64: the well-known prefix (RFC 6052) and the local one, in its two usual lengths (RFC 8215).
  { network: network('64:ff9b::/96'), at: 12 },
  { network: network('64:ff9b:1::/48'), at: 12 },
  // 6to4 (RFC 3056); Teredo (RFC 4380): the server's address, and the client's with every bit turned over.
  { network: network('2002::/16'), at: 2 },
  { network: network('2001::/32'), at: 4 },
  { network: network('2001::/32'), at: 12, isInverted: true },
];

/** The address, and the IPv4 addresses that it stands for. */
function formsOf(address: string): readonly Uint8Array[] | undefined {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return [ipv4];
  const ipv6 = parseIpv6(address);
  if (ipv6 === undefined) return undefined;
  // `::` and `::1` are addresses of their own, not IPv4-compatible ones.
  const isOwn = ipv6.subarray(0, 15).every((byte) => byte === 0) && (ipv6[15] ?? 0) <= 1;
  if (isOwn) return [ipv6];
  const embedded = EMBEDDINGS.filter((one) => covers(one.network, ipv6)).map(({ at, isInverted }) =>
    ipv6.slice(at, at + 4).map((byte) => (isInverted === true ? byte ^ 0xff : byte)),
  );
  return isIsatap(ipv6) ? [ipv6, ...embedded, ipv6.slice(12)] : [ipv6, ...embedded];
}

/** An interface identifier of `0:5efe` or `200:5efe` and an IPv4 address (RFC 5214, 6.1). */
function isIsatap(ipv6: Uint8Array): boolean {
  return ((ipv6[8] ?? 0) & 0xfd) === 0 && ipv6[9] === 0 && ipv6[10] === 0x5e && ipv6[11] === 0xfe;
}

function isIn(forms: readonly Uint8Array[], networks: readonly Network[]): boolean {
  return forms.some((form) => networks.some((one) => covers(one, form)));
}

function covers({ bytes, prefix }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  const whole = prefix >> 3;
  for (let index = 0; index < whole; index += 1) if (bytes[index] !== address[index]) return false;
  const mask = (0xff00 >> (prefix & 7)) & 0xff;
  return mask === 0 || ((bytes[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask);
}
