/** The few encodings that certmon writes itself (X.690, definite lengths). */

/** One element of `tag` whose content is `parts`, one after the other. */
export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  const first = octets.findIndex((octet) => octet !== 0);
  return Buffer.concat([Buffer.from([0x80 | (4 - first)]), octets.subarray(first)]);
}

/** A positive INTEGER from its magnitude in hex, in the fewest octets. */
export function encodeInteger(hex: string): Buffer {
  const magnitude = hex.replace(/^(?:00)+(?=..)/, '');
  const isNegative = /^[89a-f]/.test(magnitude);
  return encode(0x02, Buffer.from(isNegative ? `00${magnitude}` : magnitude, 'hex'));
}
