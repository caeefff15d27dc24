/** What one address says about its certificates: dates, name, trust, chain and strength. */
import type { Certificate } from './certificate.ts';
import { leafOf, lineOf, rightOrder, roleInLine, untidiness } from './chain.ts';
import { crossedThresholds } from './expiry.ts';
import type { Severity } from './finding.ts';
import type { Endpoint } from './monitor.ts';
import type { ReadAddress } from './observation.ts';
import type { Profile } from './profile.ts';
import { PROTOCOLS } from './protocol.ts';
import { brokenLifetimeRule } from './lifetime.ts';
import { covers } from './server-name.ts';
import type { PlacedSighting, Sighting } from './sighting.ts';
import { isShortLived, lacksStaple } from './revocation.ts';
import { hasWeakKey, hasWeakSignature, isWeakCipher, isWeakVersion } from './strength.ts';
import { trustFault } from './trust.ts';

export function certificateSightings(
  address: ReadAddress,
  endpoint: Endpoint,
  profile: Profile,
  now: Date,
): PlacedSighting[] {
  const about = (certificate: Certificate, sighting: Sighting, severity?: Severity): PlacedSighting => ({
    sighting,
    addresses: [address.address],
    fingerprint: certificate.fingerprint,
    ...(severity === undefined ? {} : { severity }),
  });
  return [
    ...dateSightings(address, profile, now, about),
    ...chainSightings(address, endpoint, now, about),
    ...strengthSightings(address, about),
    ...revocationSightings(address, about),
  ];
}

type About = (certificate: Certificate, sighting: Sighting, severity?: Severity) => PlacedSighting;

/** Whose end is the end of the service: those on the path; the leaf where there is none. */
export function datedCertificates(address: Pick<ReadAddress, 'chain' | 'path'>): readonly Certificate[] {
  return address.path ?? [leafOf(address)];
}

/**
 * The certificates a client walks: the path. Without one those that link up from the leaf stand in, unless validation
 * found a way that we do not see: it may need none of them.
 */
function walkedCertificates(address: ReadAddress): readonly Certificate[] {
  return address.path === undefined && address.verdict.trusted ? [leafOf(address)] : lineOf(address);
}

function dateSightings(address: ReadAddress, profile: Profile, now: Date, about: About): PlacedSighting[] {
  const dated = datedCertificates(address);
  return walkedCertificates(address).flatMap((certificate) => {
    const role = roleInLine(address, certificate.fingerprint);
    const isExpired = now.getTime() > certificate.notAfter.getTime();
    if (!dated.includes(certificate)) {
      // Not on any path, so its end is near or not as it may; once it has expired it is a likely cause.
      return isExpired && role === 'intermediate' ? [about(certificate, { code: 'expired', certificate, role })] : [];
    }
    const sightings: PlacedSighting[] = [];
    if (now.getTime() < certificate.notBefore.getTime()) {
      sightings.push(about(certificate, { code: 'not-yet-valid', certificate, role }));
    }
    const threshold = crossedThresholds(profile, certificate, now).at(-1);
    if (isExpired) {
      sightings.push(about(certificate, { code: 'expired', certificate, role }));
    } else if (threshold !== undefined) {
      sightings.push(about(certificate, { code: 'expiring', certificate, role, threshold }, threshold.severity));
    }
    return sightings;
  });
}

function chainSightings(address: ReadAddress, endpoint: Endpoint, now: Date, about: About): PlacedSighting[] {
  const leaf = leafOf(address);
  const sightings: PlacedSighting[] = [];
  if (!covers(leaf, endpoint.serverName, PROTOCOLS[endpoint.protocol].identity)) {
    sightings.push(about(leaf, { code: 'name-mismatch', certificate: leaf }));
  }
  const fault = trustFault(address, now);
  if (fault !== undefined) sightings.push(about(fault.certificate, fault));
  const right = rightOrder(address);
  if (right !== undefined) sightings.push(about(leaf, { code: 'wrong-order', certificate: leaf, right }));
  const untidy = untidiness(address);
  if (untidy !== undefined) {
    sightings.push(about(leaf, { code: 'untidy-chain', certificate: leaf, untidiness: untidy }));
  }
  if (address.unreadable > 0) {
    sightings.push(about(leaf, { code: 'certificate-unreadable', certificate: leaf, count: address.unreadable }));
  }
  return sightings;
}

function strengthSightings(address: ReadAddress, about: About): PlacedSighting[] {
  const sightings: PlacedSighting[] = [];
  for (const certificate of walkedCertificates(address)) {
    const role = roleInLine(address, certificate.fingerprint);
    if (hasWeakKey(certificate)) sightings.push(about(certificate, { code: 'weak-key', certificate, role }));
    if (hasWeakSignature(certificate) && !isSelfSignedAnchor(address, certificate)) {
      sightings.push(about(certificate, { code: 'weak-signature', certificate, role }));
    }
  }
  const leaf = leafOf(address);
  // How long other CAs let their certificates live is their own affair.
  const broken = address.isPublic ? brokenLifetimeRule(leaf) : undefined;
  if (broken !== undefined) sightings.push(about(leaf, { code: 'lifetime-too-long', certificate: leaf, broken }));
  const { tlsVersion, cipher } = address;
  const isWeak = tlsVersion !== undefined && (isWeakVersion(tlsVersion) || isWeakCipher(cipher));
  if (isWeak || address.weakness !== undefined) {
    const weakness = isWeak ? undefined : address.weakness;
    sightings.push({
      sighting: { code: 'weak-protocol', tlsVersion, cipher, weakness },
      addresses: [address.address],
      fingerprint: undefined,
    });
  }
  return sightings;
}

/** Only certificates on the path are judged; without one, those sent that are known to be revoked remain. */
function revocationSightings(address: ReadAddress, about: About): PlacedSighting[] {
  const sightings: PlacedSighting[] = [];
  for (const revocation of address.revocation) {
    const certificate = (address.path ?? address.chain).find(
      ({ fingerprint }) => fingerprint === revocation.fingerprint,
    );
    if (certificate === undefined || revocation.status === 'good') continue;
    const role = roleInLine(address, certificate.fingerprint);
    if (revocation.status === 'revoked') {
      sightings.push(about(certificate, { code: 'revoked', certificate, role, revocation }));
    } else if (!isShortLived(certificate)) {
      sightings.push(about(certificate, { code: 'revocation-unknown', certificate, role, revocation }));
    }
  }
  const leaf = leafOf(address);
  // A handshake that broke off may have done so before the staple came.
  if (leaf.mustStaple && lacksStaple(address.staple) && address.failure === undefined) {
    const isUnusable = address.staple === 'unusable';
    sightings.push(about(leaf, { code: 'staple-missing', certificate: leaf, isUnusable }));
  }
  return sightings;
}

/** It is trusted for being in the store: nobody looks at its signature by itself. */
function isSelfSignedAnchor(address: ReadAddress, certificate: Certificate): boolean {
  const isAnchor =
    address.path?.at(-1)?.fingerprint === certificate.fingerprint ||
    roleInLine(address, certificate.fingerprint) === 'trust-anchor';
  return certificate.isSelfSigned && isAnchor;
}
