/** What the CAA records of an endpoint's name say of the leaves that its addresses send. */
import { caaFault, caaSubject } from './caa.ts';
import type { Endpoint } from './monitor.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';
import type { PlacedSighting } from './sighting.ts';

/** Only of leaves from public CAs: no other CA is bound by CAA. */
export function caaSightings({ addresses, caa = [] }: Observation, endpoint: Endpoint): PlacedSighting[] {
  return addresses.filter(isRead).flatMap(({ address, isPublic, chain: [leaf] }): PlacedSighting[] => {
    const subject = leaf === undefined || !isPublic ? undefined : caaSubject(leaf, endpoint.serverName);
    const set = caa.find(({ domain }) => domain === subject?.domain);
    if (leaf === undefined || subject === undefined || set === undefined) return [];
    const fault = caaFault(set, leaf, subject.isWildcard);
    if (fault === undefined) return [];
    const sighting = { code: 'caa-mismatch', certificate: leaf, fault } as const;
    return [{ sighting, addresses: [address], fingerprint: leaf.fingerprint }];
  });
}
