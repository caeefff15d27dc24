import type { Acceptance } from '../core/acceptance.ts';
import type { ConnectionFailure } from '../core/confirmation.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { CheckSpan, ProfileEdition, Stores } from '../core/ports.ts';

/** What is on record of a monitor as a check of it begins. */
export interface Dossier extends ProfileEdition {
  readonly last: CheckSpan | undefined;
  readonly failures: readonly ConnectionFailure[];
  /** Open ones that it is in, or was in before they were held. */
  readonly incidents: readonly Incident[];
  /** In force, of the monitor itself and of the certificates that its last findings are about. */
  readonly acceptances: readonly Acceptance[];
}

/**
 * Of each of these monitors of one workspace, a statement for all of them; one that was removed meanwhile may be left
 * out. The statements may tell of different instants.
 */
export async function readDossiers(
  stores: Pick<Stores, 'profiles' | 'checks' | 'incidents' | 'acceptances'>,
  workspaceId: string,
  monitors: readonly Monitor[],
  now: Date,
): Promise<Map<string, Dossier>> {
  const ids = monitors.map(({ id }) => id);
  const profileIds = [...new Set(monitors.map(({ profileId }) => profileId))];
  const [editions, spans, failures, incidents] = await Promise.all([
    stores.profiles.editions(workspaceId, profileIds),
    stores.checks.lastOf(workspaceId, ids),
    stores.checks.failuresOf(workspaceId, ids),
    stores.incidents.openOfEach(workspaceId, ids),
  ]);
  const found = [...spans.values()].flatMap((span) => span.findings.flatMap(({ fingerprint }) => fingerprint ?? []));
  const acceptances = await stores.acceptances.ofSubjects(workspaceId, [...new Set([...ids, ...found])], now);
  return new Map(
    monitors.flatMap(({ id, profileId }) => {
      const edition = editions.get(profileId);
      if (edition === undefined) return [];
      const dossier: Dossier = {
        ...edition,
        last: spans.get(id),
        failures: failures.get(id) ?? [],
        incidents: incidents.get(id) ?? [],
        acceptances,
      };
      return [[id, dossier]];
    }),
  );
}
