/** What a check says about the way to the endpoint: names without addresses, addresses that fail or were left out. */
import type { ConnectionCode, Severity } from './finding.ts';
import { isRead } from './observation.ts';
import type { AddressObservation, Observation } from './observation.ts';
import type { PlacedSighting } from './sighting.ts';

export function connectionSightings(observation: Observation): PlacedSighting[] {
  const { resolution, addresses } = observation;
  if (resolution.outcome === 'dns-failure') return [noAddress(resolution.detail)];
  if (addresses.length === 0) return [noAddress('')];

  const failures = addresses.map(failureOf);
  const allFail = failures.every((failure) => failure !== undefined);
  const noneHasRoute = failures.every((failure) => failure?.code === 'no-route');
  const severityFor = (code: ConnectionCode): Severity => {
    // That we lack IPv6 says nothing about the service, unless nothing else could be tried.
    if (code === 'no-route') return noneHasRoute ? 'critical' : 'info';
    return allFail ? 'critical' : 'warning';
  };
  const sightings: PlacedSighting[] = [];
  for (const [index, { address }] of addresses.entries()) {
    const failure = failures[index];
    if (failure === undefined) continue;
    sightings.push({
      sighting: failure,
      addresses: [address],
      fingerprint: undefined,
      severity: severityFor(failure.code),
    });
  }
  for (const address of addresses) {
    if (!isRead(address) || !address.clientCertificateWanted) continue;
    sightings.push({
      sighting: { code: 'client-certificate-wanted' },
      addresses: [address.address],
      fingerprint: undefined,
    });
  }
  if (resolution.notProbed > 0) {
    const { notProbed } = resolution;
    sightings.push({
      sighting: { code: 'addresses-capped', probed: addresses.length, notProbed },
      addresses: [],
      fingerprint: undefined,
    });
  }
  return sightings;
}

function noAddress(detail: string): PlacedSighting {
  return {
    sighting: { code: 'dns-failure', detail, afterLeaf: false },
    addresses: [],
    fingerprint: undefined,
    severity: 'critical',
  };
}

interface Failure {
  readonly code: ConnectionCode;
  readonly detail: string;
  readonly afterLeaf: boolean;
}

function failureOf(address: AddressObservation): Failure | undefined {
  if (!isRead(address)) return { code: address.outcome, detail: address.detail, afterLeaf: false };
  if (address.failure === undefined || isForWantOfCertificate(address)) return undefined;
  return { ...address.failure, afterLeaf: true };
}

/** A server that demands a client certificate hangs up on one who has none: that is no fault of it. */
function isForWantOfCertificate(address: Extract<AddressObservation, { outcome: 'ok' }>): boolean {
  const code = address.failure?.code;
  return address.clientCertificateWanted && (code === 'handshake-failed' || code === 'reset');
}
