/**
 * From what one check found to what follows from it: the incidents it opens, changes and closes, the crossings and
 * connection failures to remember. Pure: old state, findings, profile and `now` in, the new state out; the caller stores
 * it in one transaction and says the events.
 */
import { acceptanceOf } from './acceptance.ts';
import type { Acceptance } from './acceptance.ts';
import { addressesOf } from './confirmation.ts';
import { newCrossings } from './crossing.ts';
import type { Crossing } from './crossing.ts';
import { crossedThresholds } from './expiry.ts';
import { isConnectionCode, severityIsTold } from './finding.ts';
import type { Finding, FindingCode } from './finding.ts';
import { canReopen, heldUntil, keyOf, keyText, membersShown, open, withMembers } from './incident.ts';
import type { CloseReason, Incident, IncidentEvent, IncidentKey, Member, Transition } from './incident.ts';
import { monitorLabel } from './monitor.ts';
import type { Monitor } from './monitor.ts';
import { isRead } from './observation.ts';
import type { Observation } from './observation.ts';
import { severityIn } from './profile.ts';
import type { Profile } from './profile.ts';

export interface SettleInput {
  readonly monitor: Pick<Monitor, 'id' | 'workspaceId' | 'name' | 'endpoint'>;
  readonly profile: Profile;
  readonly observation: Observation;
  /** Of this check, connection findings only where confirmed. */
  readonly findings: readonly Finding[];
  /** When the connection failures among them began: they were back then, though they are believed only now. */
  readonly failingSince?: Date | undefined;
  /** Stored rows for the certificates that `findings` name. */
  readonly crossings: readonly Crossing[];
  /** Open ones that the monitor is in, or was in before they were held, and those at the keys of `findings`, open or lately closed. */
  readonly incidents: readonly Incident[];
  /** Of the keys of these incidents and findings. */
  readonly acceptances: readonly Acceptance[];
  /** Addresses that serve several certificates in turn: one that was not seen now may be back at the next check. */
  readonly inTurn: ReadonlySet<string>;
  /** A changed certificate that nobody objected to for a week is the usual one now. */
  readonly isChangeSettled: boolean;
  /** Identities for incidents that open: asked for only when one does. */
  readonly newIncident: (key: IncidentKey) => Pick<Incident, 'id' | 'number'>;
}

export interface IncidentChange extends Transition {
  /** Not stored yet. */
  readonly isNew: boolean;
}

export interface Settlement {
  readonly changes: readonly IncidentChange[];
  readonly crossings: readonly Crossing[];
}

/** The keys whose incidents `settle` wants to see, beside those the monitor is in already. */
export function keysOf(monitorId: string, findings: readonly Finding[]): IncidentKey[] {
  const keys = new Map<string, IncidentKey>();
  for (const finding of findings) {
    if (!severityIsTold(finding.severity)) continue;
    const key = keyOf(finding, monitorId);
    keys.set(keyText(key), key);
  }
  return [...keys.values()];
}

export function settle(input: SettleInput, now: Date): Settlement {
  const { rows, toldByFingerprint } = crossingsOf(input, now);
  const wanted = membersByKey(input, now);
  const changes: IncidentChange[] = [];

  for (const [text, { key, members: found }] of wanted) {
    const incident = input.incidents.find((one) => keyText(one.key) === text);
    const isFailing = found.some(({ code }) => isConnectionCode(code));
    const backAt = (isFailing ? input.failingSince : undefined) ?? now;
    const usable =
      incident !== undefined && (incident.closed === undefined || canReopen(incident, backAt)) ? incident : undefined;
    if (usable === undefined) {
      if (found.length === 0) continue;
      const identity = { ...input.newIncident(key), workspaceId: input.monitor.workspaceId, key };
      changes.push({ ...open(identity, found, now), isNew: true });
      continue;
    }
    const isMine = (member: Member): boolean => member.monitorId === input.monitor.id;
    const before = usable.members.filter(isMine);
    const after = found.map((member) => ({
      ...member,
      since: before.find((old) => sameMember(old, member))?.since ?? now,
    }));
    const crossed = key.kind === 'certificate' ? toldByFingerprint.get(key.subject) : undefined;
    const isOver = (heldUntil(usable)?.getTime() ?? Infinity) <= now.getTime();
    if (sameMembers(before, after) && crossed === undefined && !isOver) continue;
    const gone = (isOver ? usable.lastMembers.filter(isMine) : before).filter(
      (old) => !after.some((member) => sameMember(old, member)),
    );
    const reason = reasonOf(gone, key, input, now);
    const cause = { reason, mayComeBack: COMES_BACK.includes(reason), crossedDays: crossed };
    const others = usable.members.filter((member) => !isMine(member));
    const { incident: next, events } = withMembers(usable, [...others, ...after], cause, now);
    changes.push({ incident: next, events: [...events, ...renewalNoted(key, before, after)], isNew: false });
  }
  return { changes, crossings: rows };
}

/** What a check finds mended may break again by itself; what a person decided does not. */
const COMES_BACK: readonly CloseReason[] = ['well', 'renewed', 'removed'];

/** A renewal that has reached some addresses is told once, in the thread of the certificate that it replaces. */
function renewalNoted(key: IncidentKey, before: readonly Member[], after: readonly Member[]): IncidentEvent[] {
  const isAbout = (member: Member): boolean => key.kind === 'certificate' && member.code === 'addresses-differ';
  const differs = after.find(isAbout);
  return differs === undefined || before.some(isAbout) ? [] : [{ type: 'noted', text: differs.message }];
}

function crossingsOf(input: SettleInput, now: Date): { rows: Crossing[]; toldByFingerprint: Map<string, number> } {
  const rows: Crossing[] = [];
  const toldByFingerprint = new Map<string, number>();
  for (const finding of input.findings) {
    if (finding.code !== 'expiring' || finding.fingerprint === undefined || !severityIsTold(finding.severity)) continue;
    const certificate = certificateIn(input.observation, finding.fingerprint);
    if (certificate === undefined) continue;
    const crossed = crossedThresholds(input.profile, certificate, now);
    const found = newCrossings(finding.fingerprint, input.profile.id, crossed, input.crossings);
    rows.push(...found.rows);
    if (found.told !== undefined) toldByFingerprint.set(finding.fingerprint, found.told.thresholdDays);
  }
  return { rows, toldByFingerprint };
}

function certificateIn(observation: Observation, fingerprint: string) {
  return observation.addresses
    .filter(isRead)
    .flatMap((address) => [...address.chain, ...(address.path ?? [])])
    .find((certificate) => certificate.fingerprint === fingerprint);
}

/** The members this monitor has from now on, by key; a key it was in and is in no more is there with none. */
function membersByKey(input: SettleInput, now: Date): Map<string, { key: IncidentKey; members: Member[] }> {
  const byKey = new Map<string, { key: IncidentKey; members: Member[] }>();
  const at = (key: IncidentKey): Member[] => {
    const entry = byKey.get(keyText(key)) ?? { key, members: [] };
    byKey.set(keyText(key), entry);
    return entry.members;
  };
  const label = monitorLabel(input.monitor);
  for (const finding of input.findings) {
    if (!severityIsTold(finding.severity)) continue;
    const { code, severity, message, nextStep } = finding;
    const renewal = code === 'addresses-differ' ? renewalUnderWay(input, finding.fingerprint) : undefined;
    const members = at(renewal ?? keyOf(finding, input.monitor.id));
    for (const address of addressesOf(finding)) {
      members.push({ monitorId: input.monitor.id, address, code, severity, message, nextStep, since: now, label });
    }
  }
  for (const incident of input.incidents) {
    if (incident.closed !== undefined) continue;
    const mine = membersShown(incident).filter((member) => member.monitorId === input.monitor.id);
    if (mine.length === 0) continue;
    if (incident.wellSince !== undefined) {
      // It closes when a check says that it is still well, and one that could not look says nothing.
      if (!mine.some((member) => isUnknownNow(member, incident.key, input, now))) at(incident.key);
      continue;
    }
    const members = at(incident.key);
    for (const member of mine) {
      if (isUnknownNow(member, incident.key, input, now) && !members.some((other) => sameMember(other, member)))
        members.push(member);
    }
  }
  return byKey;
}

/**
 * The certificate whose incident this monitor is in, or enters now: addresses that differ are then a renewal under way,
 * and told in its thread instead of one of their own (design, section 5). The older certificate's own comes first.
 */
function renewalUnderWay(
  { monitor, findings, incidents }: SettleInput,
  older: string | undefined,
): IncidentKey | undefined {
  const open = incidents.filter(
    (incident) =>
      incident.closed === undefined &&
      incident.members.some((member) => member.monitorId === monitor.id && member.code !== 'addresses-differ'),
  );
  const keys = [...keysOf(monitor.id, findings), ...open.map((incident) => incident.key)].filter(
    (key) => key.kind === 'certificate',
  );
  return keys.find((key) => key.subject === older) ?? keys[0];
}

/** What is known of the certificates served without looking at the address anew. */
const KNOWN_ANYWAY: readonly FindingCode[] = ['addresses-differ', 'certificate-changed', 'not-checked'];

/**
 * Whether this check could not tell if the member is still so: a probe that failed ends no certificate finding, nor does
 * a look at the other of two certificates that an address serves in turn.
 */
function isUnknownNow(member: Member, key: IncidentKey, input: SettleInput, now: Date): boolean {
  const { observation, profile, inTurn } = input;
  if (severityIn(profile, member.code) === 'off' || member.code === 'not-checked') return false;
  if (acceptanceOf(input.acceptances, key, member.code, now) !== undefined) return false;
  // Its week is over once, whether its address answers just then or not.
  if (member.code === 'certificate-changed' && input.isChangeSettled) return false;
  if (observation.resolution.outcome === 'dns-failure') return member.address !== '';
  if (isConnectionCode(member.code)) return false;
  const seen = observation.addresses.find((address) => address.address === member.address);
  if (seen !== undefined) return !isRead(seen) || (inTurn.has(member.address) && !KNOWN_ANYWAY.includes(member.code));
  return member.address === '' && !observation.addresses.some(isRead);
}

function sameMember(a: Member, b: Member): boolean {
  return a.monitorId === b.monitorId && a.address === b.address && a.code === b.code;
}

function sameMembers(before: readonly Member[], after: readonly Member[]): boolean {
  return (
    before.length === after.length &&
    after.every((member) =>
      before.some(
        (old) => sameMember(old, member) && old.severity === member.severity && old.message === member.message,
      ),
    )
  );
}

/** Why the members in `gone` left; the most telling reason stands for all. */
function reasonOf(gone: readonly Member[], key: IncidentKey, input: SettleInput, now: Date): CloseReason {
  const { observation, profile, acceptances, isChangeSettled } = input;
  const reasons = gone.map((member): CloseReason => {
    if (severityIn(profile, member.code) === 'off') return 'rule-off';
    if (acceptanceOf(acceptances, key, member.code, now) !== undefined) return 'accepted';
    if (member.code === 'certificate-changed' && isChangeSettled) return 'accepted';
    const seen = observation.addresses.find((address) => address.address === member.address);
    if (seen === undefined && member.address !== '') return 'removed';
    const isReplaced =
      key.kind === 'certificate' &&
      seen !== undefined &&
      isRead(seen) &&
      !seen.chain.some((sent) => sent.fingerprint === key.subject);
    return isReplaced ? 'renewed' : 'well';
  });
  return (
    (['renewed', 'well', 'accepted', 'rule-off', 'removed'] as const).find((reason) => reasons.includes(reason)) ??
    'well'
  );
}
