import type { CaaSet } from './caa.ts';
import type { Certificate } from './certificate.ts';
import type { ConnectionCode } from './finding.ts';

/** What one check saw, before any judgement. */
export interface Observation {
  readonly checkedAt: Date;
  /** How the name became addresses; an IP literal always resolves to itself. */
  readonly resolution:
    | { readonly outcome: 'ok'; /** Addresses beyond the cap, not probed. */ readonly notProbed: number }
    | { readonly outcome: 'dns-failure'; readonly detail: string };
  /** One for each address probed, in stable order (IPv4 first, then by bytes). */
  readonly addresses: readonly AddressObservation[];
  /** For the names of leaves from public CAs, where they have any. */
  readonly caa?: readonly CaaSet[];
}

export type AddressObservation = ReadAddress | FailedAddress;

/** An address where a leaf was read, whatever failed afterwards. */
export interface ReadAddress {
  readonly address: string;
  readonly outcome: 'ok';
  readonly durationMs: number;
  /** `TLSv1.3`; `undefined` where the handshake ended before it was agreed. */
  readonly tlsVersion: string | undefined;
  readonly cipher: string | undefined;
  /** As sent, leaf first, in the order sent. Never empty. */
  readonly chain: readonly Certificate[];
  /** False: the chain of an earlier check stands in, since leaf and verdict are the same (design, section 4). */
  readonly chainRead: boolean;
  /** How many sent certificates no parser of ours could read. */
  readonly unreadable: number;
  /** OpenSSL's verdict over the chain and the trust set, dates included; see `UNVERIFIED`. */
  readonly verdict:
    { readonly trusted: true } | { readonly trusted: false; readonly code: string; readonly reason: string };
  /** The way from leaf to trust anchor that validation accepts (the anchor last); `undefined` where there is none. */
  readonly path: readonly Certificate[] | undefined;
  /** The path ends in a public CA, not only in one of our own. */
  readonly isPublic: boolean;
  /** Intermediates that were not sent and would complete a trusted path, PEM and where from. */
  readonly missing: readonly MissingCertificate[];
  /**
   * Of the path's certificates, without the anchor, those that somebody can be asked about. Without a path nobody is
   * asked, and only what was revoked at the check before is in it.
   */
  readonly revocation: readonly CertificateRevocation[];
  readonly staple: StapleState;
  /** What failed after the leaf was read. */
  readonly failure: { readonly code: ConnectionCode; readonly detail: string } | undefined;
  readonly clientCertificateWanted: boolean;
  /** Why it could be read with outdated settings only, in words; `undefined` where current ones do. */
  readonly weakness: string | undefined;
}

export interface MissingCertificate {
  readonly certificate: Certificate;
  readonly pem: string;
}

/** Whether one certificate is revoked, as far as could be found out. */
export interface CertificateRevocation {
  readonly fingerprint: string;
  /** `unknown`: nobody who was asked gave an answer that can be relied on. */
  readonly status: 'good' | 'revoked' | 'unknown';
  /** What the status is from; for `unknown`, whom we would have liked to hear. */
  readonly via: 'crl' | 'staple' | 'ocsp';
  readonly revokedAt: Date | undefined;
  /** By its name in RFC 5280, 5.3.1: `keyCompromise`; `undefined` where none is given. */
  readonly reason: string | undefined;
  /** Plain words on what says so, or for `unknown`, what kept it from us; may quote a peer: hostile text. */
  readonly detail: string;
}

/**
 * What the OCSP response that came with the handshake says of the leaf; `not-judged` where there is no path. `missed-once`:
 * it was missed at this check for the first time, which is no fault yet.
 */
export type StapleState = 'good' | 'revoked' | 'unusable' | 'none' | 'missed-once' | 'not-judged';

export interface FailedAddress {
  readonly address: string;
  readonly outcome: ConnectionCode;
  readonly durationMs: number;
  /** The peer's or the system's own words: hostile text. */
  readonly detail: string;
}

/** The code of a verdict where OpenSSL gave up before it came to verify: nothing is known against the chain. */
export const UNVERIFIED = 'UNVERIFIED';

export function isRead(address: AddressObservation): address is ReadAddress {
  return address.outcome === 'ok';
}
