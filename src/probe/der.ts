/**
 * A strict, small reader for BER and DER (X.690) with definite lengths: what certificates, PKCS #7 and LDAP are made of.
 * It never reads past what it was given, and copies nothing. What it cannot read is a `DerError`.
 */
import { AppError } from '../core/errors.ts';

export class DerError extends AppError {
  readonly code = 'der';
}

export interface Element {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Identifier, length and content. */
  readonly whole: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag; constructed for what is explicit or structured. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** The first element of `bytes`; what follows it is the caller's. */
export function readElement(bytes: Uint8Array): Element {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw new DerError('the encoding ends early');
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag number above 30');
  const { length, header } = readLength(bytes, first);
  if (header + length > bytes.length) throw new DerError('the encoding ends early');
  return { tag, content: bytes.subarray(header, header + length), whole: bytes.subarray(0, header + length) };
}

/** `first` is the first length octet. Four more octets are enough for anything we take in. */
function readLength(bytes: Uint8Array, first: number): { length: number; header: number } {
  if (first < 0x80) return { length: first, header: 2 };
  const octets = first & 0x7f;
  if (octets === 0) throw new DerError('an indefinite length');
  if (octets > 4) throw new DerError('a length of more than four octets');
  let length = 0;
  for (let index = 0; index < octets; index += 1) {
    const octet = bytes[2 + index];
    if (octet === undefined) throw new DerError('the encoding ends early');
    length = length * 256 + octet;
  }
  return { length, header: 2 + octets };
}

export function expectElement(bytes: Uint8Array, tag: number): Element {
  const element = readElement(bytes);
  if (element.tag !== tag) {
    throw new DerError(`tag 0x${element.tag.toString(16)} where 0x${tag.toString(16)} is expected`);
  }
  return element;
}

/** All elements that `content` is made of. */
export function readAll(content: Uint8Array): Element[] {
  const elements: Element[] = [];
  let rest = content;
  while (rest.length > 0) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

/** Takes elements one after the other, for structures with optional parts. */
export interface Cursor {
  /** The next element, which must have `tag`. */
  take(tag: number): Element;
  /** The next element if it has `tag`. */
  takeIf(tag: number): Element | undefined;
  takeAny(): Element;
  readonly isAtEnd: boolean;
}

export function cursorOver(content: Uint8Array): Cursor {
  let rest = content;
  const takeAny = (): Element => {
    const element = readElement(rest);
    rest = rest.subarray(element.whole.length);
    return element;
  };
  return {
    takeAny,
    take(tag) {
      expectElement(rest, tag);
      return takeAny();
    },
    takeIf(tag) {
      return rest[0] === tag ? takeAny() : undefined;
    },
    get isAtEnd() {
      return rest.length === 0;
    },
  };
}

/** A small non-negative INTEGER or ENUMERATED, such as a version or a result code. */
export function readSmallInteger(element: Element): number {
  if (element.content.length === 0 || element.content.length > 4 || (element.content[0] ?? 0) >= 0x80) {
    throw new DerError('an integer out of range');
  }
  return element.content.reduce((value, octet) => value * 256 + octet, 0);
}

/** Dotted decimal. */
export function readObjectIdentifier(element: Element): string {
  const { content } = element;
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 64)
    throw new DerError('an object identifier that is none');
  const arcs: bigint[] = [];
  let value = 0n;
  for (const octet of content) {
    value = (value << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(value);
    value = 0n;
  }
  const [joint = 0n, ...others] = arcs;
  const root = joint < 40n ? 0n : joint < 80n ? 1n : 2n;
  return [root, joint - root * 40n, ...others].join('.');
}
