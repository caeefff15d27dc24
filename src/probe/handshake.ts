/**
 * The TLS handshake, for its certificate: nothing is verified while it runs, everything is judged afterwards. What the
 * server sent is kept even where the handshake then fails, since a server that wants a client certificate, or speaks an
 * odd version, has a certificate that runs out like any other.
 */
import type { Duplex } from 'node:stream';
import { TLSSocket, connect } from 'node:tls';
import type { DetailedPeerCertificate, SecureContext } from 'node:tls';
import { reasonOf } from './deadline.ts';
import { DerError, TAG, contextTag, cursorOver, expectElement } from './der.ts';
import { ProbeError } from './errors.ts';
import { fingerprintOf } from './parse-certificate.ts';
import { takeLeave } from './leave.ts';
import type { Farewell } from './protocols/farewell.ts';
import { explainTlsError, isClientCertificateWanted } from './tls-error.ts';
import type { TlsFailure } from './tls-error.ts';
import { MAX_CERTIFICATES, serverSecretIn } from './wire-chain.ts';
import type { WireChain } from './wire-chain.ts';
import { UNVERIFIED } from '../core/observation.ts';
import type { ReadAddress } from '../core/observation.ts';

export type Verdict = ReadAddress['verdict'];

export interface HandshakeOptions {
  readonly context: SecureContext;
  /** For SNI; `undefined` for addresses, which SNI has no room for (RFC 6066, 3). */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[] | undefined;
  /** Take Diffie-Hellman keys of any size. */
  readonly acceptsWeak: boolean;
  /** What the protocol has us say before we leave. */
  readonly farewell: Farewell | undefined;
  readonly signal: AbortSignal;
  /** What the peer has sent so far. */
  readonly bytesRead: () => number;
  /** The chain as it came over the wire, where the transport is tapped. */
  readonly readChain: ((serverSecret: Buffer | undefined) => WireChain) | undefined;
}

export interface Seen {
  readonly leafFingerprint: string;
  readonly verdict: Verdict;
  /** As sent, leaf first; `undefined` where the transport was not tapped. */
  readonly chain: readonly Uint8Array[] | undefined;
  readonly tlsVersion: string | undefined;
  readonly cipher: string | undefined;
  readonly clientCertificateWanted: boolean;
  /** The OCSP response that the server stapled (RFC 6066, 8). */
  readonly staple: Uint8Array | undefined;
}

export interface HandshakeResult {
  /** `undefined` where no certificate came. */
  readonly seen: Seen | undefined;
  /** `undefined` where the handshake came to its end. */
  readonly failure: TlsFailure | undefined;
  /** TLS 1.3, where the transport is tapped: opens what comes after the handshake has failed. */
  readonly serverSecret: Buffer | undefined;
}

/** How long we listen, after a TLS 1.3 handshake of that length, for the alert of a server that wants a client certificate. */
const LINGER = { least: 20, times: 2, most: 500 } as const;

/** More than the longest chain that is read anywhere. OpenSSL itself would take in empty records for ever. */
export const MOST_BYTES = 1024 * 1024;
const COUNTED_EVERY_MS = 20;

/** How long a server has to greet and to answer our farewell. */
const LEAVE_MS = 500;

/** Node knows it, its type for clients does not. */
const ASKS_FOR_STAPLE = { requestOCSP: true } as const;

/** `transport` is closed when this settles. It rejects only for a mistake of ours. */
export function handshake(transport: Duplex, options: HandshakeOptions): Promise<HandshakeResult> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const socket = connect({
      socket: transport,
      secureContext: options.context,
      rejectUnauthorized: false,
      ...ASKS_FOR_STAPLE,
      // Names are judged by core, by RFC 9525; Node's answer would take the place of OpenSSL's verdict.
      checkServerIdentity: () => undefined,
      ...(options.serverName === undefined ? {} : { servername: options.serverName }),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      ...(options.acceptsWeak ? { minDHSize: 1 } : {}),
    });
    // Node puts the whole chain in words for the name check that we do not want: a third of the handshake's cost.
    socket.getPeerCertificate = noCertificate;
    let serverSecret: Buffer | undefined;
    let seen: Omit<Seen, 'clientCertificateWanted' | 'staple'> | undefined;
    let staple: Buffer | undefined;
    let isSecure = false;
    let clientCertificateWanted = false;
    let linger: NodeJS.Timeout | undefined;

    // Thrown in a listener it would end the thread, and every other look in it.
    let mistake: Error | undefined;
    const see = (): Omit<Seen, 'clientCertificateWanted' | 'staple'> | undefined => {
      try {
        return look(socket, options.readChain?.(serverSecret), isSecure);
      } catch (error) {
        mistake = error instanceof Error ? error : new Error('the handshake cannot be read', { cause: error });
        return undefined;
      }
    };
    const finish = (failure: TlsFailure | undefined): void => {
      clearTimeout(linger);
      clearInterval(counting);
      options.signal.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('close', onClose).off('secureConnect', onSecure);
      socket.on('error', () => undefined);
      socket.destroy();
      transport.destroy();
      if (mistake !== undefined) reject(mistake);
      resolve({
        seen: seen === undefined ? undefined : { ...seen, clientCertificateWanted, staple },
        failure,
        serverSecret,
      });
    };
    const onSecure = (): void => {
      isSecure = true;
      seen = see();
      const handshakeMs = performance.now() - startedAt;
      takeLeave(socket, options.farewell);
      // In TLS 1.3 the client is done before the server has read its certificate (RFC 8446, 2): the alert comes later, and
      // comes in while we wait for the server's turn to close.
      const listenMs = Math.min(LINGER.most, LINGER.least + LINGER.times * handshakeMs);
      const waitMs = options.farewell !== undefined ? LEAVE_MS : seen?.tlsVersion === 'TLSv1.3' ? listenMs : 0;
      if (waitMs === 0) finish(undefined);
      else linger = setTimeout(leaveAnyway, waitMs);
    };
    const leaveAnyway = (): void => {
      socket.end();
      finish(undefined);
    };
    const onError = (error: Error): void => {
      const failure = explainTlsError(error);
      if (!isSecure) seen ??= see();
      clientCertificateWanted = seen !== undefined && isClientCertificateWanted(failure);
      // Once the handshake was over, nothing that happens to the connection tells of the certificate.
      finish(clientCertificateWanted || isSecure ? undefined : failure);
    };
    const onClose = (): void => {
      if (isSecure) finish(undefined);
      else onError(new ProbeError('reset', 'the server closed the connection during the TLS handshake'));
    };
    const onAbort = (): void => {
      if (isSecure) finish(undefined);
      else onError(reasonOf(options.signal));
    };

    const counting = setInterval(() => {
      if (options.bytesRead() <= MOST_BYTES) return;
      if (isSecure) finish(undefined);
      else
        onError(
          new ProbeError(
            'protocol-error',
            `the server sent more than ${MOST_BYTES / 1024 / 1024} MiB before TLS stood`,
          ),
        );
    }, COUNTED_EVERY_MS);
    if (options.readChain !== undefined) {
      socket.on('keylog', (line: Buffer) => {
        serverSecret ??= serverSecretIn(line);
      });
    }
    socket.on('OCSPResponse', (response: Buffer | null | undefined) => {
      staple = response ?? undefined;
    });
    // Nothing is read of what a server says after the handshake, but it has to be taken in for its end to be seen.
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose).resume();
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
  });
}

/** What Node itself gives where no certificate came. */
function noCertificate(): DetailedPeerCertificate {
  return {} as DetailedPeerCertificate;
}

export const NO_VERDICT: Verdict = { trusted: false, code: UNVERIFIED, reason: 'the handshake ended before' };

function look(
  socket: TLSSocket,
  wire: WireChain | undefined,
  isSecure: boolean,
): Omit<Seen, 'clientCertificateWanted' | 'staple'> | undefined {
  const known = wire?.state === 'read' && isSecure ? undefined : leafFingerprintOf(socket);
  const verdict = isSecure || known !== undefined ? verdictOf(socket) : NO_VERDICT;
  // Node's list comes last: it takes the certificates out of OpenSSL's hands.
  const chain = wire?.state === 'read' ? wire.ders : wire !== undefined && isSecure ? listedChain(socket) : undefined;
  const [leaf] = chain ?? [];
  const leafFingerprint = leaf === undefined ? known : fingerprintOf(leaf);
  if (leafFingerprint === undefined) return undefined;
  return {
    leafFingerprint,
    verdict,
    chain: leaf === undefined ? undefined : chain,
    tlsVersion: socket.getProtocol() ?? undefined,
    cipher: cipherOf(socket),
  };
}

/** For a handshake that came to its end though its bytes made no sense to us; it leaks (see `wire-chain.ts`). */
function listedChain(socket: TLSSocket): Uint8Array[] {
  const ders: Uint8Array[] = [];
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate) {
    if (ders.length === MAX_CERTIFICATES) break;
    ders.push(new Uint8Array(next.raw));
  }
  return ders;
}

/** `undefined` where none came, or Node cannot put it in words. */
function leafFingerprintOf(socket: TLSSocket): string | undefined {
  // Node gives null, which its type leaves out, once the connection is gone.
  const der = leafInSession(socket.getSession());
  return der === undefined ? leafFingerprintInWords(socket) : fingerprintOf(der);
}

/**
 * The leaf in OpenSSL's form of a session (`i2d_SSL_SESSION`), where it stands in `[3]`: a twentieth of the cost of having
 * Node put it in words. `undefined` where there is no session, or one of another form.
 */
function leafInSession(session: Buffer | null | undefined): Uint8Array | undefined {
  if (session === null || session === undefined) return undefined;
  try {
    const fields = cursorOver(expectElement(session, TAG.sequence).content);
    while (!fields.isAtEnd) {
      const { tag, content } = fields.takeAny();
      if (tag === contextTag(3, true)) return expectElement(content, TAG.sequence).whole;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}

function leafFingerprintInWords(socket: TLSSocket): string | undefined {
  try {
    // Node's type has no room for "none came", which is an empty object or nothing at all.
    const peer = TLSSocket.prototype.getPeerCertificate.call(socket, false) as
      { fingerprint256?: string } | null | undefined;
    return peer?.fingerprint256?.replaceAll(':', '').toLowerCase();
  } catch {
    return undefined;
  }
}

/** OpenSSL's name is of its own making; the standard's is what people look up. */
function cipherOf(socket: TLSSocket): string | undefined {
  const cipher = socket.getCipher() as { standardName?: string; name?: string } | undefined;
  return cipher?.standardName ?? cipher?.name;
}

/**
 * OpenSSL's. `authorizationError` has its code only, which is `UNSPECIFIED` for broken constraints and weak signatures,
 * and is not set where the handshake failed; the handle below it has the message too. Where a Node has no such handle any
 * more, the code alone has to do. Only for connections that brought a certificate: Node 20 crashes over others.
 */
function verdictOf(socket: TLSSocket): Verdict {
  const { _handle: handle } = socket as { _handle?: { verifyError?: () => (Error & { code?: string }) | null } | null };
  const error = handle?.verifyError?.();
  if (error !== null && error !== undefined) {
    return { trusted: false, code: error.code ?? 'UNSPECIFIED', reason: error.message };
  }
  // Node's type says Error; it is the code, as text.
  const code = socket.authorizationError as Error | string | null | undefined;
  if (code === null || code === undefined) return { trusted: true };
  return { trusted: false, code: String(code), reason: String(code) };
}
