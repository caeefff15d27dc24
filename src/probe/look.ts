/**
 * One look at one address: dial, the dialogue, the handshake. Where TLS itself fails, a second look follows with every
 * version and cipher OpenSSL still knows, so that the certificate of a server that only speaks TLS 1.0 is read too, and
 * with a tap on the line, so that plaintext on a TLS port is called by its name.
 */
import { addressBytes } from '../core/ip-address.ts';
import type { Endpoint } from '../core/monitor.ts';
import { startDeadline } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { dial } from './dial.ts';
import { ProbeError } from './errors.ts';
import { handshake } from './handshake.ts';
import type { HandshakeOptions, HandshakeResult, Seen } from './handshake.ts';
import { openPlaintext } from './plaintext.ts';
import { atOnce } from './protocols/dialogue.ts';
import { alpnOf, dialogueOf } from './protocols/index.ts';
import { tap } from './tap.ts';
import { explainForeignAnswer } from './tls-error.ts';
import type { TlsFailure } from './tls-error.ts';
import type { TrustSet } from './trust.ts';

export interface LookRequest {
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly trust: TrustSet;
  readonly needsChain: HandshakeOptions['needsChain'];
}

export interface Look {
  readonly seen: Seen;
  /** What failed after the leaf was read. */
  readonly failure: Pick<TlsFailure, 'code' | 'detail'> | undefined;
}

/** @throws {ProbeError} if no leaf could be read; or the reason of `caller`, if it aborts. */
export async function lookAt(address: string, request: LookRequest, caller: AbortSignal): Promise<Look> {
  const deadline = startDeadline(request.timeoutMs, caller);
  try {
    const first = await attempt(address, request, deadline, 'strict');
    caller.throwIfAborted();
    if (first.failure?.isTls !== true) return toLook(first);
    const second = await secondLook(address, request, deadline);
    caller.throwIfAborted();
    if (second?.seen !== undefined) return toLook(second);
    return toLook({ seen: first.seen, failure: second?.foreign ?? first.failure });
  } finally {
    deadline.clear();
  }
}

function toLook({ seen, failure }: HandshakeResult): Look {
  if (seen !== undefined) return { seen, failure };
  throw new ProbeError(failure?.code ?? 'handshake-failed', failure?.detail ?? 'the server sent no certificate');
}

interface Attempt extends HandshakeResult {
  /** What the first bytes say, where they are no TLS. */
  readonly foreign: TlsFailure | undefined;
}

/** `undefined` where it came less far than the first one. */
async function secondLook(address: string, request: LookRequest, deadline: Deadline): Promise<Attempt | undefined> {
  try {
    return await attempt(address, request, deadline, 'permissive');
  } catch (error) {
    if (error instanceof ProbeError) return undefined;
    throw error;
  }
}

async function attempt(
  address: string,
  request: LookRequest,
  deadline: Deadline,
  manner: 'strict' | 'permissive',
): Promise<Attempt> {
  const { endpoint, trust } = request;
  deadline.step('connecting');
  const socket = await dial(address, endpoint.port, deadline.signal);
  try {
    const dialogue = dialogueOf(endpoint);
    if (dialogue !== atOnce) {
      deadline.step('dialogue before TLS');
      const plaintext = openPlaintext(socket, deadline, request.timeoutMs);
      try {
        await dialogue(plaintext);
        await plaintext.release();
      } finally {
        plaintext.abandon();
      }
    }
    deadline.step('TLS handshake');
    const tapped = manner === 'permissive' ? tap(socket) : undefined;
    const result = await handshake(tapped?.stream ?? socket, {
      context: trust[manner],
      serverName: isName(endpoint.serverName) ? endpoint.serverName : undefined,
      alpn: alpnOf(endpoint),
      acceptsWeak: manner === 'permissive',
      signal: deadline.signal,
      needsChain: request.needsChain,
    });
    return { ...result, foreign: tapped === undefined ? undefined : explainForeignAnswer(tapped.firstBytes()) };
  } finally {
    socket.destroy();
  }
}

function isName(serverName: string): boolean {
  return addressBytes(serverName) === undefined;
}
