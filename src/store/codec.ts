/** Observations as they are kept: certificates by fingerprint, instants as ISO 8601, `undefined` as absent. */
import type { Certificate } from '../core/certificate.ts';
import { isRead } from '../core/observation.ts';
import type {
  AddressObservation,
  CertificateRevocation,
  FailedAddress,
  Observation,
  ReadAddress,
} from '../core/observation.ts';
import type { KnownLeaf, Served } from '../core/served.ts';
import { storableJson } from './database.ts';

type StoredRead = Omit<ReadAddress, 'chain' | 'path' | 'missing' | 'revocation' | 'staple'> & {
  /** Absent in rows of before certmon looked for it; so is `staple`. */
  readonly revocation?: readonly StoredRevocation[];
  readonly staple?: ReadAddress['staple'];
  readonly chain: readonly string[];
  readonly path?: readonly string[];
  readonly missing: readonly { readonly fingerprint: string; readonly pem: string }[];
};

type StoredRevocation = Omit<CertificateRevocation, 'revokedAt'> & { readonly revokedAt?: string };

interface StoredObservation {
  readonly checkedAt: string;
  readonly resolution: Observation['resolution'];
  readonly addresses: readonly (StoredRead | FailedAddress)[];
  /** Absent from rows of versions that did not ask for it. */
  readonly caa?: NonNullable<Observation['caa']>;
}

/** Every certificate in it, each once. */
export function certificatesOf(observation: Observation): Certificate[] {
  const all = observation.addresses
    .filter(isRead)
    .flatMap(({ chain, path, missing }) => [...chain, ...(path ?? []), ...missing.map((one) => one.certificate)]);
  return [...new Map(all.map((certificate) => [certificate.fingerprint, certificate])).values()];
}

export function storedObservation(observation: Observation): unknown {
  return storableJson(withFingerprints(observation));
}

/** The same before what PostgreSQL does not take is replaced in it. */
export function withFingerprints(observation: Observation): unknown {
  const addresses = observation.addresses.map((address) => {
    if (!isRead(address)) return address;
    const fingerprints = (certificates: readonly Certificate[]) => certificates.map((one) => one.fingerprint);
    return {
      ...address,
      chain: fingerprints(address.chain),
      path: address.path === undefined ? undefined : fingerprints(address.path),
      missing: address.missing.map(({ certificate, pem }) => ({ fingerprint: certificate.fingerprint, pem })),
    };
  });
  return { ...observation, addresses };
}

/** The fingerprints that `toObservation` needs the certificates of. */
export function fingerprintsIn(stored: unknown): string[] {
  const { addresses } = stored as StoredObservation;
  const found = addresses.flatMap((address) =>
    isStoredRead(address)
      ? [...address.chain, ...(address.path ?? []), ...address.missing.map((one) => one.fingerprint)]
      : [],
  );
  return [...new Set(found)];
}

/** @param certificates by fingerprint. @throws {Error} if one is not there: certificates outlive the spans that name them. */
export function toObservation(stored: unknown, certificates: ReadonlyMap<string, Certificate>): Observation {
  const { checkedAt, resolution, addresses, caa } = stored as StoredObservation;
  const certificate = (fingerprint: string): Certificate => {
    const found = certificates.get(fingerprint);
    if (found === undefined) throw new Error(`certificate ${fingerprint} is missing from the store`);
    return found;
  };
  return {
    checkedAt: new Date(checkedAt),
    resolution,
    ...(caa === undefined ? {} : { caa }),
    addresses: addresses.map((address): AddressObservation => {
      if (!isStoredRead(address)) return address;
      return {
        ...address,
        tlsVersion: address.tlsVersion,
        cipher: address.cipher,
        failure: address.failure,
        weakness: address.weakness,
        chain: address.chain.map(certificate),
        path: address.path?.map(certificate),
        missing: address.missing.map(({ fingerprint, pem }) => ({ certificate: certificate(fingerprint), pem })),
        revocation: (address.revocation ?? []).map(toRevocation),
        staple: address.staple ?? 'not-judged',
      };
    }),
  };
}

function toRevocation({ revokedAt, ...stored }: StoredRevocation): CertificateRevocation {
  return {
    ...stored,
    revokedAt: revokedAt === undefined ? undefined : new Date(revokedAt),
    reason: stored.reason,
  };
}

function isStoredRead(address: StoredRead | FailedAddress): address is StoredRead {
  return address.outcome === 'ok';
}

/** What certificates that were kept before certmon looked for revocation lack. */
const UNREAD = { crlUrls: [], ocspUrls: [], mustStaple: false } as const;

export function toCertificate(fingerprint: string, fields: unknown): Certificate {
  const stored = fields as Omit<Certificate, 'notBefore' | 'notAfter'> & { notBefore: string; notAfter: string };
  return {
    ...UNREAD,
    ...stored,
    fingerprint,
    keyBits: stored.keyBits,
    notBefore: new Date(stored.notBefore),
    notAfter: new Date(stored.notAfter),
  };
}

type Json<T> = {
  readonly [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | undefined ? string | undefined : T[K];
};

/** What `storableJson` made of a `Served`. */
export function toServed(stored: unknown): Served | undefined {
  if (stored === null) return undefined;
  const { leaves, change } = stored as {
    readonly leaves: readonly Json<KnownLeaf>[];
    readonly change?: Json<NonNullable<Served['change']>>;
  };
  return {
    leaves: leaves.map((leaf) => ({
      ...leaf,
      firstSeenAt: new Date(leaf.firstSeenAt),
      lastSeenAt: new Date(leaf.lastSeenAt),
      returnedAt: leaf.returnedAt === undefined ? undefined : new Date(leaf.returnedAt),
    })),
    change: change === undefined ? undefined : { ...change, at: new Date(change.at) },
  };
}
