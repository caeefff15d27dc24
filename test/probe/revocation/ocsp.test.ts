import fc from 'fast-check';
import { BasicOCSPResponse, Certificate, OCSPRequest, OCSPResponse } from 'pkijs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../../src/demo/authority.ts';
import { readAuthority } from '../../../src/probe/revocation/authority.ts';
import { createCertificateReader } from '../../../src/probe/certificate-reader.ts';
import { ocspRequest, readOcspResponse } from '../../../src/probe/revocation/ocsp.ts';
import type { OcspAnswer } from '../../../src/probe/revocation/ocsp.ts';
import { parseCertificate } from '../../../src/probe/parse-certificate.ts';
import { RevocationError } from '../../../src/probe/revocation/error.ts';
import { EXTENSION, HOUR_MS, REVOKED_AT, makeOcsp, ocspFailure, serialOf } from '../../helpers/revocation.ts';
import type { OcspOptions } from '../../helpers/revocation.ts';

const now = new Date();
const hours = (count: number): Date => new Date(now.getTime() + count * HOUR_MS);
/** Responses have whole seconds. */
const seconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

let ca: Issuer;
let leaf: Credential;
let responder: Credential;

beforeAll(async () => {
  ca = await createAuthority('CA');
  [leaf, responder] = await Promise.all([
    ca.issueLeaf({ dns: ['mail.example.com'] }),
    ca.issueLeaf({ commonName: 'Responder', purpose: 'ocsp' }),
  ]);
});

function read(bytes: Buffer, issuer: Issuer = ca): Promise<OcspAnswer> {
  const parsed = parseCertificate(issuer.der);
  const reader = createCertificateReader();
  return readOcspResponse(bytes, { parsed, authority: readAuthority(parsed) }, serialOf(leaf), reader, now);
}

describe('an OCSP request', () => {
  it('is what pkijs reads as one about this certificate', async () => {
    const bytes = ocspRequest(readAuthority(parseCertificate(ca.der)), serialOf(leaf));
    const [only, ...more] = OCSPRequest.fromBER(bytes).tbsRequest.requestList;
    expect(more).toEqual([]);
    const theirs = new OCSPRequest();
    await theirs.createForCertificate(Certificate.fromBER(leaf.der), {
      hashAlgorithm: 'SHA-1',
      issuerCertificate: Certificate.fromBER(ca.der),
    });
    expect(only?.reqCert.isEqual(theirs.tbsRequest.requestList[0]?.reqCert ?? fail())).toBe(true);
  });
});

function fail(): never {
  throw new Error('pkijs made no request');
}

describe('an OCSP response', () => {
  it.each<{ status: 'good' | 'revoked' | 'unknown'; reason?: number; named?: string }>([
    { status: 'good' },
    { status: 'revoked' },
    { status: 'revoked', reason: 1, named: 'keyCompromise' },
    { status: 'revoked', reason: 4, named: 'superseded' },
    { status: 'unknown' },
  ])('says $status ($named)', async ({ status, reason, named }) => {
    const options = {
      status,
      nextUpdate: hours(24),
      thisUpdate: hours(-1),
      ...(reason === undefined ? {} : { reason }),
    };
    expect(await read(makeOcsp(ca, leaf, options))).toEqual({
      status,
      revokedAt: status === 'revoked' ? REVOKED_AT : undefined,
      reason: named,
      thisUpdate: seconds(hours(-1)),
      nextUpdate: seconds(hours(24)),
    });
  });

  it('as the tests build it is one that pkijs verifies, with the same status', async () => {
    const bytes = makeOcsp(ca, leaf, { status: 'revoked', responder });
    const response = OCSPResponse.fromBER(bytes);
    const issuer = Certificate.fromBER(ca.der);
    expect(await response.getCertificateStatus(Certificate.fromBER(leaf.der), issuer)).toMatchObject({ status: 1 });
    const basic = BasicOCSPResponse.fromBER(response.responseBytes?.response.valueBlock.valueHexView ?? fail());
    expect(await basic.verify({ trustedCerts: [issuer] })).toBe(true);
  });

  it.each<{ what: string; options: () => OcspOptions }>([
    { what: 'the issuer by name', options: () => ({}) },
    { what: 'the issuer by key', options: () => ({ by: 'key' }) },
    { what: 'a delegated responder by name', options: () => ({ responder }) },
    { what: 'a delegated responder by key', options: () => ({ responder, by: 'key' }) },
    {
      what: 'the issuer, with extensions that change nothing',
      options: () => ({ responseExtensions: [EXTENSION.unknown] }),
    },
    { what: 'the issuer, a little fast', options: () => ({ thisUpdate: hours(4 / 60) }) },
    { what: 'the issuer, without an end', options: () => ({ nextUpdate: null }) },
  ])('of $what is taken', async ({ options }) => {
    expect(await read(makeOcsp(ca, leaf, options()))).toMatchObject({ status: 'good' });
  });

  it('of an RSA or Edwards issuer is taken', async () => {
    for (const [key, scheme] of [
      ['RSA-2048', 'rsa-sha256'],
      ['RSA-2048', 'rsa-pss'],
      ['Ed25519', 'ed25519'],
    ] as const) {
      const issuer = await createAuthority('Another', { key });
      expect(await read(makeOcsp(issuer, leaf, { scheme }), issuer)).toMatchObject({ status: 'good' });
    }
  });

  it.each<{ what: string; bytes: () => Buffer | Promise<Buffer>; why: string }>([
    { what: 'tryLater', bytes: () => ocspFailure(3), why: 'tryLater' },
    { what: 'unauthorized', bytes: () => ocspFailure(6), why: 'unauthorized' },
    { what: 'another certificate', bytes: () => makeOcsp(ca, leaf, { serial: '0102' }), why: 'another certificate' },
    {
      what: 'a stranger of that name',
      bytes: async () => makeOcsp(ca, leaf, { signer: await createAuthority('CA') }),
      why: 'not signed',
    },
    {
      what: "a responder of another CA's",
      bytes: async () => {
        const stranger = await createAuthority('CA');
        return makeOcsp(ca, leaf, { responder: await stranger.issueLeaf({ commonName: 'R', purpose: 'ocsp' }) });
      },
      why: 'not signed',
    },
    {
      what: 'a certificate of the CA that may not',
      bytes: () => makeOcsp(ca, leaf, { responder: leaf }),
      why: 'not signed',
    },
    {
      what: 'a responder whose certificate has ended',
      bytes: async () =>
        makeOcsp(ca, leaf, {
          responder: await ca.issueLeaf({
            commonName: 'R',
            purpose: 'ocsp',
            notBefore: hours(-9),
            notAfter: hours(-1),
          }),
        }),
      why: 'not signed',
    },
    {
      what: 'a responder that is not the one named',
      bytes: () => makeOcsp(ca, leaf, { signer: responder }),
      why: 'not signed',
    },
    {
      what: 'yesterday',
      bytes: () => makeOcsp(ca, leaf, { nextUpdate: hours(-1), thisUpdate: hours(-3) }),
      why: 'out of date',
    },
    {
      what: 'two days ago, without an end',
      bytes: () => makeOcsp(ca, leaf, { nextUpdate: null, thisUpdate: hours(-48) }),
      why: 'out of date',
    },
    { what: 'tomorrow', bytes: () => makeOcsp(ca, leaf, { thisUpdate: hours(24) }), why: 'of the future' },
    {
      what: 'a critical extension',
      bytes: () => makeOcsp(ca, leaf, { responseExtensions: [EXTENSION.unknownCritical] }),
      why: 'critical',
    },
    {
      what: 'a critical extension of one',
      bytes: () => makeOcsp(ca, leaf, { singleExtensions: [EXTENSION.unknownCritical] }),
      why: 'critical',
    },
    {
      what: 'more of one than is known',
      bytes: () => makeOcsp(ca, leaf, { behindSingle: Buffer.from('a200', 'hex') }),
      why: 'more than a response holds',
    },
    {
      what: 'more than is known',
      bytes: () => makeOcsp(ca, leaf, { behindAll: Buffer.from('a200', 'hex') }),
      why: 'more than a response holds',
    },
    { what: 'garbage', bytes: () => Buffer.from('garbage'), why: 'no OCSP response' },
  ])('of $what is refused', async ({ bytes, why }) => {
    const error: unknown = await read(await bytes()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RevocationError);
    expect(String(error)).toMatch(new RegExp(why));
  });

  it('of any bytes is read or refused, and nothing else', async () => {
    const body = makeOcsp(ca, leaf, { status: 'revoked', reason: 1, responder });
    const settles = async (bytes: Buffer): Promise<void> => {
      try {
        await read(bytes);
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
