/**
 * The TLS handshake, for its certificate: nothing is verified while it runs, everything is judged afterwards. What the
 * server sent is kept even where the handshake then fails, since a server that wants a client certificate, or speaks an
 * odd version, has a certificate that runs out like any other.
 */
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { reasonOf } from './deadline.ts';
import { ProbeError } from './errors.ts';
import { fingerprintOf } from './parse-certificate.ts';
import { explainTlsError, isClientCertificateWanted } from './tls-error.ts';
import type { TlsFailure } from './tls-error.ts';
import { readWireChain } from './wire-chain.ts';
import type { ReadAddress } from '../core/observation.ts';

export type Verdict = ReadAddress['verdict'];

export interface HandshakeOptions {
  readonly context: SecureContext;
  /** For SNI; `undefined` for addresses, which SNI has no room for (RFC 6066, 3). */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[] | undefined;
  /** Take Diffie-Hellman keys of any size. */
  readonly acceptsWeak: boolean;
  readonly signal: AbortSignal;
  /** Whether the whole chain is to be read, once its leaf and OpenSSL's verdict are known. */
  needsChain(leafFingerprint: string, verdict: Verdict): boolean;
}

export interface Seen {
  readonly leafFingerprint: string;
  readonly verdict: Verdict;
  /** As sent, leaf first; `undefined` where it was not needed. */
  readonly chain: readonly Buffer[] | undefined;
  readonly tlsVersion: string | undefined;
  readonly cipher: string | undefined;
  readonly clientCertificateWanted: boolean;
}

export interface HandshakeResult {
  /** `undefined` where no certificate came. */
  readonly seen: Seen | undefined;
  /** `undefined` where the handshake came to its end. */
  readonly failure: TlsFailure | undefined;
}

/** How long we listen, after a TLS 1.3 handshake of that length, for the alert of a server that wants a client certificate. */
const LINGER = { least: 20, times: 2, most: 500 } as const;

/** `transport` is closed when this resolves. It never rejects. */
export function handshake(transport: Duplex, options: HandshakeOptions): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({
      socket: transport,
      secureContext: options.context,
      rejectUnauthorized: false,
      // Names are judged by core, by RFC 9525; Node's answer would take the place of OpenSSL's verdict.
      checkServerIdentity: () => undefined,
      ...(options.serverName === undefined ? {} : { servername: options.serverName }),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      ...(options.acceptsWeak ? { minDHSize: 1 } : {}),
    });
    let seen: Omit<Seen, 'clientCertificateWanted'> | undefined;
    let isSecure = false;
    let clientCertificateWanted = false;
    let linger: NodeJS.Timeout | undefined;

    const finish = (failure: TlsFailure | undefined): void => {
      clearTimeout(linger);
      options.signal.removeEventListener('abort', onAbort);
      socket.off('error', onError).off('close', onClose).off('secureConnect', onSecure);
      socket.on('error', () => undefined);
      socket.destroy();
      transport.destroy();
      resolve({ seen: seen === undefined ? undefined : { ...seen, clientCertificateWanted }, failure });
    };
    const onSecure = (): void => {
      isSecure = true;
      seen = look(socket, options);
      const handshakeMs = performance.now() - startedAt;
      // In TLS 1.3 the client is done before the server has read its certificate (RFC 8446, 2): the alert comes later.
      // To close as RFC 8446, 6.1 asks, and wait for the server's turn, brings it in.
      socket.end();
      if (seen?.tlsVersion !== 'TLSv1.3') finish(undefined);
      else linger = setTimeout(finish, Math.min(LINGER.most, LINGER.least + LINGER.times * handshakeMs), undefined);
    };
    const onError = (error: Error): void => {
      const failure = explainTlsError(error);
      if (!isSecure) seen ??= look(socket, options);
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

    // Nothing is read of what a server says after the handshake, but it has to be taken in for its end to be seen.
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose).resume();
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
  });
}

function look(socket: TLSSocket, options: HandshakeOptions): Omit<Seen, 'clientCertificateWanted'> | undefined {
  // Asked first: nothing else here may be asked where no certificate came, Node ends the process over the verdict.
  const known = leafFingerprintOf(socket);
  let chain = known === undefined ? readWireChain(socket) : undefined;
  if (known === undefined && chain?.length === 0) return undefined;
  const verdict = verdictOf(socket);
  if (known !== undefined && options.needsChain(known, verdict)) chain = readWireChain(socket);
  const [leaf] = chain ?? [];
  const leafFingerprint = known ?? (leaf === undefined ? undefined : fingerprintOf(leaf));
  if (leafFingerprint === undefined) return undefined;
  return {
    leafFingerprint,
    verdict,
    chain,
    tlsVersion: socket.getProtocol() ?? undefined,
    cipher: cipherOf(socket),
  };
}

/** Leaves the chain where it is; `undefined` where none came, or Node cannot put it in words. */
function leafFingerprintOf(socket: TLSSocket): string | undefined {
  try {
    // Node's type has no room for "none came", which is an empty object or nothing at all.
    const peer = socket.getPeerCertificate(false) as { fingerprint256?: string } | null | undefined;
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
