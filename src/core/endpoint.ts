/**
 * What a person writes to say where a service is, `HOST[:PORT] PROTOCOL`, read into an endpoint; or what is wrong with
 * it, and the nearest right thing. `suggestion` is always text to put in the place of what was wrong.
 */
import { parsed, refused } from './errors.ts';
import type { Parsed, Problem } from './errors.ts';
import { parseHost, parseIpv6Host, parseName } from './host.ts';
import type { Host } from './host.ts';
import { formatIpv6, parseIpv4, parseIpv6 } from './ip-address.ts';
import type { Endpoint } from './monitor.ts';
import { nearest } from './nearest.ts';
import { PROTOCOLS, PROTOCOL_TOKENS, defaultPort, findProtocol } from './protocol.ts';
import type { Protocol } from './protocol.ts';
import { quote } from './quote.ts';

export interface EndpointOptions {
  /** The name to ask for by SNI and to judge the certificate by, instead of the host. */
  readonly sni?: string | undefined;
  /** PostgreSQL only: TLS at once instead of SSLRequest. */
  readonly direct?: boolean | undefined;
}

/** Longer text is no host: a name in letters of any script has at most 253 characters, a port six more. */
const MAX_HOST_TEXT = 512;

export function parseEndpoint(host: string, protocolWord: string, options: EndpointOptions = {}): Parsed<Endpoint> {
  const protocol = parseProtocol(protocolWord, host);
  if (!protocol.ok) return protocol;
  const place = parsePlace(host, protocol.value);
  if (!place.ok) return place;
  const { port, ...where } = place.value;
  if (port === undefined) return portMissing(where, protocol.value);
  if (options.direct === true && protocol.value !== 'postgresql') {
    return refused(`--direct is for postgresql only, not for ${protocol.value}: leave it out`);
  }
  const serverName = options.sni === undefined ? parsed(where.host) : parseServerName(options.sni);
  if (!serverName.ok) return serverName;
  return parsed({
    ...where,
    port,
    protocol: protocol.value,
    serverName: serverName.value,
    direct: options.direct === true,
  });
}

function parseProtocol(word: string, host: string): Parsed<Protocol> {
  const protocol = findProtocol(word);
  if (protocol !== undefined) return parsed(protocol);
  if (/^[0-9]{1,5}$/.test(word)) {
    return refused(`${quote(word)} is a port and no protocol: write HOST:PORT and then the protocol`);
  }
  // A host may be called smtp; what looks like a host is no slip of a protocol's name.
  if (findProtocol(host) !== undefined && /[.:]/.test(word) && ifRight(word) !== undefined) {
    return refused(`${quote(host)} is a protocol and no host: the host comes first`);
  }
  const known = `one of ${PROTOCOL_TOKENS.join(', ')}`;
  if (word.trim() === '') return refused(`no protocol given: say ${known}`);
  const aliases = PROTOCOL_TOKENS.flatMap((token) => [token, ...PROTOCOLS[token].aliases]);
  // Every third letter may be a slip: a word that is further away is another protocol, which there is not.
  const meant = word.toLowerCase() === 'ssl' ? 'tls' : nearest(word, aliases, Math.max(1, Math.floor(word.length / 3)));
  return refused(
    `unknown protocol ${quote(word)}: it is ${known}`,
    meant === undefined ? undefined : findProtocol(meant),
  );
}

type Place = Host & { readonly port: number | undefined };

function parsePlace(text: string, protocol: Protocol): Parsed<Place> {
  const fault = faultOfText(text);
  if (fault !== undefined) return fault;
  if (text.startsWith('[')) return parseBracketed(text, protocol);
  const colon = text.indexOf(':');
  if (colon === -1) return withPort(parseHost(text), undefined, protocol);
  if (colon !== text.lastIndexOf(':')) return parseBareIpv6(text, protocol);
  if (colon === 0) return refused(`${quote(text)} has no host before the colon`, ifRight(`mail.example.com${text}`));
  return withPort(parseHost(text.slice(0, colon)), text.slice(colon + 1), protocol);
}

/** What is wrong before host and port can be told apart. */
function faultOfText(text: string) {
  if (text.trim() === '') return refused('no host given', 'mail.example.com');
  if (text.length > MAX_HOST_TEXT) {
    return refused(`the host is too long: ${quote(text)} has ${text.length} characters, a name has at most 253`);
  }
  if (/\s/.test(text)) {
    const [first = '', second = '', ...more] = text.trim().split(/\s+/);
    const joined =
      second === '' ? first : more.length === 0 && /^[0-9]+$/.test(second) ? `${first}:${second}` : undefined;
    return refused(`${quote(text)} has a space in it: write HOST or HOST:PORT without any`, ifRight(joined));
  }
  // Joiners belong to names in some scripts (RFC 5892, A.1 and A.2), and the URL parser knows where.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text.replace(/[\u200c\u200d]/g, ''))) {
    const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '');
    return refused(`${quote(text)} has invisible or control characters in it: type it anew`, ifRight(clean));
  }
  const url = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(text);
  if (url !== null) {
    return refused(`${quote(text)} is a URL: give only the host`, ifRight(withoutUser(url[1] ?? '')));
  }
  const path = /^([^/?#\\]*)[/?#\\]/.exec(text);
  if (path !== null) {
    return refused(`${quote(text)} has a path after the host: give only the host`, ifRight(withoutUser(path[1] ?? '')));
  }
  if (text.includes('@')) {
    return refused(`${quote(text)} has a user before the host: give only the host`, ifRight(withoutUser(text)));
  }
  return undefined;
}

function withoutUser(authority: string): string {
  return authority.slice(authority.lastIndexOf('@') + 1);
}

/** `text` where it would be taken; a suggestion that is refused again is none. */
function ifRight(text: string | undefined): string | undefined {
  return text !== undefined && text !== '' && parsePlace(text, 'https').ok ? text : undefined;
}

/** `[2001:db8::1]` or `[2001:db8::1]:636` (RFC 3986, 3.2.2). */
function parseBracketed(text: string, protocol: Protocol): Parsed<Place> {
  const match = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (match === null) {
    const [, address = '', port = ''] = /^\[+([0-9a-f:.]+)\]*:?([0-9]*)$/i.exec(text) ?? [];
    const meant = `[${address}]:${port === '' ? (defaultPort(protocol) ?? 8443) : port}`;
    return refused(`${quote(text)} is not how IPv6 is written with a port: write [ADDRESS]:PORT`, ifRight(meant));
  }
  const [, inside = '', port] = match;
  if (!inside.includes(':')) {
    return refused(
      `${quote(text)} has brackets round what is not an IPv6 address: leave them out`,
      ifRight(text.replace(/[[\]]/g, '')),
    );
  }
  return withPort(parseIpv6Host(inside), port, protocol);
}

/** Two colons or more without brackets are an address and never a port: `::1:443` is an address too. */
function parseBareIpv6(text: string, protocol: Protocol): Parsed<Place> {
  const host = parseIpv6Host(text);
  if (host.ok || text.includes('%')) return withPort(host, undefined, protocol);
  const colon = text.lastIndexOf(':');
  const before = text.slice(0, colon);
  const address = parseIpv6(before);
  if (address !== undefined) {
    return refused(
      `${quote(text)} is not an IPv6 address; with a port it is written [ADDRESS]:PORT`,
      ifRight(`[${formatIpv6(address)}]${text.slice(colon)}`),
    );
  }
  return refused(
    `${quote(text)} is neither HOST:PORT nor an IPv6 address`,
    ifRight(text.split(':').slice(0, 2).join(':')),
  );
}

function withPort(host: Parsed<Host>, portText: string | undefined, protocol: Protocol): Parsed<Place> {
  if (!host.ok) return portText === undefined ? host : suggestingPort(host.problem, portText);
  if (portText === undefined) return parsed({ ...host.value, port: defaultPort(protocol) });
  if (/^[1-9][0-9]{0,4}$/.test(portText) && Number(portText) <= 65_535) {
    return parsed({ ...host.value, port: Number(portText) });
  }
  const usual = portMeant(portText, protocol);
  const suggestion = usual === undefined ? undefined : hostWithPort(host.value, usual);
  if (portText === '') return refused('there is a colon after the host but no port', suggestion);
  return refused(`port ${quote(portText)} is not a number from 1 to 65535`, suggestion);
}

/** A suggestion for the host alone would lose the port that was typed with it. */
function suggestingPort({ message, suggestion }: Problem, portText: string) {
  if (suggestion === undefined) return refused(message);
  return refused(message, ifRight(`${suggestion.includes(':') ? `[${suggestion}]` : suggestion}:${portText}`));
}

/** The number a bad port probably stands for: itself with leading zeros, the port of the service it names, else the usual one. */
function portMeant(portText: string, protocol: Protocol): number | undefined {
  if (/^0+[1-9][0-9]{0,4}$/.test(portText) && Number(portText) <= 65_535) return Number(portText);
  const named = findProtocol(portText);
  return (named === undefined ? undefined : defaultPort(named)) ?? defaultPort(protocol);
}

function hostWithPort(host: Host, port: number): string {
  return `${host.hostKind === 'ipv6' ? `[${host.displayHost}]` : host.displayHost}:${port}`;
}

function portMissing(host: Host, protocol: Protocol) {
  return refused(`${protocol} has no usual port: write HOST:PORT`, hostWithPort(host, 8443));
}

function parseServerName(text: string): Parsed<string> {
  const hint = 'the server name (--sni) must be a DNS name';
  if (text.trim() === '') return refused(`${hint}, and it is empty`);
  if (text.length > MAX_HOST_TEXT || faultOfText(text) !== undefined)
    return refused(`${hint}; ${quote(text)} is not one`);
  if (text.includes(':') || text.startsWith('[') || parseIpv4(text) !== undefined) {
    const isAddress = parseIpv4(text) !== undefined || parseIpv6(text.replace(/^\[(.*)\]$/, '$1')) !== undefined;
    return refused(`${hint}, not ${isAddress ? `an IP address such as ${quote(text)}` : quote(text)}`);
  }
  const name = parseName(text);
  if (!name.ok) return refused(`${hint}: ${name.problem.message}`);
  return parsed(name.value.host);
}
