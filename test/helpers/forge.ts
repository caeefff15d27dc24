/**
 * A certificate forger: any field as a test wants it, signed by any key OpenSSL has, with any signature it still makes.
 * What well-behaved CAs issue comes from `src/demo/authority.ts`; this is for MD5, version 1, broken times and the rest.
 * Nothing is checked, and everything runs at once: make keys of RSA sparingly, they take a tenth of a second.
 */
import { constants, createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  bitString,
  context,
  element,
  integer,
  nothing,
  objectIdentifier,
  sequence,
  set,
  time,
  utf8String,
} from './der-writer.ts';
import { basicConstraints, keyUsage, subjectAltName } from './forge-extensions.ts';

export const DAY_MS = 86_400_000;

/** `days` from now, to whole seconds as certificates have them; negative: ago. */
export function fromNow(days: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + Math.round(days * DAY_MS));
}

/** A certificate with its key. */
export interface Forged {
  readonly der: Buffer;
  readonly pem: string;
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
  /** DER of the subject, for what it issues. */
  readonly subject: Buffer;
  readonly key: KeyObject;
  /** PKCS #8. */
  readonly keyPem: string;
}

export interface Plan {
  /** A common name, or the DER of a name; empty where absent. */
  readonly subject?: string | Uint8Array;
  /** Signs; the certificate itself where absent. */
  readonly issuer?: Pick<Forged, 'subject' | 'key'>;
  /** Says another issuer than the one that signs. */
  readonly issuerName?: string | Uint8Array;
  /** A new P-256 key where absent. */
  readonly key?: KeyObject;
  /** The DER of a time where it is none. An hour ago where absent. */
  readonly notBefore?: Date | Uint8Array;
  /** 40 days after an hour ago where absent: no CA/Browser Forum limit is shorter. */
  readonly notAfter?: Date | Uint8Array;
  readonly serial?: Uint8Array;
  /** 3 where absent; version 1 has no extensions. */
  readonly version?: 1 | 3;
  readonly extensions?: readonly Uint8Array[];
  /** What fits the issuer's key, with SHA-256, where absent. */
  readonly signature?: Digest | 'pss';
  /** Changes the whole TBSCertificate before it is signed. */
  readonly mangle?: (tbs: Buffer) => Buffer;
}

export type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export function forge(plan: Plan): Forged {
  const key = plan.key ?? newKey();
  const subject = nameOf(plan.subject ?? Buffer.from('3000', 'hex'));
  const issuer = plan.issuer ?? { subject, key };
  const algorithm = algorithmOf(issuer.key, plan.signature ?? 'sha256');
  const extensions = plan.version === 1 ? [] : (plan.extensions ?? []);
  const written = sequence(
    ...(plan.version === 1 ? [] : [context(0, true, integer(2))]),
    // Positive and without leading zeros (RFC 5280, 4.1.2.2).
    integer(plan.serial ?? Buffer.concat([Buffer.of(0x5a), randomBytes(15)])),
    algorithm.identifier,
    plan.issuerName === undefined ? issuer.subject : nameOf(plan.issuerName),
    sequence(timeOf(plan.notBefore ?? fromNow(-1 / 24)), timeOf(plan.notAfter ?? fromNow(40 - 1 / 24))),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [context(3, true, sequence(...extensions))]),
  );
  const tbs = plan.mangle?.(written) ?? written;
  const der = sequence(tbs, algorithm.identifier, bitString(algorithm.sign(tbs)));
  return {
    der,
    pem: pemOf(der),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    subject,
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A CA certificate of ten years, self-signed where no issuer is given; `extensions` come besides those of a CA. */
export function forgeCa(subject: string, plan: Plan = {}): Forged {
  return forge({
    subject,
    notAfter: fromNow(3650),
    ...plan,
    extensions: [basicConstraints({ ca: true }), keyUsage('keyCertSign', 'cRLSign'), ...(plan.extensions ?? [])],
  });
}

/** A leaf for mail.example.com; `extensions` come in the place of its SAN. */
export function forgeLeaf(issuer: Forged | undefined, plan: Plan = {}): Forged {
  return forge({
    subject: 'mail.example.com',
    ...(issuer === undefined ? {} : { issuer }),
    ...plan,
    extensions: plan.extensions ?? [subjectAltName({ dns: 'mail.example.com' })],
  });
}

export function newKey(curve = 'prime256v1'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
}

export function newRsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey;
}

export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** DER of a name with one common name. */
export function commonName(text: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(text))));
}

function nameOf(name: string | Uint8Array): Buffer {
  return typeof name === 'string' ? commonName(name) : Buffer.from(name);
}

function timeOf(instant: Date | Uint8Array): Buffer {
  return instant instanceof Date ? time(instant) : Buffer.from(instant);
}

interface Algorithm {
  /** AlgorithmIdentifier (RFC 5280, 4.1.1.2). */
  readonly identifier: Buffer;
  sign(data: Buffer): Buffer;
}

/** RFC 3279, 4055, 5758. */
const RSA: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ECDSA: Readonly<Partial<Record<Digest, string>>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const DSA: Readonly<Partial<Record<Digest, string>>> = { sha1: '1.2.840.10040.4.3', sha256: '2.16.840.1.101.3.4.3.2' };

function algorithmOf(key: KeyObject, signature: Digest | 'pss'): Algorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'ed448') {
    const identifier = sequence(objectIdentifier(type === 'ed25519' ? '1.3.101.112' : '1.3.101.113'));
    return { identifier, sign: (data) => sign(null, data, key) };
  }
  if (signature === 'pss' || type === 'rsa-pss') return pss(key);
  const table = type === 'rsa' ? RSA : type === 'dsa' ? DSA : ECDSA;
  const oid = table[signature];
  if (oid === undefined) throw new RangeError(`no ${signature} signature with a key of ${String(type)}`);
  // RSA has parameters, and they are NULL (RFC 4055, 5); the others have none.
  const identifier = sequence(objectIdentifier(oid), ...(type === 'rsa' ? [nothing()] : []));
  return { identifier, sign: (data) => sign(signature, data, key) };
}

/** RSASSA-PSS with SHA-256, MGF1 with the same and a salt of 32 octets (RFC 4055, 3.1). */
function pss(key: KeyObject): Algorithm {
  const sha256 = sequence(objectIdentifier('2.16.840.1.101.3.4.2.1'), nothing());
  const parameters = sequence(
    context(0, true, sha256),
    context(1, true, sequence(objectIdentifier('1.2.840.113549.1.1.8'), sha256)),
    context(2, true, integer(32)),
  );
  return {
    identifier: sequence(objectIdentifier('1.2.840.113549.1.1.10'), parameters),
    sign: (data) => sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  };
}

/** A UTCTime that is not in UTC: every OpenSSL loads it, RFC 5280 forbids it (4.1.2.5.1). */
export const BROKEN_TIME = element(0x17, Buffer.from('990101000000+0100'));
