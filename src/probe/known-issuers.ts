/**
 * Intermediates seen on trusted paths, by trust set: what one server forgot to send, another may have sent. They last as
 * long as the prober; across a restart the last check's `missing` stands in (`ProbeRequest.knownIssuers`).
 */
import { createBoundedMap } from './bounded-map.ts';
import type { BoundedMap } from './bounded-map.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { nameKey } from './parse-certificate.ts';
import { isValidAt } from './path.ts';
import type { TrustSet } from './trust.ts';

export interface KnownIssuers {
  /** `intermediates` stand on a trusted path, or would complete one. */
  learn(trust: TrustSet, intermediates: readonly ParsedCertificate[]): void;
  /** Those valid at `now` that may stand above any of `below`, as far up as they lead. Nothing is verified. */
  above(trust: TrustSet, below: readonly ParsedCertificate[], now: Date): readonly ParsedCertificate[];
}

/** For each trust set, 500 certificates in all: those of one team's servers are some dozens. */
const SUBJECTS_KEPT = 250;
/** Renewed and cross-signed certificates of one subject; those seen last are kept. */
const PER_SUBJECT = 2;
/** How many one look-up may give: more would only lengthen the search for a path. */
const MAX_ABOVE = 16;

export function createKnownIssuers(): KnownIssuers {
  const bySet = new WeakMap<TrustSet, BoundedMap<readonly ParsedCertificate[]>>();
  return {
    learn(trust, intermediates) {
      if (intermediates.length === 0) return;
      const known = bySet.get(trust) ?? createBoundedMap<readonly ParsedCertificate[]>(SUBJECTS_KEPT);
      bySet.set(trust, known);
      for (const one of intermediates) {
        const key = nameKey(one.certificate.subject);
        const others = (known.get(key) ?? []).filter((other) => !isSame(other, one));
        known.set(key, [one, ...others].slice(0, PER_SUBJECT));
      }
    },
    above(trust, below, now) {
      const known = bySet.get(trust);
      const found: ParsedCertificate[] = [];
      const queue = [...below];
      for (let child = queue.shift(); child !== undefined; child = queue.shift()) {
        for (const one of known?.get(nameKey(child.certificate.issuer)) ?? []) {
          if (found.length === MAX_ABOVE) return found;
          if (!isValidAt(one, now) || [...below, ...found].some((other) => isSame(other, one))) continue;
          found.push(one);
          queue.push(one);
        }
      }
      return found;
    },
  };
}

function isSame(a: ParsedCertificate, b: ParsedCertificate): boolean {
  return a.certificate.fingerprint === b.certificate.fingerprint;
}
