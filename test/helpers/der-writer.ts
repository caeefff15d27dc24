/** Writes DER (X.690), and what is none where a test wants that: nothing is checked. */

/** Tag, length, and `parts` one after the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets = octetsOf(length);
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

/** Big-endian, without leading zeros. */
function octetsOf(value: number): Buffer {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts);
export const octetString = (...parts: readonly Uint8Array[]): Buffer => element(0x04, ...parts);
/** Of whole octets. */
export const bitString = (...parts: readonly Uint8Array[]): Buffer => element(0x03, Buffer.of(0), ...parts);
export const nothing = (): Buffer => element(0x05);
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.of(value ? 0xff : 0));
/** Context-specific; constructed for what is explicit or structured. */
export const context = (number: number, constructed: boolean, ...parts: readonly Uint8Array[]): Buffer =>
  element(0x80 | (constructed ? 0x20 : 0) | number, ...parts);

/** A small one, or octets in two's complement as they stand. */
export function integer(value: number | Uint8Array): Buffer {
  if (typeof value !== 'number') return element(0x02, value);
  const octets = octetsOf(value);
  return element(0x02, (octets[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), octets]) : octets);
}

/** From dotted decimal, arcs of any size below 2^53. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, ...[first * 40 + second, ...rest].map(base128));
}

function base128(arc: number): Buffer {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return Buffer.from(octets);
}

export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
export const ia5String = (text: string): Buffer => element(0x16, Buffer.from(text, 'latin1'));

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(instant: Date): Buffer {
  const text = `${instant
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:T]/g, '')}Z`;
  const year = instant.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? element(0x17, Buffer.from(text.slice(2), 'latin1'))
    : element(0x18, Buffer.from(text, 'latin1'));
}
