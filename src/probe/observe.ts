/** One round over every address of an endpoint: all looked at, at once, none in the way of another; then read. */
import type { AddressObservation, FailedAddress, Observation, ReadAddress } from '../core/observation.ts';
import type { ProbeRequest } from '../core/ports.ts';
import { findCaa } from './caa.ts';
import type { CaaLookup } from './caa.ts';
import type { CertificateReader } from './certificate-reader.ts';
import { reasonOf, startDeadline } from './deadline.ts';
import type { Egress } from './egress.ts';
import { ProbeError, UnreachedError } from './errors.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import type { KnownIssuers } from './known-issuers.ts';
import type { Look } from './look.ts';
import type { Looker } from './looker.ts';
import type { MissingContext } from './missing-issuer.ts';
import { expectedOf, readChain } from './read-chain.ts';
import type { NameResolver, Resolution } from './resolve.ts';
import type { Revocation } from './revocation/revocation.ts';
import type { Slots } from './slots.ts';
import { readReadable } from './trust.ts';
import type { TrustSet, TrustSets } from './trust.ts';
import type { Turns } from './turns.ts';
import type { Unreached } from './unreached.ts';

/** What lasts from one round to the next. */
export interface Parts {
  readonly egress: Egress;
  readonly names: NameResolver;
  readonly slots: Slots;
  readonly unreached: Unreached;
  readonly reader: CertificateReader;
  readonly trustSets: TrustSets;
  readonly issuers: IssuerFetch;
  readonly looker: Looker;
  readonly turns: Turns;
  readonly caa: CaaLookup;
  readonly knownIssuers: KnownIssuers;
  readonly revocation: Revocation;
}

/** As many as `missing` has for a handful of addresses that each lack their own. */
const MAX_KNOWN_ISSUERS = 32;

export async function observe(
  request: ProbeRequest,
  now: Date,
  signal: AbortSignal,
  parts: Parts,
): Promise<Observation> {
  const trust = parts.trustSets.of(request.trust);
  await parts.turns.take();
  if (signal.aborted) throw reasonOf(signal);
  const resolution = await resolve(request, signal, parts);
  if (resolution.outcome !== 'ok') return { checkedAt: now, resolution, addresses: [] };
  const missingBefore = readReadable(request.knownIssuers.slice(0, MAX_KNOWN_ISSUERS).join('\n'), parts.reader);
  const { leavesOutRevocation } = request;
  const context = { trust, missingBefore, leavesOutRevocation, now, signal, ...parts };
  const looked = await allOf(
    resolution.addresses.map((address) => lookThere(address, request, trust, now, signal, parts)),
  );
  // Trusted chains first: what one address sent may be what another forgot to.
  const trusted = await allOf(looked.map((one) => (isTrusted(one) ? readSeen(one, context) : undefined)));
  const addresses = await allOf(looked.map((one, index) => trusted[index] ?? readSeen(one, context)));
  const caa = await findCaa(addresses, request.endpoint.serverName, parts.caa, now, signal);
  return { checkedAt: now, resolution: { outcome: 'ok', notProbed: resolution.notProbed }, addresses, caa };
}

/** All are waited for, whatever becomes of one: nothing goes on behind the caller's back. */
async function allOf<T>(promises: readonly (Promise<T> | T)[]): Promise<T[]> {
  return (await Promise.allSettled(promises)).map((settled) => {
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  });
}

async function resolve(request: ProbeRequest, signal: AbortSignal, { names }: Parts): Promise<Resolution> {
  const deadline = startDeadline(request.timeoutMs, signal);
  try {
    return await names.resolve(request.endpoint, deadline.signal);
  } finally {
    deadline.clear();
  }
}

/** What was seen at an address, and what an earlier check read there, whose chain may stand in. */
interface Looked {
  readonly address: string;
  readonly durationMs: number;
  readonly look: Look;
  /** `undefined` where it may not. */
  readonly known: ReadAddress | undefined;
}

async function lookThere(
  address: string,
  { endpoint, timeoutMs, known }: ProbeRequest,
  trust: TrustSet,
  now: Date,
  signal: AbortSignal,
  parts: Parts,
): Promise<Looked | FailedAddress> {
  const judgement = parts.egress.judge(address);
  if (!judgement.allowed) return { address, outcome: 'address-refused', durationMs: 0, detail: judgement.reason };

  const place = `${address} ${endpoint.port}`;
  const linedUpAt = performance.now();
  const giveBack = await parts.slots.take(place, signal);
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    const meanwhile = parts.unreached.after(place, linedUpAt, timeoutMs);
    if (meanwhile !== undefined) return toFailed(address, durationMs(), meanwhile);
    const before = known.get(address);
    const canStandIn = before !== undefined && parts.revocation.canJudge(before.path, trust);
    const expected = canStandIn ? expectedOf(before, now) : undefined;
    const look = await parts.looker.look({ address, endpoint, timeoutMs, cas: trust.cas, expected }, signal);
    return { address, durationMs: durationMs(), look, known: expected === undefined ? undefined : before };
  } catch (error) {
    if (error instanceof UnreachedError) parts.unreached.note(place, error, timeoutMs);
    return toFailed(address, durationMs(), error);
  } finally {
    giveBack();
  }
}

function toFailed(address: string, durationMs: number, error: unknown): FailedAddress {
  if (!(error instanceof ProbeError)) throw error;
  return { address, outcome: error.code, durationMs, detail: error.message };
}

function isTrusted(looked: Looked | FailedAddress): boolean {
  return 'look' in looked && looked.look.seen.verdict.trusted;
}

type ReadContext = MissingContext &
  Pick<Parts, 'revocation'> & { readonly leavesOutRevocation: ProbeRequest['leavesOutRevocation'] | undefined };

async function readSeen(looked: Looked | FailedAddress, context: ReadContext): Promise<AddressObservation> {
  if (!('look' in looked)) return looked;
  const { address, durationMs, look, known } = looked;
  const { seen, failure, weakness } = look;
  const { chain, verdict, tlsVersion, cipher, clientCertificateWanted, staple } = seen;
  try {
    const read = chain === undefined && known !== undefined ? known : await readChain(chain ?? [], verdict, context);
    const { trust, leavesOutRevocation, now, signal } = context;
    const judged = { path: read.path, staple, trust, leavesOutRevocation };
    const revocation = await context.revocation.judge(judged, now, signal);
    return {
      address,
      outcome: 'ok',
      durationMs,
      tlsVersion,
      cipher,
      chain: read.chain,
      chainRead: chain !== undefined,
      unreadable: read.unreadable,
      verdict,
      path: read.path,
      isPublic: read.isPublic,
      missing: read.missing,
      ...revocation,
      failure,
      clientCertificateWanted,
      weakness,
    };
  } catch (error) {
    return toFailed(address, durationMs, error);
  }
}
