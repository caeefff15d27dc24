/**
 * From what one check saw to what is wrong with it. Pure: observation, endpoint, profile and `now` in, findings out.
 *
 * Each rule gives sightings, one for each address; those of the same code and certificate become one finding with all
 * its addresses, so that a wildcard on twenty addresses is told once.
 */
import { caaSightings } from './assess-caa.ts';
import { certificateSightings, datedCertificates } from './assess-certificates.ts';
import { connectionSightings } from './assess-connection.ts';
import type { Certificate } from './certificate.ts';
import { leafOf } from './chain.ts';
import { daysUntilExpiry } from './expiry.ts';
import { nextStepOf, sentenceOf } from './finding-text.ts';
import type { FindingContext } from './finding-text.ts';
import { DEFAULT_SEVERITY, SEVERITY_RANK } from './finding.ts';
import type { Finding, FindingCode } from './finding.ts';
import type { Endpoint, MonitorStatus } from './monitor.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';
import type { Profile } from './profile.ts';
import { addressesOfChange } from './served.ts';
import type { Look } from './served.ts';
import type { PlacedSighting } from './sighting.ts';

export interface Assessment {
  /** The worst first, then by code and fingerprint. */
  readonly findings: readonly Finding[];
  /** Of the certificate that ends first, over all addresses; `undefined` where none was read. */
  readonly daysLeft: number | undefined;
  /** The not after that `daysLeft` is counted to. */
  readonly expiresAt: Date | undefined;
}

/** Different sentences of one finding that are said; more are counted. */
const SENTENCES = 3;

/** What the checks before say about the certificates of this one. */
export interface ServedBefore {
  readonly look: Look;
  /** Leaves that count as served although others were seen there now, with their certificates. */
  readonly inTurn: readonly { readonly address: string; readonly leaf: Certificate }[];
}

/** @param before absent where nothing is remembered between checks. */
export function assess(
  observation: Observation,
  endpoint: Endpoint,
  profile: Profile,
  now: Date,
  before?: ServedBefore,
): Assessment {
  const sightings = [
    ...connectionSightings(observation),
    ...observation.addresses.filter(isRead).flatMap((address) => certificateSightings(address, endpoint, profile, now)),
    ...differingLeaves(observation, before?.inTurn ?? []),
    ...(before === undefined ? [] : changedLeaves(before.look, observation, now)),
    ...caaSightings(observation, endpoint),
  ];
  const groups = new Map<string, PlacedSighting[]>();
  for (const placed of sightings) {
    const key = `${placed.sighting.code} ${placed.fingerprint ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), placed]);
  }
  const context = { endpoint, now };
  return {
    findings: [...groups.values()].flatMap((group) => findingOf(group, profile, context)).sort(byWorst),
    ...firstEnd(observation, now),
  };
}

function findingOf(group: readonly PlacedSighting[], profile: Profile, context: FindingContext): Finding[] {
  const [first] = group;
  if (first === undefined) return [];
  const { sighting, fingerprint } = first;
  const wished = profile.severities[sighting.code];
  if (wished === 'off') return [];
  // A plain renewal is no fault, however grave a profile finds a change.
  const isRenewal = sighting.code === 'certificate-changed' && sighting.change === undefined;
  const severity = isRenewal ? 'info' : (wished ?? first.severity ?? DEFAULT_SEVERITY[sighting.code]);
  return [
    {
      code: sighting.code,
      severity,
      message: joined(group.map((placed) => sentenceOf(placed.sighting, context))),
      nextStep: nextStepOf(sighting, context),
      addresses: [...new Set(group.flatMap((placed) => placed.addresses))],
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(sighting.code === 'expiring' ? { thresholdDays: sighting.threshold.thresholdDays } : {}),
    },
  ];
}

/** Addresses may be wrong in different ways under one code: each way is said once. */
function joined(sentences: readonly string[]): string {
  const different = [...new Set(sentences)];
  const more = different.length - SENTENCES;
  return more > 0 ? `${different.slice(0, SENTENCES).join(' ')} (and ${more} more)` : different.join(' ');
}

function byWorst(a: Finding, b: Finding): number {
  return (
    SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] ||
    compare(a.code, b.code) ||
    compare(a.fingerprint ?? '', b.fingerprint ?? '')
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Addresses whose leaf is not the newest, the one that became valid last; or not always, where they serve two in turn. */
function differingLeaves(observation: Observation, inTurn: ServedBefore['inTurn']): PlacedSighting[] {
  const addressesRead = observation.addresses.filter(isRead);
  const read = [...addressesRead.map((one) => ({ address: one.address, leaf: leafOf(one) })), ...inTurn];
  const [newest] = [...read].sort(
    ({ leaf: a }, { leaf: b }) =>
      b.notBefore.getTime() - a.notBefore.getTime() ||
      b.notAfter.getTime() - a.notAfter.getTime() ||
      compare(a.fingerprint, b.fingerprint),
  );
  const older = read.filter(({ leaf }) => leaf.fingerprint !== newest?.leaf.fingerprint);
  const [first] = older;
  if (newest === undefined || first === undefined) return [];
  const addresses = [...new Set(older.map(({ address }) => address))];
  const isOne = older.every(({ leaf }) => leaf.fingerprint === first.leaf.fingerprint);
  return [
    {
      sighting: {
        code: 'addresses-differ',
        certificate: first.leaf,
        newest: newest.leaf,
        older: addresses,
        total: addressesRead.length,
        inTurn: [...new Set(inTurn.map(({ address }) => address))],
      },
      addresses,
      fingerprint: isOne ? first.leaf.fingerprint : undefined,
    },
  ];
}

/** A new leaf that is a plain renewal, told once; one that is not, while nobody has acknowledged it. */
function changedLeaves({ served, renewals }: Look, observation: Observation, now: Date): PlacedSighting[] {
  const { change } = served;
  const addresses = addressesOfChange(served, observation, now);
  return [
    ...renewals.map(({ leaf, addresses }): PlacedSighting => ({
      sighting: { code: 'certificate-changed', certificate: leaf, change: undefined },
      addresses,
      fingerprint: leaf.fingerprint,
    })),
    ...(change === undefined || addresses.length === 0
      ? []
      : [
          {
            sighting: { code: 'certificate-changed', certificate: undefined, change },
            addresses,
            fingerprint: change.to,
          } satisfies PlacedSighting,
        ]),
  ];
}

/** The certificate that ends first: on the path, the leaf where there is no path. */
function firstEnd(observation: Observation, now: Date): Pick<Assessment, 'daysLeft' | 'expiresAt'> {
  const ends = observation.addresses
    .filter(isRead)
    .flatMap((address) => datedCertificates(address).map(({ notAfter }) => notAfter.getTime()));
  if (ends.length === 0) return { daysLeft: undefined, expiresAt: undefined };
  const expiresAt = new Date(ends.reduce((least, end) => Math.min(least, end)));
  return { daysLeft: daysUntilExpiry(expiresAt, now), expiresAt };
}

const ABOUT_EXPIRY: readonly FindingCode[] = ['expired', 'expiring'];

/**
 * The status that findings give a monitor, first that fits (design, section 4); warnings change nothing. That it is
 * paused is the caller's to know.
 *
 * @param hasBeenRead false: no certificate of it was ever read, so it is `pending` unless something is known to be wrong.
 */
export function statusOf(
  findings: readonly Pick<Finding, 'code' | 'severity'>[],
  hasBeenRead = true,
): Exclude<MonitorStatus, 'paused'> {
  if (findings.some(({ code }) => code === 'expired')) return 'expired';
  if (findings.some(({ code, severity }) => severity === 'critical' && !ABOUT_EXPIRY.includes(code))) return 'error';
  if (findings.some(({ code }) => code === 'expiring')) return 'expiring';
  return hasBeenRead ? 'valid' : 'pending';
}
