/** The two files that say how this machine knows names: hosts(5) and resolv.conf(5). */
import { readFile } from 'node:fs/promises';
import { formatIpv6, parseIpv4, parseIpv6 } from '../core/ip-address.ts';
import { codeOf } from './errors.ts';

/** Addresses by lower-case name. */
export type HostsFile = ReadonlyMap<string, readonly string[]>;

export function parseHostsFile(text: string): HostsFile {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [first = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    const address = canonicalAddress(first);
    if (address === undefined) continue;
    for (const name of names.map((one) => one.toLowerCase())) {
      const known = hosts.get(name);
      if (known === undefined) hosts.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

export interface SearchList {
  readonly domains: readonly string[];
  /** A name with fewer dots is tried in the domains first. */
  readonly dots: number;
}

/** The last `search` or `domain` line counts; 1 dot is the default (resolv.conf(5)). */
export function parseSearchList(text: string): SearchList {
  let domains: string[] = [];
  let dots = 1;
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search' || keyword === 'domain') {
      domains = words.map((word) => word.toLowerCase().replace(/\.$/, '')).filter((word) => word !== '');
    }
    if (keyword !== 'options') continue;
    const given = words.map((word) => /^ndots:(\d{1,2})$/.exec(word)?.[1]).find((value) => value !== undefined);
    if (given !== undefined) dots = Math.min(Number(given), 15);
  }
  return { domains: domains.slice(0, 6), dots };
}

/** Empty where the file is not there: then it says nothing. */
export async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) return '';
    throw error;
  }
}

/** `undefined` for what is no address; a zone id is not used, since egress never allows link-local. */
function canonicalAddress(text: string): string | undefined {
  if (parseIpv4(text) !== undefined) return text;
  const ipv6 = parseIpv6(text);
  return ipv6 === undefined ? undefined : formatIpv6(ipv6);
}
