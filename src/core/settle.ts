/**
 * From what one check found to what follows from it: the incidents it opens, changes and closes, the crossings and
 * connection failures to remember. Pure: old state, findings, profile and `now` in, the new state out; the caller stores
 * it in one transaction and says the events.
 */
import { addressesOf } from './confirmation.ts';
import { newCrossings } from './crossing.ts';
import type { Crossing } from './crossing.ts';
import { crossedThresholds } from './expiry.ts';
import { isConnectionCode, severityIsTold } from './finding.ts';
import type { Finding } from './finding.ts';
import { canReopen, keyOf, keyText, open, withMembers } from './incident.ts';
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
  /** Stored rows for the certificates that `findings` name. */
  readonly crossings: readonly Crossing[];
  /** Open ones that the monitor is in, and those at the keys of `findings`, open or lately closed. */
  readonly incidents: readonly Incident[];
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
    const usable =
      incident !== undefined && (incident.closed === undefined || canReopen(incident, now)) ? incident : undefined;
    if (usable === undefined) {
      if (found.length === 0) continue;
      const identity = { ...input.newIncident(key), workspaceId: input.monitor.workspaceId, key };
      changes.push({ ...open(identity, found, now), isNew: true });
      continue;
    }
    const isOpen = usable.closed === undefined;
    const others = isOpen ? usable.members.filter((member) => member.monitorId !== input.monitor.id) : [];
    const before = isOpen ? usable.members.filter((member) => member.monitorId === input.monitor.id) : [];
    const after = found.map((member) => ({
      ...member,
      since: before.find((old) => sameMember(old, member))?.since ?? now,
    }));
    const crossed = key.kind === 'certificate' ? toldByFingerprint.get(key.subject) : undefined;
    if (sameMembers(before, after) && crossed === undefined) continue;
    const gone = before.filter((old) => !after.some((member) => sameMember(old, member)));
    const { incident: next, events } = withMembers(
      usable,
      [...others, ...after],
      reasonOf(gone, key, input),
      now,
      crossed,
    );
    changes.push({ incident: next, events: [...events, ...renewalNoted(key, before, after)], isNew: false });
  }
  return { changes, crossings: rows };
}

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
  const renewal = renewalUnderWay(input);
  for (const finding of input.findings) {
    if (!severityIsTold(finding.severity)) continue;
    const { code, severity, message, nextStep } = finding;
    const members = at(
      finding.code === 'addresses-differ' && renewal !== undefined ? renewal : keyOf(finding, input.monitor.id),
    );
    for (const address of addressesOf(finding)) {
      members.push({
        monitorId: input.monitor.id,
        label: monitorLabel(input.monitor),
        address,
        code,
        severity,
        message,
        nextStep,
        since: now,
      });
    }
  }
  for (const incident of input.incidents) {
    if (incident.closed !== undefined) continue;
    const mine = incident.members.filter((member) => member.monitorId === input.monitor.id);
    if (mine.length === 0) continue;
    const members = at(incident.key);
    for (const member of mine) {
      if (isUnknownNow(member, input) && !members.some((other) => sameMember(other, member))) members.push(member);
    }
  }
  return byKey;
}

/**
 * The certificate whose incident this monitor is in, or enters now: addresses that differ are then a renewal under way,
 * and told in its thread instead of one of their own (design, section 5).
 */
function renewalUnderWay({ monitor, findings, incidents }: SettleInput): IncidentKey | undefined {
  const wanted = keysOf(monitor.id, findings).find((key) => key.kind === 'certificate');
  return (
    wanted ??
    incidents.find(
      (incident) =>
        incident.closed === undefined &&
        incident.key.kind === 'certificate' &&
        incident.members.some((member) => member.monitorId === monitor.id && member.code !== 'addresses-differ'),
    )?.key
  );
}

/** Whether this check could not tell if the member is still so: a probe that failed ends no certificate finding. */
function isUnknownNow(member: Member, { observation, profile }: SettleInput): boolean {
  if (severityIn(profile, member.code) === 'off') return false;
  if (observation.resolution.outcome === 'dns-failure') return member.address !== '';
  if (isConnectionCode(member.code)) return false;
  const seen = observation.addresses.find((address) => address.address === member.address);
  if (seen !== undefined) return !isRead(seen);
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
function reasonOf(gone: readonly Member[], key: IncidentKey, { observation, profile }: SettleInput): CloseReason {
  const reasons = gone.map((member): CloseReason => {
    if (severityIn(profile, member.code) === 'off') return 'rule-off';
    const seen = observation.addresses.find((address) => address.address === member.address);
    if (seen === undefined && member.address !== '') return 'removed';
    const isReplaced =
      key.kind === 'certificate' &&
      seen !== undefined &&
      isRead(seen) &&
      !seen.chain.some((sent) => sent.fingerprint === key.subject);
    return isReplaced ? 'renewed' : 'well';
  });
  return (['renewed', 'well', 'rule-off', 'removed'] as const).find((reason) => reasons.includes(reason)) ?? 'well';
}
