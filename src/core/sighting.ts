import type { CaaFault } from './caa.ts';
import type { Certificate, CertificateRole } from './certificate.ts';
import type { Untidiness } from './chain.ts';
import type { EffectiveThreshold } from './expiry.ts';
import type { ConnectionCode, Severity } from './finding.ts';
import type { LifetimeRule } from './lifetime.ts';
import type { CertificateRevocation, MissingCertificate } from './observation.ts';
import type { PendingChange } from './served.ts';

/** What a rule found at one address, or about the monitor as a whole: all that a sentence on it needs. */
export type Sighting =
  | {
      readonly code: 'expired' | 'not-yet-valid' | 'weak-key' | 'weak-signature';
      readonly certificate: Certificate;
      readonly role: CertificateRole;
    }
  | {
      readonly code: 'expiring';
      readonly certificate: Certificate;
      readonly role: CertificateRole;
      readonly threshold: EffectiveThreshold;
    }
  | { readonly code: 'name-mismatch' | 'self-signed' | 'untrusted'; readonly certificate: Certificate }
  | {
      readonly code: 'incomplete-chain';
      readonly certificate: Certificate;
      readonly missing: readonly MissingCertificate[];
    }
  | { readonly code: 'invalid-chain'; readonly certificate: Certificate; readonly reason: string }
  | { readonly code: 'wrong-order'; readonly certificate: Certificate; readonly right: readonly Certificate[] }
  | { readonly code: 'untidy-chain'; readonly certificate: Certificate; readonly untidiness: Untidiness }
  | { readonly code: 'certificate-unreadable'; readonly certificate: Certificate; readonly count: number }
  | {
      readonly code: 'weak-protocol';
      /** `undefined` where the handshake ended before it was agreed. */
      readonly tlsVersion: string | undefined;
      readonly cipher: string | undefined;
      /** What keeps current clients out, where it is neither version nor cipher. */
      readonly weakness: string | undefined;
    }
  | { readonly code: 'lifetime-too-long'; readonly certificate: Certificate; readonly broken: LifetimeRule }
  | { readonly code: 'caa-mismatch'; readonly certificate: Certificate; readonly fault: CaaFault }
  | ({ readonly code: 'revoked' } & JudgedRevocation)
  | ({ readonly code: 'revocation-unknown' } & JudgedRevocation)
  /** `isUnusable`: one was stapled, and cannot be relied on. */
  | { readonly code: 'staple-missing'; readonly certificate: Certificate; readonly isUnusable: boolean }
  | { readonly code: 'client-certificate-wanted' }
  | { readonly code: 'addresses-capped'; readonly probed: number; readonly notProbed: number }
  | {
      readonly code: 'addresses-differ';
      readonly certificate: Certificate;
      readonly newest: Certificate;
      readonly older: readonly string[];
      readonly total: number;
      /** Addresses that serve both in turn. */
      readonly inTurn: readonly string[];
    }
  /** `change` is absent for a plain renewal. */
  | { readonly code: 'certificate-changed'; readonly certificate: Certificate; readonly change: undefined }
  | { readonly code: 'certificate-changed'; readonly certificate: undefined; readonly change: PendingChange }
  | { readonly code: 'not-checked'; readonly since: Date; readonly intervalMs: number }
  /** `afterLeaf`: the certificate was read before it failed. */
  | { readonly code: ConnectionCode; readonly detail: string; readonly afterLeaf: boolean };

export interface JudgedRevocation {
  readonly certificate: Certificate;
  readonly role: CertificateRole;
  readonly revocation: CertificateRevocation;
}

/** A sighting with where it was seen and how severe it is unless the profile says otherwise. */
export interface PlacedSighting {
  readonly sighting: Sighting;
  /** Empty for what concerns the monitor as a whole. */
  readonly addresses: readonly string[];
  readonly fingerprint: string | undefined;
  /** Where it differs from the code's default. */
  readonly severity?: Severity;
}
