import { and, desc, eq } from 'drizzle-orm';
import type { AuditSubjectKind } from '../core/audit.ts';
import type { AuditStore } from '../core/ports.ts';
import type { Person } from '../core/workspace.ts';
import { storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { audit } from './schema.ts';

export function auditStore(db: Executor): AuditStore {
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

    async of(workspaceId, { kind, id }, limit) {
      const rows = await db
        .select()
        .from(audit)
        .where(and(eq(audit.workspaceId, workspaceId), eq(audit.subjectKind, kind), eq(audit.subjectId, id)))
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
    },
  };
}
