/**
 * The tables. Every row carries its workspace; instants are `timestamptz`; ids are SIDs where people see them.
 *
 * After a change here run `npm run migrations`.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
const EPOCH = sql`'epoch'::timestamptz`;

export const workspaces = pgTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  nextIncidentNumber: integer('next_incident_number').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
});

const workspaceId = () =>
  text('workspace_id')
    .notNull()
    .references(() => workspaces.id, { onDelete: 'cascade' });

export const connections = pgTable(
  'connections',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    platform: text('platform').notNull(),
    externalId: text('external_id').notNull(),
  },
  (table) => [uniqueIndex('connections_team_key').on(table.platform, table.externalId)],
);

export const channels = pgTable(
  'channels',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    externalId: text('external_id').notNull(),
    name: text('name').notNull(),
    isPrivateChat: boolean('is_private_chat').notNull(),
    deadReason: text('dead_reason'),
    /** Nothing is sent there before: pace, the platform's own delay, or the lease of whoever sends. */
    freeAt: instant('free_at').notNull().default(EPOCH),
    leaseToken: text('lease_token'),
  },
  (table) => [
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
  },
  (table) => [uniqueIndex('profiles_name_key').on(table.workspaceId, sql`lower(${table.name})`)],
);

export const contactGroups = pgTable(
  'contact_groups',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
  },
  (table) => [uniqueIndex('contact_groups_name_key').on(table.workspaceId, sql`lower(${table.name})`)],
);

export const contactGroupChannels = pgTable(
  'contact_group_channels',
  {
    workspaceId: workspaceId(),
    groupId: text('group_id')
      .notNull()
      .references(() => contactGroups.id, { onDelete: 'cascade' }),
    channelId: text('channel_id')
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.groupId, table.channelId] })],
);

export const monitors = pgTable(
  'monitors',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name'),
    host: text('host').notNull(),
    displayHost: text('display_host').notNull(),
    hostKind: text('host_kind').notNull(),
    port: integer('port').notNull(),
    protocol: text('protocol').notNull(),
    serverName: text('server_name').notNull(),
    direct: boolean('direct').notNull(),
    profileId: text('profile_id')
      .notNull()
      .references(() => profiles.id),
    addedInChannelId: text('added_in_channel_id')
      .notNull()
      .references(() => channels.id),
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
  },
  (table) => [
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
    index('monitors_name_idx').on(table.workspaceId, sql`lower(${table.name})`),
    check('monitors_port_check', sql`${table.port} between 1 and 65535`),
  ],
);

const monitorId = () =>
  text('monitor_id')
    .notNull()
    .references(() => monitors.id, { onDelete: 'cascade' });

export const monitorGroups = pgTable(
  'monitor_groups',
  {
    workspaceId: workspaceId(),
    monitorId: monitorId(),
    groupId: text('group_id')
      .notNull()
      .references(() => contactGroups.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.monitorId, table.groupId] }),
    index('monitor_groups_group_idx').on(table.groupId),
  ],
);

export const monitorTags = pgTable(
  'monitor_tags',
  { workspaceId: workspaceId(), monitorId: monitorId(), tag: text('tag').notNull() },
  (table) => [
    primaryKey({ columns: [table.monitorId, table.tag] }),
    index('monitor_tags_tag_idx').on(table.workspaceId, table.tag),
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
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.fingerprint] })],
);

export const checkSpans = pgTable(
  'check_spans',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    monitorId: monitorId(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    checks: integer('checks').notNull(),
    digest: text('digest').notNull(),
    /** Certificates by fingerprint. */
    observation: jsonb('observation').notNull(),
    findings: jsonb('findings').notNull(),
  },
  (table) => [index('check_spans_monitor_idx').on(table.monitorId, table.id)],
);

export const connectionFailures = pgTable(
  'connection_failures',
  {
    workspaceId: workspaceId(),
    monitorId: monitorId(),
    /** Empty where the name gave no address. */
    address: text('address').notNull(),
    code: text('code').notNull(),
    since: instant('since').notNull(),
    tries: integer('tries').notNull(),
    lastTryAt: instant('last_try_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.monitorId, table.address] })],
);

export const crossings = pgTable(
  'crossings',
  {
    workspaceId: workspaceId(),
    fingerprint: text('fingerprint').notNull(),
    profileId: text('profile_id')
      .notNull()
      .references(() => profiles.id, { onDelete: 'cascade' }),
    thresholdDays: integer('threshold_days').notNull(),
    instant: instant('instant').notNull(),
    silent: boolean('silent').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.fingerprint, table.profileId, table.thresholdDays] })],
);

export const incidents = pgTable(
  'incidents',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    number: integer('number').notNull(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    severity: text('severity').notNull(),
    severityRank: smallint('severity_rank').notNull(),
    openedAt: instant('opened_at').notNull(),
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
    uniqueIndex('incidents_number_key').on(table.workspaceId, table.number),
    uniqueIndex('incidents_open_key')
      .on(table.workspaceId, table.kind, table.subject)
      .where(sql`${table.closedAt} is null`),
    index('incidents_subject_idx').on(table.workspaceId, table.kind, table.subject, table.closedAt),
    index('incidents_open_idx')
      .on(table.workspaceId, table.severityRank, table.openedAt)
      .where(sql`${table.closedAt} is null`),
    index('incidents_silence_idx')
      .on(table.silenceUntil)
      .where(sql`${table.closedAt} is null`),
  ],
);

/** One row for each (monitor, address, code) that ever was in the incident; `until` is empty while it still is. */
export const incidentMembers = pgTable(
  'incident_members',
  {
    workspaceId: workspaceId(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id, { onDelete: 'cascade' }),
    /** No reference: what a removed monitor was part of is still told. */
    monitorId: text('monitor_id').notNull(),
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
    index('incident_members_monitor_idx')
      .on(table.monitorId)
      .where(sql`${table.until} is null`),
  ],
);

/** The head of an incident in a channel, once it was posted. */
export const threads = pgTable(
  'threads',
  {
    workspaceId: workspaceId(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id, { onDelete: 'cascade' }),
    channelId: text('channel_id')
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
    messageId: text('message_id').notNull(),
    postedAt: instant('posted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.incidentId, table.channelId] })],
);

export const outbox = pgTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    channelId: text('channel_id')
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
    incidentId: text('incident_id').references(() => incidents.id, { onDelete: 'cascade' }),
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
    sendingSince: instant('sending_since'),
    lastProblem: text('last_problem'),
    givenUpAt: instant('given_up_at'),
  },
  (table) => [
    uniqueIndex('outbox_head_key')
      .on(table.incidentId, table.channelId)
      .where(sql`${table.kind} = 'head' and ${table.givenUpAt} is null`),
    index('outbox_channel_idx')
      .on(table.channelId, table.incidentId, table.id)
      .where(sql`${table.givenUpAt} is null`),
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
    applied: boolean('applied').notNull().default(false),
    finishedAt: instant('finished_at'),
    reply: jsonb('reply'),
  },
  (table) => [
    uniqueIndex('inbox_command_key').on(table.platform, table.externalId),
    index('inbox_unfinished_idx')
      .on(table.leaseUntil)
      .where(sql`${table.finishedAt} is null`),
  ],
);
