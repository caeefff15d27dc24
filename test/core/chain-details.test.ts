import { describe, expect, it } from 'vitest';
import { chainDetails } from '../../src/core/chain-details.ts';
import {
  certificate,
  failedAddress,
  inDays,
  intermediate,
  NOW,
  observation,
  readAddress,
  revocation,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';

describe('chain details', () => {
  it('addresses that serve the same chain are told once, those that failed not at all', () => {
    const sections = chainDetails(
      observation({ addresses: [readAddress(), readAddress({ address: '192.0.2.11' }), failedAddress()] }),
      NOW,
    );

    expect(sections.map((section) => section.title)).toEqual([
      '192.0.2.10, 192.0.2.11',
      '1. leaf: CN=mail.example.com',
      '2. intermediate: CN=Example Issuing CA, O=Example',
    ]);
    expect(sections[0]?.facts).toEqual([
      { label: 'TLS', value: 'TLSv1.3, TLS_AES_256_GCM_SHA384' },
      { label: 'Trust', value: 'trusted by CN=Example Root, O=Example' },
    ]);
    expect(sections[1]?.facts).toEqual([
      { label: 'Issuer', value: 'CN=Example Issuing CA, O=Example' },
      { label: 'Names', value: 'mail.example.com' },
      { label: 'Valid', value: '2026-10-25 12:00 UTC to 2027-01-23 12:00 UTC (ends in 60 days)' },
      { label: 'Key', value: 'ec 256, signed with ecdsa-with-SHA256' },
      { label: 'Serial', value: '0a1b2c' },
      { label: 'Fingerprint', value: certificate().fingerprint },
    ]);
  });

  it('addresses that serve different certificates are told apart', () => {
    const older = certificate({ notAfter: inDays(-2) });

    const sections = chainDetails(
      observation({ addresses: [readAddress(), servingLeaf(older, { address: '192.0.2.11' })] }),
      NOW,
    );

    expect(sections.filter((section) => section.title.startsWith('192.')).map((section) => section.title)).toEqual([
      '192.0.2.10',
      '192.0.2.11',
    ]);
    expect(sections.flatMap((section) => section.facts).map((fact) => fact.value)).toContainEqual(
      expect.stringContaining('(ended 2 days ago)'),
    );
  });

  it('a certificate that two addresses serve in different company is told in full once', () => {
    const sections = chainDetails(
      observation({
        addresses: [readAddress(), readAddress({ address: '192.0.2.11', tlsVersion: 'TLSv1.2' })],
      }),
      NOW,
    );

    expect(sections.slice(3)).toMatchObject([
      { title: '192.0.2.11', facts: [{ value: 'TLSv1.2, TLS_AES_256_GCM_SHA384' }, {}] },
      { title: '1. leaf: CN=mail.example.com, as above', facts: [] },
      { title: '2. intermediate: CN=Example Issuing CA, O=Example, as above', facts: [] },
    ]);
  });

  it('one that is judged in another way there is told again', () => {
    const sections = chainDetails(
      observation({ addresses: [readAddress(), readAddress({ address: '192.0.2.11', revocation: [revocation()] })] }),
      NOW,
    );

    expect(sections.map(({ title }) => title.endsWith('as above'))).toEqual([false, false, false, false, false, true]);
  });

  it('a missing intermediate comes with its PEM', () => {
    const address = untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [certificate()], {
      missing: [{ certificate: intermediate(), pem: '-----BEGIN CERTIFICATE-----' }],
    });

    const sections = chainDetails(observation({ addresses: [address] }), NOW);

    expect(sections[0]?.facts[1]).toEqual({ label: 'Trust', value: 'not trusted: unable to verify leaf signature' });
    expect(sections.at(-1)).toMatchObject({
      title: 'missing intermediate: the server does not send it: CN=Example Issuing CA, O=Example',
      code: '-----BEGIN CERTIFICATE-----',
    });
  });

  it('of many names and many certificates the first are shown, and the rest counted', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => ({
      type: 'dns' as const,
      value: `h${String(index)}.example.com`,
    }));
    const leaf = certificate({ subjectAltNames: names });
    const chain = [leaf, ...Array.from({ length: 9 }, (_, index) => intermediate({ serialNumber: String(index) }))];

    const sections = chainDetails(observation({ addresses: [readAddress({ chain })] }), NOW);

    expect(sections).toHaveLength(8);
    expect(sections.at(-1)).toEqual({ title: 'and 4 more certificates', facts: [] });
    expect(sections[1]?.facts).toContainEqual({
      label: 'Names',
      value: 'h0.example.com, h1.example.com, h2.example.com, h3.example.com, h4.example.com and 9995 more',
    });
  });
});
