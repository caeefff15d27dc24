/** Keys for certificates of our own making, in the forms that Web Crypto wants them in. */
import { generateKeyPair, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'RSA-1024' | 'RSA-2048' | 'RSA-3072';
export type SignatureHash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

const generate = promisify(generateKeyPair);

export async function generateKey(kind: KeyKind): Promise<KeyObject> {
  switch (kind) {
    case 'P-256':
    case 'P-384':
    case 'P-521':
      return (await generate('ec', { namedCurve: kind })).privateKey;
    case 'Ed25519':
      return (await generate('ed25519')).privateKey;
    case 'RSA-1024':
    case 'RSA-2048':
    case 'RSA-3072':
      return (await generate('rsa', { modulusLength: Number(kind.slice('RSA-'.length)) })).privateKey;
  }
}

/** Web Crypto binds an RSA key to its hash when it is imported, an EC key to its curve. */
export function signingAlgorithm(
  key: KeyObject,
  hash: SignatureHash,
): { importAs: ImportAlgorithm; signAs: EcdsaParams } {
  const importAs = importAlgorithm(key, hash);
  return { importAs, signAs: { name: importAs.name, hash } };
}

type ImportAlgorithm = { name: string; hash: string } | { name: string; namedCurve: string } | { name: string };
interface EcdsaParams {
  name: string;
  hash: string;
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

function importAlgorithm(key: KeyObject, hash: SignatureHash): ImportAlgorithm {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { name: 'RSASSA-PKCS1-v1_5', hash };
    case 'ec':
      return { name: 'ECDSA', namedCurve: CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'P-256' };
    default:
      return { name: 'Ed25519' };
  }
}

export async function importPublicKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey(
    'spki',
    key.export({ type: 'spki', format: 'der' }),
    importAlgorithm(key, 'SHA-256'),
    true,
    ['verify'],
  );
}
