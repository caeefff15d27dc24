import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, createSelfSigned } from '../../src/demo/authority.ts';

describe('the certificate factory', () => {
  it('issues chains whose signatures OpenSSL verifies', async () => {
    const root = await createAuthority('Root');
    const intermediate = await root.issueIntermediate('Intermediate');
    const leaf = await intermediate.issueLeaf({ dns: ['mail.example.com'] });
    const [upper, middle, lower] = [root, intermediate, leaf].map(({ der }) => new X509Certificate(der));
    if (upper === undefined || middle === undefined || lower === undefined) throw new Error('three were made');
    expect(upper.verify(upper.publicKey)).toBe(true);
    expect(middle.checkIssued(upper) && middle.verify(upper.publicKey)).toBe(true);
    expect(lower.checkIssued(middle) && lower.verify(middle.publicKey)).toBe(true);
    expect(lower.verify(upper.publicKey)).toBe(false);
    expect(lower.checkHost('mail.example.com')).toBe('mail.example.com');
  });

  it('chains hold the leaf and what is above it, without the root', async () => {
    const root = await createAuthority('Root');
    const upper = await root.issueIntermediate('Upper');
    const lower = await upper.issueIntermediate('Lower');
    const leaf = await lower.issueLeaf({ dns: ['a.example'] });
    expect(leaf.chainPem).toBe(leaf.pem + lower.pem + upper.pem);
    expect((await root.issueLeaf({ dns: ['a.example'] })).chainPem.match(/BEGIN/g)).toHaveLength(1);
  });

  it('keeps to the options', async () => {
    const root = await createAuthority('Root', { key: 'RSA-2048' });
    const notBefore = new Date('2025-01-01T00:00:00Z');
    const notAfter = new Date('2025-02-01T00:00:00Z');
    const leaf = await root.issueLeaf({
      dns: ['a.example', '*.a.example'],
      ip: ['192.0.2.1', '2001:db8::1'],
      uri: ['sip:a.example'],
      notBefore,
      notAfter,
      key: 'P-384',
      issuerUrl: 'http://ca.example/root.cer',
    });
    const parsed = new X509Certificate(leaf.der);
    expect(parsed.subjectAltName).toBe(
      'DNS:a.example, DNS:*.a.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:sip:a.example',
    );
    expect(new Date(parsed.validFrom)).toEqual(notBefore);
    expect(new Date(parsed.validTo)).toEqual(notAfter);
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
    expect(parsed.infoAccess).toContain('http://ca.example/root.cer');
    expect(parsed.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(leaf.fingerprint);
  });

  it('a cross-sign has the name and key of the one and the issuer of the other', async () => {
    const [old, young] = await Promise.all([createAuthority('Old Root'), createAuthority('Young Root')]);
    const cross = new X509Certificate(await old.crossSign(young));
    expect(cross.subject).toBe('CN=Young Root');
    expect(cross.checkIssued(new X509Certificate(old.der))).toBe(true);
    const leaf = new X509Certificate((await young.issueLeaf({ dns: ['a.example'] })).der);
    expect(leaf.verify(cross.publicKey)).toBe(true);
  });

  it('a self-signed leaf is issued by itself and is no CA', async () => {
    const leaf = new X509Certificate((await createSelfSigned({ dns: ['a.example'] })).der);
    expect(leaf.issuer).toBe(leaf.subject);
    expect(leaf.verify(leaf.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
  });
});
