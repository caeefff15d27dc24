import { describe, expect, it } from 'vitest';
import { trustFault } from '../../src/core/trust.ts';
import {
  NOW,
  certificate,
  inDays,
  intermediate,
  readAddress,
  root,
  selfSigned,
  untrustedAddress,
} from '../helpers/builders.ts';

const leaf = certificate();
const middle = intermediate();
const top = root();
const withUrl = certificate({ issuerUrls: ['http://ca.example/issuing.crt'] });
const own = selfSigned();
const missing = [{ certificate: middle, pem: 'PEM' }];
const path = [leaf, middle, top];
const noCa = intermediate({ isCa: false });
const goneCross = root({ issuer: 'CN=Older Root', isSelfSigned: false, notAfter: inDays(-3) });

describe('the one trust finding', () => {
  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', [own], {}, { code: 'self-signed', certificate: own }],
    ['CERT_HAS_EXPIRED', [own], {}, { code: 'self-signed', certificate: own }],
    ['UNSPECIFIED', [own], {}, { code: 'self-signed', certificate: own }],
    ['INVALID_PURPOSE', [own], { path: [own] }, { code: 'invalid-chain', certificate: own, reason: 'invalid purpose' }],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [leaf], { missing }, { code: 'incomplete-chain', certificate: leaf, missing }],
    [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      [leaf, top],
      { missing },
      { code: 'incomplete-chain', certificate: leaf, missing },
    ],
    ['CERT_HAS_EXPIRED', [leaf], { missing }, { code: 'incomplete-chain', certificate: leaf, missing }],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [withUrl], {}, { code: 'incomplete-chain', certificate: withUrl, missing: [] }],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      [withUrl, withUrl],
      {},
      { code: 'incomplete-chain', certificate: withUrl, missing: [] },
    ],
    ['CERT_NOT_YET_VALID', [withUrl], {}, { code: 'incomplete-chain', certificate: withUrl, missing: [] }],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [leaf], {}, { code: 'untrusted', certificate: leaf }],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', [withUrl, middle], {}, { code: 'untrusted', certificate: middle }],
    ['UNABLE_TO_GET_ISSUER_CERT', [leaf, middle], {}, { code: 'untrusted', certificate: middle }],
    ['SELF_SIGNED_CERT_IN_CHAIN', [leaf, middle, top], {}, { code: 'untrusted', certificate: top }],
    ['SELF_SIGNED_CERT_IN_CHAIN', [leaf, top, middle], {}, { code: 'untrusted', certificate: top }],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', [leaf, top], {}, { code: 'untrusted', certificate: leaf }],
    ['CERT_UNTRUSTED', [leaf, middle], {}, { code: 'untrusted', certificate: middle }],
    ['CERT_HAS_EXPIRED', [leaf, middle], {}, { code: 'untrusted', certificate: middle }],
    ['CERT_NOT_YET_VALID', [leaf, middle], {}, { code: 'untrusted', certificate: middle }],
    ['CERT_HAS_EXPIRED', [leaf, middle], { path }, undefined],
    ['CERT_NOT_YET_VALID', [leaf, middle], { path }, undefined],
    ['UNVERIFIED', [leaf, middle], { path }, undefined],
    ['UNVERIFIED', [leaf, middle], {}, { code: 'untrusted', certificate: middle }],
    ['UNVERIFIED', [own], {}, { code: 'self-signed', certificate: own }],
    ['UNVERIFIED', [leaf, middle, goneCross], { path }, undefined],
    [
      'CERT_HAS_EXPIRED',
      [leaf, middle, goneCross],
      { path },
      {
        code: 'invalid-chain',
        certificate: leaf,
        reason: 'clients that follow it in the order sent are led astray (cert has expired)',
      },
    ],
    [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      [leaf, middle],
      { path },
      {
        code: 'invalid-chain',
        certificate: leaf,
        reason: 'clients that follow it in the order sent are led astray (unable to get issuer cert locally)',
      },
    ],
    [
      'INVALID_PURPOSE',
      [leaf, noCa],
      {},
      { code: 'invalid-chain', certificate: leaf, reason: 'invalid CA certificate' },
    ],
    ['ERR_TLS_CERT_ALTNAME_INVALID', [leaf, middle], {}, undefined],
    ['INVALID_CA', [leaf, middle], {}, { code: 'invalid-chain', certificate: leaf, reason: 'invalid ca' }],
    [
      'INVALID_PURPOSE',
      [leaf, middle],
      { path },
      { code: 'invalid-chain', certificate: leaf, reason: 'invalid purpose' },
    ],
    [
      'PATH_LENGTH_EXCEEDED',
      [leaf, middle],
      {},
      { code: 'invalid-chain', certificate: leaf, reason: 'path length exceeded' },
    ],
    [
      'CERT_SIGNATURE_FAILURE',
      [leaf, middle],
      {},
      { code: 'invalid-chain', certificate: leaf, reason: 'cert signature failure' },
    ],
    [
      'UNSPECIFIED',
      [leaf, middle],
      { verdict: { trusted: false, code: 'UNSPECIFIED', reason: 'permitted subtree violation' } },
      { code: 'invalid-chain', certificate: leaf, reason: 'permitted subtree violation' },
    ],
    [
      'UNSPECIFIED',
      [leaf, middle],
      { verdict: { trusted: false, code: 'UNSPECIFIED', reason: '' } },
      { code: 'invalid-chain', certificate: leaf, reason: 'UNSPECIFIED' },
    ],
  ] as const)('%s on row %#', (code, chain, overrides, expected) => {
    expect(trustFault(untrustedAddress(code, chain, overrides), NOW)).toEqual(expected);
  });

  it.each([
    ['with a path', {}],
    ['without one', { path: undefined }],
    ['for a self-signed leaf that the profile trusts', { chain: [own], path: [own] }],
  ])('is none where OpenSSL trusts, %s', (_, overrides) => {
    expect(trustFault(readAddress(overrides), NOW)).toBeUndefined();
  });
});
