/** `CERTMON_PUBLIC_URL`, and whatever else a person writes for it: where the chat platforms reach certmon. */
import { parsed, refused } from './core/errors.ts';
import type { Parsed } from './core/errors.ts';
import { quote } from './core/quote.ts';

const EXAMPLE = 'https://certmon.example.com';

/** An https URL of a host alone; http only for this machine itself, since what platforms send holds their secrets. */
export function parsePublicUrl(text: string): Parsed<URL> {
  if (!URL.canParse(text)) return refused(`${quote(text)} is not a URL; write one such as ${EXAMPLE}`);
  const url = new URL(text);
  // What is quoted from here on holds no password.
  if (url.username !== '' || url.password !== '') {
    return refused(`the URL names a user or a password, which nobody needs; write one such as ${EXAMPLE}`);
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return refused(`${quote(text)} is not https, and chat platforms call nothing else; write one such as ${EXAMPLE}`);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return refused(`${quote(text)} has more than a host; certmon is served at the top of it, write ${url.origin}`);
  }
  return parsed(url);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
