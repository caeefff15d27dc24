/**
 * OCSP (RFC 6960): the question, and the answer judged as section 3.2 asks, whether it came by HTTP or stapled to a
 * handshake. Our DER reader is enough for both, so that a peer's bytes go through one small parser; pkijs, which knows it
 * all, is the oracle in tests.
 *
 * Limits: no nonce is sent, since public responders answer from a cache and leave it out (RFC 5019, 4); whether a delegated
 * responder's own certificate is revoked is not asked, which `id-pkix-ocsp-nocheck` usually forbids anyway.
 */
import { createHash } from 'node:crypto';
import { readTime } from '../asn1-time.ts';
import { isSameName, readAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import type { CertificateReader } from '../certificate-reader.ts';
import {
  DerError,
  TAG,
  contextTag,
  cursorOver,
  expectElement,
  readAll,
  readElement,
  readObjectIdentifier,
  readSmallInteger,
} from '../der.ts';
import type { Cursor, Element } from '../der.ts';
import { encode, encodeInteger } from '../der-write.ts';
import { UnreadableCertificateError } from '../parse-certificate.ts';
import type { ParsedCertificate } from '../parse-certificate.ts';
import { isValidAt } from '../path.ts';
import { RevocationError, reasonName } from './error.ts';
import { isSignedBy } from './signature.ts';

/** An issuer, as its certificate and as the one that vouches. */
export interface OcspIssuer {
  readonly parsed: ParsedCertificate;
  readonly authority: Authority;
}

export interface OcspAnswer {
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: Date | undefined;
  readonly reason: string | undefined;
  readonly thisUpdate: Date;
  /** Until when it may be relied on. */
  readonly nextUpdate: Date;
}

export const OCSP_REQUEST_TYPE = 'application/ocsp-request';

/**
 * SHA-1, since it is what responders index by and RFC 5019, 2.1.1 demands. It names the issuer among those a responder
 * serves and protects nothing: the signature does.
 */
const SHA1 = Buffer.from('300906052b0e03021a0500', 'hex');
const BASIC = '1.3.6.1.5.5.7.48.1.1';

/** Clocks differ. */
const SKEW_MS = 5 * 60_000;
/** For a response without an end: newer ones are to be had at any time (RFC 6960, 2.4), so an old one is no proof. */
const WITHOUT_END_MS = 24 * 3_600_000;
const MAX_CERTIFICATES = 4;
const MAX_RESPONSES = 64;

/** A request about one certificate of `issuer`, by its serial number in hex (RFC 6960, 4.1.1). */
export function ocspRequest(issuer: Authority, serialNumber: string): Buffer {
  const request = encode(TAG.sequence, certId(issuer, serialNumber));
  return encode(TAG.sequence, encode(TAG.sequence, encode(TAG.sequence, request)));
}

function certId(issuer: Authority, serialNumber: string): Buffer {
  return encode(
    TAG.sequence,
    SHA1,
    encode(TAG.octetString, sha1(issuer.name)),
    encode(TAG.octetString, sha1(issuer.keyBits)),
    encodeInteger(serialNumber),
  );
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}

/**
 * What a response says of a certificate: for it, signed by `issuer` or by whom it charged with that, and of now.
 *
 * @throws {RevocationError} for any other, with what is wrong.
 */
export async function readOcspResponse(
  response: Uint8Array,
  issuer: OcspIssuer,
  serialNumber: string,
  reader: CertificateReader,
  now: Date,
): Promise<OcspAnswer> {
  try {
    const basic = readBasic(response);
    const tbs = readResponseData(basic.data);
    const answer = answerAbout(tbs.responses, issuer.authority, serialNumber);
    if (!(await isFromResponder(basic, tbs.responder, issuer, reader, now))) {
      throw new RevocationError("the OCSP response is not signed by the issuer or by a responder of the issuer's");
    }
    return checkDates(answer, now);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new RevocationError(`what came is no OCSP response that can be read (${error.message})`, { cause: error });
  }
}

/** OCSPResponseStatus (RFC 6960, 4.2.1). */
const FAILURES: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

interface Basic {
  readonly data: Element;
  readonly algorithm: Element;
  readonly signature: Element;
  readonly certificates: readonly Uint8Array[];
}

function readBasic(response: Uint8Array): Basic {
  const outer = cursorOver(expectElement(response, TAG.sequence).content);
  const status = readSmallInteger(outer.take(TAG.enumerated));
  if (status !== 0) {
    throw new RevocationError(`the OCSP responder gives no answer (${FAILURES[status] ?? `status ${status}`})`);
  }
  const bytes = cursorOver(expectElement(outer.take(contextTag(0, true)).content, TAG.sequence).content);
  if (readObjectIdentifier(bytes.take(TAG.objectIdentifier)) !== BASIC) {
    throw new RevocationError('the OCSP response is of an unknown type');
  }
  const basic = cursorOver(expectElement(bytes.take(TAG.octetString).content, TAG.sequence).content);
  const data = basic.take(TAG.sequence);
  const algorithm = basic.take(TAG.sequence);
  const signature = basic.take(TAG.bitString);
  const certificates = basic.takeIf(contextTag(0, true));
  return {
    data,
    algorithm,
    signature,
    certificates:
      certificates === undefined
        ? []
        : readAll(expectElement(certificates.content, TAG.sequence).content)
            .slice(0, MAX_CERTIFICATES)
            .map(({ whole }) => whole),
  };
}

function readResponseData(data: Element): { responder: Element; responses: readonly Element[] } {
  const fields = cursorOver(data.content);
  fields.takeIf(contextTag(0, true)); // version
  const responder = fields.takeAny();
  readTime(fields.takeAny()); // producedAt
  const responses = readAll(fields.take(TAG.sequence).content).slice(0, MAX_RESPONSES);
  refuseCritical(fields.takeIf(contextTag(1, true)));
  refuseMore(fields);
  return { responder, responses };
}

/** No extension of responses changes what they say, unless it is critical and unknown to us. */
function refuseCritical(explicit: Element | undefined): void {
  if (explicit === undefined) return;
  for (const extension of readAll(expectElement(explicit.content, TAG.sequence).content)) {
    const fields = cursorOver(extension.content);
    fields.take(TAG.objectIdentifier);
    const critical = fields.takeIf(TAG.boolean);
    if (critical !== undefined && critical.content[0] !== 0) {
      throw new RevocationError('the OCSP response has a critical extension that certmon does not know');
    }
  }
}

/** What we do not know, an end or a critical extension in its wrong place among it, could change what is said. */
function refuseMore(fields: Cursor): void {
  if (!fields.isAtEnd) throw new DerError('more than a response holds');
}

interface DatedAnswer extends Omit<OcspAnswer, 'nextUpdate'> {
  readonly nextUpdate: Date | undefined;
}

function answerAbout(responses: readonly Element[], issuer: Authority, serialNumber: string): DatedAnswer {
  const wanted = cursorOver(expectElement(certId(issuer, serialNumber), TAG.sequence).content);
  wanted.take(TAG.sequence);
  const [nameHash, keyHash, serial] = [wanted.takeAny().whole, wanted.takeAny().whole, wanted.takeAny().whole];
  for (const response of responses) {
    const fields = cursorOver(expectElement(response.whole, TAG.sequence).content);
    const id = cursorOver(fields.take(TAG.sequence).content);
    // The algorithm's parameters may be NULL or absent; a responder may answer with another hash only if it was asked so.
    const isSha1 = readObjectIdentifier(cursorOver(id.take(TAG.sequence).content).takeAny()) === '1.3.14.3.2.26';
    const isWanted = [nameHash, keyHash, serial].every((part) => Buffer.compare(id.takeAny().whole, part) === 0);
    if (!isSha1 || !isWanted) continue;
    const status = fields.takeAny();
    const thisUpdate = readTime(fields.takeAny());
    const next = fields.takeIf(contextTag(0, true));
    refuseCritical(fields.takeIf(contextTag(1, true)));
    refuseMore(fields);
    return {
      ...readStatus(status),
      thisUpdate,
      nextUpdate: next === undefined ? undefined : readTime(readElement(next.content)),
    };
  }
  throw new RevocationError('the OCSP response is about another certificate');
}

function readStatus({ tag, content }: Element): Pick<OcspAnswer, 'status' | 'revokedAt' | 'reason'> {
  switch (tag) {
    case contextTag(0, false):
      return { status: 'good', revokedAt: undefined, reason: undefined };
    case contextTag(1, true): {
      const fields = cursorOver(content);
      const revokedAt = readTime(fields.takeAny());
      const reason = fields.takeIf(contextTag(0, true));
      const code = reason === undefined ? undefined : readSmallInteger(expectElement(reason.content, TAG.enumerated));
      return { status: 'revoked', revokedAt, reason: code === undefined ? undefined : reasonName(code) };
    }
    case contextTag(2, false):
      return { status: 'unknown', revokedAt: undefined, reason: undefined };
    default:
      throw new DerError('a status that is none');
  }
}

function checkDates(answer: DatedAnswer, now: Date): OcspAnswer {
  const { thisUpdate } = answer;
  const nextUpdate = answer.nextUpdate ?? new Date(thisUpdate.getTime() + WITHOUT_END_MS);
  if (thisUpdate.getTime() > now.getTime() + SKEW_MS) throw new RevocationError('the OCSP response is of the future');
  if (nextUpdate.getTime() + SKEW_MS < now.getTime()) throw new RevocationError('the OCSP response is out of date');
  return { ...answer, nextUpdate };
}

/** RFC 6960, 4.2.2.2: the issuer itself, or one it issued a certificate for just that. */
async function isFromResponder(
  { data, algorithm, signature, certificates }: Basic,
  responder: Element,
  issuer: OcspIssuer,
  reader: CertificateReader,
  now: Date,
): Promise<boolean> {
  const signed = { bytes: data.whole, algorithm, signature };
  if (isResponder(responder, issuer.authority) && (await isSignedBy(issuer.authority.key, signed))) return true;
  for (const der of certificates) {
    const delegate = delegateOf(der, issuer, reader, now);
    if (delegate !== undefined && isResponder(responder, delegate) && (await isSignedBy(delegate.key, signed))) {
      return true;
    }
  }
  return false;
}

function delegateOf(der: Uint8Array, issuer: OcspIssuer, reader: CertificateReader, now: Date): Authority | undefined {
  try {
    const parsed = reader.read(der);
    if (!isValidAt(parsed, now) || !reader.isIssued(parsed, issuer.parsed)) return undefined;
    const authority = readAuthority(parsed);
    return authority.purposes.maySignOcsp ? authority : undefined;
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error;
    return undefined;
  }
}

function isResponder(responder: Element, { name, keyBits }: Authority): boolean {
  if (responder.tag === contextTag(1, true)) return isSameName(responder.content, name);
  if (responder.tag !== contextTag(2, true)) throw new DerError('a responder id that is none');
  return sha1(keyBits).equals(expectElement(responder.content, TAG.octetString).content);
}
