/** What alerts say: the head from an incident as it is now, a thread reply from what just happened to it. */
import type { AlertAction, DetailSection, Fact, HeadAlert, ThreadAlert } from './alert.ts';
import { certificateLabel } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { MentionTarget } from './contact-group.ts';
import { SEVERITY_RANK } from './finding.ts';
import type { FindingCode } from './finding.ts';
import { heldUntil, holdDownMs, isBroadcast, membersShown, timesBack } from './incident.ts';
import type { CloseReason, Incident, IncidentEvent, Member, Silence } from './incident.ts';
import { instantText, relativeText, spanText } from './instant-text.ts';
import { monitorLabel } from './monitor.ts';
import type { Monitor } from './monitor.ts';

export interface AlertContext {
  readonly incident: Incident;
  /** By id; a monitor removed in the meantime is not there. */
  readonly monitors: ReadonlyMap<string, Monitor>;
  /** The certificate at fault, or the untrusted issuer; `undefined` for `endpoint`. */
  readonly certificate: Certificate | undefined;
}

const SHORT: Readonly<Record<FindingCode, string>> = {
  expired: 'certificate expired',
  expiring: 'certificate expires soon',
  'not-yet-valid': 'certificate is not valid yet',
  'name-mismatch': 'certificate is for another name',
  'self-signed': 'self-signed certificate',
  untrusted: 'certificate from an untrusted issuer',
  'incomplete-chain': 'intermediate certificate missing',
  'invalid-chain': 'certificate chain is invalid',
  'wrong-order': 'certificates sent in the wrong order',
  'untidy-chain': 'certificate chain is untidy',
  'certificate-unreadable': 'a certificate cannot be read',
  'weak-key': 'weak key',
  'weak-signature': 'weak signature',
  'weak-protocol': 'outdated TLS version',
  'lifetime-too-long': 'certificate lives longer than public CAs may allow',
  revoked: 'certificate is revoked',
  'staple-missing': 'OCSP staple missing',
  'revocation-unknown': 'revocation unknown',
  'dns-failure': 'name does not resolve',
  unreachable: 'unreachable',
  refused: 'connection refused',
  reset: 'connection reset',
  timeout: 'timed out',
  'tls-not-offered': 'TLS not offered',
  'temporarily-refused': 'temporarily refused',
  'plaintext-injection': 'plaintext injected before TLS',
  'handshake-failed': 'TLS handshake failed',
  'protocol-error': 'unexpected answer',
  'address-refused': 'address refused by policy',
  'no-route': 'no route to the address',
  'addresses-capped': 'too many addresses',
  'client-certificate-wanted': 'client certificate wanted',
  'certificate-changed': 'another certificate is served',
  'not-checked': 'not checked any more',
  'addresses-differ': 'addresses serve different certificates',
  'caa-mismatch': 'CAA records do not allow the CA',
};

/** What an incident is called wherever it is named: what, and where or on which certificate. */
export function incidentTitle({ incident, monitors, certificate }: AlertContext, now: Date): string {
  const members = membersShown(incident);
  const main = worstMember(members);
  const what = main === undefined ? 'problem' : SHORT[main.code];
  if (certificate !== undefined) {
    const label = certificateLabel(certificate);
    if (main?.code === 'expired' || main?.code === 'expiring')
      return `${label}: certificate ${endText(certificate, now)}`;
    return `${label}: ${what}`;
  }
  const monitor = main === undefined ? undefined : monitors.get(main.monitorId);
  const label = monitor === undefined ? main?.label : monitorLabel(monitor);
  return `${label ?? 'a removed monitor'}: ${what}`;
}

/** By the clock, not by the last check: it may have ended since. `not after` is its last instant. */
function endText({ notAfter }: Certificate, now: Date): string {
  return `${now > notAfter ? 'expired' : 'expires'} ${relativeText(notAfter, now)}`;
}

/** @param mentions whom the head calls, where it is a new post. */
export function headAlert(context: AlertContext, now: Date, mentions: readonly MentionTarget[] = []): HeadAlert {
  const { incident, certificate } = context;
  const members = membersShown(incident);
  return {
    kind: 'head',
    ...base(context, now),
    mentions,
    problems: [...new Set(byWorst(members).map((member) => member.message))],
    nextStep:
      incident.closed === undefined && incident.wellSince === undefined ? worstMember(members)?.nextStep : undefined,
    facts: [...(certificate === undefined ? [] : certificateFacts(certificate, now)), ...timeFacts(incident)],
    hosts: hostsOf(members, context.monitors),
    state: stateOf(incident, now),
    actions: actionsOf(incident),
  };
}

/** @param sections chain details, for the post that opens the thread and for what got worse. */
export function threadAlert(
  context: AlertContext,
  event: IncidentEvent,
  sections: readonly DetailSection[],
  now: Date,
  mentions: readonly MentionTarget[] = [],
): ThreadAlert {
  return {
    kind: 'thread',
    ...base(context, now),
    mentions,
    lines: eventLines(context, event, now),
    sections: event.type === 'opened' || event.type === 'reopened' || event.type === 'worse' ? sections : [],
    broadcast: isBroadcast(event),
  };
}

function base(context: AlertContext, now: Date) {
  const { incident } = context;
  return {
    incident: { id: incident.id, number: incident.number },
    severity: incident.severity,
    status: incident.closed === undefined ? ('open' as const) : ('resolved' as const),
    acknowledgedBy: incident.acknowledged?.by.name,
    monitorIds: [...new Set(membersShown(incident).map((member) => member.monitorId))],
    title: incidentTitle(context, now),
  };
}

function byWorst(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity]);
}

function worstMember(members: readonly Member[]): Member | undefined {
  return byWorst(members)[0];
}

function certificateFacts(certificate: Certificate, now: Date): Fact[] {
  const verb = certificate.notAfter.getTime() < now.getTime() ? 'Expired' : 'Expires';
  return [
    { label: 'Certificate', value: certificate.subject === '' ? certificateLabel(certificate) : certificate.subject },
    { label: 'Issuer', value: certificate.issuer },
    { label: verb, value: `${instantText(certificate.notAfter)} (${relativeText(certificate.notAfter, now)})` },
    { label: 'Fingerprint', value: certificate.fingerprint },
  ];
}

function timeFacts(incident: Incident): Fact[] {
  return [{ label: 'Since', value: instantText(incident.openedAt) }];
}

function hostsOf(members: readonly Member[], monitors: ReadonlyMap<string, Monitor>): string[] {
  const addresses = new Map<string, Set<string>>();
  const labels = new Map(members.map((member) => [member.monitorId, member.label]));
  for (const member of members) {
    const known = addresses.get(member.monitorId) ?? new Set<string>();
    if (member.address !== '') known.add(member.address);
    addresses.set(member.monitorId, known);
  }
  return [...addresses].map(([id, found]) => {
    const monitor = monitors.get(id);
    const label =
      monitor === undefined
        ? `${labels.get(id) ?? id}, removed`
        : `${monitorLabel(monitor)} ${monitor.endpoint.protocol}`;
    const others = [...found].filter((address) => address !== monitor?.endpoint.host);
    return others.length === 0 ? label : `${label} (${others.join(', ')})`;
  });
}

function stateOf(incident: Incident, now: Date): string[] {
  const { closed, acknowledged, silence } = incident;
  const lines: string[] = [];
  if (closed !== undefined) {
    lines.push(
      `Resolved ${instantText(closed.at)} after ${spanText(closed.at.getTime() - incident.openedAt.getTime())}: ${CLOSE_TEXT[closed.reason]}`,
    );
  }
  const held = heldText(incident, now);
  if (held !== undefined) lines.push(held);
  if (acknowledged !== undefined)
    lines.push(`Acknowledged by ${acknowledged.by.name} at ${instantText(acknowledged.at)}`);
  if (silence !== undefined) lines.push(`Silent ${silenceText(silence.until)}, by ${silence.by.name}`);
  return lines;
}

/** `It came back 3 times since 2026-11-24 09:00 UTC; well since …, it resolves at … unless it comes back` */
function heldText(incident: Incident, now: Date): string | undefined {
  const times = timesBack(incident, now);
  if (times === 0 && incident.wellSince === undefined) return undefined;
  const back = `It came back ${times === 1 ? 'once' : `${String(times)} times`} since ${instantText(incident.openedAt)}`;
  const until = heldUntil(incident);
  if (incident.wellSince === undefined || until === undefined) return back;
  return `${back}; well since ${instantText(incident.wellSince)}, it resolves at ${instantText(until)} unless it comes back`;
}

function actionsOf(incident: Incident): AlertAction[] {
  if (incident.closed !== undefined) return ['details'];
  return [
    incident.acknowledged === undefined ? 'acknowledge' : 'unacknowledge',
    incident.silence === undefined ? 'snooze' : 'unsnooze',
    'check',
    'details',
  ];
}

export const CLOSE_TEXT: Readonly<Record<CloseReason, string>> = {
  well: 'the last check found nothing wrong any more',
  renewed: 'the certificate was renewed',
  removed: 'what it was about is no longer there',
  paused: 'the monitor was paused',
  'rule-off': 'the profile no longer applies this rule',
  accepted: 'it was accepted as known and wanted',
};

/** `until 2026-12-01 09:00 UTC`, `until the next threshold`, `until the certificate is renewed`. */
export function silenceText(silence: Silence): string {
  switch (silence.kind) {
    case 'until':
      return `until ${instantText(silence.instant)}`;
    case 'next-threshold':
      return 'until the next threshold';
    case 'renewed':
      return 'until the certificate is renewed';
  }
}

/** Each problem once, and what to do about the worst. */
function problemLines(members: readonly Member[]): string[] {
  const main = worstMember(members);
  const messages = [...new Set(byWorst(members).map((member) => member.message))];
  return [...messages, ...(main === undefined ? [] : [`Next step: ${main.nextStep}`])];
}

function eventLines(context: AlertContext, event: IncidentEvent, now: Date): string[] {
  const { incident, monitors, certificate } = context;
  switch (event.type) {
    case 'opened':
      return [`Opened at ${instantText(incident.openedAt)}.`];
    case 'reopened': {
      const times = timesBack(incident, now);
      return [
        times > 1
          ? `It is back, ${String(times)} times by now: it resolves once it has been well for ${spanText(holdDownMs(times))}.`
          : 'It is back within an hour of its end; this thread goes on.',
        ...problemLines(incident.members),
      ];
    }
    case 'worse': {
      const main = incident.members.find((member) => member.code === event.because) ?? worstMember(incident.members);
      const ended = {
        acknowledgement: 'The acknowledgement has ended.',
        silence: 'The silence has ended.',
        both: 'Acknowledgement and silence have ended.',
      };
      return [
        event.because === 'expired'
          ? 'Worse: the certificate has expired.'
          : `Worse: from ${event.from} to ${incident.severity}.`,
        ...(main === undefined ? [] : problemLines([main])),
        ...(event.ended === undefined ? [] : [ended[event.ended]]),
      ];
    }
    case 'crossed': {
      const left = certificate === undefined ? '' : `: it ${endText(certificate, now)}`;
      // Its own sentence says how far the threshold was scaled.
      const said = incident.members.find((member) => member.code === 'expiring')?.message;
      return [
        `The certificate has crossed the ${String(event.thresholdDays)}-day threshold${left}.`,
        ...(said === undefined ? [] : [said]),
      ];
    }
    case 'acknowledged':
      return [`${event.by.name} acknowledged this at ${instantText(now)}.`];
    case 'unacknowledged':
      return [`${event.by.name} took the acknowledgement back at ${instantText(now)}.`];
    case 'snoozed':
      return [`${event.by.name} silenced this ${silenceText(event.until)}.`];
    case 'unsnoozed':
      return [`${event.by.name} ended the silence at ${instantText(now)}.`];
    case 'silence-ended':
      return ['The silence has ended, and the problem is still there.'];
    case 'escalated':
      return [
        `Nobody has acknowledged this for ${spanText(now.getTime() - incident.risenAt.getTime())}: ${event.groups.join(', ')} ${event.groups.length === 1 ? 'is' : 'are'} told too.`,
      ];
    case 'reminded':
      return [
        `Reminder: nobody has acknowledged this since ${instantText(incident.risenAt)}, ${spanText(now.getTime() - incident.risenAt.getTime())} ago.`,
        ...problemLines(incident.members),
      ];
    case 'noted':
      return [event.text];
    case 'left': {
      const labels = event.monitorIds.map((id) => {
        const monitor = monitors.get(id);
        return monitor === undefined ? id : monitorLabel(monitor);
      });
      return [`No longer affected: ${labels.join(', ')} (${CLOSE_TEXT[event.reason]}).`];
    }
    case 'closed':
      return [`Resolved at ${instantText(now)}: ${CLOSE_TEXT[event.reason]}.`];
  }
}
