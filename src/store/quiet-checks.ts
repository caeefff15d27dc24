/** Checks that found what the last one found, recorded many at a time. */
import { sql } from 'drizzle-orm';
import type { CheckStore, QuietCheck } from '../core/ports.ts';
import { withFingerprints } from './codec.ts';
import { storableJsonText } from './database.ts';
import type { Executor } from './database.ts';
import { checkSpans, connectionFailures, incidentMembers, monitors, profiles } from './schema.ts';

/**
 * One statement, and so all of it or nothing. Who is locked is skipped, and not waited for: two that record many monitors
 * in different orders would else wait for each other.
 */
export function recordQuiet(db: Executor): CheckStore['recordQuiet'] {
  return async (checks) => {
    if (checks.length === 0) return new Set();
    const recorded = await db.execute<{ id: string }>(sql`
      with given as materialized (
        select * from jsonb_to_recordset(${storableJsonText(checks.map(given))}::jsonb) as given (
          workspace_id text, monitor_id text, token text, profile_edition text, memberships int, last_checked_at timestamptz,
          counts boolean, failing_tries int, failing_of int, digest text, checked_at timestamptz, observation jsonb,
          findings jsonb, status text, days_left int, expires_at timestamptz, next_check_at timestamptz, served jsonb)
      ), held as materialized (
        select given.*
          from given
          join ${monitors} m on m.workspace_id = given.workspace_id and m.id = given.monitor_id
          join ${profiles} p on p.workspace_id = m.workspace_id and p.id = m.profile_id
         where m.lease_token = given.token
           and m.last_checked_at = given.last_checked_at
           and p.xmin::text = given.profile_edition
           and given.memberships = (
             select count(*) from ${incidentMembers} i where i.monitor_id = m.id and i.until is null)
           for no key update of m skip locked
      ), extended as (
        update ${checkSpans} s
           set last_at = held.checked_at, checks = s.checks + 1, observation = held.observation, findings = held.findings
          from held
         where s.id = (select max(id) from ${checkSpans} newest where newest.monitor_id = held.monitor_id)
           and s.digest = held.digest
        returning s.monitor_id
      ), tried as (
        update ${connectionFailures} f set tries = f.tries + held.counts::int, last_try_at = held.checked_at
          from held join extended on extended.monitor_id = held.monitor_id
         where f.workspace_id = held.workspace_id and f.monitor_id = held.monitor_id
      )
      update ${monitors} m
         set status = held.status, days_left = held.days_left, expires_at = held.expires_at,
             failing_tries = held.failing_tries, failing_of = held.failing_of, last_checked_at = held.checked_at,
             next_check_at = held.next_check_at, claimable_at = held.next_check_at, lease_token = null, served = held.served
        from held join extended on extended.monitor_id = held.monitor_id
       where m.workspace_id = held.workspace_id and m.id = held.monitor_id
      returning m.id
    `);
    return new Set(recorded.map(({ id }) => id));
  };
}

function given({ lease, profileEdition, memberships, counts, observation, findings, digest, update }: QuietCheck) {
  const { monitor, token } = lease;
  return {
    workspace_id: monitor.workspaceId,
    monitor_id: monitor.id,
    token,
    profile_edition: profileEdition,
    memberships,
    last_checked_at: monitor.lastCheckedAt,
    counts,
    failing_tries: update.failing?.tries,
    failing_of: update.failing?.of,
    digest,
    checked_at: observation.checkedAt,
    observation: withFingerprints(observation),
    findings,
    status: update.status,
    days_left: update.daysLeft,
    expires_at: update.expiresAt,
    next_check_at: update.nextCheckAt,
    served: update.served,
  };
}
