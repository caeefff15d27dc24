/** What probes depend on: the resolver, the public CAs, and the egress policy. */
import { Resolver } from 'node:dns';
import { counted } from '../../core/counted.ts';
import { fault, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import { parseHost } from '../../core/host.ts';
import { visible } from '../../core/quote.ts';
import type { ProbeConfig } from '../../config.ts';
import { createCertificateReader } from '../../probe/certificate-reader.ts';
import { startDeadline } from '../../probe/deadline.ts';
import { CaError } from '../../probe/errors.ts';
import { createNameResolver } from '../../probe/resolve.ts';
import { readCaFile, readPublicCas } from '../../probe/trust.ts';

const RESOLVER = 'Resolver';
const CAS = 'Public CAs';
const EGRESS = 'Egress';
const QUERY_WITHIN_MS = 5_000;
/** A public bundle has well over a hundred. */
const FEW_CAS = 50;

/** @param host of the public URL; one query is made for it. */
export async function diagnoseResolver(
  { dnsServers }: ProbeConfig,
  host: string | undefined,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const servers = dnsServers ?? new Resolver().getServers();
  const asked = `${servers.length === 0 ? 'No server' : servers.join(', ')} ${dnsServers === undefined ? "(the system's)" : '(CERTMON_DNS_SERVERS)'}`;
  const remedy =
    dnsServers === undefined
      ? 'Mend /etc/resolv.conf, or name servers in CERTMON_DNS_SERVERS.'
      : 'Name other servers in CERTMON_DNS_SERVERS, or leave it out for those of the system.';
  if (servers.length === 0) return fault(RESOLVER, `${asked}: no name can be looked up.`, remedy);
  const read = host === undefined ? undefined : parseHost(host.replace(/^\[|\]$/g, ''));
  if (read?.ok !== true || read.value.hostKind !== 'name') return well(RESOLVER, `${asked}; none was asked.`);
  const names = createNameResolver({ dnsServers, hostsFile: '/etc/hosts', resolvConfFile: '/etc/resolv.conf' });
  const deadline = startDeadline(QUERY_WITHIN_MS, signal);
  try {
    const found = await names.resolve(read.value, deadline.signal);
    if (found.outcome === 'ok') {
      return well(RESOLVER, `${asked}; ${read.value.displayHost} is ${found.addresses.slice(0, 4).join(', ')}.`);
    }
    return fault(RESOLVER, `${asked}; ${read.value.displayHost} was not found: ${visible(found.detail)}.`, remedy);
  } finally {
    deadline.clear();
  }
}

export function diagnoseCas({ publicCaFile, extraCaFile }: ProbeConfig): Diagnosis {
  const reader = createCertificateReader();
  try {
    const { from, cas } = readPublicCas(publicCaFile, reader);
    const own = extraCaFile === undefined ? [] : readCaFile(extraCaFile, reader);
    const bundle = from ?? `those that came with Node ${process.versions.node}`;
    const besides = own.length === 0 ? '' : `, and ${counted(own.length, 'CA')} of your own from ${extraCaFile ?? ''}`;
    const said = `${counted(cas.length, 'CA')} from ${bundle}${besides}.`;
    // A bundle that somebody chose may be as small as they like.
    if (publicCaFile !== undefined || cas.length >= FEW_CAS) return well(CAS, said);
    return fault(
      CAS,
      `Only ${said}`,
      'Install the package ca-certificates, or name a bundle in CERTMON_PUBLIC_CA_FILE.',
    );
  } catch (error) {
    if (!(error instanceof CaError)) throw error;
    return fault(CAS, `${visible(error.message)}.`, 'Give the path of a PEM file that this user may read.');
  }
}

/** @param isForMany whether many workspaces install the app, which are not to see each other's networks. */
export function diagnoseEgress({ egressAllow, egressDeny }: ProbeConfig, isForMany: boolean): Diagnosis {
  return well(
    EGRESS,
    [
      `Public addresses may be connected to, private ones ${isForMany ? 'not, since many workspaces install certmon' : 'too'}`,
      'loopback only by console, probe and demo',
      ...(egressAllow.length === 0 ? [] : [`allowed besides: ${egressAllow.join(', ')}`]),
      ...(egressDeny.length === 0 ? [] : [`forbidden: ${egressDeny.join(', ')}`]),
      'link-local, metadata and multicast never',
    ].join('; ') + '.',
  );
}
