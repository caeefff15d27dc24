/**
 * Whether a certificate is for the name we asked for: RFC 9525 for DNS names and IP addresses, RFC 5922 for SIP domains.
 * Only subject alternative names count, never the common name (RFC 9525, 6.4).
 */
import type { Certificate } from './certificate.ts';
import { addressBytes, isSameAddress } from './ip-address.ts';
import type { IdentityRule } from './protocol.ts';

type Names = Pick<Certificate, 'subjectAltNames'>;

/** `serverName` is a DNS name as A-labels, whatever the case, or an IP address as text. */
export function covers(certificate: Names, serverName: string, identity: IdentityRule = 'dns'): boolean {
  const address = addressBytes(serverName);
  if (address !== undefined) return coversAddress(certificate, address);
  const wanted = labelsOf(serverName);
  if (wanted === undefined) return false;
  return identity === 'sip'
    ? coversSipDomain(certificate, wanted)
    : dnsNames(certificate).some((name) => matches(name, wanted));
}

/** IP addresses are compared as bytes, with IP SANs alone (RFC 9525, 6.5). */
function coversAddress(certificate: Names, address: Uint8Array): boolean {
  return certificate.subjectAltNames.some(({ type, value }) => {
    const presented = type === 'ip' ? addressBytes(value) : undefined;
    return presented !== undefined && isSameAddress(presented, address);
  });
}

/** DNS SANs count only where no URI SAN names a SIP domain; wildcards never do (RFC 5922, 7.1 and 7.2). */
function coversSipDomain(certificate: Names, wanted: readonly string[]): boolean {
  const domains = certificate.subjectAltNames.flatMap(({ type, value }) => (type === 'uri' ? sipDomain(value) : []));
  const presented = domains.length > 0 ? domains : dnsNames(certificate);
  return presented.some((name) => isSameName(labelsOf(name), wanted));
}

/** The host part of a `sip` URI. One with a user names a person and is no domain; `sips` does not count (RFC 5922, 7.1). */
function sipDomain(uri: string): string[] {
  const rest = /^sip:([^@]*)$/i.exec(uri)?.[1];
  return rest === undefined ? [] : [rest.replace(/[:;?].*$/s, '')];
}

function dnsNames(certificate: Names): string[] {
  return certificate.subjectAltNames.filter(({ type }) => type === 'dns').map(({ value }) => value);
}

/** A wildcard is the whole left-most label and stands for exactly one (RFC 9525, 6.3). */
function matches(presented: string, wanted: readonly string[]): boolean {
  if (!presented.startsWith('*.')) return isSameName(labelsOf(presented), wanted);
  return isSameName(labelsOf(presented.slice(2)), wanted.slice(1));
}

function isSameName(presented: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return presented?.length === wanted.length && presented.every((label, index) => label === wanted[index]);
}

/**
 * The lower-case labels of a name, its final dot dropped. `undefined` where it has anything but letters, digits, hyphens
 * and underscores (hosts with those exist): such a name matches nothing, so neither a NUL nor a U-label can be played with.
 */
function labelsOf(name: string): string[] | undefined {
  const labels = name.replace(/\.$/, '').split('.');
  // ASCII only: with the `u` flag, `i` would fold the Kelvin sign to `k`.
  return labels.every((label) => /^[a-zA-Z0-9_-]+$/.test(label))
    ? labels.map((label) => label.toLowerCase())
    : undefined;
}
