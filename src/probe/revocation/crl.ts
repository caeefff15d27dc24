/**
 * Certificate revocation lists (RFC 5280, 5 and 6.3.3), read where they lie: CRLs of tens of megabytes exist, and a parser
 * that makes objects of their entries, such as pkijs, needs seconds and a gigabyte for one. Here the bytes are kept as they
 * came, walked once in slices that let the event loop breathe, and searched natively afterwards.
 *
 * What could make a revoked certificate look good is refused as a whole: delta and indirect CRLs, those for some reasons
 * only, and any critical extension that is not understood, on the list or on one entry (RFC 5280, 5.2 and 5.3).
 */
import { setImmediate } from 'node:timers/promises';
import { isTime, readTime } from '../asn1-time.ts';
import { isSameName } from './authority.ts';
import type { Authority } from './authority.ts';
import { readFullName } from '../certificate-extensions.ts';
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
import { RevocationError, reasonName } from './error.ts';
import { isSignedBy } from './signature.ts';

export interface Crl {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Bytes that this keeps in memory. */
  readonly size: number;
  readonly scope: CrlScope;
  /** The entries, one after the other. */
  readonly entries: Buffer;
}

/** Which certificates a CRL speaks of (RFC 5280, 5.2.5). */
export interface CrlScope {
  readonly only: 'user' | 'ca' | 'attribute' | undefined;
  /** URIs, one of which must be the certificate's own distribution point; `undefined`: any. */
  readonly urls: readonly string[] | undefined;
}

export interface RevokedEntry {
  readonly revokedAt: Date;
  readonly reason: string | undefined;
}

const OID = {
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

/**
 * Longer than any honest one by far: extensions, of the list or of one entry, and names are read into objects, and of
 * those there must not be millions.
 */
const MAX_READ_BYTES = 64 * 1024;

/** What a critical mark on them changes nothing about, since they only add to what is known. */
const HARMLESS: readonly string[] = [OID.cRLNumber, OID.authorityKeyIdentifier, OID.reasonCode, OID.invalidityDate];

const NO_SCOPE: CrlScope = { only: undefined, urls: undefined };

/**
 * A CRL that is whole, signed by `authority`, and usable. Its dates and its scope are the caller's to judge.
 *
 * @param body DER, or PEM.
 * @throws {RevocationError} otherwise, with what is wrong.
 */
export async function readCrl(body: Buffer, authority: Authority): Promise<Crl> {
  try {
    return await read(body, authority);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new RevocationError(`what came is no CRL that can be read (${error.message})`, { cause: error });
  }
}

async function read(body: Buffer, authority: Authority): Promise<Crl> {
  const der = derOf(body);
  const outer = cursorOver(expectElement(der, TAG.sequence).content);
  const list = outer.take(TAG.sequence);
  const algorithm = outer.take(TAG.sequence);
  const signature = outer.take(TAG.bitString);

  const fields = cursorOver(list.content);
  fields.takeIf(TAG.integer); // version
  const inner = fields.take(TAG.sequence);
  const issuer = fields.take(TAG.sequence);
  const thisUpdate = readTime(fields.takeAny());
  const next = fields.isAtEnd ? undefined : fields.takeAny();
  const hasNext = isTime(next?.tag);
  if (next === undefined || !hasNext) throw new RevocationError('the CRL does not say when the next one comes');
  const nextUpdate = readTime(next);
  const revoked = fields.takeIf(TAG.sequence);

  if (Buffer.compare(inner.whole, algorithm.whole) !== 0) throw new DerError('two signature algorithms');
  if (!isSameName(bounded(issuer).whole, authority.name)) throw new RevocationError('the CRL is of another issuer');
  if (!authority.purposes.maySignCrls) throw new RevocationError('the issuer may not sign CRLs (key usage)');
  if (!(await isSignedBy(authority.key, { bytes: list.whole, algorithm, signature }))) {
    throw new RevocationError("the CRL's signature is not the issuer's");
  }
  const scope = readListExtensions(fields);
  const entries = viewOf(revoked?.content ?? new Uint8Array());
  await walk(entries, (start, end) => {
    if (!isPlain(entries, start, end)) readEntry(entries.subarray(start, end));
    return true;
  });
  return { thisUpdate, nextUpdate, size: der.length, scope, entries };
}

/** @throws {DerError} if it is too long to be read into objects. */
function bounded(element: Element): Element {
  if (element.whole.length > MAX_READ_BYTES) throw new DerError('more than an honest CRL holds');
  return element;
}

/** The same bytes, not a copy. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** PEM where it says so (RFC 7468, 7). */
function derOf(body: Buffer): Buffer {
  if (body[0] === TAG.sequence) return body;
  const begin = body.indexOf('-----BEGIN X509 CRL-----');
  const end = body.indexOf('-----END X509 CRL-----');
  if (begin === -1 || end < begin) throw new DerError('neither DER nor PEM');
  return Buffer.from(body.toString('latin1', begin + '-----BEGIN X509 CRL-----'.length, end), 'base64');
}

function readListExtensions(fields: Cursor): CrlScope {
  const explicit = fields.takeIf(contextTag(0, true));
  if (!fields.isAtEnd) throw new DerError('more than a CRL holds');
  if (explicit === undefined) return NO_SCOPE;
  let scope = NO_SCOPE;
  for (const { identifier, isCritical, value } of readExtensions(expectElement(explicit.content, TAG.sequence))) {
    if (identifier === OID.deltaCrlIndicator) {
      throw new RevocationError('it is a delta CRL, which tells of changes only');
    } else if (identifier === OID.issuingDistributionPoint) {
      scope = readScope(value);
    } else if (isCritical && !HARMLESS.includes(identifier)) {
      throw new RevocationError(`the CRL has a critical extension that certmon does not know (${identifier})`);
    }
  }
  return scope;
}

interface Extension {
  readonly identifier: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

function readExtensions(extensions: Element): Extension[] {
  return readAll(bounded(extensions).content).map((extension) => {
    const fields = cursorOver(extension.content);
    const identifier = readObjectIdentifier(fields.take(TAG.objectIdentifier));
    const isCritical = isTrue(fields.takeIf(TAG.boolean));
    return { identifier, isCritical, value: fields.take(TAG.octetString).content };
  });
}

function isTrue(flag: Element | undefined): boolean {
  return flag !== undefined && flag.content[0] !== 0;
}

/** The issuing distribution point (RFC 5280, 5.2.5). */
function readScope(value: Uint8Array): CrlScope {
  const fields = cursorOver(expectElement(value, TAG.sequence).content);
  const name = fields.takeIf(contextTag(0, true));
  const isUserOnly = isTrue(fields.takeIf(contextTag(1, false)));
  const isCaOnly = isTrue(fields.takeIf(contextTag(2, false)));
  const someReasons = fields.takeIf(contextTag(3, false));
  const isIndirect = isTrue(fields.takeIf(contextTag(4, false)));
  const isAttributeOnly = isTrue(fields.takeIf(contextTag(5, false)));
  if (!fields.isAtEnd) throw new DerError('an issuing distribution point with more than it holds');
  if (isIndirect) throw new RevocationError('it is an indirect CRL, which other issuers fill too');
  if (someReasons !== undefined) throw new RevocationError('the CRL is for some reasons only');
  const urls = name === undefined ? undefined : readFullName(name).map(({ content }) => textOf(content));
  if (urls?.length === 0) throw new RevocationError('the CRL names its place in a way that certmon does not know');
  return { only: isAttributeOnly ? 'attribute' : isUserOnly ? 'user' : isCaOnly ? 'ca' : undefined, urls };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Whether the CRL speaks of such a certificate. */
export function isInScope(scope: CrlScope, { isCa, crlUrls }: { isCa: boolean; crlUrls: readonly string[] }): boolean {
  return (scope.only === undefined || scope.only === (isCa ? 'ca' : 'user')) && isFrom(scope, crlUrls);
}

/** Whether its own word is that it comes from one of these distribution points (RFC 5280, 6.3.3, b, 2, i). */
export function isFrom({ urls }: CrlScope, crlUrls: readonly string[]): boolean {
  return urls === undefined || urls.some((url) => crlUrls.includes(url));
}

/**
 * The entry of a serial number in lower-case hex; `undefined` where it is not listed.
 *
 * @throws {RevocationError} if the entry cannot be read.
 */
export async function findRevoked({ entries }: Crl, serialNumber: string): Promise<RevokedEntry | undefined> {
  const serial = Buffer.from(serialNumber.replace(/^(?:00)+(?=..)/, ''), 'hex');
  // Nearly always "not there", which the native search tells in a few milliseconds for ten megabytes. A hit may lie
  // within something else, so it takes the walk from entry to entry to be sure.
  if (!entries.includes(serial)) return undefined;
  try {
    return await search(entries, serial);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new RevocationError(`the entry on the CRL cannot be read (${error.message})`, { cause: error });
  }
}

async function search(entries: Buffer, serial: Buffer): Promise<RevokedEntry | undefined> {
  let found: RevokedEntry | undefined;
  await walk(entries, (start, end) => {
    if (isOf(entries, start + headerLength(entries, start), end, serial))
      found = readEntry(entries.subarray(start, end));
    return found === undefined;
  });
  return found;
}

/**
 * Whether the INTEGER at `start` has the octets of `serial`, but for leading zeros: a serial number that is negative, which
 * old private CAs gave out (RFC 5280, 4.1.2.2, has us cope), stands there without the zero of a positive one.
 */
function isOf(entries: Buffer, start: number, end: number, serial: Buffer): boolean {
  let at = start + headerLength(entries, start);
  const first = entries[start + 1] ?? 0;
  const stop = first < 0x80 ? at + first : start + readElement(entries.subarray(start, end)).whole.length;
  while (stop - at > serial.length && entries[at] === 0) at += 1;
  return stop - at === serial.length && stop <= end && entries.compare(serial, 0, serial.length, at, stop) === 0;
}

/** By the clock, since an entry with extensions of its own takes fifty times as long as a plain one. */
const SLICE_MS = 2;
/** Entries between two looks at the clock. */
const STRIDE = 50;

/** Hands the place of every entry to `visit` until it says false. An object for each of a million would hurt. */
async function walk(entries: Buffer, visit: (start: number, end: number) => boolean): Promise<void> {
  let walked = 0;
  let sliceBegan = performance.now();
  for (let start = 0; start < entries.length;) {
    const end = start + entryLength(entries, start);
    if (!visit(start, end)) return;
    start = end;
    walked += 1;
    if (walked % STRIDE !== 0 || performance.now() - sliceBegan < SLICE_MS) continue;
    await setImmediate();
    sliceBegan = performance.now();
  }
}

/** Header included. */
function entryLength(entries: Buffer, start: number): number {
  const first = entries[start + 1] ?? 0xff;
  const isShort = first < 0x80 && entries[start] === TAG.sequence && start + 2 + first <= entries.length;
  return isShort ? 2 + first : expectElement(entries.subarray(start), TAG.sequence).whole.length;
}

function headerLength(entries: Buffer, start: number): number {
  const first = entries[start + 1] ?? 0;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

/** The extensions of an entry that has a reason and nothing else, but for the reason itself, its last octet. */
const ONLY_A_REASON = Buffer.from('300c300a0603551d1504030a01', 'hex');

/** Whether an entry is of the two kinds that nearly all are of, without extensions or with a reason: neither can do harm. */
function isPlain(entries: Buffer, start: number, end: number): boolean {
  if (end - start >= 0x80 || entries[start + 2] !== TAG.integer) return false;
  const timeAt = start + 4 + (entries[start + 3] ?? 0xff);
  if (timeAt + 2 > end || !isTime(entries[timeAt])) return false;
  const restAt = timeAt + 2 + (entries[timeAt + 1] ?? 0xff);
  if (restAt === end) return true;
  if (restAt + ONLY_A_REASON.length + 1 !== end) return false;
  for (let index = 0; index < ONLY_A_REASON.length; index += 1) {
    if (entries[restAt + index] !== ONLY_A_REASON[index]) return false;
  }
  return true;
}

/** `undefined` for one that takes its certificate off the list (RFC 5280, 5.3.1). */
function readEntry(entry: Uint8Array): RevokedEntry | undefined {
  const fields = cursorOver(readElement(entry).content);
  fields.take(TAG.integer);
  const revokedAt = readTime(fields.takeAny());
  const extensions = fields.takeIf(TAG.sequence);
  if (!fields.isAtEnd) throw new DerError('an entry with more than it holds');
  let reason: number | undefined;
  for (const { identifier, isCritical, value } of extensions === undefined ? [] : readExtensions(extensions)) {
    if (identifier === OID.reasonCode) reason = readSmallInteger(expectElement(value, TAG.enumerated));
    else if (isCritical && !HARMLESS.includes(identifier)) {
      throw new RevocationError(`an entry has a critical extension that certmon does not know (${identifier})`);
    }
  }
  if (reason === REMOVED) return undefined;
  return { revokedAt, reason: reason === undefined ? undefined : reasonName(reason) };
}

const REMOVED = 8;
