/**
 * A server of the fake network and its year: what each of its addresses serves from when on, when it cannot be reached,
 * and what its people mean to do with it. All of it is settled before the first check.
 */
import type { ConnectionCode } from '../../../src/core/finding.ts';
import type { Serving } from './certificates.ts';

export interface Site {
  readonly host: string;
  /** Which story of `stories.ts` it plays. */
  readonly story: string;
  readonly addresses: readonly Address[];
  readonly faults: readonly Fault[];
  /** Instants from which on the next look, or the next two, fail and the one after is well again. */
  readonly hiccups: readonly Hiccup[];
  readonly profile: ProfileName;
  readonly group: GroupName;
  /** Its people never let a certificate come near its end, and nothing is ever wrong: nobody may be told anything. */
  readonly isQuiet: boolean;
  readonly addedAtMs: number;
}

export interface Address {
  readonly ip: string;
  /** By instant, earliest first; the first is served from the beginning on. */
  readonly serves: readonly { readonly fromMs: number; readonly serving: Serving | readonly [Serving, Serving] }[];
}

export interface Fault {
  readonly fromMs: number;
  readonly toMs: number;
  readonly code: ConnectionCode;
}

export interface Hiccup {
  readonly fromMs: number;
  readonly looks: 1 | 2;
}

export type ProfileName = 'Daily' | 'Daily, many thresholds';
/** Monitors name all but the managers, whom an incident is escalated to. */
export type GroupName = 'ops' | 'berlin' | 'new-york' | 'night' | 'managers';

/** What an address serves at an instant: one certificate, or two in turns. */
export function servedAt(address: Address, nowMs: number): Serving | readonly [Serving, Serving] {
  let found = address.serves[0];
  for (const one of address.serves) if (one.fromMs <= nowMs) found = one;
  if (found === undefined) throw new RangeError(`${address.ip} serves nothing`);
  return found.serving;
}

export function faultAt(site: Site, nowMs: number): Fault | undefined {
  return site.faults.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
}
