/** What is wrong with a site, by what a look at it saw: from the design's text (sections 4 and 5), for what this world has. */
import type { Certificate } from '../../../src/core/certificate.ts';
import { readOf } from '../world/world.ts';
import type { Look } from '../world/world.ts';
import { RULES, tellings } from './thresholds.ts';
import type { Telling } from './thresholds.ts';

export type Severity = 'warning' | 'critical';

/** The root cause that a fact belongs to: a fingerprint (of the certificate at fault or the untrusted issuer), or a host. */
export type Key = string;

export interface Fact {
  readonly key: Key;
  readonly code: string;
  readonly severity: Severity;
}

/** A certificate whose end is near for this profile, with the thresholds crossed, the deepest last. */
export interface NearEnd {
  readonly certificate: Certificate;
  readonly crossed: readonly Telling[];
}

export interface Seen {
  readonly facts: readonly Fact[];
  readonly nearEnds: readonly NearEnd[];
}

const known = new WeakMap<Certificate, Map<string, readonly Telling[]>>();

function tellingsOf({ site }: Look, certificate: Certificate): readonly Telling[] {
  const byProfile = known.get(certificate) ?? new Map<string, readonly Telling[]>();
  known.set(certificate, byProfile);
  const found = byProfile.get(site.profile) ?? tellings(RULES[site.profile], certificate);
  byProfile.set(site.profile, found);
  return found;
}

/** Of a look that was answered. */
export function factsOf(look: Look): Seen {
  const { site, atMs } = look;
  const facts: Fact[] = [];
  const nearEnds: NearEnd[] = [];
  const dated = new Set<Certificate>();
  for (const { chain, path } of readOf(look.observation)) {
    const [leaf, intermediate] = chain;
    if (leaf === undefined) continue;
    for (const certificate of path ?? [leaf]) dated.add(certificate);
    if (path === undefined && intermediate !== undefined) {
      facts.push({ key: intermediate.fingerprint, code: 'untrusted', severity: 'critical' });
    }
    if (leaf.keyType === 'rsa' && (leaf.keyBits ?? 0) < 2048) {
      facts.push({ key: leaf.fingerprint, code: 'weak-key', severity: 'warning' });
    }
    if (!covers(leaf, site.host)) facts.push({ key: site.host, code: 'name-mismatch', severity: 'critical' });
  }
  for (const certificate of dated) {
    const key = certificate.fingerprint;
    if (atMs > certificate.notAfter.getTime()) {
      facts.push({ key, code: 'expired', severity: 'critical' });
      continue;
    }
    const crossed = tellingsOf(look, certificate).filter((one) => one.atMs <= atMs);
    const deepest = crossed.at(-1);
    if (deepest === undefined) continue;
    facts.push({ key, code: 'expiring', severity: deepest.isCritical ? 'critical' : 'warning' });
    nearEnds.push({ certificate, crossed });
  }
  return { facts, nearEnds };
}

export function leavesOf(look: Look): readonly Certificate[] {
  return readOf(look.observation).flatMap(({ chain: [leaf] }) => leaf ?? []);
}

function covers({ subjectAltNames }: Certificate, host: string): boolean {
  const parent = host.slice(host.indexOf('.') + 1);
  return subjectAltNames.some(({ value }) => value === host || value === `*.${parent}`);
}
