/** The extensions of a certificate: within an honest one, where OpenSSL has its say, and by themselves. */
import { readExtensions, readKeyPurposes } from '../../src/probe/certificate-extensions.ts';
import { cursorOver, expectElement, readAll, readElement } from '../../src/probe/der.ts';
import type { Element } from '../../src/probe/der.ts';
import { context, objectIdentifier, sequence } from '../helpers/der-writer.ts';
import { extension } from '../helpers/forge-extensions.ts';
import { bytes, hex, isDerError, must, orElse } from './check.ts';
import type { Identity } from './identities.ts';
import { withContent } from './mutate.ts';
import type { Target } from './target.ts';

const MOST_URLS = 8;
const MOST_URL_LENGTH = 2048;

/** What the `[3]` of a certificate holds. */
function explicitOf({ der }: Identity): Buffer {
  const parts = readAll(cursorOver(readElement(der).content).takeAny().content);
  const explicit = parts.find(({ tag }) => tag === 0xa3);
  if (explicit === undefined) throw new Error('a certificate without extensions');
  return Buffer.from(explicit.content);
}

function valuesIn(explicit: Buffer): Map<string, Buffer> {
  return new Map(
    readAll(readElement(explicit).content).map(({ content }) => {
      const [identifier, ...rest] = readAll(content);
      const value = rest.find(({ tag }) => tag === 0x04);
      return [Buffer.from(identifier?.content ?? []).toString('hex'), Buffer.from(value?.content ?? [])];
    }),
  );
}

/** One extension of an honest certificate changed: a broken one counts as absent. */
export function extensionTarget(leaf: Identity, read: (der: Buffer) => void): Target {
  const values = [...valuesIn(explicitOf(leaf)).values()];
  must(values.length === 7, 'a certificate without all that is read');
  return {
    name: 'extension',
    seeds: values,
    words: bytes('\u0082\u0000', 'http://', '*.', '\u0000'),
    run: (input) => read(values.reduce((changed, value) => withContent(changed, value, input), leaf.der)),
  };
}

/** Elements of `value`; none where it cannot be read. */
function elementsOf(value: Uint8Array | undefined): Element[] {
  let elements: Element[] = [];
  if (value !== undefined) orElse(() => (elements = readAll(expectElement(value, 0x30).content)), isDerError);
  return elements;
}

/** What `read` gives where it can. */
function firstOf(read: () => readonly string[]): readonly string[] {
  let texts: readonly string[] = [];
  orElse(() => (texts = read()), isDerError);
  return texts;
}

const textOf = ({ content }: Element): string => Buffer.from(content).toString('latin1');

/** URLs of distribution points that have a full name and nothing besides. */
function plainCrlUrls(value: Uint8Array | undefined): readonly string[] {
  return elementsOf(value).flatMap((point) =>
    firstOf(() => {
      const [name, ...more] = readAll(point.content);
      if (name?.tag !== 0xa0 || more.length > 0) return [];
      const full = readElement(name.content);
      return full.tag === 0xa0
        ? readAll(full.content)
            .filter(({ tag }) => tag === 0x86)
            .map(textOf)
        : [];
    }),
  );
}

function plainAccessUrls(value: Uint8Array | undefined, method: string): readonly string[] {
  return elementsOf(value).flatMap((description) =>
    firstOf(() => {
      const identifier = readElement(description.content);
      const location = readElement(description.content.subarray(identifier.whole.length));
      const isWanted = Buffer.from(identifier.content).toString('hex') === method && location.tag === 0x86;
      return isWanted ? [textOf(location)] : [];
    }),
  );
}

/** All that is read, each once, or, of one that is broken in the middle, nothing. */
function mustBe(read: readonly string[], plain: readonly string[], what: string): void {
  const wanted = [...new Set(plain)].filter((url) => url.length <= MOST_URL_LENGTH).slice(0, MOST_URLS);
  must(read.length === 0 || JSON.stringify(read) === JSON.stringify(wanted), `${what} other than are there`);
}

function check(explicit: Buffer): void {
  const element = { tag: 0xa3, content: explicit, whole: explicit };
  const read = readExtensions(element);
  const { maySignCrls, maySignOcsp } = readKeyPurposes(element);
  const values = valuesIn(explicit);
  mustBe(read.crlUrls, plainCrlUrls(values.get('551d1f')), 'CRLs');
  const access = values.get('2b06010505070101');
  mustBe(read.ocspUrls, plainAccessUrls(access, '2b06010505073001'), 'responders');
  mustBe(read.issuerUrls, plainAccessUrls(access, '2b06010505073002'), 'issuers');
  const isFive = ({ tag, content }: Element): boolean =>
    tag === 0x02 && /^0*5$/.test(Buffer.from(content).toString('hex'));
  must(!read.mustStaple || elementsOf(values.get('2b06010505070118')).some(isFive), 'a staple that nobody demands');
  const usage = values.get('551d0f');
  must(!maySignCrls || usage === undefined || hasCrlBit(usage), 'a key that may not sign CRLs');
  const purposes = elementsOf(values.get('551d25')).map(({ content }) => Buffer.from(content).toString('hex'));
  must(!maySignOcsp || purposes.includes('2b06010505070309'), 'a key that may not sign OCSP responses');
}

function hasCrlBit(usage: Buffer): boolean {
  const { tag, content } = readElement(usage);
  return tag === 0x03 && ((content[1] ?? 0) & 0x02) !== 0;
}

/** More URLs than are taken, in both places. */
function manyUrls(): Buffer {
  const uri = context(6, false, Buffer.from('http://example.com/'));
  const point = sequence(context(0, true, context(0, true, uri)));
  const description = sequence(objectIdentifier('1.3.6.1.5.5.7.48.1'), uri);
  return sequence(
    extension('2.5.29.31', false, sequence(...Array<Buffer>(MOST_URLS + 2).fill(point))),
    extension('1.3.6.1.5.5.7.1.1', false, sequence(...Array<Buffer>(MOST_URLS + 2).fill(description))),
  );
}

/** All the extensions, to be read by us alone. */
export function extensionsTarget(leaf: Identity, ...others: readonly Identity[]): Target {
  const whole = explicitOf(leaf);
  const words = [
    '8618687474703a2f2f63726c2e6578616d706c652f782e63726c',
    '020105',
    '03020106',
    '06082b06010505070309',
    '0101ff',
    'a0',
    '81020560',
  ];
  return {
    name: 'extensions',
    seeds: [whole, ...others.map(explicitOf), manyUrls()],
    words: words.map(hex),
    run(input) {
      orElse(() => check(input), isDerError);
      if (!input.equals(whole)) return;
      const { crlUrls, ocspUrls, mustStaple } = readExtensions({ tag: 0xa3, content: input, whole: input });
      must(crlUrls.length === 2 && ocspUrls.length === 1 && mustStaple, 'good extensions are not read');
    },
  };
}
