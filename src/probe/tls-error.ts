/** What OpenSSL says when a handshake fails, in plain words. */
import type { ConnectionCode } from '../core/finding.ts';
import { quote } from '../core/quote.ts';
import { ProbeError, codeOf } from './errors.ts';
import { lostConnection } from './plaintext.ts';

export interface TlsFailure {
  readonly code: ConnectionCode;
  readonly detail: string;
  /** The server's alert (RFC 8446, 6.2); `undefined` where it sent none. */
  readonly alert: number | undefined;
  /** OpenSSL gave up, here or there: weaker settings may do better. */
  readonly isTls: boolean;
}

export function explainTlsError(error: Error): TlsFailure {
  if (error instanceof ProbeError) return { code: error.code, detail: error.message, alert: undefined, isTls: false };
  const code = codeOf(error);
  if (!isOpenSslCode(code, error)) {
    const lost = lostConnection(error);
    const detail = `${lost.message} during the TLS handshake`;
    return { code: lost.code, detail, alert: undefined, isTls: false };
  }
  const alert = alertOf(error);
  if (alert !== undefined) return alerted(alert);
  const meaning = OUR_FAILURES[code] ?? `the TLS handshake failed: ${quote(reasonOf(error), 120)}`;
  const isForeign = NOT_TLS.has(code);
  return { code: isForeign ? 'protocol-error' : 'handshake-failed', detail: meaning, alert: undefined, isTls: true };
}

function alerted(alert: number): TlsFailure {
  const meaning = ALERTS[alert] ?? 'the server broke off the handshake';
  return { code: 'handshake-failed', detail: `${meaning} (TLS alert ${alert})`, alert, isTls: true };
}

/** A fatal alert, in the clear, that a server sent last: OpenSSL has no error for those that no RFC knows. */
export function explainAlert(received: Buffer): TlsFailure | undefined {
  const [type, major, , high, low, level, alert = CLOSE_NOTIFY] = received.subarray(-7);
  const isAlert = type === 21 && major === 3 && high === 0 && low === 2 && level === 2 && alert !== CLOSE_NOTIFY;
  return isAlert ? alerted(alert) : undefined;
}

/**
 * The first bytes where TLS was expected tell a plaintext service from garbage. `isUpgraded`: they came after a go-ahead
 * for TLS, and then they are an injection that only came too late to be found before the ClientHello.
 */
export function explainForeignAnswer(firstBytes: Buffer, isUpgraded = false): TlsFailure | undefined {
  // A TLS record begins with its type, 20 to 24, and major version 3 (RFC 8446, 5.1).
  const [type = 0, major = 0] = firstBytes;
  if (firstBytes.length === 0 || (type >= 20 && type <= 24 && major === 3)) return undefined;
  if (isUpgraded) {
    return {
      code: 'plaintext-injection',
      detail: 'the server sent plaintext after its go-ahead for TLS',
      alert: undefined,
      isTls: true,
    };
  }
  const line = /^[^\r\n]*/.exec(firstBytes.toString('latin1'))?.[0] ?? '';
  const isText = /^[\t\x20-\x7e]{3,}$/.test(line);
  return isText
    ? {
        code: 'tls-not-offered',
        detail: `the server speaks plaintext on this port: ${quote(line, 120)}`,
        alert: undefined,
        isTls: true,
      }
    : {
        code: 'protocol-error',
        detail: 'the server answers with bytes that are no TLS',
        alert: undefined,
        isTls: true,
      };
}

/** RFC 8446, 6.1: no failure. */
const CLOSE_NOTIFY = 0;

/** What servers say of ciphers, settings and versions that they have nothing in common with us in. */
const SETTINGS_ALERTS: ReadonlySet<number> = new Set([40, 60, 70, 71]);

/** Said of the settings, by either side, rather than of a moment in which something went wrong. */
export function isOfSettings({ alert }: TlsFailure): boolean {
  return alert === undefined || SETTINGS_ALERTS.has(alert);
}

/** The server has no certificate for the name that SNI gave it (RFC 6066, 3). */
export const UNRECOGNIZED_NAME = 112;

/**
 * Servers say "no client certificate" with any of these (RFC 8446, 4.4.2.4 and 6.2; TLS 1.2 has no alert of its own). Those
 * that speak of a certificate can only mean the one that we did not send.
 */
const CLIENT_CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([40, 41, 42, 43, 44, 45, 46, 48, 49, 116]);

/** An alert that came when the server's certificate was in our hands already. */
export function isClientCertificateWanted(failure: TlsFailure): boolean {
  return failure.alert !== undefined && CLIENT_CERTIFICATE_ALERTS.has(failure.alert);
}

function isOpenSslCode(code: string, error: Error): boolean {
  return (
    code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO' || 'opensslErrorStack' in error
  );
}

function alertOf(error: Error): number | undefined {
  const number = /SSL alert number (\d{1,3})/.exec(error.message)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** OpenSSL's message is `code:error:number:library:function:reason:file:line:data`. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string'
    ? error.reason
    : (error.message.split(':')[5] ?? error.message);
}

/** RFC 8446, 6.2, and RFC 5246, 7.2.2. */
const ALERTS: Readonly<Record<number, string>> = {
  10: 'the server did not expect our message',
  20: 'the server could not decrypt our message',
  21: 'the server could not decrypt our message',
  22: 'the server found our message too long',
  30: 'the server could not decompress our message',
  40: 'the server accepts none of the ciphers or settings we offer',
  41: 'the server wants a client certificate',
  42: 'the server wants another client certificate',
  43: 'the server wants another kind of client certificate',
  44: 'the server wants a client certificate that is not revoked',
  45: 'the server wants a client certificate that is not expired',
  46: 'the server cannot take our client certificate, or the lack of one',
  47: 'the server found our message illegal',
  48: 'the server does not know the CA of our client certificate',
  49: 'the server denied access',
  50: 'the server could not decode our message',
  51: 'the server could not verify our message',
  60: 'the server is bound to weak ciphers by export rules',
  70: 'the server speaks none of the TLS versions we offer',
  71: 'the server finds the ciphers we offer too weak',
  80: 'the server has an internal error',
  86: 'the server refuses to fall back to an older TLS version',
  90: 'the server cancelled the handshake',
  100: 'the server refuses to negotiate anew',
  109: 'the server misses a TLS extension',
  110: 'the server found a TLS extension that it did not expect',
  112: 'the server has nothing for this server name',
  115: 'the server knows no shared key of ours',
  116: 'the server wants a client certificate',
  120: 'the server knows none of the application protocols we offer',
};

/** Where this side gave up. */
const OUR_FAILURES: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server answers with bytes that are no TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server answers with bytes that are no TLS',
  ERR_SSL_HTTP_REQUEST: 'the server speaks HTTP in plaintext on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server speaks TLS 1.1 or older only',
  ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED: 'the server signs the handshake with MD5 or SHA-1',
  ERR_SSL_WRONG_SIGNATURE_TYPE: 'the server signs the handshake with an algorithm that is not allowed',
  ERR_SSL_DH_KEY_TOO_SMALL: "the server's Diffie-Hellman key is too small",
  ERR_TLS_DH_PARAM_SIZE: "the server's Diffie-Hellman key is too small",
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'the server knows no secure renegotiation (RFC 5746)',
  ERR_SSL_EXCESSIVE_MESSAGE_SIZE: "the server's certificates are larger than OpenSSL takes in (100 KiB)",
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'the server closed the connection during the TLS handshake',
};

const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);
