/** Keys and signatures that are too weak, and odd ones that are not. */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { expect } from 'vitest';
import { isRead } from '../../../src/core/observation.ts';
import type { Observation } from '../../../src/core/observation.ts';
import { critical, describeCases, warning } from '../../helpers/case-suite.ts';
import type { Case, Expected, Scene } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf, newKey, newRsaKey } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';

const root = forgeCa('Root');
const rsaKey = newRsaKey(2048);
const rsaRoot = forgeCa('RSA Root', { key: rsaKey });
const sha1Root = forgeCa('SHA-1 Root', { key: rsaKey, signature: 'sha1' });
const md5Root = forgeCa('MD5 Root', { key: rsaKey, signature: 'md5' });

/** A leaf with `key` under the root, and what is found of it. */
function keyed(
  key: KeyObject,
  finds: (leaf: Forged) => readonly Expected[],
  seen: object,
  tls: Scene['tls'] = {},
): Scene {
  const leaf = forgeLeaf(root, { key });
  return {
    serve: [leaf],
    tls,
    finds: finds(leaf),
    path: [leaf, root],
    also: (observation) => expect(leafIn(observation)).toMatchObject(seen),
  };
}

function leafIn(observation: Observation): unknown {
  return observation.addresses.find(isRead)?.chain[0];
}

const fine = (): readonly Expected[] => [];
const rsaPss = (modulusLength: number): KeyObject =>
  generateKeyPairSync('rsa-pss', { modulusLength, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' }).privateKey;

const KEYS: readonly Case[] = [
  { of: 'RSA 2048', scene: () => keyed(rsaKey, fine, { keyType: 'rsa', keyBits: 2048 }) },
  {
    of: 'RSA 1024',
    scene: () =>
      keyed(newRsaKey(1024), (leaf) => [warning('weak-key', leaf, /RSA key of 1024 bits/, /P-256/)], { keyBits: 1024 }),
  },
  {
    of: 'RSA 2047: one bit less is less',
    scene: () => keyed(newRsaKey(2047), (leaf) => [warning('weak-key', leaf, /2047 bits/)], { keyBits: 2047 }),
  },
  {
    // Whoever verifies by OpenSSL refuses it altogether.
    of: 'RSA 512',
    scene: () =>
      keyed(
        newRsaKey(512),
        (leaf) => [critical('invalid-chain', leaf, /key too (weak|small)/i), warning('weak-key', leaf, /512 bits/)],
        { keyBits: 512 },
        // Too short for the signatures of TLS 1.3.
        { maxVersion: 'TLSv1.2' },
      ),
  },
  { of: 'RSA-PSS 2048', scene: () => keyed(rsaPss(2048), fine, { keyType: 'rsa-pss', keyBits: 2048 }) },
  {
    of: 'RSA-PSS 1024',
    scene: () => keyed(rsaPss(1024), (leaf) => [warning('weak-key', leaf, /RSA key of 1024/)], { keyType: 'rsa-pss' }),
  },
  { of: 'EC P-256', scene: () => keyed(newKey(), fine, { keyType: 'ec', keyBits: 256 }) },
  { of: 'EC P-384', scene: () => keyed(newKey('secp384r1'), fine, { keyBits: 384 }) },
  { of: 'EC P-521', scene: () => keyed(newKey('secp521r1'), fine, { keyBits: 521 }) },
  { of: 'Ed25519', scene: () => keyed(generateKeyPairSync('ed25519').privateKey, fine, { keyType: 'ed25519' }) },
  { of: 'Ed448', scene: () => keyed(generateKeyPairSync('ed448').privateKey, fine, { keyType: 'ed448' }) },
  {
    // Nobody should have one any more, and yet what clients are made of takes it.
    of: 'DSA 2048',
    scene: () =>
      keyed(
        generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey,
        fine,
        { keyType: 'dsa', keyBits: 2048 },
        { maxVersion: 'TLSv1.2', dhparam: 'auto', ciphers: 'DHE-DSS-AES128-GCM-SHA256:@SECLEVEL=0' },
      ),
  },
];

const SIGNATURES: readonly Case[] = [
  {
    of: 'a leaf signed with SHA-1',
    scene: () => {
      const leaf = forgeLeaf(rsaRoot, { signature: 'sha1' });
      return {
        serve: [leaf],
        finds: [
          critical('invalid-chain', leaf, /md too weak|digest algorithm too weak/i, /SHA-256/),
          warning('weak-signature', leaf, /signed with sha1WithRSAEncryption/),
        ],
        path: [leaf, rsaRoot],
      };
    },
  },
  {
    of: 'a leaf signed with ECDSA and SHA-1',
    scene: () => {
      const leaf = forgeLeaf(root, { signature: 'sha1' });
      const finds = [critical('invalid-chain', leaf), warning('weak-signature', leaf, /ecdsa-with-SHA1/)];
      return { serve: [leaf], finds, path: [leaf, root] };
    },
  },
  {
    of: 'a leaf signed with MD5',
    scene: () => {
      const leaf = forgeLeaf(rsaRoot, { signature: 'md5' });
      const finds = [critical('invalid-chain', leaf), warning('weak-signature', leaf, /md5WithRSAEncryption/)];
      return { serve: [leaf], finds, path: [leaf, rsaRoot] };
    },
  },
  {
    of: 'an intermediate signed with SHA-1',
    scene: () => {
      const weak = forgeCa('Weak CA', { issuer: rsaRoot, signature: 'sha1' });
      const leaf = forgeLeaf(weak);
      const finds = [critical('invalid-chain', leaf), warning('weak-signature', weak, /'Weak CA'/, /the chain/)];
      return { serve: [leaf, weak], finds, path: [leaf, weak, rsaRoot] };
    },
  },
  {
    of: 'a root signed with SHA-1 is trusted for being there',
    scene: () => {
      const leaf = forgeLeaf(sha1Root);
      return { serve: [leaf], finds: [], path: [leaf, sha1Root] };
    },
  },
  {
    of: 'a root signed with MD5 is trusted for being there',
    scene: () => {
      const leaf = forgeLeaf(md5Root);
      return { serve: [leaf], finds: [], path: [leaf, md5Root] };
    },
  },
  {
    of: 'an extra certificate signed with SHA-1 weakens nothing',
    scene: () => {
      const leaf = forgeLeaf(root);
      const stray = forgeCa('Stray', { issuer: rsaRoot, signature: 'sha1' });
      return {
        serve: [leaf, stray],
        finds: [{ severity: 'info', code: 'untidy-chain', about: leaf, says: [] }],
        path: [leaf, root],
      };
    },
  },
  {
    of: 'a self-signed leaf signed with SHA-1, with a key of 1024 bits',
    scene: () => {
      const leaf = forgeLeaf(undefined, { key: newRsaKey(1024), signature: 'sha1' });
      const finds = [critical('self-signed', leaf), warning('weak-key', leaf), warning('weak-signature', leaf)];
      return { serve: [leaf], finds, path: undefined };
    },
  },
  {
    of: 'an intermediate with a key of 1024 bits',
    scene: () => {
      const weak = forgeCa('Weak CA', { issuer: root, key: newRsaKey(1024) });
      const leaf = forgeLeaf(weak);
      const finds = [warning('weak-key', weak, /'Weak CA'/, /CA certificate with a stronger key/)];
      return { serve: [leaf, weak], finds, path: [leaf, weak, root] };
    },
  },
  {
    of: 'a leaf signed with SHA-224, which is neither MD5 nor SHA-1',
    scene: () => {
      const leaf = forgeLeaf(root, { signature: 'sha224' });
      return { serve: [leaf], finds: [], path: [leaf, root] };
    },
  },
  {
    of: 'a chain signed with RSA-PSS',
    scene: () => {
      const issuer = forgeCa('PSS CA', { issuer: rsaRoot, key: newRsaKey(2048), signature: 'pss' });
      const leaf = forgeLeaf(issuer, { signature: 'pss' });
      return { serve: [leaf, issuer], finds: [], path: [leaf, issuer, rsaRoot] };
    },
  },
  {
    of: 'a chain signed with Ed25519 and Ed448',
    scene: () => {
      const upper = forgeCa('Ed448 CA', { issuer: root, key: generateKeyPairSync('ed448').privateKey });
      const lower = forgeCa('Ed25519 CA', { issuer: upper, key: generateKeyPairSync('ed25519').privateKey });
      const leaf = forgeLeaf(lower);
      return { serve: [leaf, lower, upper], finds: [], path: [leaf, lower, upper, root] };
    },
  },
];

describeCases('strength', [root, rsaRoot, sha1Root, md5Root], [...KEYS, ...SIGNATURES]);
