/**
 * CRLs, OCSP responses and their signatures. Each kind is changed twice over: as it came, where nothing may be believed
 * that was not signed; and under the signature, which is then made anew, so that every octet of it is a CA's own word.
 */
import { constants, createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createCertificateReader } from '../../src/probe/certificate-reader.ts';
import { DerError, cursorOver, readAll, readElement } from '../../src/probe/der.ts';
import type { Element } from '../../src/probe/der.ts';
import { parseCertificate } from '../../src/probe/parse-certificate.ts';
import { readAuthority } from '../../src/probe/revocation/authority.ts';
import type { Authority } from '../../src/probe/revocation/authority.ts';
import { findRevoked, isInScope, readCrl } from '../../src/probe/revocation/crl.ts';
import type { Crl } from '../../src/probe/revocation/crl.ts';
import { RevocationError } from '../../src/probe/revocation/error.ts';
import { readOcspResponse } from '../../src/probe/revocation/ocsp.ts';
import type { OcspAnswer } from '../../src/probe/revocation/ocsp.ts';
import { isSignedBy } from '../../src/probe/revocation/signature.ts';
import { bitString, context, octetString, sequence } from '../helpers/der-writer.ts';
import { DISTRIBUTION, EXTENSION, HOUR_MS, extension, makeCrl, makeOcsp, ocspFailure } from '../helpers/revocation.ts';
import type { CrlOptions, OcspOptions } from '../helpers/revocation.ts';
import { attempt, hex, isDerError, must, orElse } from './check.ts';
import { NOW } from './identities.ts';
import type { Identities, Identity } from './identities.ts';
import type { Target } from './target.ts';

const ED25519 = hex('300506032b6570');
const DATES = { thisUpdate: new Date(NOW.getTime() - HOUR_MS), nextUpdate: new Date(NOW.getTime() + 48 * HOUR_MS) };
const SERIAL = `7a${'0b'.repeat(15)}`;
const URL = 'http://crl.example/a.crl';

/** Extensions, flags and statuses that change what a list or a response says. */
const WORDS = [
  '0101ff',
  '0a0108',
  '0603551d15',
  '0603551d1b',
  '0603551d1c',
  '0603551d1d',
  '0603551d14',
  '300c300a0603551d1504030a01',
  '8401ff',
  '83020560',
  '8000',
  '8200',
  'a1',
  '020205',
  '170d3236313132303131',
  '0201ff',
  '02020005',
].map(hex);

const isRefusal = (error: unknown): boolean => error instanceof RevocationError;

/** Of elements that are whole, as those below a signature are once they were read. */
const partsOf = (element: Element | undefined): Element[] => (element === undefined ? [] : readAll(element.content));

const hexOf = (element: Element | undefined): string => Buffer.from(element?.content ?? []).toString('hex');

interface PlainExtension {
  readonly oid: string;
  readonly isCritical: boolean;
  /** Of no interest where the extension is none that is understood, and so perhaps unreadable. */
  value(): Element;
}

function extensionsOf(list: Element | undefined): PlainExtension[] {
  return partsOf(list).map(({ content }) => {
    const fields = cursorOver(content);
    const oid = hexOf(fields.takeAny());
    const flag = fields.takeIf(0x01);
    return {
      oid,
      isCritical: flag !== undefined && flag.content[0] !== 0,
      value: () => readElement(fields.takeAny().content),
    };
  });
}

// ---------------------------------------------------------------- CRLs

/** Number, authority key, reason, invalidity date, and the issuing distribution point, which is read. */
const UNDERSTOOD = ['551d14', '551d23', '551d15', '551d18', '551d1c'];

/** To be taken, and to be refused: from those that are refused, one change leads to what must be refused too. */
function crlSeeds(issuer: Identity): { readonly good: Buffer[]; readonly bad: Buffer[] } {
  const long = extension('2a0304', Buffer.alloc(300, 0x30));
  const options: readonly CrlOptions[] = [
    {
      entries: [
        { serial: '01' },
        { serial: SERIAL, extensions: [EXTENSION.reason(1)] },
        { serial: '7a02010b7a', extensions: [EXTENSION.invalidityDate(NOW), EXTENSION.reason(4)] },
        { serial: '80ff', extensions: [EXTENSION.reason(8)] },
        { serial: '0b', extensions: [long] },
        { serial: '9001' },
      ],
      extensions: [EXTENSION.number, EXTENSION.unknown],
    },
    {
      entries: [{ serial: SERIAL }],
      extensions: [EXTENSION.distribution(DISTRIBUTION.at(URL), DISTRIBUTION.onlyUser)],
    },
    {},
  ];
  const entries = [{ serial: SERIAL }];
  const refused: readonly CrlOptions[] = [
    { entries, extensions: [EXTENSION.delta] },
    { entries, extensions: [EXTENSION.unknownCritical] },
    { entries: [{ serial: SERIAL, extensions: [EXTENSION.certificateIssuer, EXTENSION.reason(1)] }] },
    { entries, extensions: [EXTENSION.distribution(DISTRIBUTION.at(URL), DISTRIBUTION.indirect)] },
    { entries, extensions: [EXTENSION.distribution(DISTRIBUTION.at(URL), DISTRIBUTION.someReasons)] },
  ];
  const make = (one: CrlOptions): Buffer => makeCrl(issuer, { ...DATES, scheme: 'ed25519', ...one });
  return { good: options.map(make), bad: refused.map(make) };
}

/** What was signed, of a CRL. */
function listOf(crl: Buffer): Buffer {
  return Buffer.from(cursorOver(readElement(crl).content).takeAny().whole);
}

/** A serial number as certmon shows the one of a certificate with this INTEGER; empty where OpenSSL would read none. */
function serialOf(integer: Element | undefined): string {
  const octets = hexOf(integer);
  return /^(?:00[0-7]|ff[89a-f])/.test(octets) ? '' : octets.replace(/^00(?=.)/, '');
}

const REMOVED = '08';

/** The list read the plain way; `undefined` where it holds what certmon does not understand, and so must not believe. */
function revokedIn(list: Buffer): { readonly all: string[]; readonly revoked: Set<string> } | undefined {
  const fields = partsOf(readElement(list));
  if (fields[0]?.tag === 0x02) fields.shift();
  const [, , , , ...optional] = fields;
  const entries = partsOf(optional.find(({ tag }) => tag === 0x30));
  const explicit = optional.find(({ tag }) => tag === 0xa0);
  const ofList = extensionsOf(partsOf(explicit)[0]);
  const ofEntries = entries.map((entry) => extensionsOf(partsOf(entry)[2]));
  const isStrange = [...ofList, ...ofEntries.flat()].some(
    ({ oid, isCritical }) => (isCritical && !UNDERSTOOD.includes(oid)) || (isCritical && oid === '551d1d'),
  );
  const point = partsOf(ofList.find(({ oid }) => oid === '551d1c')?.value());
  const isPartial = point.some(({ tag, content }) => tag === 0x83 || (tag === 0x84 && content[0] !== 0));
  if (isStrange || isPartial || ofList.some(({ oid }) => oid === '551d1b')) return undefined;
  const all: string[] = [];
  const revoked = new Set<string>();
  entries.forEach((entry, index) => {
    const serial = serialOf(partsOf(entry)[0]);
    const reason = ofEntries[index]?.findLast(({ oid }) => oid === '551d15')?.value();
    all.push(serial);
    if (hexOf(reason) !== REMOVED) revoked.add(serial);
  });
  return { all, revoked };
}

function readIf(octets: Element | undefined): Element | undefined {
  return octets === undefined ? undefined : readElement(octets.content);
}

async function checkCrl(crl: Crl, list: Buffer): Promise<void> {
  const plain = revokedIn(list);
  if (plain === undefined) throw new Error('a CRL was believed that says more than certmon understands');
  for (const serial of new Set([SERIAL, ...plain.all.slice(0, 8)])) {
    if (serial === '') continue;
    const found = await attempt(async () => ({ entry: await findRevoked(crl, serial) }), isRefusal);
    if (found === undefined) continue;
    must((found.entry !== undefined) === plain.revoked.has(serial), `${serial} is not what the CRL says of it`);
    must(!Number.isNaN(found.entry?.revokedAt.getTime()), 'a date that is none');
  }
  isInScope(crl.scope, { isCa: false, crlUrls: [URL] });
}

function crlTargets(issuer: Identity, authority: Authority): Target[] {
  const { good: crls, bad } = crlSeeds(issuer);
  const signed = new Set(crls.map((crl) => listOf(crl).toString('hex')));
  const pem = Buffer.from(
    `-----BEGIN X509 CRL-----\n${(crls[0] ?? Buffer.alloc(0)).toString('base64')}\n-----END X509 CRL-----\n`,
  );
  return [
    {
      name: 'crl',
      seeds: [...crls, pem],
      words: WORDS,
      async run(input) {
        const crl = await attempt(() => readCrl(input, authority), isRefusal);
        if (crl === undefined) return;
        const isOne = [...signed].some((list) => list.includes(crl.entries.toString('hex')));
        must(isOne, 'entries that nobody signed');
      },
    },
    {
      name: 'crl-signed',
      seeds: [...crls, ...bad].map(listOf),
      words: WORDS,
      async run(list) {
        const body = sequence(list, ED25519, bitString(sign(null, list, issuer.key)));
        const crl = await attempt(() => readCrl(body, authority), isRefusal);
        if (crl !== undefined) await checkCrl(crl, list);
        else must(!signed.has(list.toString('hex')), 'a good CRL is refused');
      },
    },
  ];
}

// ---------------------------------------------------------------- OCSP

function ocspSeeds({ intermediate, leaf, responder }: Identities): {
  readonly good: Buffer[];
  readonly bad: Buffer[];
} {
  const options: readonly OcspOptions[] = [
    {},
    { status: 'revoked', reason: 1, responder, singleExtensions: [EXTENSION.unknown] },
    { status: 'revoked', by: 'key', responseExtensions: [EXTENSION.unknown] },
    { status: 'unknown', nextUpdate: null },
  ];
  const refused: readonly OcspOptions[] = [
    { responder: leaf },
    { responder: leaf, by: 'key' },
    { singleExtensions: [EXTENSION.unknownCritical] },
    { responseExtensions: [EXTENSION.unknownCritical] },
    { serial: '0102' },
    { nextUpdate: new Date(NOW.getTime() - 2 * HOUR_MS), thisUpdate: new Date(NOW.getTime() - 4 * HOUR_MS) },
    { thisUpdate: new Date(NOW.getTime() + 2 * HOUR_MS) },
  ];
  const make = (one: OcspOptions): Buffer => makeOcsp(intermediate, leaf, { ...DATES, scheme: 'ed25519', ...one });
  return { good: options.map(make), bad: refused.map(make) };
}

/** What was signed, of a response. */
function responseDataOf(response: Buffer): Buffer {
  const [, explicit] = partsOf(readElement(response));
  const [, octets] = partsOf(partsOf(explicit)[0]);
  return Buffer.from(cursorOver(readIf(octets)?.content ?? Buffer.alloc(0)).takeAny().whole);
}

const sha1 = (octets: Uint8Array): string => createHash('sha1').update(octets).digest('hex');

const STATUSES: Readonly<Record<number, OcspAnswer['status']>> = { 0x80: 'good', 0xa1: 'revoked', 0x82: 'unknown' };

/** What the data say of the certificate, read the plain way; `undefined` where nothing may be believed. */
function statusIn(data: Buffer, { name, keyBits }: Authority, serial: string): OcspAnswer['status'] | undefined {
  const fields = partsOf(readElement(data));
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [, , responses, explicit] = fields;
  if (extensionsOf(partsOf(explicit)[0]).some(({ isCritical }) => isCritical)) return undefined;
  for (const response of partsOf(responses)) {
    // Those about other certificates need not be readable.
    let parts: readonly Element[] = [];
    let id: readonly Element[] = [];
    orElse(() => {
      id = partsOf(readElement(response.content));
      parts = partsOf(response);
    }, isDerError);
    const [, nameHash, keyHash, number] = id;
    if (hexOf(nameHash) !== sha1(name) || hexOf(keyHash) !== sha1(keyBits) || hexOf(number) !== serial) continue;
    const [, status, , ...optional] = parts;
    const own = partsOf(optional.find(({ tag }) => tag === 0xa1))[0];
    return extensionsOf(own).some(({ isCritical }) => isCritical) ? undefined : STATUSES[status?.tag ?? 0];
  }
  return undefined;
}

function ocspTargets(identities: Identities, authority: Authority): Target[] {
  const { intermediate, leaf, responder } = identities;
  const { good: seeds, bad } = ocspSeeds(identities);
  const parsed = parseCertificate(intermediate.der);
  const { serialNumber } = parseCertificate(leaf.der).certificate;
  const reader = createCertificateReader();
  const read = (response: Buffer): Promise<OcspAnswer | undefined> =>
    attempt(() => readOcspResponse(response, { parsed, authority }, serialNumber, reader, NOW), isRefusal);
  const dataOfSeeds = seeds.map(responseDataOf);
  const good = new Set(dataOfSeeds.map((data) => data.toString('hex')));
  const check = (answer: OcspAnswer, data: Buffer): void => {
    must(answer.status === statusIn(data, authority, serialNumber), `${answer.status} is not what was signed`);
    must(Math.abs(answer.thisUpdate.getTime() - NOW.getTime()) < 400_000 * 24 * HOUR_MS, 'a date that is none');
    must(answer.thisUpdate.getTime() - NOW.getTime() <= HOUR_MS, 'a response of the future');
    must(NOW.getTime() - answer.nextUpdate.getTime() <= HOUR_MS, 'a response of the past');
    must((answer.status === 'revoked') === (answer.revokedAt !== undefined), 'a status without its date');
  };
  return [
    {
      name: 'ocsp',
      seeds: [...seeds, ocspFailure(3)],
      words: WORDS,
      async run(input) {
        const answer = await read(input);
        // Signed data is never changed here, so what was believed stands in it as it was.
        const whole = input.toString('hex');
        const data = dataOfSeeds.filter((one) => whole.includes(one.toString('hex')));
        if (answer === undefined) return;
        must(data.length > 0, 'data that nobody signed');
        must(
          data.some((one) => answer.status === statusIn(one, authority, serialNumber)),
          'another status than was signed',
        );
      },
    },
    {
      name: 'ocsp-signed',
      seeds: [...dataOfSeeds, ...bad.map(responseDataOf)],
      words: WORDS,
      async run(data) {
        for (const signer of [intermediate, responder, leaf]) {
          const basic = sequence(
            data,
            ED25519,
            bitString(sign(null, data, signer.key)),
            ...(signer === intermediate ? [] : [context(0, true, sequence(signer.der))]),
          );
          const typed = sequence(hex('06092b0601050507300101'), octetString(basic));
          const answer = await read(sequence(hex('0a0100'), context(0, true, typed)));
          must(answer === undefined || signer !== leaf, 'a response that a leaf signed');
          if (answer !== undefined) check(answer, data);
          // Each seed names one of the two as its responder.
          if (answer === undefined && signer === intermediate && good.has(data.toString('hex'))) {
            must(data.includes(responder.subject), 'a good response is refused');
          }
        }
      },
    },
  ];
}

// ---------------------------------------------------------------- signatures

interface Proof {
  readonly key: KeyObject;
  readonly algorithm: Buffer;
  readonly signature: Buffer;
}

const SIGNED = Buffer.from('what was signed');
const SHA256 = '0609608648016503040201';
const MGF1 = '06092a864886f70d010108';

function proofs(): Proof[] {
  const { privateKey: rsa, publicKey: rsaPublic } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: curve, publicKey: curvePublic } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pss = `a00f300d${SHA256}0500a11c301a${MGF1}300d${SHA256}0500a203020120`;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return [
    {
      key: rsaPublic,
      algorithm: hex(`304106092a864886f70d01010a3034${pss}`),
      signature: sign('sha256', SIGNED, { key: rsa, padding, saltLength: 32 }),
    },
    { key: rsaPublic, algorithm: hex('300d06092a864886f70d01010b0500'), signature: sign('sha256', SIGNED, rsa) },
    { key: curvePublic, algorithm: hex('300a06082a8648ce3d040302'), signature: sign('sha256', SIGNED, curve) },
  ];
}

/** Whether `algorithm` still says what the proof was signed with. */
function isSameAlgorithm(algorithm: Element, proof: Proof): boolean {
  const identifier = readElement(algorithm.content);
  const [wanted, parameters] = partsOf(readElement(proof.algorithm));
  if (hexOf(identifier) !== hexOf(wanted)) return false;
  if (parameters?.tag !== 0x30) return true;
  const text = hexOf(algorithm);
  return text.split(SHA256).length >= 3 && text.includes(MGF1) && /a2..02..(?:00)*20/.test(text);
}

function signatureTarget(): Target {
  const all = proofs();
  return {
    name: 'signature',
    // The last has a salt of a million octets.
    seeds: [...all.map(({ algorithm }) => algorithm), hex('301506092a864886f70d01010a3008a206020400100000')],
    words: ['06052b0e03021a', '0609608648016503040202', SHA256, MGF1, 'a203020120', 'a303020101', '0202ffff'].map(hex),
    async run(input) {
      for (const proof of all) {
        const signature = readElement(bitString(proof.signature));
        const isValid = await attempt(
          () => isSignedBy(proof.key, { bytes: SIGNED, algorithm: readElement(input), signature }),
          isDerError,
        );
        if (isValid === true) must(isSameAlgorithm(readElement(input), proof), 'an algorithm that did not sign');
        else must(!input.equals(proof.algorithm), 'a good signature is refused');
      }
    },
  };
}

export function revocationTargets(identities: Identities): Target[] {
  const authority = readAuthority(parseCertificate(identities.intermediate.der));
  return [
    ...crlTargets(identities.intermediate, authority),
    ...ocspTargets(identities, authority),
    signatureTarget(),
  ].map(withoutDerErrors);
}

/** An oracle reads what was believed, so that it must be readable; what says so is no find of the oracle's own. */
function withoutDerErrors(target: Target): Target {
  return {
    ...target,
    async run(input, pieces) {
      try {
        await target.run(input, pieces);
      } catch (error) {
        if (error instanceof DerError) throw new Error('what was believed cannot be read', { cause: error });
        throw error;
      }
    },
  };
}
