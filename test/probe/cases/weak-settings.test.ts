/**
 * Servers that current clients cannot shake hands with, whatever their certificate: it is read all the same, and the
 * settings are what is wrong.
 */
import type { KeyObject } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { describeCases, warning } from '../../helpers/case-suite.ts';
import type { Case, Expected } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf, newKey, newRsaKey } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';

const root = forgeCa('Root');
const rsaKey = newRsaKey(2048);

function only(ciphers: string): TlsOptions {
  return { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` };
}

interface Row {
  readonly of: string;
  readonly key: () => KeyObject;
  readonly tls: TlsOptions;
  readonly says: RegExp;
  /** Besides the settings. */
  readonly finds?: (leaf: Forged) => readonly Expected[];
}

const TLS_1_2: TlsOptions = { maxVersion: 'TLSv1.2', ecdhCurve: 'auto' };
const rsa = (): KeyObject => rsaKey;
const weakKey = (leaf: Forged): readonly Expected[] => [warning('weak-key', leaf)];

const ROWS: readonly Row[] = [
  { of: 'a key on P-224', key: () => newKey('secp224r1'), tls: TLS_1_2, finds: weakKey, says: /TLS 1\.2/ },
  { of: 'a key on P-192', key: () => newKey('prime192v1'), tls: TLS_1_2, finds: weakKey, says: /TLS 1\.2/ },
  { of: 'a key on secp256k1', key: () => newKey('secp256k1'), tls: TLS_1_2, says: /TLS 1\.2/ },
  { of: 'a key on brainpoolP256r1', key: () => newKey('brainpoolP256r1'), tls: TLS_1_2, says: /TLS 1\.2/ },
  { of: 'a handshake signed with SHA-1', key: rsa, tls: { ...only('DEFAULT'), sigalgs: 'RSA+SHA1' }, says: /TLS 1\.2/ },
  {
    of: 'a cipher that nobody offers any more',
    key: rsa,
    tls: only('CAMELLIA128-SHA'),
    says: /outdated settings only/,
  },
  { of: 'no encryption at all', key: rsa, tls: only('NULL-SHA256'), says: /NULL/ },
];

describeCases(
  'weak settings',
  [root],
  ROWS.map(({ of, key, tls, says, finds }): Case => ({
    of,
    scene: () => {
      const leaf = forgeLeaf(root, { key: key() });
      return {
        serve: [leaf],
        tls,
        finds: [...(finds?.(leaf) ?? []), warning('weak-protocol', undefined, says)],
        path: [leaf, root],
        status: 'valid',
      };
    },
  })),
);
