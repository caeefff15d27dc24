/**
 * A certificate factory: roots, intermediates and leaves made at run time, for the demo's servers and for tests. Nothing
 * here guards anything: keys live in memory and end with the process.
 */
import 'reflect-metadata';
import { createHash, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { generateKey, importPublicKey, signingAlgorithm } from './signing-keys.ts';
import type { KeyKind, SignatureHash } from './signing-keys.ts';

export interface CertificateOptions {
  /** P-256 if absent. */
  readonly key?: KeyKind;
  /** An hour ago if absent. */
  readonly notBefore?: Date;
  /** 90 days after `notBefore` for a leaf, ten years for an issuer, if absent. */
  readonly notAfter?: Date;
  /** Of the issuer's signature; SHA-256 if absent. Ed25519 has its own. */
  readonly hash?: SignatureHash;
  /** `caIssuers` in authority information access (RFC 5280, 4.2.2.1). */
  readonly issuerUrl?: string;
  /** Where its issuer publishes CRLs. */
  readonly crlUrls?: readonly string[];
  /** Whom to ask by OCSP. */
  readonly ocspUrl?: string;
  /** For odd chains: an issuer that says it is none, or a leaf that says it is one. */
  readonly isCa?: boolean;
}

export interface IssuerOptions extends CertificateOptions {
  readonly maxPathLength?: number;
  /** None if absent. */
  readonly organization?: string;
}

export interface LeafOptions extends CertificateOptions {
  /** Also the subject's common name, the first one, where `commonName` is absent. */
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly uri?: readonly string[];
  readonly commonName?: string;
  /** Demands a stapled OCSP response (RFC 7633). */
  readonly mustStaple?: boolean;
  /** Of extended key usage; servers' if absent. */
  readonly purpose?: 'server' | 'ocsp';
}

/** A certificate and its key, as a server is set up with them. */
export interface Credential {
  readonly pem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** What a well-kept server sends: this certificate and the intermediates above it, without the root. */
  readonly chainPem: string;
  readonly der: Buffer;
  /** SHA-256 over the DER, lower-case hex. */
  readonly fingerprint: string;
}

export interface Issuer extends Credential {
  issueIntermediate(name: string, options?: IssuerOptions): Promise<Issuer>;
  issueLeaf(options?: LeafOptions): Promise<Credential>;
  /** Another certificate for the name and the key of `other`, signed by this issuer: a cross-sign. */
  crossSign(other: Issuer, options?: IssuerOptions): Promise<string>;
}

/** A root. `name` becomes its common name. */
export async function createAuthority(name: string, options: IssuerOptions = {}): Promise<Issuer> {
  const key = await generateKey(options.key ?? 'P-256');
  const certificate = await issue({
    subject: nameOf(name, options.organization),
    publicKey: createPublicKey(key),
    issuer: { subject: nameOf(name, options.organization), key },
    extensions: issuerExtensions(options),
    lifetimeDays: ISSUER_DAYS,
    options,
  });
  return toIssuer(certificate, key, '');
}

/** A leaf that vouches for itself. */
export async function createSelfSigned(options: LeafOptions = {}): Promise<Credential> {
  const key = await generateKey(options.key ?? 'P-256');
  const subject = leafName(options);
  const certificate = await issue({
    subject,
    publicKey: createPublicKey(key),
    issuer: { subject, key },
    extensions: leafExtensions(options),
    lifetimeDays: LEAF_DAYS,
    options,
  });
  return toCredential(certificate, key, '');
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LEAF_DAYS = 90;
const ISSUER_DAYS = 3650;

interface Signer {
  readonly subject: x509.JsonName | x509.Name;
  readonly key: KeyObject;
}

interface Order {
  readonly subject: x509.JsonName | x509.Name;
  readonly publicKey: KeyObject;
  readonly issuer: Signer;
  readonly extensions: readonly x509.Extension[];
  readonly lifetimeDays: number;
  readonly options: CertificateOptions;
}

async function issue(order: Order): Promise<x509.X509Certificate> {
  const { options } = order;
  const notBefore = options.notBefore ?? new Date(Date.now() - HOUR_MS);
  const publicKey = await importPublicKey(order.publicKey);
  const issuerKey = await importPublicKey(createPublicKey(order.issuer.key));
  const signing = signingAlgorithm(order.issuer.key, options.hash ?? 'SHA-256');
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    order.issuer.key.export({ type: 'pkcs8', format: 'der' }),
    signing.importAs,
    false,
    ['sign'],
  );
  return x509.X509CertificateGenerator.create(
    {
      // Positive and without leading zeros (RFC 5280, 4.1.2.2).
      serialNumber: `5a${randomBytes(15).toString('hex')}`,
      subject: order.subject,
      issuer: order.issuer.subject,
      notBefore,
      notAfter: options.notAfter ?? new Date(notBefore.getTime() + order.lifetimeDays * DAY_MS),
      signingAlgorithm: signing.signAs,
      publicKey,
      signingKey,
      extensions: [
        ...order.extensions,
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKey, false, webcrypto),
        ...pointerExtensions(options),
      ],
    },
    webcrypto,
  );
}

/** Where to ask about it. */
function pointerExtensions({ issuerUrl, ocspUrl, crlUrls }: CertificateOptions): x509.Extension[] {
  const access = {
    ...(issuerUrl === undefined ? {} : { caIssuers: [issuerUrl] }),
    ...(ocspUrl === undefined ? {} : { ocsp: [ocspUrl] }),
  };
  return [
    ...(Object.keys(access).length === 0 ? [] : [new x509.AuthorityInfoAccessExtension(access)]),
    ...(crlUrls === undefined ? [] : [new x509.CRLDistributionPointsExtension([...crlUrls])]),
  ];
}

/** A list of TLS features, of which `status_request` (5) is the one that anybody knows. */
const MUST_STAPLE = new x509.Extension('1.3.6.1.5.5.7.1.24', false, Buffer.from('3003020105', 'hex'));

function issuerExtensions(options: IssuerOptions): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(options.isCa ?? true, options.maxPathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

function leafExtensions(options: LeafOptions): x509.Extension[] {
  const names: x509.JsonGeneralNames = [
    ...(options.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(options.uri ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
  return [
    new x509.BasicConstraintsExtension(options.isCa ?? false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([
      options.purpose === 'ocsp' ? x509.ExtendedKeyUsage.ocspSigning : x509.ExtendedKeyUsage.serverAuth,
    ]),
    ...(options.mustStaple === true ? [MUST_STAPLE] : []),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ];
}

function toIssuer(certificate: x509.X509Certificate, key: KeyObject, above: string): Issuer {
  const credential = toCredential(certificate, key, above);
  const issuer: Signer = { subject: certificate.subjectName, key };
  // A root is not sent, so what it issues has nothing above it.
  const sentAbove = certificate.subject === certificate.issuer ? '' : credential.chainPem;
  return {
    ...credential,
    async issueIntermediate(name, options = {}) {
      const own = await generateKey(options.key ?? 'P-256');
      const issued = await issue({
        subject: nameOf(name, options.organization),
        publicKey: createPublicKey(own),
        issuer,
        extensions: issuerExtensions(options),
        lifetimeDays: ISSUER_DAYS,
        options,
      });
      return toIssuer(issued, own, sentAbove);
    },
    async issueLeaf(options = {}) {
      const own = await generateKey(options.key ?? 'P-256');
      const issued = await issue({
        subject: leafName(options),
        publicKey: createPublicKey(own),
        issuer,
        extensions: leafExtensions(options),
        lifetimeDays: LEAF_DAYS,
        options,
      });
      return toCredential(issued, own, sentAbove);
    },
    async crossSign(other, options = {}) {
      const issued = await issue({
        subject: new x509.X509Certificate(other.der).subjectName,
        publicKey: createPublicKey(other.keyPem),
        issuer,
        extensions: issuerExtensions(options),
        lifetimeDays: ISSUER_DAYS,
        options,
      });
      return pemOf(issued);
    },
  };
}

function toCredential(certificate: x509.X509Certificate, key: KeyObject, above: string): Credential {
  const pem = pemOf(certificate);
  const der = Buffer.from(certificate.rawData);
  return {
    pem,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chainPem: pem + above,
    der,
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

function nameOf(commonName: string, organization?: string): x509.JsonName {
  return [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }];
}

function leafName(options: LeafOptions): x509.JsonName {
  const commonName = options.commonName ?? options.dns?.[0] ?? options.ip?.[0];
  return commonName === undefined ? [] : nameOf(commonName);
}
