/** OpenSSL's settings for a handshake. With the public roots each costs some 30 ms and a megabyte, so they are kept. */
import { constants, createHash } from 'node:crypto';
import { DEFAULT_CIPHERS, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { createBoundedMap } from './bounded-map.ts';

/** The CAs of one profile, as OpenSSL is to have them. */
export interface OwnCas {
  /** PEM; may be empty. */
  readonly ownPem: string;
  /** Instead of the process's, not besides them. */
  readonly only: boolean;
}

export interface ContextPair {
  /** TLS 1.2 or newer, and what OpenSSL takes for strong enough. */
  readonly strict: SecureContext;
  /** Whatever this OpenSSL can still speak, to read the certificate of servers that nobody should use. */
  readonly permissive: SecureContext;
}

export interface Contexts {
  of(cas: OwnCas): ContextPair;
}

/** One for each profile with CAs of its own; the least used are made anew when they are needed. */
const PAIRS_KEPT = 64;

/** Level 1 is OpenSSL 3.0's; later ones, in later Nodes, would judge keys of 1024 bits instead of us. */
const STRICT_CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=1`;

/**
 * Level 0 lets RSA-512, MD5 and TLS 1.0 through (OpenSSL's manual, `SSL_CTX_set_security_level`). The suites of TLS 1.3 are
 * named since Node would leave that version out, and those without encryption since OpenSSL would; those without a
 * certificate have nothing for us.
 */
const PERMISSIVE_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ALL',
  'eNULL',
  '!aNULL',
  '@SECLEVEL=0',
].join(':');

/** Node's own, and those that OpenSSL still has for keys of servers nobody should use; an unknown name would throw. */
const PERMISSIVE_CURVES =
  'X25519:P-256:X448:P-521:P-384:secp224r1:prime192v1:secp256k1:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1';

/** @param processPem the CAs that every profile trusts unless it says "only". */
export function createContexts(processPem: string): Contexts {
  const pairs = createBoundedMap<ContextPair>(PAIRS_KEPT);
  return {
    of({ ownPem, only }) {
      const key = createHash('sha256')
        .update(`${String(only)} ${ownPem}`)
        .digest('base64');
      const known = pairs.get(key);
      if (known !== undefined) return known;
      const made = createPair(only ? ownPem : processPem + ownPem);
      pairs.set(key, made);
      return made;
    },
  };
}

function createPair(ca: string): ContextPair {
  let strict: SecureContext | undefined;
  let permissive: SecureContext | undefined;
  return {
    get strict() {
      strict ??= createSecureContext({ ca, minVersion: 'TLSv1.2', ciphers: STRICT_CIPHERS });
      return strict;
    },
    get permissive() {
      permissive ??= createSecureContext({
        ca,
        minVersion: 'TLSv1',
        ciphers: PERMISSIVE_CIPHERS,
        ecdhCurve: PERMISSIVE_CURVES,
        // Servers from before RFC 5746.
        secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
      });
      return permissive;
    },
  };
}
