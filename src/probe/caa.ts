/**
 * The CAA records that count for a name: those at the name itself or at the first above it that has any, up to but not
 * including the root (RFC 8659, 3). CNAMEs are the resolver's business. At most one query for each label, with a
 * deadline for all; what was found is kept a while, and kept on where DNS then fails to answer, so that a name server
 * which is away for an hour does not make a finding come and go.
 *
 * Limits: what cannot be found out is no finding, since CAA binds at issuance and CAs look for themselves.
 */
import { caaSubject } from '../core/caa.ts';
import type { CaaRecord, CaaSet } from '../core/caa.ts';
import { isRead } from '../core/observation.ts';
import type { AddressObservation } from '../core/observation.ts';
import { createBoundedMap } from './bounded-map.ts';
import { abortable, startDeadline } from './deadline.ts';
import { ProbeError } from './errors.ts';
import type { NameResolver } from './resolve.ts';

export interface CaaLookup {
  /** `undefined` where there are none or they cannot be had. Rejects only with the reason of `signal`. */
  find(domain: string, now: Date, signal: AbortSignal): Promise<CaaSet | undefined>;
}

/** For one name's whole climb, and so the most that it holds up a check. */
const CLIMB_MS = 4000;
const NAMES_KEPT = 5000;
const ANSWERED_FOR_MS = 3_600_000;
const FAILED_FOR_MS = 10 * 60_000;
/** An answer stands in for those that fail after it this long. */
const STANDS_IN_FOR_MS = 24 * 3_600_000;

type Answer = readonly CaaRecord[] | undefined;

interface Kept {
  readonly answer: Promise<Answer>;
  /** When the answer, its own or the one that stands in, was given. */
  answeredAt: number;
  until: number;
}

export function createCaaLookup(names: Pick<NameResolver, 'caa'>): CaaLookup {
  const kept = createBoundedMap<Kept>(NAMES_KEPT);

  const ask = async (name: string): Promise<Answer> => {
    try {
      return await names.caa(name, AbortSignal.timeout(CLIMB_MS));
    } catch (error) {
      if (error instanceof DOMException && error.name === 'TimeoutError') return undefined;
      throw error;
    }
  };

  const recordsAt = (name: string, now: number): Promise<Answer> => {
    const last = kept.get(name);
    if (last !== undefined && now < last.until) return last.answer;
    const mayStandIn = last !== undefined && now < last.answeredAt + STANDS_IN_FOR_MS;
    const asked = ask(name);
    const entry: Kept = {
      answer: asked.then((answer) => answer ?? (mayStandIn ? last.answer : undefined)),
      answeredAt: now,
      until: now + ANSWERED_FOR_MS,
    };
    kept.set(name, entry);
    // Checks that ask for the same name meanwhile share the one query, which no single one of them can abort.
    void asked.then(
      (answer) => {
        if (answer !== undefined) return;
        entry.until = now + FAILED_FOR_MS;
        entry.answeredAt = last?.answeredAt ?? 0;
      },
      () => kept.delete(name),
    );
    return entry.answer;
  };

  return {
    async find(domain, now, signal) {
      const deadline = startDeadline(CLIMB_MS, signal);
      try {
        for (let name = domain; name !== ''; name = parentOf(name)) {
          const records = await abortable(recordsAt(name, now.getTime()), deadline.signal);
          if (records === undefined) return undefined;
          if (records.length > 0) return { domain, name, records };
        }
        return undefined;
      } catch (error) {
        if (!(error instanceof ProbeError)) throw error;
        return undefined;
      } finally {
        deadline.clear();
      }
    },
  };
}

function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

/** The sets for the names on the leaves from public CAs that were read: no other leaf is bound by CAA. */
export async function findCaa(
  addresses: readonly AddressObservation[],
  serverName: string,
  lookup: CaaLookup,
  now: Date,
  signal: AbortSignal,
): Promise<readonly CaaSet[]> {
  const domains = addresses.filter(isRead).flatMap(({ isPublic, chain: [leaf] }) => {
    const subject = leaf === undefined || !isPublic ? undefined : caaSubject(leaf, serverName);
    return subject === undefined ? [] : [subject.domain];
  });
  const found = await Promise.all([...new Set(domains)].map((domain) => lookup.find(domain, now, signal)));
  return found.filter((set) => set !== undefined);
}
