/** `HOST[:PORT] PROTOCOL`, as a command line or a line of a list has it; and where it is wrong, what was probably meant. */
import { parseEndpoint } from '../core/endpoint.ts';
import type { EndpointOptions } from '../core/endpoint.ts';
import { refused } from '../core/errors.ts';
import type { Parsed } from '../core/errors.ts';
import type { Endpoint } from '../core/monitor.ts';
import { PROTOCOL_TOKENS, defaultPort, findProtocol } from '../core/protocol.ts';
import { quote } from '../core/quote.ts';

const GRAMMAR = 'write HOST[:PORT] PROTOCOL';

export function endpointOf(words: readonly string[], options: EndpointOptions): Parsed<Endpoint> {
  const [host = '', protocol = '', extra] = words;
  if (host.trim() === '') return refused(`no host given: ${GRAMMAR}, such as mail.example.com smtp`);
  if (protocol.trim() === '') return protocolMissing(host);
  if (isPort(protocol)) return portApart(host, protocol, extra ?? usualProtocol(`:${protocol}`));
  if (extra !== undefined) return tooMany(extra);
  const endpoint = parseEndpoint(host, protocol, options);
  if (endpoint.ok || endpoint.problem.suggestion !== undefined || findProtocol(protocol) !== undefined) return endpoint;
  return parseEndpoint(protocol, host).ok ? refused(endpoint.problem.message, `${protocol} ${host}`) : endpoint;
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text);
}

/** Where the host is wrong too, that is told first: `https://example.com` alone says its protocol by itself. */
function protocolMissing(host: string): Parsed<never> {
  const token = findProtocol(host);
  if (token !== undefined) {
    return refused(`no host given before ${quote(host)}: ${GRAMMAR}, such as mail.example.com ${token}`);
  }
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(host)?.[1] ?? '';
  const protocol = findProtocol(scheme) ?? usualProtocol(host);
  const endpoint = parseEndpoint(host, protocol);
  if (endpoint.ok) return refused(`no protocol given after ${quote(host)}: ${GRAMMAR}`, `${host} ${protocol}`);
  const { message, suggestion } = endpoint.problem;
  return refused(message, suggestion === undefined ? undefined : `${suggestion} ${protocol}`);
}

/** What listens on a port by custom; the web's where nothing does. */
function usualProtocol(host: string): string {
  const port = Number(/:([0-9]{1,5})$/.exec(host)?.[1]);
  // Submission (RFC 6409).
  if (port === 587) return 'smtp';
  return PROTOCOL_TOKENS.find((token) => defaultPort(token) === port) ?? 'https';
}

function portApart(host: string, port: string, protocol: string): Parsed<never> {
  const meant = `${host}:${port} ${protocol}`;
  return refused(
    `${quote(port)} is a port and no protocol: ${GRAMMAR}`,
    parseEndpoint(`${host}:${port}`, protocol).ok ? meant : undefined,
  );
}

function tooMany(extra: string): Parsed<never> {
  const more = findProtocol(extra) === undefined ? '' : '; many hosts go into a file: --file LIST';
  return refused(`${quote(extra)} is one word too many: ${GRAMMAR}${more}`);
}
