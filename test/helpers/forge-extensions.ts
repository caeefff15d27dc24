/** Extensions for forged certificates (RFC 5280, 4.2). */
import {
  bitString,
  boolean,
  context,
  element,
  ia5String,
  integer,
  objectIdentifier,
  octetString,
  sequence,
} from './der-writer.ts';

export function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

export function basicConstraints({ ca, pathLength }: { ca: boolean; pathLength?: number }): Buffer {
  const parts = [...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])];
  return extension('2.5.29.19', true, sequence(...parts));
}

/** Bit numbers as in RFC 5280, 4.2.1.3. */
const USAGES = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

export function keyUsage(...usages: readonly (keyof typeof USAGES)[]): Buffer {
  const bits = usages.reduce((octet, usage) => octet | (0x80 >> USAGES[usage]), 0);
  const unused = Math.log2(bits & -bits);
  return extension('2.5.29.15', true, element(0x03, Buffer.of(unused, bits)));
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';

export function extendedKeyUsage(...purposes: readonly string[]): Buffer {
  return extension('2.5.29.37', false, sequence(...purposes.map(objectIdentifier)));
}

/** Text is Latin-1, octet for octet, so that anything can be put into a name. */
export type GeneralName =
  | { readonly dns: string }
  | { readonly email: string }
  | { readonly uri: string }
  /** Octets of an address; with its mask behind it in name constraints. */
  | { readonly ip: readonly number[] };

function generalName(name: GeneralName): Buffer {
  if ('dns' in name) return context(2, false, Buffer.from(name.dns, 'latin1'));
  if ('email' in name) return context(1, false, Buffer.from(name.email, 'latin1'));
  if ('uri' in name) return context(6, false, Buffer.from(name.uri, 'latin1'));
  return context(7, false, Buffer.from(name.ip));
}

export function subjectAltName(...names: readonly GeneralName[]): Buffer {
  return extension('2.5.29.17', false, sequence(...names.map(generalName)));
}

export function nameConstraints(trees: {
  readonly permitted?: readonly GeneralName[];
  readonly excluded?: readonly GeneralName[];
}): Buffer {
  const subtrees = (number: number, names: readonly GeneralName[] = []): Buffer[] =>
    names.length === 0 ? [] : [context(number, true, ...names.map((name) => sequence(generalName(name))))];
  return extension('2.5.29.30', true, sequence(...subtrees(0, trees.permitted), ...subtrees(1, trees.excluded)));
}

/** `caIssuers` in authority information access. */
export function issuerAt(url: string): Buffer {
  const description = sequence(objectIdentifier('1.3.6.1.5.5.7.48.2'), context(6, false, Buffer.from(url, 'latin1')));
  return extension('1.3.6.1.5.5.7.1.1', false, sequence(description));
}

/** `identifier` is of the forger's choice: that two of them differ is what matters. */
export function subjectKeyIdentifier(identifier: string): Buffer {
  return extension('2.5.29.14', false, octetString(Buffer.from(identifier, 'latin1')));
}

export function authorityKeyIdentifier(identifier: string): Buffer {
  return extension('2.5.29.35', false, sequence(context(0, false, Buffer.from(identifier, 'latin1'))));
}

/** One that nobody knows (an arc for examples); critical, it makes a certificate useless (RFC 5280, 4.2). */
export function unknownExtension(critical: boolean): Buffer {
  return extension('2.999.1', critical, ia5String('unknown'));
}

/** A bit string where a SEQUENCE belongs. */
export function brokenExtension(oid: string): Buffer {
  return extension(oid, false, bitString(Buffer.of(0)));
}
