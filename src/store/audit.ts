import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import { NEW_TARGET_ACTIONS } from '../core/audit.ts';
import type { AuditSubjectKind } from '../core/audit.ts';
import type { AuditStore } from '../core/ports.ts';
import type { Person } from '../core/workspace.ts';
import { storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { audit } from './schema.ts';

/** Apart from other advisory locks in the same database. */
const TARGETS_LOCK_SPACE = 0x63_6d_74_67;

export function auditStore(db: Executor): AuditStore {
  const ofAll: AuditStore['ofAll'] = async (workspaceId, kind, ids, limit) => {
    if (ids.length === 0) return [];
    const rows = await db
      .select()
      .from(audit)
      .where(and(eq(audit.workspaceId, workspaceId), eq(audit.subjectKind, kind), inArray(audit.subjectId, [...ids])))
      .orderBy(desc(audit.id))
      .limit(limit);
    return rows.map((row) => ({
      at: row.at,
      by: row.person as Person,
      place: row.place,
      action: row.action,
      subject: { kind: row.subjectKind as AuditSubjectKind, id: row.subjectId, label: row.subjectLabel },
      detail: row.detail,
    }));
  };

  return {
    async add(workspaceId, { at, by, place, action, subject, detail }) {
      await db.insert(audit).values({
        workspaceId,
        at,
        person: storableJson(by),
        place: storable(place),
        action,
        subjectKind: subject.kind,
        subjectId: subject.id,
        subjectLabel: storable(subject.label),
        detail: storable(detail),
      });
    },

    async newTargets(workspaceId, { platform, externalId }, since) {
      const who = JSON.stringify([workspaceId, platform, externalId]);
      await db.execute(sql`select pg_advisory_xact_lock(${TARGETS_LOCK_SPACE}::int, hashtext(${who}))`);
      const rows = await db
        .select({ at: audit.at })
        .from(audit)
        .where(
          and(
            eq(audit.workspaceId, workspaceId),
            gt(audit.at, since),
            eq(audit.subjectKind, 'monitor'),
            inArray(audit.action, [...NEW_TARGET_ACTIONS]),
            eq(sql`${audit.person} ->> 'platform'`, platform),
            eq(sql`${audit.person} ->> 'externalId'`, storable(externalId)),
          ),
        )
        .orderBy(audit.at);
      return rows.map((row) => row.at);
    },

    of: (workspaceId, { kind, id }, limit) => ofAll(workspaceId, kind, [id], limit),

    ofAll,
  };
}
