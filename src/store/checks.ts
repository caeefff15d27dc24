import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Certificate } from '../core/certificate.ts';
import type { ConnectionFailure } from '../core/confirmation.ts';
import type { Crossing } from '../core/crossing.ts';
import type { ConnectionCode, Finding } from '../core/finding.ts';
import type { CheckSpan, CheckStore } from '../core/ports.ts';
import { certificatesOf, fingerprintsIn, storedObservation, toCertificate, toObservation } from './codec.ts';
import { anyOf, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { recordQuiet } from './quiet-checks.ts';
import { certificates, checkSpans, connectionFailures, crossings } from './schema.ts';

/**
 * Rows from before certmon looked for revocation are made whole when they are seen again, or their chains would hide it; those
 * that are about to go for want of a name are named again.
 */
const isWhole = sql`(${certificates.fields} -> 'crlUrls' is not null and ${certificates.unnamedSince} is null)`;

export function checkStore(db: Executor): CheckStore {
  const ofMonitor = (workspaceId: string, monitorId: string) =>
    and(eq(checkSpans.workspaceId, workspaceId), eq(checkSpans.monitorId, monitorId));

  const load = async (workspaceId: string, fingerprints: readonly string[]): Promise<Map<string, Certificate>> => {
    if (fingerprints.length === 0) return new Map();
    const rows = await db
      .select()
      .from(certificates)
      .where(and(eq(certificates.workspaceId, workspaceId), anyOf(certificates.fingerprint, fingerprints)));
    return new Map(rows.map((row) => [row.fingerprint, toCertificate(row.fingerprint, row.fields)]));
  };

  const newest = async (workspaceId: string, monitorId: string, limit: number): Promise<CheckSpan[]> => {
    const rows = await db
      .select()
      .from(checkSpans)
      .where(ofMonitor(workspaceId, monitorId))
      .orderBy(desc(checkSpans.id))
      .limit(limit);
    return toSpans(workspaceId, rows);
  };

  const toSpans = async (
    workspaceId: string,
    rows: readonly (typeof checkSpans.$inferSelect)[],
  ): Promise<CheckSpan[]> => {
    const known = await load(workspaceId, [...new Set(rows.flatMap((row) => fingerprintsIn(row.observation)))]);
    return rows.map((row) => ({
      firstAt: row.firstAt,
      lastAt: row.lastAt,
      checks: row.checks,
      observation: toObservation(row.observation, known),
      findings: row.findings as Finding[],
      digest: row.digest,
    }));
  };

  /**
   * Only those that are not there yet are written: `on conflict` locks the row that stands until the transaction ends, and
   * all monitors under one CA share its certificate, so that their checks would wait for each other.
   */
  const keep = async (workspaceId: string, seen: readonly Certificate[]): Promise<void> => {
    if (seen.length === 0) return;
    const there = await db
      .select({ fingerprint: certificates.fingerprint })
      .from(certificates)
      .where(
        and(
          eq(certificates.workspaceId, workspaceId),
          anyOf(
            certificates.fingerprint,
            seen.map(({ fingerprint }) => fingerprint),
          ),
          isWhole,
        ),
      );
    const missing = seen.filter(({ fingerprint }) => !there.some((row) => row.fingerprint === fingerprint));
    if (missing.length === 0) return;
    // In one order for all: two checks that keep the same certificates would else wait for each other.
    missing.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    await db
      .insert(certificates)
      .values(missing.map(({ fingerprint, ...fields }) => ({ workspaceId, fingerprint, fields: storableJson(fields) })))
      .onConflictDoUpdate({
        target: [certificates.workspaceId, certificates.fingerprint],
        set: { fields: sql`excluded.fields`, unnamedSince: null },
        setWhere: sql`not ${isWhole}`,
      });
  };

  const failuresOf: CheckStore['failuresOf'] = async (workspaceId, monitorIds) => {
    const rows = await db
      .select()
      .from(connectionFailures)
      .where(and(eq(connectionFailures.workspaceId, workspaceId), anyOf(connectionFailures.monitorId, monitorIds)))
      .orderBy(connectionFailures.address);
    const each = new Map<string, ConnectionFailure[]>();
    for (const row of rows) each.set(row.monitorId, [...(each.get(row.monitorId) ?? []), toFailure(row)]);
    return each;
  };

  return {
    recordQuiet: recordQuiet(db),

    last: async (workspaceId, monitorId) => (await newest(workspaceId, monitorId, 1))[0],

    async lastOf(workspaceId, monitorIds) {
      if (monitorIds.length === 0) return new Map();
      // One look into the index for each: `distinct on` reads all that a monitor has.
      const newestIds = sql`array(
        select (select max(s.id) from check_spans s where s.monitor_id = wanted.id)
          from jsonb_array_elements_text(${JSON.stringify(monitorIds)}::jsonb) wanted(id))`;
      const rows = await db
        .select()
        .from(checkSpans)
        .where(and(eq(checkSpans.workspaceId, workspaceId), sql`${checkSpans.id} = any(${newestIds})`));
      const spans = await toSpans(workspaceId, rows);
      return new Map(rows.flatMap((row, index) => (spans[index] === undefined ? [] : [[row.monitorId, spans[index]]])));
    },

    history: newest,

    async record(workspaceId, monitorId, observation, findings, digest) {
      const values = {
        lastAt: observation.checkedAt,
        observation: storedObservation(observation),
        findings: storableJson(findings),
      };
      const newestId = db
        .select({ id: checkSpans.id })
        .from(checkSpans)
        .where(ofMonitor(workspaceId, monitorId))
        .orderBy(desc(checkSpans.id))
        .limit(1);
      const extended = await db
        .update(checkSpans)
        .set({ ...values, checks: sql`${checkSpans.checks} + 1` })
        .where(and(sql`${checkSpans.id} = (${newestId})`, eq(checkSpans.digest, digest)))
        .returning({ id: checkSpans.id });
      // Equal results are of the same certificates.
      if (extended.length > 0) return;
      await keep(workspaceId, certificatesOf(observation));
      await db
        .insert(checkSpans)
        .values({ ...values, workspaceId, monitorId, firstAt: observation.checkedAt, checks: 1, digest });
    },

    failures: async (workspaceId, monitorId) => [
      ...((await failuresOf(workspaceId, [monitorId])).get(monitorId) ?? []),
    ],

    failuresOf,

    async replaceFailures(workspaceId, monitorId, failures) {
      await db
        .delete(connectionFailures)
        .where(and(eq(connectionFailures.workspaceId, workspaceId), eq(connectionFailures.monitorId, monitorId)));
      if (failures.length === 0) return;
      await db.insert(connectionFailures).values(failures.map((failure) => ({ ...failure, workspaceId, monitorId })));
    },

    async crossings(workspaceId, fingerprints) {
      if (fingerprints.length === 0) return [];
      const rows = await db
        .select()
        .from(crossings)
        .where(and(eq(crossings.workspaceId, workspaceId), inArray(crossings.fingerprint, [...fingerprints])))
        .orderBy(crossings.fingerprint, crossings.profileId, desc(crossings.thresholdDays));
      return rows.map(({ fingerprint, profileId, thresholdDays, instant, silent }) => ({
        fingerprint,
        profileId,
        thresholdDays,
        instant,
        silent,
      }));
    },

    async addCrossings(workspaceId, rows) {
      if (rows.length === 0) return;
      await db
        .insert(crossings)
        .values([...rows].sort(inOneOrder).map((row) => ({ ...row, workspaceId })))
        .onConflictDoNothing();
    },

    certificate: async (workspaceId, fingerprint) => (await load(workspaceId, [fingerprint])).get(fingerprint),
  };
}

function toFailure(row: typeof connectionFailures.$inferSelect): ConnectionFailure {
  const { address, code, since, tries, lastTryAt } = row;
  return { address, code: code as ConnectionCode, since, tries, lastTryAt };
}

/** Two checks that write the same crossings in another order would wait for each other. */
function inOneOrder(a: Crossing, b: Crossing): number {
  if (a.fingerprint !== b.fingerprint) return a.fingerprint < b.fingerprint ? -1 : 1;
  if (a.profileId !== b.profileId) return a.profileId < b.profileId ? -1 : 1;
  return a.thresholdDays - b.thresholdDays;
}
