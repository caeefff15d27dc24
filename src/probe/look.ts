/**
 * One look at one address: dial, the dialogue, the handshake. Where leaf or verdict are not what an earlier reading had,
 * another look reads the chain; where TLS itself fails, a second look follows with every version and cipher OpenSSL still
 * knows, so that the certificate of a server that only speaks TLS 1.0 is read too.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressBytes } from '../core/ip-address.ts';
import type { Endpoint } from '../core/monitor.ts';
import type { ReadAddress } from '../core/observation.ts';
import { isWeakVersion } from '../core/strength.ts';
import type { ContextPair, Contexts, OwnCas } from './contexts.ts';
import { startDeadline } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { dial } from './dial.ts';
import { ProbeError, UnreachedError } from './errors.ts';
import { MOST_BYTES, NO_VERDICT, handshake } from './handshake.ts';
import type { HandshakeResult, Seen, Verdict } from './handshake.ts';
import { fingerprintOf } from './parse-certificate.ts';
import { openPlaintext } from './plaintext.ts';
import { atOnce } from './protocols/dialogue.ts';
import { farewellOf } from './protocols/farewell.ts';
import { alpnOf, dialogueOf, hasGoAhead } from './protocols/index.ts';
import { tap } from './tap.ts';
import type { Tap } from './tap.ts';
import { UNRECOGNIZED_NAME, explainAlert, explainForeignAnswer, isOfSettings } from './tls-error.ts';
import type { TlsFailure } from './tls-error.ts';
import { readWireChain } from './wire-chain.ts';
import type { WireChain } from './wire-chain.ts';

/** Plain data: it may have to go to another thread. */
export interface LookRequest {
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly cas: OwnCas;
  /** What an earlier reading found: where it is still so, the chain need not be read. `undefined` reads it. */
  readonly expected: { readonly leafFingerprint: string; readonly verdict: Verdict } | undefined;
}

/** Plain data too. */
export interface Look {
  /** Its `chain` is there unless leaf and verdict were as expected. */
  readonly seen: Seen;
  /** What failed after the leaf was read. */
  readonly failure: ReadAddress['failure'];
  readonly weakness: ReadAddress['weakness'];
}

/** @throws {ProbeError} if no leaf could be read; or the reason of `caller`, if it aborts. */
export async function lookAt(request: LookRequest, contexts: Contexts, caller: AbortSignal): Promise<Look> {
  const deadline = startDeadline(request.timeoutMs, caller);
  const pair = contexts.of(request.cas);
  const go = (manner: Manner): Promise<Attempt> => attempt(request, pair, deadline, manner);
  try {
    const { expected } = request;
    const whole: Manner = { isTapped: true, isStrict: true, sendsName: true };
    let first = await go({ ...whole, isTapped: expected === undefined });
    if (!first.isTapped && first.failure === undefined && !isExpected(first.seen, expected)) {
      caller.throwIfAborted();
      first = await go(whole);
      // Servers behind one address that take turns: the one with news would be met by the first look only, at every check.
      if (first.failure === undefined && isExpected(first.seen, expected)) {
        caller.throwIfAborted();
        first = (await secondLook(go, whole)) ?? first;
      }
    }
    caller.throwIfAborted();
    if (!first.isTapped && !isExpected(first.seen, expected)) first = { ...first, seen: undefined };
    const { failure } = first;
    if (failure?.isTls !== true) return toLook(first);
    // The certificate that a server shows to those who name nobody says what it is; the name stays refused.
    const isNameRefused = failure.alert === UNRECOGNIZED_NAME;
    const second = await secondLook(go, { isTapped: true, isStrict: false, sendsName: !isNameRefused });
    caller.throwIfAborted();
    if (second?.seen === undefined) {
      return toLook({ seen: first.seen, failure: second?.foreign ?? first.foreign ?? failure });
    }
    if (isNameRefused) return toLook({ seen: second.seen, failure });
    if (second.failure !== undefined || isOutdated(second.seen)) return toLook(second);
    // Neither version nor cipher says what is weak: it may have been a moment's failure.
    const third = await secondLook(go, whole);
    caller.throwIfAborted();
    if (third?.failure === undefined && third?.seen !== undefined) return toLook(third);
    // Where the third look came to nothing, the first one's failure has to speak for itself.
    const isWeak = third?.failure?.isTls === true || isOfSettings(failure);
    return toLook(second, isWeak ? failure.detail : undefined);
  } finally {
    deadline.clear();
  }
}

function isExpected(seen: Seen | undefined, expected: LookRequest['expected']): boolean {
  return (
    seen !== undefined &&
    seen.leafFingerprint === expected?.leafFingerprint &&
    isSameVerdict(seen.verdict, expected.verdict)
  );
}

function isSameVerdict(a: Verdict, b: Verdict): boolean {
  if (a.trusted || b.trusted) return a.trusted === b.trusted;
  return a.code === b.code && a.reason === b.reason;
}

function toLook({ seen, failure }: Pick<HandshakeResult, 'seen' | 'failure'>, weakness?: string): Look {
  if (seen === undefined) {
    throw new ProbeError(failure?.code ?? 'handshake-failed', failure?.detail ?? 'the server sent no certificate');
  }
  return {
    seen,
    failure: failure === undefined ? undefined : { code: failure.code, detail: failure.detail },
    weakness,
  };
}

/** Said by the version itself. */
function isOutdated({ tlsVersion }: Seen): boolean {
  return tlsVersion !== undefined && isWeakVersion(tlsVersion);
}

interface Manner {
  /** The chain is read from the wire, which costs a copy of it. */
  readonly isTapped: boolean;
  readonly isStrict: boolean;
  readonly sendsName: boolean;
}

interface Attempt extends HandshakeResult {
  readonly isTapped: boolean;
  /** What the first bytes say, where they are no TLS. */
  readonly foreign: TlsFailure | undefined;
}

/** `undefined` where it came less far than the first one. */
async function secondLook(go: (manner: Manner) => Promise<Attempt>, manner: Manner): Promise<Attempt | undefined> {
  try {
    return await go(manner);
  } catch (error) {
    if (error instanceof ProbeError) return undefined;
    throw error;
  }
}

/** @throws {UnreachedError} */
async function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  try {
    return await dial(address, port, signal);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    throw new UnreachedError(error.code, error.message, { cause: error });
  }
}

async function attempt(
  { address, endpoint, timeoutMs }: LookRequest,
  contexts: ContextPair,
  deadline: Deadline,
  { isTapped, isStrict, sendsName }: Manner,
): Promise<Attempt> {
  deadline.step('connecting');
  const socket = await connectTo(address, endpoint.port, deadline.signal);
  try {
    const dialogue = dialogueOf(endpoint);
    if (dialogue !== atOnce) {
      deadline.step('dialogue before TLS');
      const plaintext = openPlaintext(socket, deadline, timeoutMs);
      try {
        await dialogue(plaintext);
        await plaintext.release();
      } finally {
        plaintext.abandon();
      }
    }
    deadline.step('TLS handshake');
    const tapped = isTapped ? tap(socket, MOST_BYTES) : undefined;
    const result = await handshake(tapped?.stream ?? socket, {
      context: isStrict ? contexts.strict : contexts.permissive,
      serverName: sendsName && isName(endpoint.serverName) ? endpoint.serverName : undefined,
      alpn: alpnOf(endpoint),
      acceptsWeak: !isStrict,
      farewell: farewellOf(endpoint),
      signal: deadline.signal,
      bytesRead: () => socket.bytesRead,
      readChain: tapped === undefined ? undefined : (secret) => readWireChain(tapped.received(), secret),
    });
    if (tapped === undefined) return { ...result, isTapped, foreign: undefined };
    const seen = result.seen ?? (await readWithoutOpenSsl(tapped, result, deadline.signal));
    const failure =
      result.failure?.code === 'reset' ? (explainAlert(tapped.received()) ?? result.failure) : result.failure;
    return {
      ...result,
      seen,
      failure,
      isTapped,
      foreign: explainForeignAnswer(tapped.received(), hasGoAhead(endpoint)),
    };
  } finally {
    socket.destroy();
  }
}

/** How long we wait for the rest of a chain that OpenSSL gave up on. */
const REST_MS = 2000;
/** Of that, so much of a peer's bytes is spent on reading anew, with every few that come, all that came before. */
const READING = { shareOfTime: 0.1, longestPauseMs: 100 } as const;

/** OpenSSL gives up on a whole handshake over one certificate that it cannot read, or more of them than it takes in. */
async function readWithoutOpenSsl(
  tapped: Tap,
  { failure, serverSecret }: HandshakeResult,
  deadline: AbortSignal,
): Promise<Seen | undefined> {
  if (failure?.isTls !== true || failure.alert !== undefined) return undefined;
  const signal = AbortSignal.any([deadline, AbortSignal.timeout(REST_MS)]);
  let wire: WireChain = readWireChain(tapped.received(), serverSecret);
  let tookMs = 0;
  while (wire.state === 'incomplete' && (await tapped.more(signal))) {
    await sleep(Math.min(READING.longestPauseMs, tookMs / READING.shareOfTime));
    const startedAt = performance.now();
    wire = readWireChain(tapped.received(), serverSecret);
    tookMs = performance.now() - startedAt;
  }
  const chain = wire.state === 'read' ? wire.ders : [];
  const [leaf] = chain;
  if (leaf === undefined) return undefined;
  return {
    leafFingerprint: fingerprintOf(leaf),
    verdict: NO_VERDICT,
    chain,
    tlsVersion: undefined,
    cipher: undefined,
    clientCertificateWanted: false,
    staple: undefined,
  };
}

function isName(serverName: string): boolean {
  return addressBytes(serverName) === undefined;
}
