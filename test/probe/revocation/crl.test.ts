import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { CertificateRevocationList } from 'pkijs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../src/demo/authority.ts';
import type { Issuer } from '../../../src/demo/authority.ts';
import { signingAlgorithm } from '../../../src/demo/signing-keys.ts';
import { readAuthority } from '../../../src/probe/revocation/authority.ts';
import type { Authority } from '../../../src/probe/revocation/authority.ts';
import { findRevoked, isInScope, readCrl } from '../../../src/probe/revocation/crl.ts';
import { encode } from '../../../src/probe/der-write.ts';
import { parseCertificate } from '../../../src/probe/parse-certificate.ts';
import { RevocationError } from '../../../src/probe/revocation/error.ts';
import { DISTRIBUTION, EXTENSION, HOUR_MS, REVOKED_AT, makeCrl } from '../../helpers/revocation.ts';
import type { CrlOptions, Scheme } from '../../helpers/revocation.ts';

const authorityOf = (issuer: Issuer): Authority => readAuthority(parseCertificate(issuer.der));

let ca: Issuer;
let rsa: Issuer;
let edwards: Issuer;
let authority: Authority;

beforeAll(async () => {
  [ca, rsa, edwards] = await Promise.all([
    createAuthority('CA'),
    createAuthority('CA', { key: 'RSA-2048' }),
    createAuthority('CA', { key: 'Ed25519' }),
  ]);
  authority = authorityOf(ca);
});

/** Elements of two octets, no content. */
const MILLIONS = Buffer.alloc(4_000_000, Buffer.from('0500', 'hex'));

/** As a CRL has them: positive, of sixteen octets. */
const SERIAL = `7a${'0b'.repeat(15)}`;

describe('a CRL', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 9, 10])('lists a certificate with reason %i', async (code) => {
    const crl = await readCrl(
      makeCrl(ca, { entries: [{ serial: '01' }, { serial: SERIAL, extensions: [EXTENSION.reason(code)] }] }),
      authority,
    );
    const entry = await findRevoked(crl, SERIAL);
    expect(entry?.revokedAt).toEqual(REVOKED_AT);
    expect(entry?.reason).toMatch(/^[a-zA-Z]+$/);
    expect(await findRevoked(crl, `7b${SERIAL.slice(2)}`)).toBeUndefined();
  });

  it('names reasons as the RFC does, and gives none where none is', async () => {
    const crl = await readCrl(
      makeCrl(ca, {
        entries: [
          { serial: '01', extensions: [EXTENSION.reason(1)] },
          { serial: '02' },
          { serial: '03', extensions: [EXTENSION.invalidityDate(REVOKED_AT), EXTENSION.reason(4)] },
          { serial: '04', extensions: [EXTENSION.reason(8)] },
          { serial: '05', extensions: [EXTENSION.unknown] },
        ],
      }),
      authority,
    );
    const entries = await Promise.all(['01', '02', '03', '04', '05'].map((serial) => findRevoked(crl, serial)));
    expect(entries).toEqual([
      { revokedAt: REVOKED_AT, reason: 'keyCompromise' },
      { revokedAt: REVOKED_AT, reason: undefined },
      { revokedAt: REVOKED_AT, reason: 'superseded' },
      undefined, // taken off the list
      { revokedAt: REVOKED_AT, reason: undefined },
    ]);
  });

  it('that is empty lists nothing', async () => {
    expect(await findRevoked(await readCrl(makeCrl(ca), authority), SERIAL)).toBeUndefined();
  });

  it('is searched by whole numbers: octets that only occur within something else are no hit', async () => {
    // 02 01 0b is the encoding of 11, and stands in the middle of the other number.
    const crl = await readCrl(makeCrl(ca, { entries: [{ serial: '7a02010b7a' }, { serial: '80ff' }] }), authority);
    expect(await findRevoked(crl, '0b')).toBeUndefined();
    expect(await findRevoked(crl, '80ff')).toMatchObject({ revokedAt: REVOKED_AT });
  });

  it.each([
    { what: 'that is negative', integer: '0203cb0102', serial: 'cb0102' },
    { what: 'of one octet that is negative', integer: '0201ff', serial: 'ff' },
    { what: 'with a length of more octets than it takes', integer: '0281020bcb', serial: '0bcb' },
    { what: 'of zero', integer: '020100', serial: '00' },
  ])('lists a serial number $what', async ({ integer, serial }) => {
    const crl = await readCrl(makeCrl(ca, { entries: [{ serial: Buffer.from(integer, 'hex') }] }), authority);
    expect(await findRevoked(crl, serial)).toEqual({ revokedAt: REVOKED_AT, reason: undefined });
    expect(await findRevoked(crl, `01${serial}`)).toBeUndefined();
    expect(await findRevoked(crl, `${serial}01`)).toBeUndefined();
  });

  it.each<{ scheme: Scheme; issuer: () => Issuer }>([
    { scheme: 'ecdsa-sha256', issuer: () => ca },
    { scheme: 'rsa-sha256', issuer: () => rsa },
    { scheme: 'rsa-pss', issuer: () => rsa },
    { scheme: 'rsa-sha1', issuer: () => rsa },
    { scheme: 'ed25519', issuer: () => edwards },
  ])('signed with $scheme is taken, and with one bit changed is not', async ({ scheme, issuer }) => {
    const body = makeCrl(issuer(), { scheme, entries: [{ serial: SERIAL }] });
    const crl = await readCrl(body, authorityOf(issuer()));
    expect(await findRevoked(crl, SERIAL)).toBeDefined();
    const changed = Buffer.from(body);
    const at = changed.indexOf(Buffer.from(SERIAL, 'hex'));
    changed[at + 5] = 0x0c;
    await expect(readCrl(changed, authorityOf(issuer()))).rejects.toThrow("signature is not the issuer's");
  });

  it('in PEM is read too', async () => {
    const base64 = makeCrl(ca, { entries: [{ serial: SERIAL }] }).toString('base64');
    const pem = `-----BEGIN X509 CRL-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`;
    expect(await findRevoked(await readCrl(Buffer.from(pem), authority), SERIAL)).toBeDefined();
  });

  it('made and read by others is what it is to us', async () => {
    const key = createPrivateKey(ca.keyPem);
    const { importAs, signAs } = signingAlgorithm(key, 'SHA-384');
    const made = await x509.X509CrlGenerator.create(
      {
        issuer: new x509.X509Certificate(ca.der).subjectName,
        thisUpdate: REVOKED_AT,
        nextUpdate: new Date(REVOKED_AT.getTime() + HOUR_MS),
        signingAlgorithm: signAs,
        signingKey: await webcrypto.subtle.importKey(
          'pkcs8',
          key.export({ type: 'pkcs8', format: 'der' }),
          importAs,
          false,
          ['sign'],
        ),
        entries: [
          { serialNumber: SERIAL, revocationDate: REVOKED_AT, reason: x509.X509CrlReason.cessationOfOperation },
        ],
      },
      webcrypto,
    );
    const crl = await readCrl(Buffer.from(made.rawData), authority);
    expect(crl).toMatchObject({ thisUpdate: REVOKED_AT, nextUpdate: new Date(REVOKED_AT.getTime() + HOUR_MS) });
    expect(await findRevoked(crl, SERIAL)).toEqual({ revokedAt: REVOKED_AT, reason: 'cessationOfOperation' });
    // And what the other tests build is a CRL to others.
    const ours = CertificateRevocationList.fromBER(
      makeCrl(ca, { entries: [{ serial: SERIAL, extensions: [EXTENSION.reason(1)] }], extensions: [EXTENSION.number] }),
    );
    expect(ours.revokedCertificates?.[0]?.revocationDate.value).toEqual(REVOKED_AT);
  });

  const DISTRIBUTED = (...parts: readonly Buffer[]): CrlOptions => ({ extensions: [EXTENSION.distribution(...parts)] });
  it.each<{ what: string; options: CrlOptions; why: string }>([
    { what: 'a delta', options: { extensions: [EXTENSION.delta] }, why: 'delta' },
    { what: 'an indirect one', options: DISTRIBUTED(DISTRIBUTION.indirect), why: 'indirect' },
    { what: 'one for some reasons', options: DISTRIBUTED(DISTRIBUTION.someReasons), why: 'some reasons' },
    { what: 'one with no place we know', options: DISTRIBUTED(DISTRIBUTION.at()), why: 'in a way' },
    { what: 'an unknown critical extension', options: { extensions: [EXTENSION.unknownCritical] }, why: 'critical' },
    {
      what: "an entry of another issuer's",
      options: { entries: [{ serial: '01' }, { serial: '02', extensions: [EXTENSION.certificateIssuer] }] },
      why: 'an entry has a critical',
    },
    {
      what: 'an entry with an unknown critical extension',
      options: { entries: [{ serial: '01', extensions: [EXTENSION.unknownCritical] }] },
      why: 'an entry has a critical',
    },
    { what: 'one without an end', options: { nextUpdate: null }, why: 'when the next one comes' },
  ])('$what is refused', async ({ options, why }) => {
    await expect(readCrl(makeCrl(ca, options), authority)).rejects.toThrow(why);
  });

  it('of another issuer, or signed by another of the same name, is refused', async () => {
    const stranger = await createAuthority('Stranger');
    const namesake = await createAuthority('CA');
    await expect(readCrl(makeCrl(stranger), authority)).rejects.toThrow('another issuer');
    await expect(readCrl(makeCrl(ca, { signer: namesake }), authority)).rejects.toThrow("not the issuer's");
    await expect(readCrl(makeCrl(rsa, { scheme: 'rsa-md5' }), authorityOf(rsa))).rejects.toThrow("not the issuer's");
  });

  it("counts as its issuer's where only case and spaces of the name differ", async () => {
    const issuer = await createAuthority('Example  CA');
    const shouting = { ...authorityOf(issuer), name: authorityOf(await createAuthority('EXAMPLE CA')).name };
    expect(await readCrl(makeCrl(issuer), shouting)).toMatchObject({ scope: { only: undefined } });
  });

  it('of an issuer that may not sign CRLs is refused', async () => {
    const purposes = { maySignCrls: false, maySignOcsp: false };
    await expect(readCrl(makeCrl(ca), { ...authority, purposes })).rejects.toThrow('key usage');
  });

  it.each([
    { parts: [], leaf: true, issuer: true },
    { parts: [DISTRIBUTION.onlyUser], leaf: true, issuer: false },
    { parts: [DISTRIBUTION.onlyCa], leaf: false, issuer: true },
    { parts: [DISTRIBUTION.onlyAttribute], leaf: false, issuer: false },
    { parts: [DISTRIBUTION.at('http://other/', 'http://mine/')], leaf: true, issuer: true },
    { parts: [DISTRIBUTION.at('http://other/')], leaf: false, issuer: false },
  ])('speaks of certificates in its scope only ($parts.length parts, leaf $leaf, CA $issuer)', async (row) => {
    const { scope } = await readCrl(makeCrl(ca, DISTRIBUTED(...row.parts)), authority);
    const crlUrls = ['http://mine/'];
    expect(isInScope(scope, { isCa: false, crlUrls })).toBe(row.leaf);
    expect(isInScope(scope, { isCa: true, crlUrls })).toBe(row.issuer);
  });

  it.each<{ where: string; options: CrlOptions; isForged: boolean }>([
    { where: 'list extensions that nobody signed', options: { extensions: [MILLIONS] }, isForged: true },
    { where: 'list extensions', options: { extensions: [MILLIONS] }, isForged: false },
    {
      where: 'extensions of one entry',
      options: { entries: [{ serial: '01', extensions: [MILLIONS] }] },
      isForged: false,
    },
  ])('with millions of elements in $where costs next to nothing', async ({ options, isForged }) => {
    const signer = isForged ? await createAuthority('CA') : ca;
    const body = makeCrl(ca, { ...options, signer });
    const startedAt = process.cpuUsage();
    await expect(readCrl(body, authority)).rejects.toThrow(RevocationError);
    const { user, system } = process.cpuUsage(startedAt);
    // Each as an object of its own would be some seconds and gigabytes.
    expect((user + system) / 1000).toBeLessThan(500);
  });

  it('with extensions on every entry lets others have their turn all the same', async () => {
    const extensions = [EXTENSION.reason(1), EXTENSION.invalidityDate(REVOKED_AT)];
    const entries = Array.from({ length: 20_000 }, (_, index) => ({
      serial: `0${(index + 65_536).toString(16)}`,
      extensions,
    }));
    const body = makeCrl(ca, { entries });
    let turns = 0;
    const others = setInterval(() => (turns += 1), 1);
    await readCrl(body, authority);
    clearInterval(others);
    // In slices of five thousand entries, however long they take, it is four or five.
    expect(turns).toBeGreaterThan(20);
  });

  it('of an issuer whose name is endless is refused unread', async () => {
    const name = encode(0x30, Buffer.alloc(1_000_000, Buffer.from('3100', 'hex')));
    const body = makeCrl(ca, { issuerName: name });
    await expect(readCrl(body, authority)).rejects.toThrow('more than an honest CRL holds');
  });

  it('of any bytes is read or refused, and nothing else', async () => {
    const body = makeCrl(ca, {
      entries: [{ serial: SERIAL }, { serial: '05', extensions: [EXTENSION.reason(1)] }],
      extensions: [EXTENSION.distribution(DISTRIBUTION.at('http://mine/'), DISTRIBUTION.onlyUser)],
    });
    const settles = async (bytes: Buffer): Promise<void> => {
      try {
        await findRevoked(await readCrl(bytes, authority), SERIAL);
      } catch (error) {
        expect(error).toBeInstanceOf(RevocationError);
      }
    };
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) => settles(Buffer.from(bytes))));
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.nat(255), fc.boolean(), (at, octet, isCut) => {
        const changed = Buffer.from(isCut ? body.subarray(0, at) : body);
        if (!isCut) changed[at] = octet;
        return settles(changed);
      }),
      { numRuns: 500 },
    );
  });
});
