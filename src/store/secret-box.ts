/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D), a random nonce of 96 bits for each, and the row they belong to as
 * additional data, so that what was sealed for one row opens in no other.
 *
 *   sealed = "1" "." key id "." base64url(nonce, tag, ciphertext)
 *
 * Keys are derived from the settings' secrets by HKDF-SHA256 (RFC 5869); a key's id is derived beside it and says nothing
 * of it. The first key seals, any opens: `new,old` rotates. HKDF does not slow down a guesser, so a secret must be long
 * and random; the settings see to that.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '../core/errors.ts';

const VERSION = '1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const KEY_ID_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What is stored cannot be opened with the keys that we have, or there is none to seal with. */
export class SecretBoxError extends AppError {
  readonly code = 'secret-box';
}

export interface SecretBox {
  /** @param belongsTo what it will only open with: its row. */
  seal(plain: string, belongsTo: string): string;
  /** @throws {SecretBoxError} */
  open(sealed: string, belongsTo: string): string;
  /** It was sealed with another key than what is sealed now. */
  isOld(sealed: string): boolean;
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/** @param secrets the one that seals first; none where nothing is to be kept secret. */
export function createSecretBox(secrets: readonly string[]): SecretBox {
  const keys = secrets.map(keyOf);
  const [first] = keys;
  return {
    seal(plain, belongsTo) {
      if (first === undefined) throw new SecretBoxError('there is no key to seal with; set CERTMON_SECRET_KEY');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first.bytes, nonce).setAAD(additionalData(first.id, belongsTo));
      const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      const body = Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url');
      return `${VERSION}.${first.id}.${body}`;
    },

    open(sealed, belongsTo) {
      const { keyId, body } = partsOf(sealed);
      const key = keys.find(({ id }) => id === keyId);
      if (key === undefined) {
        throw new SecretBoxError(
          `it was sealed with key ${keyId}, which CERTMON_SECRET_KEY does not hold; add that key after the new one, behind a comma`,
        );
      }
      try {
        const decipher = createDecipheriv(CIPHER, key.bytes, body.subarray(0, NONCE_BYTES))
          .setAAD(additionalData(keyId, belongsTo))
          .setAuthTag(body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const plain = decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([plain, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new SecretBoxError('it was changed after it was sealed, or belongs to another row', { cause });
      }
    },

    isOld: (sealed) => partsOf(sealed).keyId !== first?.id,
  };
}

function keyOf(secret: string): Key {
  return {
    id: derive(secret, 'certmon secret box key id', KEY_ID_BYTES).toString('hex'),
    bytes: derive(secret, 'certmon secret box key', KEY_BYTES),
  };
}

function derive(secret: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));
}

function additionalData(keyId: string, belongsTo: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${belongsTo}`, 'utf8');
}

function partsOf(sealed: string): { readonly keyId: string; readonly body: Buffer } {
  const [version, keyId, encoded, ...more] = sealed.split('.');
  const body = Buffer.from(encoded ?? '', 'base64url');
  // Another spelling of the same bytes is not what was written.
  const isWhole = body.length >= NONCE_BYTES + TAG_BYTES && body.toString('base64url') === encoded;
  if (version !== VERSION || keyId === undefined || !isWhole || more.length > 0) {
    throw new SecretBoxError('it is not what certmon seals, or was cut off');
  }
  return { keyId, body };
}
