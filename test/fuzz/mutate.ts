/**
 * Changes to bytes as plain data, so that fast-check can make and shrink them and a seeded generator can make millions.
 * Numbers are taken modulo what they point into: every mutation fits every input.
 */

export const MUTATIONS = [
  'flip',
  'set',
  'insert',
  'delete',
  'duplicate',
  'repeat',
  'cut',
  'move',
  'word',
  'element',
] as const;

export interface Mutation {
  readonly kind: (typeof MUTATIONS)[number];
  readonly at: number;
  readonly to: number;
  readonly size: number;
  readonly value: number;
}

export interface Recipe {
  /** Which of the target's seeds. */
  readonly seed: number;
  readonly mutations: readonly Mutation[];
  /** Sizes of the pieces that the input comes in, over and over; whole where there are none. */
  readonly pieces: readonly number[];
}

/** Bytes that mean something to somebody: ends, signs, lengths, tags. */
const TELLING = [0, 1, 0x0a, 0x0d, 0x20, 0x2d, 0x2e, 0x30, 0x31, 0x7b, 0x7d, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xff];
/** More than a dialogue takes in. */
const MOST_BYTES = 80 * 1024;

/** `words` are what the language of the input is made of. */
export function applyAll(seed: Buffer, mutations: readonly Mutation[], words: readonly Buffer[]): Buffer {
  return mutations.reduce((bytes, mutation) => apply(bytes, mutation, words).subarray(0, MOST_BYTES), seed);
}

function apply(bytes: Buffer, { kind, at, to, size, value }: Mutation, words: readonly Buffer[]): Buffer {
  const from = at % (bytes.length + 1);
  const end = Math.min(bytes.length, from + 1 + (size % 48));
  const target = to % (bytes.length + 1);
  switch (kind) {
    case 'flip':
      return replaced(bytes, from, (bytes[from] ?? 0) ^ (1 << (value & 7)));
    case 'set':
      return replaced(bytes, from, TELLING[value % TELLING.length] ?? value);
    case 'insert':
      return splice(bytes, from, from, Buffer.alloc(1 + (size % 5), value));
    case 'delete':
      return splice(bytes, from, end, Buffer.alloc(0));
    case 'duplicate':
      return splice(bytes, target, target, bytes.subarray(from, end));
    case 'repeat': {
      const times = size % 64 === 0 ? 2000 : size % 12;
      return splice(bytes, end, end, Buffer.concat(Array<Buffer>(times).fill(bytes.subarray(from, end))));
    }
    case 'cut':
      return bytes.subarray(0, from);
    case 'move':
      return splice(splice(bytes, from, end, Buffer.alloc(0)), target, target, bytes.subarray(from, end));
    case 'word':
      return splice(
        bytes,
        from,
        size % 2 === 0 ? from : end,
        words[value % Math.max(1, words.length)] ?? Buffer.alloc(0),
      );
    case 'element':
      return changeElement(bytes, at, to, value);
  }
}

function replaced(bytes: Buffer, at: number, value: number): Buffer {
  return at < bytes.length ? splice(bytes, at, at + 1, Buffer.from([value & 0xff])) : bytes;
}

function splice(bytes: Buffer, from: number, to: number, between: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(Math.max(from, to))]);
}

interface Node {
  tag: number;
  content: Buffer;
  children: Node[] | undefined;
}

/** One element of BER changed, doubled, emptied or put in the place of another, and every length round it made right. */
function changeElement(bytes: Buffer, at: number, to: number, value: number): Buffer {
  const roots = parse(bytes, 0);
  if (roots === undefined) return bytes;
  const all: { readonly node: Node; readonly among: Node[] }[] = [];
  const collect = (among: Node[]): void => {
    for (const node of among) {
      all.push({ node, among });
      if (node.children !== undefined) collect(node.children);
    }
  };
  collect(roots);
  const chosen = all[at % all.length];
  const other = all[to % all.length];
  if (chosen === undefined || other === undefined) return bytes;
  const index = chosen.among.indexOf(chosen.node);
  switch (value % 6) {
    case 0:
      chosen.among.splice(index, 1);
      break;
    case 1:
      chosen.among.splice(index, 0, chosen.node);
      break;
    case 2:
      chosen.among.splice(index, 1, { tag: chosen.node.tag, content: Buffer.alloc(0), children: undefined });
      break;
    case 3:
      // A copy: an element within itself would have no end.
      chosen.among.splice(index, 1, { tag: other.node.tag, content: encode(other.node, true), children: undefined });
      break;
    case 4:
      chosen.node.tag = to & 0xff;
      break;
    case 5:
      chosen.node.children = undefined;
      chosen.node.content = Buffer.alloc(1 + (to % 600), value);
      break;
  }
  return Buffer.concat(roots.map((node) => encode(node, false)));
}

const DEEPEST = 12;

/** `undefined` where `bytes` are no whole elements. */
function parse(bytes: Buffer, depth: number): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + octets;
    if (octets > 4 || start > bytes.length) return undefined;
    const end = start + (octets === 0 ? (first < 0x80 ? first : 0) : bytes.readUIntBE(at + 2, octets));
    if (end > bytes.length) return undefined;
    const content = bytes.subarray(start, end);
    // A string of octets may hold elements too: each extension of a certificate does.
    const mayHold = ((tag & 0x20) !== 0 || tag === 0x04) && content.length > 1 && depth < DEEPEST;
    const children = mayHold ? parse(content, depth + 1) : undefined;
    nodes.push({ tag, content, children });
    at = end;
  }
  return nodes;
}

function encode({ tag, content, children }: Node, isBare: boolean): Buffer {
  const body = children === undefined ? content : Buffer.concat(children.map((child) => encode(child, false)));
  if (isBare) return body;
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  // No longer than need be: DER has it so, and OpenSSL asks for it in places.
  const octets = body.length < 0x100 ? 1 : body.length < 0x10000 ? 2 : 3;
  const header = Buffer.alloc(2 + octets);
  header.writeUInt8(tag, 0);
  header.writeUInt8(0x80 | octets, 1);
  header.writeUIntBE(body.length, 2, octets);
  return Buffer.concat([header, body]);
}

/** `bytes` with `content` in the place of `old` wherever that is the whole content of an element. */
export function withContent(bytes: Buffer, old: Uint8Array, content: Buffer): Buffer {
  const replaceIn = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.content.equals(old)) Object.assign(node, { content, children: undefined });
      else if (node.children !== undefined) replaceIn(node.children);
    }
  };
  const roots = parse(bytes, 0) ?? [];
  replaceIn(roots);
  return Buffer.concat(roots.map((node) => encode(node, false)));
}

/** `bytes` in the pieces of a recipe. */
export function inPieces(bytes: Buffer, pieces: readonly number[]): Buffer[] {
  if (pieces.length === 0) return bytes.length === 0 ? [] : [bytes];
  const cut: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    // Ten thousand pieces of one byte are no other test than some hundred of them.
    const size = cut.length > 400 ? bytes.length : 1 + (pieces[index % pieces.length] ?? 0);
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}
