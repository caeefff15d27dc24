/**
 * What a person may write for a host: a DNS name, an IPv4 or an IPv6 address, read strictly. The URL standard's parser
 * gives the A-label of an international name; what it would guess (`127.1` is 127.0.0.1) is refused with the guess as
 * the suggestion, since a monitor must not watch another machine than its reader thinks.
 */
import { parsed, refused } from './errors.ts';
import type { Parsed } from './errors.ts';
import { formatIpv6, parseIpv4, parseIpv6 } from './ip-address.ts';
import type { Endpoint } from './monitor.ts';
import { quote } from './quote.ts';

export type Host = Pick<Endpoint, 'host' | 'displayHost' | 'hostKind'>;

/** In the text form without the final dot; the wire form of 255 octets has two more (RFC 1035, 2.3.4). */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;

/** Underscores are no host name characters (RFC 952), but names with them are in use and resolve. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

const PLAIN_ASCII = /^[a-z0-9_.-]+$/i;

/** A host without a port, IPv6 without brackets. */
export function parseHost(text: string): Parsed<Host> {
  if (text.includes(':')) return parseIpv6Host(text);
  if (parseIpv4(text) !== undefined) return parsed({ host: text, displayHost: text, hostKind: 'ipv4' });
  return parseName(text);
}

export function parseIpv6Host(text: string): Parsed<Host> {
  if (text.includes('%')) {
    const bytes = parseIpv6(text.slice(0, text.indexOf('%')));
    // Link-local addresses mean nothing without their zone, so there is nothing right to suggest for them.
    const isUsable = bytes !== undefined && !(bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80);
    return refused(
      `${quote(text)} has a zone id, which means something on one machine only: give an address without it`,
      isUsable ? formatIpv6(bytes) : undefined,
    );
  }
  const bytes = parseIpv6(text);
  if (bytes === undefined) return refused(`${quote(text)} is not an IPv6 address`);
  const host = formatIpv6(bytes);
  return parsed({ host, displayHost: host, hostKind: 'ipv6' });
}

/** A DNS name: its lower-case A-label, and as it was typed; one final dot is dropped. */
export function parseName(text: string): Parsed<Host> {
  const typed = /[.。．｡]$/u.test(text) ? text.slice(0, -1) : text;
  if (typed === '') return refused('the host is only a dot', 'mail.example.com');
  if (typed.startsWith('*.')) {
    const one = `www${typed.slice(1)}`;
    return refused(
      `${quote(text)} is a wildcard, not a host: give one name that it stands for`,
      parseName(one).ok ? one : undefined,
    );
  }
  // The URL parser decodes these, and splits a host at those: none is part of a name.
  const foreign = /[%/\\?#@:[\]]/.exec(typed);
  if (foreign !== null) return refused(`${quote(text)} has a ${quote(foreign[0])}, which no host name has`);
  const name = toAscii(typed);
  if (name === undefined) return looksNumeric(typed) ? notIpv4(text) : invalidName(text);
  if (parseIpv4(name) !== undefined) {
    return refused(`${quote(text)} is not how an IPv4 address is written: write all four numbers, in decimal`, name);
  }
  if (name.length > MAX_NAME_LENGTH) {
    return refused(
      `${quote(text)} is too long: a name has at most ${MAX_NAME_LENGTH} characters, this one has ${name.length}`,
    );
  }
  for (const label of name.split('.')) {
    if (label === '')
      return refused(`${quote(text)} has two dots with nothing between, or begins with one`, withoutEmptyLabels(name));
    if (label.length > MAX_LABEL_LENGTH) {
      return refused(
        `${quote(label)} is too long: between two dots a name has at most ${MAX_LABEL_LENGTH} characters, this one has ${label.length}`,
      );
    }
    if (!LABEL.test(label)) return badLabel(text, label);
  }
  return parsed({ host: name, displayHost: typed, hostKind: 'name' });
}

/**
 * An A-label is taken as it stands: whether it decodes is for the DNS to say, and URL parsers differ over it from one
 * Node to the next.
 */
function toAscii(typed: string): string | undefined {
  if (PLAIN_ASCII.test(typed) && !looksNumeric(typed)) return typed.toLowerCase();
  try {
    return new URL(`http://${typed}/`).hostname;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** What the URL parser reads as an IPv4 address: the last label is a number. */
function looksNumeric(name: string): boolean {
  return /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(name);
}

function notIpv4(text: string) {
  return refused(
    `${quote(text)} is not an IPv4 address: write four numbers from 0 to 255 with dots between, such as 192.0.2.10`,
  );
}

function invalidName(text: string) {
  return refused(`${quote(text)} is not a host name: it has characters that no name may have`);
}

function withoutEmptyLabels(name: string): string | undefined {
  const rest = name
    .split('.')
    .filter((label) => label !== '')
    .join('.');
  return rest === '' || !parseName(rest).ok ? undefined : rest;
}

function badLabel(text: string, label: string) {
  if (/^-|-$/.test(label) && /^[a-z0-9_-]+$/.test(label)) {
    return refused(`${quote(text)} is not a host name: ${quote(label)} begins or ends with a hyphen`);
  }
  const character = Array.from(label).find((one) => !/[a-z0-9_-]/.test(one)) ?? label;
  return refused(
    `${quote(text)} is not a host name: it has a ${quote(character)}; letters, digits, hyphens and dots are allowed`,
  );
}
