/**
 * Signatures over CRLs and OCSP responses (RFC 5280, 4.1.1.2; RFC 6960, 4.2.1), by `node:crypto`. With pkijs these would
 * be Web Crypto's, which knows no SHA-224 and binds a key to one algorithm, and whole CRLs would become trees of objects.
 *
 * SHA-1 is accepted here, though not for certificates (`weak-signature`): what a CA signs in a CRL or in a response to a
 * request without a nonce is chosen by the CA alone, so a forger would need a second preimage, which nobody has for SHA-1.
 * To refuse would only make private CAs' revocations invisible. MD5 and older are refused: no CA in use signs with them.
 */
import { constants, verify } from 'node:crypto';
import type { KeyObject, VerifyKeyObjectInput } from 'node:crypto';
import {
  DerError,
  TAG,
  contextTag,
  cursorOver,
  expectElement,
  readObjectIdentifier,
  readSmallInteger,
} from '../der.ts';
import type { Element } from '../der.ts';

interface Scheme {
  /** Of `asymmetricKeyType`. */
  readonly keyTypes: readonly string[];
  readonly hash: string | null;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.5': { keyTypes: ['rsa'], hash: 'sha1' },
  '1.2.840.113549.1.1.14': { keyTypes: ['rsa'], hash: 'sha224' },
  '1.2.840.113549.1.1.11': { keyTypes: ['rsa'], hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keyTypes: ['rsa'], hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keyTypes: ['rsa'], hash: 'sha512' },
  '1.2.840.10045.4.1': { keyTypes: ['ec'], hash: 'sha1' },
  '1.2.840.10045.4.3.1': { keyTypes: ['ec'], hash: 'sha224' },
  '1.2.840.10045.4.3.2': { keyTypes: ['ec'], hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keyTypes: ['ec'], hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keyTypes: ['ec'], hash: 'sha512' },
  '1.3.101.112': { keyTypes: ['ed25519'], hash: null },
  '1.3.101.113': { keyTypes: ['ed448'], hash: null },
};

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export interface Signed {
  /** What was signed, tag and length included. */
  readonly bytes: Uint8Array;
  /** The AlgorithmIdentifier. */
  readonly algorithm: Element;
  /** The BIT STRING. */
  readonly signature: Element;
}

/**
 * False for a signature that is none, of an algorithm that we do not accept, or of another kind of key. Large inputs are
 * hashed off the main thread.
 *
 * @throws {DerError} if the algorithm cannot be read.
 */
export async function isSignedBy(key: KeyObject, { bytes, algorithm, signature }: Signed): Promise<boolean> {
  const input = inputFor(key, algorithm);
  const unusedBits = signature.content[0];
  if (input === undefined || unusedBits !== 0) return false;
  return new Promise((resolve) => {
    // An error is OpenSSL's way to say that key, parameters or policy do not fit: nothing is verified then.
    verify(input.hash, bytes, input.key, signature.content.subarray(1), (error, isValid) =>
      resolve(error === null && isValid),
    );
  });
}

function inputFor(
  key: KeyObject,
  algorithm: Element,
): { readonly hash: string | null; readonly key: VerifyKeyObjectInput } | undefined {
  const fields = cursorOver(algorithm.content);
  const identifier = readObjectIdentifier(fields.take(TAG.objectIdentifier));
  const keyType = key.asymmetricKeyType ?? '';
  if (identifier === RSASSA_PSS) {
    if (keyType !== 'rsa' && keyType !== 'rsa-pss') return undefined;
    const pss = readPss(fields.take(TAG.sequence));
    if (pss === undefined) return undefined;
    return { hash: pss.hash, key: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pss.saltLength } };
  }
  const scheme = SCHEMES[identifier];
  return scheme?.keyTypes.includes(keyType) === true ? { hash: scheme.hash, key: { key } } : undefined;
}

/** RSASSA-PSS-params (RFC 4055, 3.1). Node takes one hash for both uses, and so does everybody who signs. */
function readPss(parameters: Element): { readonly hash: string; readonly saltLength: number } | undefined {
  const fields = cursorOver(parameters.content);
  const hash = readHash(fields.takeIf(contextTag(0, true)));
  const maskHash = readMaskHash(fields.takeIf(contextTag(1, true)));
  const salt = fields.takeIf(contextTag(2, true));
  const saltLength = salt === undefined ? 20 : readSmallInteger(expectElement(salt.content, TAG.integer));
  if (saltLength > 512) throw new DerError('a salt that is too long');
  return hash === undefined || hash !== maskHash ? undefined : { hash, saltLength };
}

function readHash(explicit: Element | undefined): string | undefined {
  if (explicit === undefined) return 'sha1';
  const algorithm = expectElement(explicit.content, TAG.sequence);
  return HASHES[readObjectIdentifier(expectElement(algorithm.content, TAG.objectIdentifier))];
}

function readMaskHash(explicit: Element | undefined): string | undefined {
  if (explicit === undefined) return 'sha1';
  const fields = cursorOver(expectElement(explicit.content, TAG.sequence).content);
  if (readObjectIdentifier(fields.take(TAG.objectIdentifier)) !== MGF1) return undefined;
  return HASHES[readObjectIdentifier(expectElement(fields.take(TAG.sequence).content, TAG.objectIdentifier))];
}
