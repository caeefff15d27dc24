import { and, eq, gt, or } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Acceptance } from '../core/acceptance.ts';
import type { FindingCode } from '../core/finding.ts';
import type { IncidentKey, IncidentKind } from '../core/incident.ts';
import type { AcceptanceStore } from '../core/ports.ts';
import type { Person } from '../core/workspace.ts';
import { anyOf, storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { acceptances } from './schema.ts';

export function acceptanceStore(db: Executor): AcceptanceStore {
  const inForce = async (workspaceId: string, where: SQL | undefined, now: Date): Promise<Acceptance[]> => {
    const rows = await db
      .select()
      .from(acceptances)
      .where(and(eq(acceptances.workspaceId, workspaceId), where, gt(acceptances.until, now)))
      .orderBy(acceptances.until, acceptances.code);
    return rows.map(toAcceptance);
  };

  return {
    async of(workspaceId, keys, now) {
      if (keys.length === 0) return [];
      const isOne = ({ kind, subject }: IncidentKey) =>
        and(eq(acceptances.kind, kind), eq(acceptances.subject, subject));
      return inForce(workspaceId, or(...keys.map(isOne)), now);
    },

    async ofSubjects(workspaceId, subjects, now) {
      return subjects.length === 0 ? [] : inForce(workspaceId, anyOf(acceptances.subject, subjects), now);
    },

    async put(workspaceId, { key, code, until, reason, by, at }) {
      const accepted = { until, reason: storable(reason), acceptedBy: storableJson(by), acceptedAt: at };
      await db
        .insert(acceptances)
        .values({ workspaceId, ...key, code, ...accepted })
        .onConflictDoUpdate({
          target: [acceptances.workspaceId, acceptances.kind, acceptances.subject, acceptances.code],
          set: accepted,
        });
    },
  };
}

function toAcceptance(row: typeof acceptances.$inferSelect): Acceptance {
  return {
    key: { kind: row.kind as IncidentKind, subject: row.subject },
    code: row.code as FindingCode,
    until: row.until,
    reason: row.reason,
    by: row.acceptedBy as Person,
    at: row.acceptedAt,
  };
}
