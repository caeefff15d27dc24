/**
 * The incident: one root cause over time, with the monitors and addresses it touches (design, section 5).
 *
 *   open ──(last member leaves)──▶ closed ──(back within an hour)──▶ open, the same thread
 *     ▲                              ▲
 *     │(back: quietly)               │(still well at the end of the hold-down)
 *     └──────── held ◀──(last member leaves, and it has come back before)
 *
 * An incident that comes and goes is held open for a while after it is well: 15 minutes, an hour, four hours, the more
 * often it came back. So a host that flaps is one thread with few words in it.
 *
 * Beside that it carries two independent facts, each of which may or may not be there: who acknowledged it, and until
 * when it is silent. Getting worse ends both. Everything here is pure: the caller stores the incident and says the events.
 */
import { SEVERITY_RANK, worst } from './finding.ts';
import type { Finding, FindingCode, Severity } from './finding.ts';
import type { Person } from './workspace.ts';

/** What the incident is about: a certificate at fault, an issuer nobody trusts, or one monitor's endpoint. */
export type IncidentKind = 'certificate' | 'issuer' | 'endpoint';

export interface IncidentKey {
  readonly kind: IncidentKind;
  /** A fingerprint, or a monitor's id for `endpoint`. */
  readonly subject: string;
}

/** One finding at one address of one monitor, as part of an incident. */
export interface Member {
  readonly monitorId: string;
  /** What the monitor is called: it may be removed before the incident is forgotten. */
  readonly label: string;
  /** Empty for what concerns the monitor as a whole, such as a name that does not resolve. */
  readonly address: string;
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly message: string;
  readonly nextStep: string;
  readonly since: Date;
}

export type Silence =
  | { readonly kind: 'until'; readonly instant: Date }
  | { readonly kind: 'next-threshold' }
  | { readonly kind: 'renewed' };

export type CloseReason = 'well' | 'renewed' | 'removed' | 'paused' | 'rule-off' | 'accepted';

export interface Incident {
  /** `CI` and 32 hex digits. */
  readonly id: string;
  readonly workspaceId: string;
  /** Running per workspace: `#17`. */
  readonly number: number;
  readonly key: IncidentKey;
  /** The worst of its members while open; what it last was once closed. */
  readonly severity: Severity;
  readonly openedAt: Date;
  /** Opened, or last became worse. */
  readonly risenAt: Date;
  /** How often it came back, never a day apart, and when it last did. */
  readonly reopened: number;
  readonly reopenedAt: Date | undefined;
  /** Nothing is wrong any more, and it waits whether it comes back; `undefined` while something is wrong. */
  readonly wellSince: Date | undefined;
  readonly remindedAt: Date | undefined;
  /** Contact groups told since it last rose, beside those of its members. */
  readonly escalated: readonly { readonly groupId: string; readonly at: Date }[];
  readonly acknowledged: { readonly by: Person; readonly at: Date } | undefined;
  readonly silence: { readonly until: Silence; readonly by: Person; readonly at: Date } | undefined;
  readonly closed: { readonly at: Date; readonly reason: CloseReason } | undefined;
  /** Those still in it: none while it is held or closed. */
  readonly members: readonly Member[];
  /** The members just before it closed, or began to be held: the evidence. Empty else. */
  readonly lastMembers: readonly Member[];
  /** Counts writes, against races. */
  readonly version: number;
}

/** What happened, for the thread to tell. */
export type IncidentEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'reopened' }
  | {
      readonly type: 'worse';
      readonly from: Severity;
      readonly because: FindingCode;
      readonly ended: 'acknowledgement' | 'silence' | 'both' | undefined;
    }
  | { readonly type: 'crossed'; readonly thresholdDays: number }
  | { readonly type: 'acknowledged'; readonly by: Person }
  | { readonly type: 'unacknowledged'; readonly by: Person }
  | { readonly type: 'snoozed'; readonly by: Person; readonly until: Silence }
  | { readonly type: 'unsnoozed'; readonly by: Person }
  | { readonly type: 'silence-ended' }
  /** Nobody has acknowledged it, and these contact groups are told from now on. */
  | { readonly type: 'escalated'; readonly groups: readonly string[] }
  /** Nobody has acknowledged it yet. */
  | { readonly type: 'reminded' }
  /** Worth a line in the thread, and no more. */
  | { readonly type: 'noted'; readonly text: string }
  | { readonly type: 'left'; readonly monitorIds: readonly string[]; readonly reason: CloseReason }
  | { readonly type: 'closed'; readonly reason: CloseReason };

export interface Transition {
  readonly incident: Incident;
  readonly events: readonly IncidentEvent[];
}

/** Why a person's wish changed nothing. */
export type Refusal =
  | { readonly refused: 'closed' }
  | { readonly refused: 'already-acknowledged'; readonly by: Person }
  | { readonly refused: 'not-acknowledged' }
  | { readonly refused: 'not-silent' }
  | { readonly refused: 'in-the-past' }
  | { readonly refused: 'no-threshold-left' };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A cause that is back this soon after its end is the same story. */
export const REOPEN_WITHIN_MS = HOUR_MS;

/** How long it must stay well before it closes, by how often it came back; the last for any more. */
const HOLD_DOWN_MS = [0, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS] as const;
const LONGEST_HOLD_DOWN_MS = 4 * HOUR_MS;

/** After a day without a come-back it no longer counts as flapping. */
const FORGOTTEN_AFTER_MS = 24 * HOUR_MS;

const ABOUT_A_CERTIFICATE: readonly FindingCode[] = [
  'expired',
  'expiring',
  'not-yet-valid',
  'weak-key',
  'weak-signature',
  'self-signed',
  'revoked',
];

/** The incident a finding belongs to: the certificate at fault, the issuer nobody trusts, else the endpoint. */
export function keyOf(finding: Pick<Finding, 'code' | 'fingerprint'>, monitorId: string): IncidentKey {
  if (finding.fingerprint !== undefined) {
    if (ABOUT_A_CERTIFICATE.includes(finding.code)) return { kind: 'certificate', subject: finding.fingerprint };
    if (finding.code === 'untrusted') return { kind: 'issuer', subject: finding.fingerprint };
  }
  return { kind: 'endpoint', subject: monitorId };
}

/** A map key that is the same for equal keys. */
export function keyText(key: IncidentKey): string {
  return `${key.kind}:${key.subject}`;
}

/** The severity of the worst member; `warning` where there is none. */
function severityOf(members: readonly Member[]): Severity {
  return worst(members.map((member) => member.severity)) ?? 'warning';
}

/** Whether an incident that ended is still the same story when its cause is back at `backAt`. */
export function canReopen(incident: Incident, backAt: Date): boolean {
  return incident.closed !== undefined && backAt.getTime() - incident.closed.at.getTime() <= REOPEN_WITHIN_MS;
}

/** A new incident's first state, from its first members. `id` and `number` are the store's to give. */
export function open(
  identity: Pick<Incident, 'id' | 'workspaceId' | 'number' | 'key'>,
  members: readonly Member[],
  now: Date,
): Transition {
  return {
    incident: {
      ...identity,
      severity: severityOf(members),
      openedAt: now,
      risenAt: now,
      reopened: 0,
      reopenedAt: undefined,
      wellSince: undefined,
      remindedAt: undefined,
      escalated: [],
      acknowledged: undefined,
      silence: undefined,
      closed: undefined,
      members,
      lastMembers: [],
      version: 0,
    },
    events: [{ type: 'opened' }],
  };
}

/** How often it came back, as it counts at `now`. */
export function timesBack({ reopened, reopenedAt }: Incident, now: Date): number {
  return reopenedAt !== undefined && now.getTime() - reopenedAt.getTime() < FORGOTTEN_AFTER_MS ? reopened : 0;
}

/** When an incident that is held closes, unless it comes back; `undefined` for one that is not held. */
export function heldUntil({ wellSince, reopened }: Incident): Date | undefined {
  return wellSince === undefined ? undefined : new Date(wellSince.getTime() + holdDownMs(reopened));
}

/** How long an incident that came back so often must stay well before it closes. */
export function holdDownMs(times: number): number {
  return HOLD_DOWN_MS[times] ?? LONGEST_HOLD_DOWN_MS;
}

/** Why, and how, members come and go. */
export interface Cause {
  readonly reason: CloseReason;
  /** Whether it may come back by itself: one that flaps is held then. What a person decides holds nothing. */
  readonly mayComeBack: boolean;
  /** The threshold newly crossed, unscaled, where one was. */
  readonly crossedDays?: number | undefined;
}

/**
 * The incident once a check, or a person who paused or removed a monitor, has set which members it has.
 *
 * A severity that rises, or a certificate that expires, ends acknowledgement and silence and says so; so does nothing
 * else. New members join quietly, monitors that leave are told, and the last one to leave closes it with the reason, at
 * once or once it has been well for long enough.
 */
export function withMembers(incident: Incident, members: readonly Member[], cause: Cause, now: Date): Transition {
  if (members.length === 0) return emptied(incident, cause, now);
  const events: IncidentEvent[] = [];
  const wasClosed = incident.closed !== undefined;
  const isBack = wasClosed || incident.wellSince !== undefined;
  // Back while it was held: nobody was told of an end, so there is nothing to take back.
  if (wasClosed) events.push({ type: 'reopened' });
  let next: Incident = {
    ...incident,
    members,
    lastMembers: [],
    closed: undefined,
    wellSince: undefined,
    severity: severityOf(members),
    ...(isBack ? { reopened: timesBack(incident, now) + 1, reopenedAt: now } : {}),
  };

  const worse = becameWorse(incident, next);
  if (worse !== undefined) {
    events.push({ type: 'worse', from: incident.severity, because: worse, ended: endedBy(incident) });
    next = { ...next, acknowledged: undefined, silence: undefined, risenAt: now, remindedAt: undefined, escalated: [] };
  } else if (cause.crossedDays !== undefined) {
    events.push({ type: 'crossed', thresholdDays: cause.crossedDays });
    if (next.silence?.until.kind === 'next-threshold') next = { ...next, silence: undefined };
  }
  const left = isBack ? [] : monitorsGone(incident.members, members);
  if (left.length > 0) events.push({ type: 'left', monitorIds: left, reason: cause.reason });
  return { incident: next, events };
}

/** No member is left: it closes, or is held until it has been well for long enough. */
function emptied(incident: Incident, { reason, mayComeBack }: Cause, now: Date): Transition {
  if (incident.closed !== undefined) return { incident, events: [] };
  const lastMembers = incident.wellSince === undefined ? incident.members : incident.lastMembers;
  const reopened = incident.wellSince === undefined ? timesBack(incident, now) : incident.reopened;
  const wellSince = incident.wellSince ?? now;
  if (mayComeBack && now.getTime() < wellSince.getTime() + holdDownMs(reopened)) {
    return { incident: { ...incident, members: [], lastMembers, reopened, wellSince }, events: [] };
  }
  return {
    incident: {
      ...incident,
      members: [],
      lastMembers,
      reopened,
      wellSince: undefined,
      silence: undefined,
      closed: { at: now, reason },
    },
    events: [{ type: 'closed', reason }],
  };
}

/** The code that makes `after` worse than `before`: a higher severity, or `expired` where nothing had expired yet. */
function becameWorse(before: Incident, after: Incident): FindingCode | undefined {
  const known = membersShown(before);
  const expired = after.members.find((member) => member.code === 'expired');
  if (expired !== undefined && !known.some((member) => member.code === 'expired')) return 'expired';
  if (SEVERITY_RANK[after.severity] <= SEVERITY_RANK[before.severity]) return undefined;
  return after.members.find((member) => member.severity === after.severity)?.code;
}

/** The members of an incident; those it last had once it is closed or held: the evidence stays. */
export function membersShown(incident: Incident): readonly Member[] {
  return incident.closed === undefined && incident.wellSince === undefined ? incident.members : incident.lastMembers;
}

function endedBy(incident: Incident): 'acknowledgement' | 'silence' | 'both' | undefined {
  if (incident.acknowledged !== undefined && incident.silence !== undefined) return 'both';
  if (incident.acknowledged !== undefined) return 'acknowledgement';
  return incident.silence === undefined ? undefined : 'silence';
}

function monitorsGone(before: readonly Member[], after: readonly Member[]): string[] {
  const still = new Set(after.map((member) => member.monitorId));
  return [...new Set(before.map((member) => member.monitorId))].filter((id) => !still.has(id));
}

/** What a person wants of an incident. */
export type PersonAction =
  | { readonly type: 'acknowledge' }
  | { readonly type: 'unacknowledge' }
  | {
      readonly type: 'snooze';
      readonly until: Silence;
      /** Whether a threshold is still ahead. */ readonly thresholdLeft: boolean;
    }
  | { readonly type: 'unsnooze' };

/** The incident after a person's action, or the reason why not. A second acknowledgement changes nothing and is told so. */
export function act(incident: Incident, action: PersonAction, by: Person, now: Date): Transition | Refusal {
  if (incident.closed !== undefined) return { refused: 'closed' };
  switch (action.type) {
    case 'acknowledge':
      if (incident.acknowledged !== undefined) return { refused: 'already-acknowledged', by: incident.acknowledged.by };
      return acknowledgedBy(incident, by, now);
    case 'unacknowledge':
      if (incident.acknowledged === undefined) return { refused: 'not-acknowledged' };
      return { incident: { ...incident, acknowledged: undefined }, events: [{ type: 'unacknowledged', by }] };
    case 'snooze':
      if (action.until.kind === 'until' && action.until.instant.getTime() <= now.getTime())
        return { refused: 'in-the-past' };
      if (action.until.kind === 'next-threshold' && !action.thresholdLeft) return { refused: 'no-threshold-left' };
      return {
        incident: { ...incident, silence: { until: action.until, by, at: now } },
        events: [{ type: 'snoozed', by, until: action.until }],
      };
    case 'unsnooze':
      if (incident.silence === undefined) return { refused: 'not-silent' };
      return { incident: { ...incident, silence: undefined }, events: [{ type: 'unsnoozed', by }] };
  }
}

/** Who takes a changed certificate in hand has seen it: it is the usual one from then on (design, section 5). */
function acknowledgedBy(incident: Incident, by: Person, now: Date): Transition {
  const acknowledged: Incident = { ...incident, acknowledged: { by, at: now } };
  const events: IncidentEvent[] = [{ type: 'acknowledged', by }];
  if (!hasChangedCertificate(incident)) return { incident: acknowledged, events };
  const others = incident.members.filter((member) => member.code !== 'certificate-changed');
  const after = withMembers(acknowledged, others, { reason: 'accepted', mayComeBack: false }, now);
  return { incident: after.incident, events: [...events, { type: 'noted', text: NEW_BASELINE }, ...after.events] };
}

export const NEW_BASELINE = 'The new certificate counts as the usual one from now on.';

export function hasChangedCertificate(incident: Incident): boolean {
  return incident.members.some((member) => member.code === 'certificate-changed');
}

/** The incident once its silence has run out at `now`; `undefined` while it has not, or there is none. */
export function silenceEnded(incident: Incident, now: Date): Transition | undefined {
  const until = incident.silence?.until;
  if (incident.closed !== undefined || until?.kind !== 'until' || until.instant.getTime() > now.getTime())
    return undefined;
  return { incident: { ...incident, silence: undefined }, events: [{ type: 'silence-ended' }] };
}

/** Only what got worse is broadcast from the thread to the channel. */
export function isBroadcast(event: IncidentEvent): boolean {
  return event.type === 'worse';
}
