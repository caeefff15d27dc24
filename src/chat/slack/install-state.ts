/**
 * Ties the way back from Slack to the browser that went there (RFC 6749, 10.12; RFC 6265): a value that goes both into the
 * address and into a cookie, signed and with an end, so that nothing is kept here and any process may be met on the way
 * back.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const COOKIE = 'certmon-install';
const GOOD_FOR_SECONDS = 600;

export type StateCheck = 'ok' | 'expired' | 'wrong';

export interface InstallState {
  /** A new one, and the cookie that goes with it. */
  make(now: Date): { readonly state: string; readonly cookie: string };
  /** @param cookies the request's header. */
  check(state: string | null, cookies: string | undefined, now: Date): StateCheck;
  /** Takes the cookie away. */
  readonly goneCookie: string;
}

/** @param backUrl where Slack sends the browser back to. */
export function createInstallState(secret: string, backUrl: URL): InstallState {
  const sign = (value: string): string =>
    createHmac('sha256', secret).update(`certmon install state ${value}`).digest('base64url');
  const cookie = (value: string, seconds: number): string =>
    [
      `${COOKIE}=${value}`,
      `Max-Age=${String(seconds)}`,
      `Path=${backUrl.pathname}`,
      'HttpOnly',
      // Slack leads back by a link: that brings a lax cookie along, and a form of somebody else's does not.
      'SameSite=Lax',
      // Without it where there is no TLS, on one's own machine: the browser would not keep it.
      ...(backUrl.protocol === 'https:' ? ['Secure'] : []),
    ].join('; ');

  return {
    make(now) {
      const ends = Math.floor(now.getTime() / 1_000) + GOOD_FOR_SECONDS;
      const value = `${String(ends)}.${randomBytes(18).toString('base64url')}`;
      const state = `${value}.${sign(value)}`;
      return { state, cookie: cookie(state, GOOD_FOR_SECONDS) };
    },
    check(state, cookies, now) {
      const [ends = '', nonce = '', signature = ''] = (state ?? '').split('.');
      if (state === null || !isSame(signature, sign(`${ends}.${nonce}`))) return 'wrong';
      if (Number(ends) * 1_000 <= now.getTime()) return 'expired';
      return valuesOf(cookies).some((value) => isSame(value, state)) ? 'ok' : 'wrong';
    },
    goneCookie: cookie('', 0),
  };
}

function valuesOf(cookies = ''): string[] {
  return cookies.split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return name === COOKIE ? [value.join('=')] : [];
  });
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
