import { and, asc, desc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { FindingCode, Severity } from '../core/finding.ts';
import { SEVERITY_RANK } from '../core/finding.ts';
import type { CloseReason, Incident, IncidentKind, Member, Silence } from '../core/incident.ts';
import { keyText, membersShown } from '../core/incident.ts';
import type { IncidentStore, MonitorQuery } from '../core/ports.ts';
import type { Person } from '../core/workspace.ts';
import { anyOf, at, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { filterCondition } from './filter-sql.ts';
import { incidentMembers, incidents, monitors, workspaces } from './schema.ts';

type Row = typeof incidents.$inferSelect;
type MemberRow = typeof incidentMembers.$inferSelect;

/** Apart from other advisory locks in the same database, such as that of the migrations. */
const LOCK_SPACE = 0x63_6d_69_6e;

/** Of PostgreSQL's `integer`. */
const LARGEST_INTEGER = 2_147_483_647;

export function incidentStore(db: Executor): IncidentStore {
  const withMembers = async (rows: readonly Row[]): Promise<Incident[]> => {
    if (rows.length === 0) return [];
    const members = await db
      .select()
      .from(incidentMembers)
      .where(
        inArray(
          incidentMembers.incidentId,
          rows.map((row) => row.id),
        ),
      )
      .orderBy(incidentMembers.since, incidentMembers.monitorId, incidentMembers.address, incidentMembers.code);
    const byIncident = new Map(rows.map((row): [string, MemberRow[]] => [row.id, []]));
    for (const member of members) byIncident.get(member.incidentId)?.push(member);
    return rows.map((row) => toIncident(row, byIncident.get(row.id) ?? []));
  };

  const openOfEach: IncidentStore['openOfEach'] = async (workspaceId, monitorIds) => {
    const rows = await db
      .selectDistinct({ monitorId: incidentMembers.monitorId, incident: incidents })
      .from(incidentMembers)
      .innerJoin(incidents, eq(incidents.id, incidentMembers.incidentId))
      .where(
        and(
          eq(incidentMembers.workspaceId, workspaceId),
          anyOf(incidentMembers.monitorId, monitorIds),
          isNull(incidents.closedAt),
          or(isNull(incidentMembers.until), eq(incidentMembers.until, incidents.wellSince)),
        ),
      )
      .orderBy(asc(incidents.number));
    const read = new Map(rows.map(({ incident }) => [incident.id, incident]));
    const byId = new Map((await withMembers([...read.values()])).map((incident) => [incident.id, incident]));
    const each = new Map<string, Incident[]>();
    for (const { monitorId, incident } of rows) {
      const one = byId.get(incident.id);
      if (one !== undefined) each.set(monitorId, [...(each.get(monitorId) ?? []), one]);
    }
    return each;
  };

  const writeMembers = async (incident: Incident): Promise<void> => {
    const { id: incidentId, workspaceId, closed, wellSince } = incident;
    const until = closed?.at ?? wellSince ?? null;
    const rows = distinct(membersShown(incident)).map(({ since, ...member }) => ({
      ...member,
      since: since.toISOString(),
    }));
    // One parameter, and only what differs is written: a private CA nobody trusts yet has a member for every address it
    // is seen at, and each of their checks comes here.
    await db.execute(sql`
      with now_in as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(storableJson(rows))}::jsonb) as member
          ("monitorId" text, label text, address text, code text, severity text, message text, "nextStep" text, since timestamptz(3))
      ), left_it as (
        -- At the time of this write, which is near enough for what is only history.
        update ${incidentMembers} m set until = clock_timestamp()
         where m.incident_id = ${incidentId} and m.until is null and not exists (
           select 1 from now_in n where n."monitorId" = m.monitor_id and n.address = m.address and n.code = m.code)
      )
      insert into ${incidentMembers} as m
        (workspace_id, incident_id, monitor_id, label, address, code, severity, message, next_step, since, until)
      select ${workspaceId}, ${incidentId}, "monitorId", label, address, code, severity, message, "nextStep", since,
             ${until === null ? sql`null::timestamptz` : at(until)}
        from now_in
      on conflict (incident_id, monitor_id, address, code) do update
         set label = excluded.label, severity = excluded.severity, message = excluded.message, next_step = excluded.next_step,
             since = excluded.since, until = excluded.until
       where (m.label, m.severity, m.message, m.next_step, m.since, m.until) is distinct from
             (excluded.label, excluded.severity, excluded.message, excluded.next_step, excluded.since, excluded.until)
    `);
  };

  return {
    async lockAll(workspaceId) {
      await db.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}::int, hashtext(${workspaceId}))`);
    },

    async find(workspaceId, id) {
      const rows = await db
        .select()
        .from(incidents)
        .where(and(eq(incidents.workspaceId, workspaceId), eq(incidents.id, id)));
      return (await withMembers(rows))[0];
    },

    async findByNumber(workspaceId, number) {
      // What a person types may be no number that a column holds.
      if (!Number.isInteger(number) || Math.abs(number) > LARGEST_INTEGER) return undefined;
      const rows = await db
        .select()
        .from(incidents)
        .where(and(eq(incidents.workspaceId, workspaceId), eq(incidents.number, number)));
      return (await withMembers(rows))[0];
    },

    async findByKeys(workspaceId, keys, closedSince) {
      if (keys.length === 0) return [];
      const rows = await db
        .select()
        .from(incidents)
        .where(
          and(
            eq(incidents.workspaceId, workspaceId),
            or(...keys.map((key) => and(eq(incidents.kind, key.kind), eq(incidents.subject, key.subject)))),
            or(isNull(incidents.closedAt), sql`${incidents.closedAt} >= ${at(closedSince)}`),
          ),
        )
        .orderBy(sql`${incidents.closedAt} desc nulls first`);
      const first = new Map<string, Row>();
      for (const row of rows) {
        const key = keyText({ kind: row.kind as IncidentKind, subject: row.subject });
        if (!first.has(key)) first.set(key, row);
      }
      return withMembers([...first.values()]);
    },

    openOf: async (workspaceId, monitorId) => [...((await openOfEach(workspaceId, [monitorId])).get(monitorId) ?? [])],

    openOfEach,

    async historyOf(workspaceId, monitorId, limit) {
      const theirs = db
        .select({ id: incidentMembers.incidentId })
        .from(incidentMembers)
        .where(and(eq(incidentMembers.workspaceId, workspaceId), eq(incidentMembers.monitorId, monitorId)));
      const rows = await db
        .select()
        .from(incidents)
        .where(and(eq(incidents.workspaceId, workspaceId), inArray(incidents.id, theirs)))
        .orderBy(desc(incidents.openedAt), desc(incidents.number))
        .limit(limit);
      return rows.map((row) => toIncident(row, []));
    },

    async listOpen(workspaceId, limit, which) {
      const rows = await db
        .select()
        .from(incidents)
        .where(and(eq(incidents.workspaceId, workspaceId), isNull(incidents.closedAt), concerns(workspaceId, which)))
        .orderBy(desc(incidents.severityRank), asc(incidents.openedAt), asc(incidents.number))
        .limit(limit);
      return withMembers(rows);
    },

    async nextNumber(workspaceId) {
      const [row] = await db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
      if (row === undefined) throw new Error(`workspace ${workspaceId} does not exist`);
      return row.nextIncidentNumber;
    },

    async insert(workspaceId, incident, attendAt) {
      await db.insert(incidents).values({ ...incidentRow(incident, attendAt), id: incident.id, workspaceId });
      await db
        .update(workspaces)
        .set({ nextIncidentNumber: sql`greatest(${workspaces.nextIncidentNumber}, ${incident.number + 1})` })
        .where(eq(workspaces.id, workspaceId));
      await writeMembers({ ...incident, workspaceId });
    },

    async replace(workspaceId, incident, attendAt) {
      const rows = await db
        .update(incidents)
        .set({ ...incidentRow(incident, attendAt), version: incident.version + 1 })
        .where(
          and(
            eq(incidents.workspaceId, workspaceId),
            eq(incidents.id, incident.id),
            eq(incidents.version, incident.version),
          ),
        )
        .returning({ id: incidents.id });
      if (rows.length === 0) return false;
      await writeMembers({ ...incident, workspaceId });
      return true;
    },

    async setAttention(workspaceId, id, attendAt) {
      await db
        .update(incidents)
        .set({ attendAt: attendAt ?? null })
        .where(and(eq(incidents.workspaceId, workspaceId), eq(incidents.id, id), isNull(incidents.closedAt)));
    },

    async attendAll(workspaceId, now) {
      await db
        .update(incidents)
        .set({ attendAt: now })
        .where(and(eq(incidents.workspaceId, workspaceId), isNull(incidents.closedAt)));
    },

    dueAttention: (now, limit) =>
      db
        .select({ workspaceId: incidents.workspaceId, id: incidents.id })
        .from(incidents)
        .where(and(isNull(incidents.closedAt), lte(incidents.attendAt, now)))
        .orderBy(incidents.attendAt)
        .limit(limit),
  };
}

function incidentRow(
  incident: Incident,
  attendAt: Date | undefined,
): Omit<typeof incidents.$inferInsert, 'id' | 'workspaceId'> {
  const { acknowledged, silence, closed } = incident;
  return {
    number: incident.number,
    kind: incident.key.kind,
    subject: incident.key.subject,
    severity: incident.severity,
    severityRank: SEVERITY_RANK[incident.severity],
    openedAt: incident.openedAt,
    risenAt: incident.risenAt,
    reopened: incident.reopened,
    reopenedAt: incident.reopenedAt ?? null,
    wellSince: incident.wellSince ?? null,
    remindedAt: incident.remindedAt ?? null,
    escalated: storableJson(incident.escalated),
    attendAt: closed === undefined ? (attendAt ?? null) : null,
    acknowledgedBy: acknowledged === undefined ? null : storableJson(acknowledged.by),
    acknowledgedAt: acknowledged?.at ?? null,
    silenceKind: silence?.until.kind ?? null,
    silenceUntil: silence?.until.kind === 'until' ? silence.until.instant : null,
    silenceBy: silence === undefined ? null : storableJson(silence.by),
    silenceAt: silence?.at ?? null,
    closedAt: closed?.at ?? null,
    closeReason: closed?.reason ?? null,
    version: incident.version,
  };
}

/** One member for each (monitor, address, code): the worst of those that say the same. */
function distinct(members: readonly Member[]): Member[] {
  const known = new Map<string, Member>();
  for (const member of members) {
    const key = JSON.stringify([member.monitorId, member.address, member.code]);
    const other = known.get(key);
    if (other === undefined || SEVERITY_RANK[member.severity] > SEVERITY_RANK[other.severity]) known.set(key, member);
  }
  return [...known.values()];
}

function toIncident(row: Row, members: readonly MemberRow[]): Incident {
  // The end of what is over: of the incident, or of all that was wrong while it waits to close.
  const endedAt = row.closedAt ?? row.wellSince;
  const { closedAt } = row;
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    number: row.number,
    key: { kind: row.kind as IncidentKind, subject: row.subject },
    severity: row.severity as Severity,
    openedAt: row.openedAt,
    risenAt: row.risenAt,
    reopened: row.reopened,
    reopenedAt: row.reopenedAt ?? undefined,
    wellSince: row.wellSince ?? undefined,
    remindedAt: row.remindedAt ?? undefined,
    escalated: toEscalated(row.escalated),
    acknowledged:
      row.acknowledgedAt === null ? undefined : { by: row.acknowledgedBy as Person, at: row.acknowledgedAt },
    silence: toSilence(row),
    closed: closedAt === null ? undefined : { at: closedAt, reason: row.closeReason as CloseReason },
    members: endedAt === null ? members.filter((member) => member.until === null).map(toMember) : [],
    lastMembers:
      endedAt === null ? [] : members.filter((member) => member.until?.getTime() === endedAt.getTime()).map(toMember),
    version: row.version,
  };
}

function toEscalated(stored: unknown): Incident['escalated'] {
  return (stored as readonly { groupId: string; at: string }[]).map(({ groupId, at: instant }) => ({
    groupId,
    at: new Date(instant),
  }));
}

function toSilence(row: Row): Incident['silence'] {
  if (row.silenceAt === null) return undefined;
  const until: Silence =
    row.silenceUntil === null
      ? { kind: row.silenceKind as 'next-threshold' | 'renewed' }
      : { kind: 'until', instant: row.silenceUntil };
  return { until, by: row.silenceBy as Person, at: row.silenceAt };
}

function toMember(row: MemberRow): Member {
  return {
    monitorId: row.monitorId,
    label: row.label,
    address: row.address,
    code: row.code as FindingCode,
    severity: row.severity as Severity,
    message: row.message,
    nextStep: row.nextStep,
    since: row.since,
  };
}

/** That a monitor which `which` means is in it now. */
function concerns(workspaceId: string, which: MonitorQuery | undefined): SQL | undefined {
  if (which?.filter === undefined) return undefined;
  return sql`${incidents.id} in (
    select ${incidentMembers.incidentId} from ${incidentMembers}
      join ${monitors} on ${monitors.workspaceId} = ${incidentMembers.workspaceId} and ${monitors.id} = ${incidentMembers.monitorId}
     where ${monitors.workspaceId} = ${workspaceId} and ${incidentMembers.until} is null
       and ${filterCondition(workspaceId, which.filter, which.now)})`;
}
