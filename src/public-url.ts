/** `CERTMON_PUBLIC_URL`, and whatever else a person writes for it: where the chat platforms reach certmon. */
import { parsed, refused } from './core/errors.ts';
import type { Parsed } from './core/errors.ts';
import { quote } from './core/quote.ts';

const EXAMPLE = 'https://certmon.example.com';

/**
 * An https URL, with a path where a proxy serves certmon below one; http only for this machine itself, since what
 * platforms send holds their secrets. It comes out without a slash at its end.
 */
export function parsePublicUrl(text: string): Parsed<string> {
  if (!URL.canParse(text)) return refused(`${quote(text)} is not a URL; write one such as ${EXAMPLE}`);
  const url = new URL(text);
  // What is quoted from here on holds no password.
  if (url.username !== '' || url.password !== '') {
    return refused(`the URL names a user or a password, which nobody needs; write one such as ${EXAMPLE}`);
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return refused(`${quote(text)} is not https, and chat platforms call nothing else; write one such as ${EXAMPLE}`);
  }
  if (url.search !== '' || url.hash !== '') {
    return refused(`${quote(text)} has more than a host and a path; write ${url.origin}`);
  }
  return parsed((url.origin + url.pathname).replace(/\/+$/, ''));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
