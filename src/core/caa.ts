/**
 * Whether the CAA records of a domain let the CA that issued a leaf issue it (RFC 8659).
 *
 * Limits: CAA binds a CA when it issues, and what DNS says now may be newer than the certificate; so this tells what a
 * renewal would meet, not that the CA did wrong. Parameters (RFC 8657: accounts, validation methods) are not judged.
 */
import { caIdentifiersOf } from './ca-identifiers.ts';
import { organizationIn } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { covers } from './server-name.ts';

/** The records that count for a domain, which is to say the nearest above it. */
export interface CaaSet {
  /** A name on a certificate, without the `*.` of a wildcard. */
  readonly domain: string;
  /** Where the records are: `domain` itself or a name above it. */
  readonly name: string;
  /** Never empty. Hostile text. */
  readonly records: readonly CaaRecord[];
}

export interface CaaRecord {
  readonly critical: boolean;
  readonly tag: string;
  readonly value: string;
}

export type CaaReason =
  /** Only these may issue. */
  | { readonly kind: 'others-only'; readonly allowed: readonly string[] }
  | { readonly kind: 'nobody' }
  /** A tag that CAs need not know is marked critical: none of them may issue (RFC 8659, 4.1). */
  | { readonly kind: 'unknown-tag'; readonly tag: string };

export interface CaaFault {
  readonly reason: CaaReason;
  /** Where the records are. */
  readonly name: string;
  /** The property that decides; a wildcard's own replaces the general one (RFC 8659, 4.3). */
  readonly tag: 'issue' | 'issuewild';
  readonly isWildcard: boolean;
  /** As the certificate names its issuer, and what that CA answers to in CAA records. */
  readonly organization: string;
  readonly identifier: string;
}

/** The domain whose CAA records bound the CA, and whether it was asked for a wildcard (RFC 8659, 3). */
export interface CaaSubject {
  readonly domain: string;
  readonly isWildcard: boolean;
}

/**
 * By the DNS SAN that makes `leaf` good for `serverName`: that name, or, where only a wildcard covers it, the domain under
 * the `*.`. `undefined` where no DNS SAN does.
 */
export function caaSubject(leaf: Pick<Certificate, 'subjectAltNames'>, serverName: string): CaaSubject | undefined {
  const covering = leaf.subjectAltNames.filter((name) => name.type === 'dns' && covers(namesOnly(name), serverName));
  if (covering.length === 0) return undefined;
  const domain = serverName.toLowerCase().replace(/\.$/, '');
  const isWildcard = covering.every(({ value }) => value.startsWith('*.'));
  return { domain: isWildcard ? domain.slice(domain.indexOf('.') + 1) : domain, isWildcard };
}

function namesOnly(name: Certificate['subjectAltNames'][number]): Pick<Certificate, 'subjectAltNames'> {
  return { subjectAltNames: [name] };
}

/** `undefined` where the records let the CA issue, or where we do not know the CA. */
export function caaFault(
  { name, records }: Pick<CaaSet, 'name' | 'records'>,
  { issuer }: Pick<Certificate, 'issuer'>,
  isWildcard: boolean,
): CaaFault | undefined {
  const organization = organizationIn(issuer) ?? '';
  const identifiers = caIdentifiersOf(organization);
  const [identifier] = identifiers ?? [];
  if (identifiers === undefined || identifier === undefined) return undefined;
  const hasOwn = isWildcard && records.some(({ tag }) => tag.toLowerCase() === 'issuewild');
  const tag = hasOwn ? 'issuewild' : 'issue';
  const reason = reasonAgainst(identifiers, records, tag);
  return reason === undefined ? undefined : { reason, name, tag, isWildcard, organization, identifier };
}

/**
 * Tags that a CA may know, so that they keep it from nothing where they are critical: IANA, "Certification Authority
 * Restriction Properties".
 */
const KNOWN_TAGS = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone'];

function reasonAgainst(
  identifiers: readonly string[],
  records: readonly CaaRecord[],
  deciding: CaaFault['tag'],
): CaaReason | undefined {
  const unknown = records.find(({ critical, tag }) => critical && !KNOWN_TAGS.includes(tag.toLowerCase()));
  if (unknown !== undefined) return { kind: 'unknown-tag', tag: unknown.tag };
  const granted = records.filter(({ tag }) => tag.toLowerCase() === deciding).map(({ value }) => issuerDomain(value));
  // Without the property CAA restricts nobody (RFC 8659, 4.2).
  if (granted.length === 0 || granted.some((one) => one !== undefined && identifiers.includes(one))) return undefined;
  const allowed = [...new Set(granted.filter((one) => one !== undefined))].sort();
  return allowed.length === 0 ? { kind: 'nobody' } : { kind: 'others-only', allowed };
}

/** `issue-value` of RFC 8659, 4.2: an issuer domain name or none, then parameters. */
const ISSUE_VALUE = /^[ \t]*([a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*)[ \t]*(?:;|$)/i;

/** `undefined` for `;`, and for what is not of that form, which allows nobody either (RFC 8659, 4.2). */
function issuerDomain(value: string): string | undefined {
  return ISSUE_VALUE.exec(value)?.[1]?.toLowerCase();
}
