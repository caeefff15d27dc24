/**
 * The tables. Every row but an inbox's and an installation's carries its workspace, and refers to others by workspace and id: a row of one
 * tenant cannot hang on one of another. Instants are `timestamptz`; ids are SIDs where people see them.
 *
 * After a change here run `npm run migrations`.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { AuditSubjectKind } from '../core/audit.ts';
import type { Severity } from '../core/finding.ts';
import type { IncidentKind } from '../core/incident.ts';
import type { MonitorStatus } from '../core/monitor.ts';
import type { OutboxContent } from '../core/ports.ts';
import { DAY_MS } from '../core/profile.ts';
import type { PlatformName, Role } from '../core/workspace.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
const EPOCH = sql`'epoch'::timestamptz`;

export const workspaces = pgTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  nextIncidentNumber: integer('next_incident_number').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** Text whatever its case, in every language, and whatever the database's own locale says or knows. */
export const folded = (text: AnyPgColumn | SQL): SQL => sql`lower(${text} collate "und-x-icu") collate "C"`;

/** Of what hangs on the workspace itself. */
const workspaceId = () =>
  text('workspace_id')
    .notNull()
    .references(() => workspaces.id, { onDelete: 'cascade' });

/** Of what hangs on another row: that row's workspace. */
const sameWorkspaceId = () => text('workspace_id').notNull();

/** The values that a column of a union may hold. */
const oneOf = (column: AnyPgColumn, values: readonly string[]) =>
  sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`;

const PLATFORMS = ['slack', 'teams', 'console'] as const satisfies readonly PlatformName[];
const SEVERITIES = ['critical', 'warning', 'info'] as const satisfies readonly Severity[];
const ROLES = ['viewer', 'responder', 'admin'] as const satisfies readonly Role[];

export const connections = pgTable(
  'connections',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    platform: text('platform').notNull(),
    externalId: text('external_id').notNull(),
  },
  (table) => [
    unique('connections_workspace_key').on(table.workspaceId, table.id),
    uniqueIndex('connections_team_key').on(table.platform, table.externalId),
    check('connections_platform_check', oneOf(table.platform, PLATFORMS)),
  ],
);

export const channels = pgTable(
  'channels',
  {
    id: text('id').primaryKey(),
    workspaceId: sameWorkspaceId(),
    connectionId: text('connection_id').notNull(),
    externalId: text('external_id').notNull(),
    name: text('name').notNull(),
    isPrivateChat: boolean('is_private_chat').notNull(),
    deadReason: text('dead_reason'),
    /** Nothing is sent there before: pace, the platform's own delay, or the lease of whoever sends. */
    freeAt: instant('free_at').notNull().default(EPOCH),
    leaseToken: text('lease_token'),
  },
  (table) => [
    unique('channels_workspace_key').on(table.workspaceId, table.id),
    foreignKey({
      name: 'channels_connection_fk',
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    })
      .onDelete('cascade')
      // `settings link` moves a connection, and its channels with it, to another workspace.
      .onUpdate('cascade'),
    uniqueIndex('channels_conversation_key').on(table.connectionId, table.externalId),
    index('channels_free_idx').on(table.freeAt),
  ],
);

export const profiles = pgTable(
  'profiles',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    isBuiltIn: boolean('is_built_in').notNull(),
    thresholdsDays: integer('thresholds_days').array().notNull(),
    scale: boolean('scale').notNull(),
    checkIntervalMs: integer('check_interval_ms').notNull(),
    confirmTries: integer('confirm_tries').notNull(),
    confirmEveryMs: integer('confirm_every_ms').notNull(),
    timeoutMs: integer('timeout_ms').notNull(),
    severities: jsonb('severities').notNull(),
    extraCaPem: text('extra_ca_pem'),
    caOnly: boolean('ca_only').notNull(),
    /** Milliseconds by severity: how often what nobody acknowledged is told again. */
    remind: jsonb('remind').notNull().default({ critical: DAY_MS }),
  },
  (table) => [
    unique('profiles_workspace_key').on(table.workspaceId, table.id),
    uniqueIndex('profiles_name_key').on(table.workspaceId, folded(table.name)),
    check('profiles_thresholds_check', sql`cardinality(${table.thresholdsDays}) between 1 and 10`),
    check('profiles_interval_check', sql`${table.checkIntervalMs} > 0 and ${table.timeoutMs} > 0`),
    check('profiles_confirm_check', sql`${table.confirmTries} > 0 and ${table.confirmEveryMs} >= 0`),
  ],
);

export const contactGroups = pgTable(
  'contact_groups',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    /** The workspace's own where it is empty. */
    timeZone: text('time_zone'),
    /** `WeeklyHours` of core; always open where it is empty. */
    hours: jsonb('hours'),
    criticalThrough: boolean('critical_through').notNull().default(false),
    mention: jsonb('mention'),
    escalateTo: text('escalate_to'),
    escalateAfterMs: integer('escalate_after_ms'),
  },
  (table) => [
    unique('contact_groups_workspace_key').on(table.workspaceId, table.id),
    uniqueIndex('contact_groups_name_key').on(table.workspaceId, folded(table.name)),
    foreignKey({
      name: 'contact_groups_escalate_fk',
      columns: [table.workspaceId, table.escalateTo],
      foreignColumns: [table.workspaceId, table.id],
    }),
    check('contact_groups_escalate_check', sql`(${table.escalateTo} is null) = (${table.escalateAfterMs} is null)`),
  ],
);

export const contactGroupChannels = pgTable(
  'contact_group_channels',
  {
    workspaceId: sameWorkspaceId(),
    groupId: text('group_id').notNull(),
    channelId: text('channel_id').notNull(),
    /** Monitors that it fits lead here too, whoever they name. */
    filter: text('filter'),
  },
  (table) => [
    primaryKey({ columns: [table.groupId, table.channelId] }),
    foreignKey({
      name: 'contact_group_channels_group_fk',
      columns: [table.workspaceId, table.groupId],
      foreignColumns: [contactGroups.workspaceId, contactGroups.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'contact_group_channels_channel_fk',
      columns: [table.workspaceId, table.channelId],
      foreignColumns: [channels.workspaceId, channels.id],
    }).onDelete('cascade'),
    index('contact_group_channels_channel_idx').on(table.channelId),
  ],
);

export const monitors = pgTable(
  'monitors',
  {
    id: text('id').notNull(),
    workspaceId: sameWorkspaceId(),
    name: text('name'),
    host: text('host').notNull(),
    displayHost: text('display_host').notNull(),
    hostKind: text('host_kind').notNull(),
    port: integer('port').notNull(),
    protocol: text('protocol').notNull(),
    serverName: text('server_name').notNull(),
    direct: boolean('direct').notNull(),
    profileId: text('profile_id').notNull(),
    addedInChannelId: text('added_in_channel_id').notNull(),
    addedBy: text('added_by').notNull(),
    createdAt: instant('created_at').notNull(),
    paused: boolean('paused').notNull().default(false),
    status: text('status').notNull(),
    daysLeft: integer('days_left'),
    expiresAt: instant('expires_at'),
    failingTries: integer('failing_tries'),
    failingOf: integer('failing_of'),
    lastCheckedAt: instant('last_checked_at'),
    nextCheckAt: instant('next_check_at').notNull(),
    /** When it may be claimed: its next check, or the end of the lease of whoever checks it now. One index serves both. */
    claimableAt: instant('claimable_at').notNull(),
    leaseToken: text('lease_token'),
    /** `Served` of core: the leaves that it was seen to serve. */
    served: jsonb('served'),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    foreignKey({
      name: 'monitors_profile_fk',
      columns: [table.workspaceId, table.profileId],
      foreignColumns: [profiles.workspaceId, profiles.id],
    }),
    foreignKey({
      name: 'monitors_channel_fk',
      columns: [table.workspaceId, table.addedInChannelId],
      foreignColumns: [channels.workspaceId, channels.id],
    }),
    uniqueIndex('monitors_endpoint_key').on(
      table.workspaceId,
      table.host,
      table.port,
      table.protocol,
      table.serverName,
    ),
    index('monitors_claimable_idx')
      .on(table.claimableAt)
      .where(sql`not ${table.paused}`),
    index('monitors_order_idx').on(table.workspaceId, table.expiresAt, table.host),
    index('monitors_name_idx').on(table.workspaceId, folded(table.name)),
    index('monitors_display_host_idx').on(table.workspaceId, folded(table.displayHost)),
    check('monitors_port_check', sql`${table.port} between 1 and 65535`),
    check('monitors_host_kind_check', oneOf(table.hostKind, ['name', 'ipv4', 'ipv6'])),
    check(
      'monitors_status_check',
      oneOf(table.status, ['paused', 'pending', 'expired', 'error', 'expiring', 'valid'] satisfies MonitorStatus[]),
    ),
    check('monitors_failing_check', sql`(${table.failingTries} is null) = (${table.failingOf} is null)`),
  ],
);

const monitorId = () => text('monitor_id').notNull();

/** What hangs on a monitor goes with it. */
const ofMonitor = (name: string, table: { workspaceId: AnyPgColumn; monitorId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [table.workspaceId, table.monitorId],
    foreignColumns: [monitors.workspaceId, monitors.id],
  }).onDelete('cascade');

export const monitorGroups = pgTable(
  'monitor_groups',
  {
    workspaceId: sameWorkspaceId(),
    monitorId: monitorId(),
    groupId: text('group_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.monitorId, table.groupId] }),
    ofMonitor('monitor_groups_monitor_fk', table),
    foreignKey({
      name: 'monitor_groups_group_fk',
      columns: [table.workspaceId, table.groupId],
      foreignColumns: [contactGroups.workspaceId, contactGroups.id],
    }).onDelete('cascade'),
    index('monitor_groups_group_idx').on(table.groupId),
  ],
);

export const monitorTags = pgTable(
  'monitor_tags',
  { workspaceId: sameWorkspaceId(), monitorId: monitorId(), tag: text('tag').notNull() },
  (table) => [
    primaryKey({ columns: [table.monitorId, table.tag] }),
    ofMonitor('monitor_tags_monitor_fk', table),
    index('monitor_tags_tag_idx').on(table.workspaceId, folded(table.tag)),
  ],
);

export const certificates = pgTable(
  'certificates',
  {
    workspaceId: workspaceId(),
    fingerprint: text('fingerprint').notNull(),
    /** A `Certificate` of core, instants as ISO 8601. */
    fields: jsonb('fields').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    /** Since when it is known that nothing names it: it goes after a while, unless it is seen again meanwhile. */
    unnamedSince: instant('unnamed_since'),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.fingerprint] })],
);

export const checkSpans = pgTable(
  'check_spans',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: sameWorkspaceId(),
    monitorId: monitorId(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    checks: integer('checks').notNull(),
    digest: text('digest').notNull(),
    /** Certificates by fingerprint. */
    observation: jsonb('observation').notNull(),
    findings: jsonb('findings').notNull(),
  },
  (table) => [
    ofMonitor('check_spans_monitor_fk', table),
    index('check_spans_monitor_idx').on(table.monitorId, table.id),
    // Not of `last_at`, which every check moves.
    index('check_spans_first_idx').on(table.workspaceId, table.firstAt),
    check('check_spans_checks_check', sql`${table.checks} > 0`),
  ],
);

export const connectionFailures = pgTable(
  'connection_failures',
  {
    workspaceId: sameWorkspaceId(),
    monitorId: monitorId(),
    /** Empty where the name gave no address. */
    address: text('address').notNull(),
    code: text('code').notNull(),
    since: instant('since').notNull(),
    tries: integer('tries').notNull(),
    lastTryAt: instant('last_try_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.monitorId, table.address] }),
    ofMonitor('connection_failures_monitor_fk', table),
  ],
);

export const crossings = pgTable(
  'crossings',
  {
    workspaceId: sameWorkspaceId(),
    fingerprint: text('fingerprint').notNull(),
    profileId: text('profile_id').notNull(),
    thresholdDays: integer('threshold_days').notNull(),
    instant: instant('instant').notNull(),
    silent: boolean('silent').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.fingerprint, table.profileId, table.thresholdDays] }),
    foreignKey({
      name: 'crossings_profile_fk',
      columns: [table.workspaceId, table.profileId],
      foreignColumns: [profiles.workspaceId, profiles.id],
    }).onDelete('cascade'),
  ],
);

export const incidents = pgTable(
  'incidents',
  {
    id: text('id').notNull(),
    workspaceId: workspaceId(),
    number: integer('number').notNull(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    severity: text('severity').notNull(),
    severityRank: smallint('severity_rank').notNull(),
    openedAt: instant('opened_at').notNull(),
    /** Opened, or last became worse. */
    risenAt: instant('risen_at').notNull().defaultNow(),
    /** How often it came back lately. */
    reopened: integer('reopened').notNull().default(0),
    reopenedAt: instant('reopened_at'),
    /** Nothing is wrong any more, and it waits whether it comes back. */
    wellSince: instant('well_since'),
    remindedAt: instant('reminded_at'),
    /** The contact groups it was escalated to since it last rose. */
    escalated: jsonb('escalated').notNull().default([]),
    /** When it wants attention by itself: a silence ends, a reminder or an escalation is due. */
    attendAt: instant('attend_at'),
    acknowledgedBy: jsonb('acknowledged_by'),
    acknowledgedAt: instant('acknowledged_at'),
    silenceKind: text('silence_kind'),
    silenceUntil: instant('silence_until'),
    silenceBy: jsonb('silence_by'),
    silenceAt: instant('silence_at'),
    closedAt: instant('closed_at'),
    closeReason: text('close_reason'),
    version: integer('version').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    uniqueIndex('incidents_number_key').on(table.workspaceId, table.number),
    uniqueIndex('incidents_open_key')
      .on(table.workspaceId, table.kind, table.subject)
      .where(sql`${table.closedAt} is null`),
    index('incidents_subject_idx').on(table.workspaceId, table.kind, table.subject, table.closedAt),
    index('incidents_open_idx')
      .on(table.workspaceId, table.severityRank, table.openedAt)
      .where(sql`${table.closedAt} is null`),
    index('incidents_closed_idx')
      .on(table.workspaceId, table.closedAt)
      .where(sql`${table.closedAt} is not null`),
    index('incidents_attend_idx')
      .on(table.attendAt)
      .where(sql`${table.closedAt} is null`),
    check('incidents_kind_check', oneOf(table.kind, ['certificate', 'issuer', 'endpoint'] satisfies IncidentKind[])),
    check('incidents_severity_check', oneOf(table.severity, SEVERITIES)),
    check('incidents_acknowledged_check', sql`(${table.acknowledgedAt} is null) = (${table.acknowledgedBy} is null)`),
    check(
      'incidents_silence_check',
      sql`(${table.silenceAt} is null) = (${table.silenceKind} is null)
        and (${table.silenceAt} is null) = (${table.silenceBy} is null)
        and (${table.silenceUntil} is not null) = (${table.silenceKind} is not distinct from 'until')`,
    ),
    check('incidents_closed_check', sql`(${table.closedAt} is null) = (${table.closeReason} is null)`),
  ],
);

/** What hangs on an incident goes with it. */
const ofIncident = (name: string, table: { workspaceId: AnyPgColumn; incidentId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [table.workspaceId, table.incidentId],
    foreignColumns: [incidents.workspaceId, incidents.id],
  }).onDelete('cascade');

const ofChannel = (name: string, table: { workspaceId: AnyPgColumn; channelId: AnyPgColumn }) =>
  foreignKey({
    name,
    columns: [table.workspaceId, table.channelId],
    foreignColumns: [channels.workspaceId, channels.id],
  }).onDelete('cascade');

/** One row for each (monitor, address, code) that ever was in the incident; `until` is empty while it still is. */
export const incidentMembers = pgTable(
  'incident_members',
  {
    workspaceId: sameWorkspaceId(),
    incidentId: text('incident_id').notNull(),
    /** No reference: what a removed monitor was part of is still told. */
    monitorId: text('monitor_id').notNull(),
    /** What the monitor was called. */
    label: text('label').notNull().default(''),
    address: text('address').notNull(),
    code: text('code').notNull(),
    severity: text('severity').notNull(),
    message: text('message').notNull(),
    nextStep: text('next_step').notNull(),
    since: instant('since').notNull(),
    until: instant('until'),
  },
  (table) => [
    primaryKey({ columns: [table.incidentId, table.monitorId, table.address, table.code] }),
    ofIncident('incident_members_incident_fk', table),
    index('incident_members_monitor_idx')
      .on(table.monitorId)
      .where(sql`${table.until} is null`),
    index('incident_members_history_idx').on(table.monitorId, table.incidentId),
  ],
);

/** The head of an incident in a channel, once it was posted. */
export const threads = pgTable(
  'threads',
  {
    workspaceId: sameWorkspaceId(),
    incidentId: text('incident_id').notNull(),
    channelId: text('channel_id').notNull(),
    messageId: text('message_id').notNull(),
    postedAt: instant('posted_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.incidentId, table.channelId] }),
    ofIncident('threads_incident_fk', table),
    ofChannel('threads_channel_fk', table),
  ],
);

export const outbox = pgTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: sameWorkspaceId(),
    channelId: text('channel_id').notNull(),
    /** Absent for a notice. */
    incidentId: text('incident_id'),
    /** `head`, `thread` or `notice`. */
    kind: text('kind').notNull(),
    /** Empty for a head: it is rendered when it is sent. */
    content: jsonb('content'),
    severityRank: smallint('severity_rank').notNull(),
    /** Counts requests for a head, so that one that comes while it is being sent is not lost. */
    generation: integer('generation').notNull().default(0),
    notBefore: instant('not_before').notNull(),
    queuedAt: instant('queued_at').notNull().defaultNow(),
    attempts: integer('attempts').notNull().default(0),
    /** Set while a try is under way; still set at the next claim, that try was cut off. */
    /** When its cause was first asked to be looked at again. */
    recheckAt: instant('recheck_at'),
    sendingSince: instant('sending_since'),
    /** The platform's answer to an earlier try was lost: it may have been sent. */
    maybeSent: boolean('maybe_sent').notNull().default(false),
    lastProblem: text('last_problem'),
    givenUpAt: instant('given_up_at'),
  },
  (table) => [
    ofIncident('outbox_incident_fk', table),
    ofChannel('outbox_channel_fk', table),
    uniqueIndex('outbox_head_key')
      .on(table.incidentId, table.channelId)
      .where(sql`${table.kind} = 'head' and ${table.givenUpAt} is null`),
    index('outbox_thread_idx')
      .on(table.channelId, table.incidentId, table.id)
      .where(sql`${table.givenUpAt} is null`),
    index('outbox_order_idx')
      .on(table.channelId, table.severityRank.desc(), table.id)
      .where(sql`${table.givenUpAt} is null`),
    index('outbox_incident_idx').on(table.incidentId),
    index('outbox_given_up_idx')
      .on(table.givenUpAt)
      .where(sql`${table.givenUpAt} is not null`),
    check('outbox_kind_check', oneOf(table.kind, ['head', 'thread', 'notice'] satisfies OutboxContent['kind'][])),
    check('outbox_incident_check', sql`(${table.kind} = 'notice') = (${table.incidentId} is null)`),
    check('outbox_content_check', sql`(${table.kind} = 'head') = (${table.content} is null)`),
  ],
);

export const inbox = pgTable(
  'inbox',
  {
    id: text('id').primaryKey(),
    platform: text('platform').notNull(),
    externalId: text('external_id').notNull(),
    incoming: jsonb('incoming').notNull(),
    receivedAt: instant('received_at').notNull(),
    deadline: instant('deadline').notNull(),
    leaseUntil: instant('lease_until').notNull(),
    /** Of the run that may commit; empty until one begins. */
    leaseToken: text('lease_token'),
    applied: boolean('applied').notNull().default(false),
    finishedAt: instant('finished_at'),
    reply: jsonb('reply'),
  },
  (table) => [
    uniqueIndex('inbox_command_key').on(table.platform, table.externalId),
    check('inbox_platform_check', oneOf(table.platform, PLATFORMS)),
    index('inbox_finished_idx')
      .on(table.finishedAt)
      .where(sql`${table.finishedAt} is not null`),
    index('inbox_unfinished_idx')
      .on(table.leaseUntil)
      .where(sql`${table.finishedAt} is null`),
  ],
);

/** Faults that somebody knows and wants, until an instant. */
export const acceptances = pgTable(
  'acceptances',
  {
    workspaceId: workspaceId(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    code: text('code').notNull(),
    until: instant('until').notNull(),
    reason: text('reason').notNull(),
    acceptedBy: jsonb('accepted_by').notNull(),
    acceptedAt: instant('accepted_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.kind, table.subject, table.code] }),
    check('acceptances_kind_check', oneOf(table.kind, ['certificate', 'issuer', 'endpoint'] satisfies IncidentKind[])),
  ],
);

export const tagFilters = pgTable(
  'tag_filters',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    expression: text('expression').notNull(),
  },
  (table) => [uniqueIndex('tag_filters_name_key').on(table.workspaceId, folded(table.name))],
);

export const workspaceSettings = pgTable(
  'workspace_settings',
  {
    workspaceId: text('workspace_id')
      .primaryKey()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    timeZone: text('time_zone').notNull().default('UTC'),
    fallbackChannelId: text('fallback_channel_id'),
    adminChannelId: text('admin_channel_id'),
    retentionDays: integer('retention_days').notNull().default(90),
  },
  (table) => [
    foreignKey({
      name: 'workspace_settings_fallback_fk',
      columns: [table.workspaceId, table.fallbackChannelId],
      foreignColumns: [channels.workspaceId, channels.id],
    }),
    foreignKey({
      name: 'workspace_settings_admin_fk',
      columns: [table.workspaceId, table.adminChannelId],
      foreignColumns: [channels.workspaceId, channels.id],
    }),
    check('workspace_settings_retention_check', sql`${table.retentionDays} > 0`),
  ],
);

/** Roles that somebody gave; everybody else has the one that the platform's word and the settings come to. */
export const personRoles = pgTable(
  'person_roles',
  {
    workspaceId: workspaceId(),
    platform: text('platform').notNull(),
    externalId: text('external_id').notNull(),
    name: text('name').notNull(),
    role: text('role').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.platform, table.externalId] }),
    check('person_roles_platform_check', oneOf(table.platform, PLATFORMS)),
    check('person_roles_role_check', oneOf(table.role, ROLES)),
  ],
);

/** Codes that join a connection to a workspace: good for minutes, and once. Only their hash is kept. */
export const linkCodes = pgTable('link_codes', {
  codeHash: text('code_hash').primaryKey(),
  workspaceId: workspaceId(),
  expiresAt: instant('expires_at').notNull(),
});

/** What platforms gave when certmon was installed there. Of a platform, not of a workspace: an organisation has many. */
export const installations = pgTable(
  'installations',
  {
    platform: text('platform').notNull(),
    /** The platform's id of the team, or of the organisation. */
    key: text('key').notNull(),
    isOrganisation: boolean('is_organisation').notNull(),
    name: text('name').notNull(),
    installedBy: jsonb('installed_by').notNull(),
    installedAt: instant('installed_at').notNull(),
    /** `InstallationTokens` of core, sealed. */
    sealedTokens: text('sealed_tokens').notNull(),
    version: integer('version').notNull().default(1),
    /** Somebody gets new tokens, and nobody else may before. */
    refreshUntil: instant('refresh_until').notNull().default(EPOCH),
  },
  (table) => [
    primaryKey({ columns: [table.platform, table.key] }),
    check('installations_platform_check', oneOf(table.platform, PLATFORMS)),
  ],
);

/** Which installation serves a team. No reference: it stays when certmon is removed, for when it is installed again. */
export const installationTeams = pgTable(
  'installation_teams',
  {
    platform: text('platform').notNull(),
    teamId: text('team_id').notNull(),
    key: text('key').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.platform, table.teamId] }),
    index('installation_teams_key_idx').on(table.platform, table.key),
  ],
);

/** Who did what. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    at: instant('at').notNull(),
    person: jsonb('person').notNull(),
    /** Where it was asked, as people write it: `#ops`, `a private chat`. */
    place: text('place').notNull(),
    action: text('action').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: text('subject_id').notNull(),
    subjectLabel: text('subject_label').notNull(),
    detail: text('detail').notNull(),
  },
  (table) => [
    index('audit_subject_idx').on(table.workspaceId, table.subjectKind, table.subjectId, table.id),
    index('audit_at_idx').on(table.workspaceId, table.at),
    check(
      'audit_subject_check',
      oneOf(table.subjectKind, [
        'monitor',
        'incident',
        'profile',
        'contact-group',
        'tag-filter',
        'digest',
        'settings',
      ] satisfies AuditSubjectKind[]),
    ),
  ],
);

export const digests = pgTable(
  'digests',
  {
    workspaceId: sameWorkspaceId(),
    channelId: text('channel_id').notNull(),
    /** From 0 on Monday; empty for every day. */
    weekday: smallint('weekday'),
    /** Minutes after midnight in the workspace's time zone. */
    minute: smallint('minute').notNull(),
    filter: text('filter'),
    nextAt: instant('next_at').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.channelId] }),
    ofChannel('digests_channel_fk', table),
    index('digests_next_idx').on(table.nextAt),
    check('digests_weekday_check', sql`${table.weekday} between 0 and 6`),
    check('digests_minute_check', sql`${table.minute} between 0 and 1439`),
  ],
);

/** One row: since when workers have run without a gap, and when one was last seen. */
export const workerRun = pgTable('worker_run', {
  id: smallint('id').primaryKey().default(1),
  runningSince: instant('running_since').notNull(),
  seenAt: instant('seen_at').notNull(),
  /** When the admins were told that many monitors wait to be checked; empty while they do not. */
  toldAt: instant('told_at'),
});
