import { describe, expect, it } from 'vitest';
import { assess } from '../../src/core/assess.ts';
import type { CaaSet } from '../../src/core/caa.ts';
import type { ReadAddress } from '../../src/core/observation.ts';
import {
  certificate,
  endpoint,
  intermediate,
  observation,
  profile,
  root,
  NOW,
  readAddress,
} from '../helpers/builders.ts';

const issuer = 'CN=GeoTrust TLS RSA CA G1, O=DigiCert Inc, C=US';
const named = certificate({ issuer });
const wild = certificate({ issuer, subjectAltNames: [{ type: 'dns', value: '*.example.com' }] });

function serving(leaf: typeof named, overrides: Partial<ReadAddress> = {}): ReadAddress {
  return readAddress({ chain: [leaf], path: [leaf, intermediate(), root()], isPublic: true, ...overrides });
}

function set(domain: string, value: string, name = domain): CaaSet {
  return { domain, name, records: [{ critical: false, tag: 'issue', value }] };
}

function findings(addresses: readonly ReadAddress[], caa: readonly CaaSet[], serverName = 'mail.example.com') {
  return assess(observation({ addresses, caa }), endpoint({ serverName }), profile(), NOW).findings;
}

describe('CAA records', () => {
  it('that forbid the CA are told once for all addresses, as information', () => {
    const addresses = [serving(named), serving(named, { address: '192.0.2.11' })];
    expect(findings(addresses, [set('mail.example.com', 'letsencrypt.org', 'example.com')])).toMatchObject([
      {
        code: 'caa-mismatch',
        severity: 'info',
        fingerprint: named.fingerprint,
        addresses: ['192.0.2.10', '192.0.2.11'],
        message:
          "The CAA records of example.com let only letsencrypt.org issue certificates, but 'DigiCert Inc' issued leaf certificate 'mail.example.com' on mail.example.com:25.",
      },
    ]);
  });

  it.each([
    { title: 'allow it', address: serving(named), caa: [set('mail.example.com', 'digicert.com')] },
    { title: 'were not found', address: serving(named), caa: [] },
    {
      title: 'bind no CA of our own',
      address: serving(named, { isPublic: false }),
      caa: [set('mail.example.com', ';')],
    },
    {
      title: 'are of the name where a wildcard is served',
      address: serving(wild),
      caa: [set('mail.example.com', ';')],
    },
    { title: 'are of the parent where the name is served', address: serving(named), caa: [set('example.com', ';')] },
    {
      title: 'are of a CA that we do not know',
      address: serving(certificate({ issuer: 'CN=New, O=New CA' })),
      caa: [set('mail.example.com', ';')],
    },
  ])('are not told where they $title', ({ address, caa }) => {
    expect(findings([address], caa)).toEqual([]);
  });

  it("are a wildcard's by the domain under it", () => {
    expect(findings([serving(wild)], [set('example.com', ';')])).toMatchObject([{ code: 'caa-mismatch' }]);
  });

  it('are not asked of an address', () => {
    const leaf = certificate({ issuer, subjectAltNames: [{ type: 'ip', value: '192.0.2.10' }] });
    expect(findings([serving(leaf)], [set('192.0.2.10', ';')], '192.0.2.10')).toEqual([]);
  });
});

describe('a lifetime', () => {
  const long = certificate({ notBefore: new Date('2026-03-15T00:00:00Z'), notAfter: new Date('2027-03-30T00:00:00Z') });
  const before = certificate({
    notBefore: new Date('2026-03-14T23:59:59Z'),
    notAfter: new Date('2027-03-30T00:00:00Z'),
  });

  it('beyond what public CAs may give is told of their leaves alone', () => {
    expect(findings([serving(long)], [])).toMatchObject([
      { code: 'lifetime-too-long', severity: 'info', fingerprint: long.fingerprint, addresses: ['192.0.2.10'] },
    ]);
    expect(findings([serving(long, { isPublic: false })], [])).toEqual([]);
    expect(findings([serving(before)], [])).toEqual([]);
  });
});
