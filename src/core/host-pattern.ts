import { parsed, refused } from './errors.ts';
import type { Parsed } from './errors.ts';
import { parseHost, parseName } from './host.ts';
import { parseIpv6 } from './ip-address.ts';
import { quote } from './quote.ts';

const MAX_PATTERN_CHARS = 253;
/** What stands for a dot in international names (RFC 3490, 3.1). */
const OTHER_DOTS = /[。．｡]/gu;

/**
 * A host with `*` for any text and `?` for any one character, as canonical hosts are written: lower case, and A-labels
 * where a whole label was typed in another script. Without either of them it is a host.
 */
export function parseHostPattern(text: string): Parsed<string> {
  const typed = text.replace(/^\[(.*)\]$/, '$1');
  if (typed.length > MAX_PATTERN_CHARS)
    return refused(`${quote(typed)} is longer than any host: ${String(MAX_PATTERN_CHARS)} characters are the most`);
  if (!/[*?]/.test(typed)) return hostAlone(typed);
  if (typed.includes(':')) {
    return /^[0-9a-f:.*?]+$/i.test(typed)
      ? parsed(typed.toLowerCase())
      : refused(`${quote(typed)} is no host: a filter knows hosts without a port`, ifPattern(withoutPort(typed)));
  }
  const labels: string[] = [];
  for (const label of typed.replace(OTHER_DOTS, '.').replace(/\.$/, '').split('.')) {
    const canonical = canonicalLabel(label);
    if (!canonical.ok) return canonical;
    labels.push(canonical.value);
  }
  return parsed(labels.join('.'));
}

function hostAlone(typed: string): Parsed<string> {
  const isAddress = parseIpv6(typed) !== undefined;
  if (typed.includes(':') && !isAddress)
    return refused(`${quote(typed)} is no host: a filter knows hosts without a port`, ifPattern(withoutPort(typed)));
  const host = parseHost(typed);
  return host.ok ? parsed(host.value.host) : host;
}

function canonicalLabel(label: string): Parsed<string> {
  if (/^[a-z0-9_*?-]*$/i.test(label)) {
    return label === '' ? refused('between two dots of a host stands nothing') : parsed(label.toLowerCase());
  }
  if (/[*?]/.test(label)) {
    return refused(
      `${quote(label)} mixes * or ? with characters that a host is not stored with: other scripts are looked for by whole labels, such as *.müller.example`,
    );
  }
  const name = parseName(label);
  return name.ok ? parsed(name.value.host) : name;
}

function withoutPort(typed: string): string {
  return typed.replace(/:[^:]*$/, '');
}

function ifPattern(text: string): string | undefined {
  return text !== '' && parseHostPattern(text).ok ? text : undefined;
}
