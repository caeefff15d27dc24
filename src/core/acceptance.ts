/** Faults that are known and wanted: told as such where somebody looks, and to nobody else, until a day that was set. */
import type { Finding, FindingCode } from './finding.ts';
import { keyOf, keyText, withMembers } from './incident.ts';
import type { Incident, IncidentKey, Transition } from './incident.ts';
import { instantText } from './instant-text.ts';
import type { Person } from './workspace.ts';

export interface Acceptance {
  readonly key: IncidentKey;
  readonly code: FindingCode;
  readonly until: Date;
  readonly reason: string;
  readonly by: Person;
  readonly at: Date;
}

/** Nobody remembers for longer why something was accepted. */
const LONGEST_MS = 366 * 86_400_000;

/** Why a fault was not accepted. */
export type AcceptanceRefusal =
  | { readonly refused: 'closed' }
  /** The incident has others. */
  | { readonly refused: 'no-such-code'; readonly codes: readonly FindingCode[] }
  | { readonly refused: 'in-the-past' }
  | { readonly refused: 'too-long' }
  | { readonly refused: 'no-reason' };

export function refusalOf(
  incident: Incident,
  wish: Pick<Acceptance, 'code' | 'until' | 'reason'>,
  now: Date,
): AcceptanceRefusal | undefined {
  if (incident.closed !== undefined) return { refused: 'closed' };
  const codes = [...new Set(incident.members.map((member) => member.code))].sort();
  if (!codes.includes(wish.code)) return { refused: 'no-such-code', codes };
  if (wish.reason.trim() === '') return { refused: 'no-reason' };
  if (wish.until.getTime() <= now.getTime()) return { refused: 'in-the-past' };
  return wish.until.getTime() - now.getTime() > LONGEST_MS ? { refused: 'too-long' } : undefined;
}

/** The incident once one of its faults was accepted: its members leave, and the thread says why. */
export function accept(incident: Incident, acceptance: Acceptance, now: Date): Transition {
  const others = incident.members.filter((member) => member.code !== acceptance.code);
  const { incident: next, events } = withMembers(incident, others, { reason: 'accepted', mayComeBack: false }, now);
  return {
    incident: next,
    events: [{ type: 'noted', text: `${acceptance.code}: ${acceptedText(acceptance)}` }, ...events],
  };
}

/** The one that covers a finding of `code` in the incident of `key` at `now`. */
export function acceptanceOf(
  acceptances: readonly Acceptance[],
  key: IncidentKey,
  code: FindingCode,
  now: Date,
): Acceptance | undefined {
  return acceptances.find(
    (one) => one.code === code && keyText(one.key) === keyText(key) && one.until.getTime() > now.getTime(),
  );
}

/** The findings, with those that were accepted turned to `info` and saying so. */
export function withAcceptances(
  findings: readonly Finding[],
  acceptances: readonly Acceptance[],
  monitorId: string,
  now: Date,
): Finding[] {
  return findings.map((finding) => {
    const accepted = keysFor(finding, monitorId)
      .map((key) => acceptanceOf(acceptances, key, finding.code, now))
      .find((one) => one !== undefined);
    return accepted === undefined || finding.severity === 'info'
      ? finding
      : { ...finding, severity: 'info', message: `${finding.message} ${acceptedText(accepted)}` };
  });
}

/** Addresses that differ are told in the incident of the older certificate, where there is one. */
export function keysFor(finding: Pick<Finding, 'code' | 'fingerprint'>, monitorId: string): IncidentKey[] {
  const key = keyOf(finding, monitorId);
  return finding.code === 'addresses-differ' && finding.fingerprint !== undefined
    ? [key, { kind: 'certificate', subject: finding.fingerprint }]
    : [key];
}

/** `Accepted until 2026-12-31 00:00 UTC by Ann: replaced in January.` */
export function acceptedText({ until, by, reason }: Pick<Acceptance, 'until' | 'by' | 'reason'>): string {
  return `Accepted until ${instantText(until)} by ${by.name}: ${reason.replace(/[.\s]+$/, '')}.`;
}
