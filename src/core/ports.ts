/**
 * What the use cases need of the outside: the store, the prober, the platforms, the clock.
 *
 * Every store function takes the workspace first, and finds nothing of another. Those that serve the schedule or the
 * dispatcher look across workspaces and return rows that carry theirs; they say so. All throw `DatabaseAwayError` where
 * the database cannot be reached.
 */
import type { Acceptance } from './acceptance.ts';
import type { AlertContent, ThreadAlert, NoticeAlert } from './alert.ts';
import type { AuditEntry, AuditSubject } from './audit.ts';
import type { Certificate } from './certificate.ts';
import type { ContactGroup } from './contact-group.ts';
import type { ConnectionFailure } from './confirmation.ts';
import type { Crossing } from './crossing.ts';
import type { Digest } from './digest.ts';
import type { Parsed } from './errors.ts';
import type { Finding, Severity } from './finding.ts';
import type { Incident, IncidentKey } from './incident.ts';
import type { Acceptance as InboxAcceptance, Incoming } from './inbox.ts';
import type { InstallationStore } from './installation.ts';
import type { Endpoint, Monitor, MonitorStatus } from './monitor.ts';
import type { Observation, ReadAddress } from './observation.ts';
import type { Profile } from './profile.ts';
import type { SavedFilter } from './saved-filter.ts';
import type { TagFilter } from './tag-filter.ts';
import type {
  Channel,
  Connection,
  Person,
  PersonId,
  PlatformName,
  Role,
  Workspace,
  WorkspaceSettings,
} from './workspace.ts';

/** The database's clock, so that every replica means the same by "now". */
export interface Clock {
  now(): Date;
}

/** Structured, fields first (pino's shape). */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

// ---------------------------------------------------------------- probing

export interface ProbeRequest {
  readonly endpoint: Endpoint;
  readonly timeoutMs: number;
  readonly trust: Profile['trust'];
  /** What the last check read, by address: where leaf and verdict are still the same, its chain stands in. */
  readonly known: ReadonlyMap<string, ReadAddress>;
  /** PEM: what the last check found missing, which completes the path again where nobody else gives it. */
  readonly knownIssuers: readonly string[];
  /** Nobody is asked whether the certificates are revoked: the profile would say nothing of it. */
  readonly leavesOutRevocation?: boolean;
}

export interface Prober {
  /** One round over every address. A peer's faults are in the result; it throws only when `signal` aborts. */
  observe(request: ProbeRequest, now: Date, signal: AbortSignal): Promise<Observation>;
}

/** The certificates of a PEM text, read by the parser that checks use; or what is wrong with it. */
export type ReadCas = (pem: string) => Parsed<OwnCas>;

export interface OwnCas {
  /** Only the certificates, whatever else stood between them. */
  readonly pem: string;
  readonly certificates: readonly Certificate[];
}

// ---------------------------------------------------------------- chat platforms

/** One message to one channel, as the dispatcher hands it to a platform. */
export interface Delivery {
  /** The outbox row: a platform that keeps metadata stores it, to tell a message sent from one that was not. */
  readonly rowId: string;
  readonly channel: Channel;
  readonly content: AlertContent;
  /** `post` starts a thread or stands alone, `reply` goes under `headId`, `edit` replaces `headId`. */
  readonly how:
    | { readonly type: 'post' }
    | { readonly type: 'reply'; readonly headId: string }
    | { readonly type: 'edit'; readonly headId: string };
  /** An earlier attempt was cut off and may have been sent. */
  readonly mayRepeat: boolean;
}

export type DeliveryOutcome =
  | { readonly type: 'sent'; readonly messageId: string }
  /** Try again: after `afterMs` where the platform says so, else by back-off. */
  | {
      readonly type: 'retry';
      readonly reason: string;
      readonly afterMs?: number;
      /** It may have been sent. */ readonly maybeSent?: boolean;
    }
  /** Nothing can be sent to this channel any more until a person mends it. */
  | { readonly type: 'dead-channel'; readonly reason: string; readonly remedy: string }
  /** The head to edit or reply to is gone: post it anew. */
  | { readonly type: 'head-gone' }
  /** This message will never be taken. */
  | { readonly type: 'refused'; readonly reason: string };

export interface Messenger {
  readonly platform: PlatformName;
  /** The least time between two messages to one channel. */
  readonly paceMs: number;
  /** Whether an alert that could not be sent for a day is given up; a console shows it whenever it is opened. */
  readonly goesStale: boolean;
  /** Never throws for what the platform does. Called for one message of a channel at a time. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome>;
}

// ---------------------------------------------------------------- store

export interface WorkspaceStore {
  /** The workspace `default`, made with its built-in profiles where it is not there yet. Safe when raced. */
  ensureDefault(): Promise<Workspace>;
  /** The connection of that team, made in `workspaceId` where there is none yet. Safe when raced. */
  ensureConnection(workspaceId: string, platform: PlatformName, externalId: string): Promise<Connection>;
  /** `undefined` for a team nobody connected. */
  findConnection(platform: PlatformName, externalId: string): Promise<Connection | undefined>;
  settings(workspaceId: string): Promise<WorkspaceSettings>;
  changeSettings(workspaceId: string, change: Partial<WorkspaceSettings>): Promise<void>;
  /** The role that somebody gave this person; `undefined` where nobody did. */
  roleOf(workspaceId: string, person: PersonId): Promise<Role | undefined>;
  /** @param role `undefined` takes it back. */
  setRole(workspaceId: string, person: Person, role: Role | undefined): Promise<void>;
  /** By name. */
  listRoles(workspaceId: string): Promise<{ readonly person: Person; readonly role: Role }[]>;
  /** Good until `expiresAt`, and once. */
  addLinkCode(workspaceId: string, codeHash: string, expiresAt: Date): Promise<void>;
  /** The workspace that the code leads to, which is used up by this; `undefined` for one that is wrong, used or expired. */
  useLinkCode(codeHash: string, now: Date): Promise<string | undefined>;
  /** Whoever else asks the same waits until this transaction ends. */
  lockConnection(connectionId: string): Promise<void>;
  /**
   * The connection is in the other workspace from now on, and its channels with it. What led there in the one it leaves
   * goes; where nobody is left in that one, its settings, groups and saved filters go too. It must hold no monitors.
   */
  moveConnection(connection: Connection, toWorkspaceId: string): Promise<void>;
}

export interface AuditStore {
  add(workspaceId: string, entry: AuditEntry): Promise<void>;
  /** Newest first. */
  of(workspaceId: string, subject: Pick<AuditSubject, 'kind' | 'id'>, limit: number): Promise<AuditEntry[]>;
  /** The same of several subjects of one kind. */
  ofAll(workspaceId: string, kind: AuditSubject['kind'], ids: readonly string[], limit: number): Promise<AuditEntry[]>;
  /**
   * When this person made certmon look at another host after `since`, oldest first. Whoever else asks about the same
   * person waits until this transaction ends.
   */
  newTargets(workspaceId: string, person: PersonId, since: Date): Promise<Date[]>;
}

export interface ChannelStore {
  /** The channel, made or renamed; one marked dead comes back to life. */
  ensure(
    workspaceId: string,
    channel: Pick<Channel, 'connectionId' | 'externalId' | 'name' | 'isPrivateChat'>,
  ): Promise<Channel>;
  find(workspaceId: string, id: string): Promise<Channel | undefined>;
  /** By name without `#`, whatever the case, on one connection. */
  findByName(workspaceId: string, connectionId: string, name: string): Promise<Channel | undefined>;
  listByIds(workspaceId: string, ids: readonly string[]): Promise<Channel[]>;
  markDead(workspaceId: string, id: string, reason: string): Promise<void>;
}

/** Of a contact group, what a person may set. A key that is absent stays as it is. */
export type GroupEdit = Partial<
  Pick<ContactGroup, 'timeZone' | 'hours' | 'criticalThrough' | 'mention' | 'escalation'>
>;

export interface GroupStore {
  /** `undefined` where the name is taken. */
  add(workspaceId: string, id: string, name: string): Promise<ContactGroup | undefined>;
  findByName(workspaceId: string, name: string): Promise<ContactGroup | undefined>;
  /** By name. */
  list(workspaceId: string): Promise<ContactGroup[]>;
  /** @returns whether the channel is new to the group, has another filter now, or all is as it was. */
  map(workspaceId: string, groupId: string, channelId: string, filter?: string): Promise<'new' | 'changed' | 'same'>;
  /** False where it was not mapped. */
  unmap(workspaceId: string, groupId: string, channelId: string): Promise<boolean>;
  /** What is given replaces; `undefined` where the group is gone. */
  edit(workspaceId: string, id: string, change: GroupEdit): Promise<ContactGroup | undefined>;
  /** With its mappings; what escalated to it no longer does. */
  remove(workspaceId: string, id: string): Promise<void>;
  /** How many monitors name the group. */
  countMonitors(workspaceId: string, groupId: string): Promise<number>;
}

export interface FilterStore {
  /** Saved under this name; takes the place of one of the same name, whatever its case, and then keeps its id. */
  save(workspaceId: string, id: string, name: string, filter: TagFilter): Promise<SavedFilter>;
  findByName(workspaceId: string, name: string): Promise<SavedFilter | undefined>;
  /** By name. */
  list(workspaceId: string): Promise<SavedFilter[]>;
  remove(workspaceId: string, id: string): Promise<void>;
  /** What names it: ids of channels, with the contact group that leads there by it, or none for a digest. */
  usesOf(
    workspaceId: string,
    name: string,
  ): Promise<{ readonly channelId: string; readonly group: string | undefined }[]>;
}

export interface DigestStore {
  /** Takes the place of the channel's one before it. */
  put(workspaceId: string, digest: Digest): Promise<void>;
  /** False where there was none. */
  remove(workspaceId: string, channelId: string): Promise<boolean>;
  /** The next one first. */
  list(workspaceId: string): Promise<Digest[]>;
  /** Of any workspace: those that are due by `now`, at most `limit`. */
  due(now: Date, limit: number): Promise<{ readonly workspaceId: string; readonly digest: Digest }[]>;
  /** Only where `digest` is still due at its instant; false: another process has sent it. */
  advance(workspaceId: string, digest: Digest, nextAt: Date, lastAt: Date): Promise<boolean>;
}

/** A profile as it is just now: every edit makes another edition. */
export interface ProfileEdition {
  readonly profile: Profile;
  readonly edition: string;
}

export interface ProfileStore {
  find(workspaceId: string, id: string): Promise<Profile | undefined>;
  /** Those of them that are there, by id. */
  editions(workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, ProfileEdition>>;
  /** Whatever the case. */
  findByName(workspaceId: string, name: string): Promise<Profile | undefined>;
  /** By name. */
  list(workspaceId: string): Promise<Profile[]>;
  /** False where the name is taken. */
  add(workspaceId: string, profile: Profile): Promise<boolean>;
  /** Taken until the transaction ends: people who change one profile go one after the other. Monitors may name it meanwhile. */
  lock(workspaceId: string, id: string): Promise<Profile | undefined>;
  /** Writes all of it, found by its id. */
  replace(workspaceId: string, profile: Profile): Promise<void>;
  /** Once no monitor has it; whoever gives it to one meanwhile waits. @returns how many have it: 0, and it is gone. */
  remove(workspaceId: string, id: string): Promise<number>;
  /** How many monitors have each; none for one that is not in it. */
  usage(workspaceId: string): Promise<ReadonlyMap<string, number>>;
}

export interface NewMonitor {
  readonly id: string;
  readonly name: string | undefined;
  readonly endpoint: Endpoint;
  readonly profileId: string;
  readonly groupIds: readonly string[];
  readonly tags: readonly string[];
  readonly addedInChannelId: string;
  readonly addedBy: string;
}

/** What a person changes of a monitor: what is absent stays. */
export interface MonitorEdit {
  /** `null`: it has none any more. */
  readonly name?: string | null;
  readonly profileId?: string;
  readonly groupIds?: readonly string[];
  readonly tags?: readonly string[];
  readonly serverName?: string;
  readonly direct?: boolean;
}

/** What a check leaves on the monitor's own row. */
export interface MonitorUpdate {
  readonly status: MonitorStatus;
  readonly daysLeft: number | undefined;
  readonly expiresAt: Date | undefined;
  readonly failing: Monitor['failing'];
  readonly lastCheckedAt: Date;
  readonly nextCheckAt: Date;
  readonly served: Monitor['served'];
}

/** A due monitor, ours until `leaseUntil`; `token` proves it at the write. */
export interface LeasedMonitor {
  readonly monitor: Monitor;
  readonly token: string;
  readonly leaseUntil: Date;
}

/** Which monitors of a workspace: those that `filter` fits, or all. */
export interface MonitorQuery {
  readonly filter?: TagFilter | undefined;
  /** What days left are counted from. */
  readonly now: Date;
}

export interface MonitorCounts {
  readonly total: number;
  readonly byStatus: Readonly<Record<MonitorStatus, number>>;
  /** Those with an unconfirmed failure, whatever their status. */
  readonly failing: number;
}

/** What runs out when, and who issued it. */
export interface MonitorReport {
  /** How many end before the first of the instants asked for, between each and the next, and after the last. */
  readonly byEnd: readonly number[];
  /** Of these no certificate was read yet. */
  readonly unread: number;
  /** By the issuer of the leaf seen last, most first. */
  readonly byIssuer: readonly { readonly issuer: string; readonly count: number }[];
}

export interface MonitorStore {
  /** The monitor as it now stands; or the one already there for the same host, port, protocol and server name. */
  add(workspaceId: string, monitor: NewMonitor, now: Date): Promise<{ added: Monitor } | { duplicateOf: Monitor }>;
  find(workspaceId: string, id: string): Promise<Monitor | undefined>;
  /** Taken for update until the transaction ends: checks and people who change one monitor go one after the other. */
  lock(workspaceId: string, id: string): Promise<Monitor | undefined>;
  /** The one at this place, if any. */
  findByEndpoint(
    workspaceId: string,
    endpoint: Pick<Endpoint, 'host' | 'port' | 'protocol' | 'serverName'>,
  ): Promise<Monitor | undefined>;
  /** Those that a person's word may mean: a SID, the start of one, a name, `host`, `host:port` (as typed or canonical), whatever the case. At most `limit`. */
  match(workspaceId: string, reference: string, limit: number): Promise<Monitor[]>;
  /** What ends first comes first, those never read last, then by host. */
  list(workspaceId: string, which: MonitorQuery, limit: number, offset: number): Promise<Monitor[]>;
  count(workspaceId: string, which: MonitorQuery): Promise<MonitorCounts>;
  /** In the order of `list`. */
  ids(workspaceId: string, which: MonitorQuery): Promise<string[]>;
  /** Those of these monitors that `which` means. */
  matching(workspaceId: string, which: MonitorQuery, ids: readonly string[]): Promise<string[]>;
  listByIds(workspaceId: string, ids: readonly string[]): Promise<Monitor[]>;
  /** Those of which an address serves another leaf since, in the order of `list`; at most `limit`. */
  renewedSince(workspaceId: string, which: MonitorQuery, since: Date, limit: number): Promise<Monitor[]>;
  /** @param instants ascending. @param issuers how many of them are told. */
  report(workspaceId: string, which: MonitorQuery, instants: readonly Date[], issuers: number): Promise<MonitorReport>;
  /** The issuer of the leaf that each was seen to serve last; none for those never read. */
  issuersOf(workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Every tag in the workspace with how many monitors have it, by name; in the way most write it, whatever its case. */
  tags(workspaceId: string): Promise<{ readonly tag: string; readonly count: number }[]>;
  /** Those of these that are checked at all and were not since `since`. */
  notCheckedSince(workspaceId: string, ids: readonly string[], since: Date): Promise<string[]>;
  /** Due at once, where no check is under way. */
  checkSoon(workspaceId: string, ids: readonly string[], now: Date): Promise<void>;
  /** What is given replaces; with another server name what was served is forgotten. That no other has the same host, port, protocol and server name is the caller's to see to. */
  edit(workspaceId: string, id: string, change: MonitorEdit): Promise<void>;
  /** All that have this profile, and are not paused, are due by `now` plus `withinMs`, evenly spread; who is due sooner stays so. */
  hasten(workspaceId: string, profileId: string, now: Date, withinMs: number): Promise<void>;
  setPaused(workspaceId: string, id: string, paused: boolean, status: MonitorStatus, nextCheckAt: Date): Promise<void>;
  remove(workspaceId: string, id: string): Promise<void>;
  /** A person's or `add`'s check: no lease is held. A lease of somebody else stays. */
  update(workspaceId: string, id: string, update: MonitorUpdate): Promise<void>;
  /**
   * Of any workspace: at most `limit` monitors that are due by `now`, not paused and not leased, oldest first, in one
   * statement with `SKIP LOCKED`. A lease ends by itself after `leaseMs`.
   */
  claimDue(now: Date, limit: number, leaseMs: number): Promise<LeasedMonitor[]>;
  /** Writes only while the lease is still ours, and gives it up; false means that another has it, or it was removed. */
  updateLeased(workspaceId: string, id: string, token: string, update: MonitorUpdate): Promise<boolean>;
  /** False where the lease is lost. */
  renewLease(workspaceId: string, id: string, token: string, until: Date): Promise<boolean>;
  /** Gives it back unwritten: the monitor is due again at once. */
  releaseLease(workspaceId: string, id: string, token: string): Promise<void>;
  /** What it was seen to serve, corrected by a person's word. */
  setServed(workspaceId: string, id: string, served: Monitor['served']): Promise<void>;
  /** Of any workspace: at most `limit` monitors of different hosts whose last check found them there, checked last first. */
  lastSeenWell(limit: number): Promise<Monitor[]>;
  /**
   * Of any workspace: the clock went back, to `now`. What was checked after that instant is due, or it would wait for the
   * clock to come round again.
   */
  dueSinceClockWentBack(now: Date): Promise<number>;
}

/** A span of checks with the same result. */
export interface CheckSpan {
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly checks: number;
  /** The last check's, with its certificates in full. */
  readonly observation: Observation;
  readonly findings: readonly Finding[];
  /** Equal for equal results: what `record` compares. */
  readonly digest: string;
}

/** A scheduled check that found what the last one found, so that only the span and the monitor move on. */
export interface QuietCheck {
  readonly lease: LeasedMonitor;
  /** The edition of the profile that it was judged by. */
  readonly profileEdition: string;
  /** Whether it counts as one try more of what fails. */
  readonly counts: boolean;
  /** How often the monitor was a member of an open incident when it was judged. */
  readonly memberships: number;
  readonly observation: Observation;
  readonly findings: readonly Finding[];
  readonly digest: string;
  readonly update: MonitorUpdate;
}

export interface CheckStore {
  /**
   * Records them in one statement, and gives up their leases; what failed before was tried once more. Returns the ids of the monitors it was done for: those whose lease is held, whose last check is still the one before, whose
   * profile is of that edition, who are members as often, and whom nobody else has locked just now.
   */
  recordQuiet(checks: readonly QuietCheck[]): Promise<ReadonlySet<string>>;
  /** The newest span. */
  last(workspaceId: string, monitorId: string): Promise<CheckSpan | undefined>;
  /** The newest span of each, by monitor; none for those never checked. */
  lastOf(workspaceId: string, monitorIds: readonly string[]): Promise<ReadonlyMap<string, CheckSpan>>;
  /** Newest first. */
  history(workspaceId: string, monitorId: string, limit: number): Promise<CheckSpan[]>;
  /** Extends the newest span where `digest` is the same, else begins one. Certificates are kept once by fingerprint. */
  record(
    workspaceId: string,
    monitorId: string,
    observation: Observation,
    findings: readonly Finding[],
    digest: string,
  ): Promise<void>;
  failures(workspaceId: string, monitorId: string): Promise<ConnectionFailure[]>;
  /** Those of each, by monitor; none for those without. */
  failuresOf(
    workspaceId: string,
    monitorIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly ConnectionFailure[]>>;
  /** The monitor's failures are exactly these from now on. */
  replaceFailures(workspaceId: string, monitorId: string, failures: readonly ConnectionFailure[]): Promise<void>;
  crossings(workspaceId: string, fingerprints: readonly string[]): Promise<Crossing[]>;
  /** One that is already there stays as it is. */
  addCrossings(workspaceId: string, crossings: readonly Crossing[]): Promise<void>;
  certificate(workspaceId: string, fingerprint: string): Promise<Certificate | undefined>;
}

/** Of an incident, what a monitor's history tells. */
export type PastIncident = Pick<Incident, 'id' | 'number' | 'severity' | 'openedAt' | 'closed'>;

export interface IncidentStore {
  /**
   * Makes every change of incidents in this workspace wait until the transaction ends (a transaction-level advisory
   * lock): incidents gather members of many monitors, and no two may change one at once.
   */
  lockAll(workspaceId: string): Promise<void>;
  find(workspaceId: string, id: string): Promise<Incident | undefined>;
  /** By running number. */
  findByNumber(workspaceId: string, number: number): Promise<Incident | undefined>;
  /** For each key the open incident, else the one closed last and not before `closedSince`. */
  findByKeys(workspaceId: string, keys: readonly IncidentKey[], closedSince: Date): Promise<Incident[]>;
  /** Open ones that the monitor is in, or was in before they were held. */
  openOf(workspaceId: string, monitorId: string): Promise<Incident[]>;
  /** The same of each, by monitor; none for those in none. */
  openOfEach(workspaceId: string, monitorIds: readonly string[]): Promise<ReadonlyMap<string, readonly Incident[]>>;
  /** Those that the monitor is or was in, opened last first, without their members. */
  historyOf(workspaceId: string, monitorId: string, limit: number): Promise<PastIncident[]>;
  /** Open ones, worst first, then oldest. @param which only those with a member that it means; absent: all. */
  listOpen(workspaceId: string, limit: number, which?: MonitorQuery): Promise<Incident[]>;
  /** The next free identity. */
  nextNumber(workspaceId: string): Promise<number>;
  /** @param attendAt when it wants attention by itself; absent: never. */
  insert(workspaceId: string, incident: Incident, attendAt?: Date): Promise<void>;
  /** Writes only where the stored version is still `incident.version`, and counts it up; false: another writer came first. */
  replace(workspaceId: string, incident: Incident, attendAt?: Date): Promise<boolean>;
  /** Of any workspace: open incidents that want attention by `now`, oldest first. */
  dueAttention(now: Date, limit: number): Promise<{ readonly workspaceId: string; readonly id: string }[]>;
  setAttention(workspaceId: string, id: string, attendAt: Date | undefined): Promise<void>;
  /** All open ones want attention now: what decides it has changed. */
  attendAll(workspaceId: string, now: Date): Promise<void>;
}

export interface AcceptanceStore {
  /** Those at these keys whose time is not over at `now`. */
  of(workspaceId: string, keys: readonly IncidentKey[], now: Date): Promise<Acceptance[]>;
  /** The same at all keys of these subjects. */
  ofSubjects(workspaceId: string, subjects: readonly string[], now: Date): Promise<Acceptance[]>;
  /** Takes the place of the one before it, of the same key and code. */
  put(workspaceId: string, acceptance: Acceptance): Promise<void>;
}

/** Across all workspaces: there is one run of workers. */
export interface WorkerStore {
  /**
   * A worker is at work at `now`. Gives back since when workers have been without a gap longer than `longestGapMs`, and
   * when `told` was last set.
   */
  seen(now: Date, longestGapMs: number): Promise<{ readonly runningSince: Date; readonly toldAt: Date | undefined }>;
  /** When the admins were told that many monitors wait; `undefined` once they do not. */
  told(at: Date | undefined): Promise<void>;
  /**
   * At most `limit` monitors, the latest first, that were not checked for that many of their profile's intervals, counted
   * from `runningSince` at the earliest; without those whose incident says so already.
   */
  notChecked(
    now: Date,
    runningSince: Date,
    intervals: number,
    limit: number,
  ): Promise<{ readonly workspaceId: string; readonly id: string }[]>;
}

/** Across all workspaces. Each call wants a transaction of its own; `undefined`: another process is at it just now. */
export interface RetentionStore {
  /**
   * Takes out at most `limit` of each kind: what its workspace keeps no longer (results but the newest of a monitor, closed
   * incidents, what people did, what was accepted), and commands, messages and codes that nobody can use any more.
   */
  removeOld(now: Date, limit: number): Promise<{ readonly removed: number; readonly isMore: boolean } | undefined>;
  /** Marks certificates that nothing names any more, takes out what was marked at a pass before, and gives back how many. */
  removeUnnamedCertificates(now: Date, limit: number): Promise<number | undefined>;
}

/** What the outbox holds to say. A head holds no text: what is so at the time of sending is said. */
export type OutboxContent = { readonly kind: 'head' } | ThreadAlert | NoticeAlert;

/** One thing to say in one channel, claimed for sending. */
export interface OutboxItem {
  readonly rowId: string;
  readonly workspaceId: string;
  readonly channel: Channel;
  /** `undefined` for a notice. */
  readonly incidentId: string | undefined;
  readonly content: OutboxContent;
  /** The head's message id, once it was posted there. */
  readonly headId: string | undefined;
  /** Failed tries before this one. */
  readonly attempts: number;
  /** An earlier try was cut off before its outcome was known. */
  readonly wasCutOff: boolean;
  readonly queuedAt: Date;
  /** When its cause was first asked to be looked at again; `undefined`: not yet. */
  readonly recheckAt: Date | undefined;
  /** Proves at the write that the channel is still ours, and which request for a head was sent. */
  readonly lease: { readonly token: string; readonly generation: number };
}

export interface OutboxStore {
  /**
   * The head of this incident in this channel is to be posted, or edited once it was posted: one row, upserted. A row
   * that already waits becomes due at the earlier of the two instants.
   */
  queueHead(
    workspaceId: string,
    incidentId: string,
    channelId: string,
    severity: Severity,
    notBefore: Date,
  ): Promise<void>;
  /** A reply in the thread: it waits for its head and for the replies before it. */
  queueThread(
    workspaceId: string,
    incidentId: string,
    channelId: string,
    content: ThreadAlert,
    notBefore: Date,
  ): Promise<void>;
  queueNotice(workspaceId: string, channelId: string, content: NoticeAlert, notBefore: Date): Promise<void>;
  /** Channels that already hold a head of this incident: posted there, or waiting to be. */
  toldChannels(
    workspaceId: string,
    incidentId: string,
  ): Promise<{ readonly channelId: string; readonly isPosted: boolean }[]>;
  /** What waits in the thread of a head that waits itself becomes due with it, at `notBefore` at the latest. */
  releaseThread(workspaceId: string, incidentId: string, channelId: string, notBefore: Date): Promise<void>;
  /** What waits of a head that was never posted goes: the incident's next change tells it anew. Not what is being sent. */
  withdraw(workspaceId: string, incidentId: string, channelId: string): Promise<void>;
  /** Incidents of which something waits to be said in this channel. */
  waitingIn(workspaceId: string, channelId: string): Promise<string[]>;
  /**
   * Of any workspace: for up to `limit` channels of these platforms that are free to speak, the next thing to say in
   * each, threads by severity and age, order kept within a thread; the channel is ours for `leaseMs`.
   */
  claim(platforms: readonly PlatformName[], now: Date, limit: number, leaseMs: number): Promise<OutboxItem[]>;
  /** It was sent: the row goes, a head's message id is kept, the channel is free again at `channelFreeAt`. */
  sent(item: OutboxItem, messageId: string, now: Date, channelFreeAt: Date): Promise<void>;
  /**
   * It was not: again at `at`; with `channelToo` nothing else is sent to the channel before that either. With `maybeSent`
   * it may have been all the same: the next try knows.
   */
  retry(item: OutboxItem, at: Date, reason: string, channelToo: boolean, maybeSent?: boolean): Promise<void>;
  /** Its cause is looked at again first: not before `at`. `recheckAt` is kept from the first time. */
  defer(item: OutboxItem, at: Date, now: Date): Promise<void>;
  /** There is nothing to say any more: a head that was never posted goes, and what waits behind it. */
  drop(item: OutboxItem, now: Date): Promise<void>;
  /** The head it edits or replies to is gone: forget its message id, so that it is posted anew first. */
  headGone(item: OutboxItem, now: Date): Promise<void>;
  /** It will never be sent: kept with its reason, out of the way. */
  giveUp(item: OutboxItem, reason: string, now: Date): Promise<void>;
  /** Rows that wait, of any workspace. */
  countWaiting(): Promise<number>;
  /** Of any workspace: the clock went back, to `now`. What waits keeps its order and its delays, counted anew. */
  sinceClockWentBack(now: Date): Promise<void>;
}

/** An accepted command that is ours to run. */
export interface InboxItem {
  readonly id: string;
  /** Proves at the commit that the run is still ours. */
  readonly token: string;
  readonly incoming: Incoming;
  /** What it changes was already committed by a run that was cut off before it could answer. */
  readonly wasApplied: boolean;
}

export interface InboxStore {
  /**
   * Keeps it by one insert, unique on the platform and its id, unless the database's clock is past `deadline`. With
   * `leaseMs` it is the caller's to run until then; with 0 whoever claims first runs it.
   */
  accept(incoming: Incoming, receivedAt: Date, deadline: Date, leaseMs: number): Promise<InboxAcceptance>;
  /** Of any workspace: unfinished rows of these platforms that nobody holds, oldest first. */
  claimUnfinished(platforms: readonly PlatformName[], now: Date, limit: number, leaseMs: number): Promise<InboxItem[]>;
  /** Keeps it ours while it runs; nothing happens where another has it. */
  renewLease(id: string, token: string, until: Date): Promise<void>;
  /** What it changes is committed with this: it is never run again. False where another run has it by now. */
  markApplied(id: string, token: string): Promise<boolean>;
  /** It is answered. `reply` is kept for one who waits in another process. */
  finish(id: string, reply: unknown, now: Date): Promise<void>;
  /** The reply of a finished one; `undefined` while it runs. */
  replyTo(id: string): Promise<{ readonly reply: unknown } | undefined>;
}

export interface Stores {
  readonly workspaces: WorkspaceStore;
  readonly audit: AuditStore;
  readonly channels: ChannelStore;
  readonly groups: GroupStore;
  readonly filters: FilterStore;
  readonly digests: DigestStore;
  readonly profiles: ProfileStore;
  readonly monitors: MonitorStore;
  readonly checks: CheckStore;
  readonly incidents: IncidentStore;
  readonly acceptances: AcceptanceStore;
  readonly workers: WorkerStore;
  readonly retention: RetentionStore;
  readonly outbox: OutboxStore;
  readonly inbox: InboxStore;
  readonly installations: InstallationStore;
}

export interface Store extends Stores {
  /** All or nothing. `work` must use the stores it is given, and must be safe to run again after a serialization failure. */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The database's clock now, to set ours by. */
  databaseTime(): Promise<Date>;
  close(): Promise<void>;
}
