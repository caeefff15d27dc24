/** Certificates of the fake network: what a CA issues, without any key behind it. */
import { createHash } from 'node:crypto';
import type { Certificate } from '../../../src/core/certificate.ts';
import { DAY_MS } from '../time.ts';

/** Who issues: an intermediate below a root, which clients trust or not. */
export interface Authority {
  readonly name: string;
  readonly intermediate: Certificate;
  readonly root: Certificate;
  readonly trusted: boolean;
}

/** What an address serves: a leaf and who issued it. */
export interface Serving {
  readonly leaf: Certificate;
  readonly authority: Authority;
}

export interface LeafWish {
  readonly names: readonly string[];
  readonly notBeforeMs: number;
  readonly lifetimeDays: number;
  readonly weak?: boolean;
}

export interface Mint {
  authority(name: string, wish: { notBeforeMs: number; notAfterMs: number; trusted?: boolean }): Authority;
  leaf(authority: Authority, wish: LeafWish): Serving;
}

/** Serial numbers are counted, so every certificate has a fingerprint of its own, the same for the same seed. */
export function createMint(seed: string): Mint {
  let issued = 0;
  const mint = (fields: Partial<Certificate> & Pick<Certificate, 'subject' | 'issuer' | 'notBefore' | 'notAfter'>) => {
    issued += 1;
    const serialNumber = issued.toString(16).padStart(8, '0');
    const certificate: Certificate = {
      fingerprint: createHash('sha256').update(`${seed}/${serialNumber}`).digest('hex'),
      serialNumber,
      keyType: 'ec',
      keyBits: 256,
      signatureAlgorithm: 'ecdsa-with-SHA256',
      subjectAltNames: [],
      isCa: false,
      isSelfSigned: false,
      issuerUrls: [],
      crlUrls: [],
      ocspUrls: [],
      mustStaple: false,
      ...fields,
    };
    return certificate;
  };
  return {
    authority(name, { notBeforeMs, notAfterMs, trusted = true }) {
      const root = mint({
        subject: `CN=${name} Root, O=${name}`,
        issuer: `CN=${name} Root, O=${name}`,
        notBefore: new Date(notBeforeMs - 3_650 * DAY_MS),
        notAfter: new Date(notBeforeMs + 7_300 * DAY_MS),
        isCa: true,
        isSelfSigned: true,
      });
      const intermediate = mint({
        subject: `CN=${name} Issuing CA, O=${name}`,
        issuer: root.subject,
        notBefore: new Date(notBeforeMs),
        notAfter: new Date(notAfterMs),
        isCa: true,
      });
      return { name, intermediate, root, trusted };
    },
    leaf(authority, { names, notBeforeMs, lifetimeDays, weak = false }) {
      const leaf = mint({
        subject: `CN=${names[0] ?? ''}`,
        issuer: authority.intermediate.subject,
        notBefore: new Date(notBeforeMs),
        notAfter: new Date(notBeforeMs + lifetimeDays * DAY_MS),
        subjectAltNames: names.map((value) => ({ type: 'dns', value })),
        ...(weak ? { keyType: 'rsa', keyBits: 1024, signatureAlgorithm: 'sha256WithRSAEncryption' } : {}),
      });
      return { leaf, authority };
    },
  };
}
