/** X.501 names from DER to one line of text (RFC 4514, but with ", " between, for people). */
import { DerError, TAG, readAll, readObjectIdentifier } from './der.ts';
import type { Element } from './der.ts';

/** Short names of attribute types (RFC 4514, 3; RFC 4519; CA/Browser Forum's EV guidelines, 9.2). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
};

/** `content` is that of an RDNSequence. Most specific attribute first: `CN=mail.example.com, O=Example`. */
export function formatName(content: Uint8Array): string {
  return readAll(content)
    .map((relative) => {
      if (relative.tag !== TAG.set) throw new DerError('a name that is not made of sets');
      return readAll(relative.content).map(formatAttribute).join('+');
    })
    .reverse()
    .join(', ');
}

function formatAttribute(attribute: Element): string {
  const [type, value] = attribute.tag === TAG.sequence ? readAll(attribute.content) : [];
  if (type?.tag !== TAG.objectIdentifier || value === undefined) throw new DerError('a name with an odd attribute');
  const identifier = readObjectIdentifier(type);
  return `${ATTRIBUTES[identifier] ?? identifier}=${decodeString(value)}`;
}

/** Hexadecimal after `#` for what is no string (RFC 4514, 2.4). */
function decodeString({ tag, content, whole }: Element): string {
  const bytes = Buffer.from(content);
  switch (tag) {
    case 0x0c: // UTF8String
      return escapeValue(bytes.toString('utf8'));
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString, which CAs have always filled with Latin-1
    case 0x16: // IA5String
    case 0x1a: // VisibleString
      return escapeValue(bytes.toString('latin1'));
    case 0x1e: // BMPString
      return escapeValue(
        bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1'),
      );
    case 0x1c: // UniversalString
      return escapeValue(decodeUtf32(bytes));
    default:
      return `#${Buffer.from(whole).toString('hex')}`;
  }
}

function decodeUtf32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = bytes.readUInt32BE(at);
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  }
  return text;
}

/** RFC 4514, 2.4, so that a value cannot pretend to be two attributes. */
function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}
