/** What happened to a monitor, in plain sentences: from its checks, its incidents and what people did. */
import type { AuditEntry } from './audit.ts';
import { certificateLabel } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { leafOf } from './chain.ts';
import { isConnectionCode } from './finding.ts';
import type { Finding } from './finding.ts';
import type { CloseReason } from './incident.ts';
import { instantText } from './instant-text.ts';
import { isRead } from './observation.ts';
import type { CheckSpan, PastIncident } from './ports.ts';
import { cut, quote } from './quote.ts';

export interface HistoryEvent {
  readonly at: Date;
  readonly text: string;
}

const NAME_LIMIT = 80;
/** Certificates that one change names. */
const LISTED = 3;

/** @param newestFirst spans of one monitor. The oldest tells what was first seen only where `isWhole`. */
export function checkEvents(newestFirst: readonly CheckSpan[], isWhole: boolean): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let before: CheckSpan | undefined;
  // What could not be read tells nothing of what is served: certificates are compared with the last that were.
  let lastRead: CheckSpan | undefined;
  for (const span of [...newestFirst].reverse()) {
    const wasRead = leavesOf(span).size > 0;
    if (before !== undefined || isWhole) events.unshift(...findingEvents(span, before));
    if (wasRead && (lastRead !== undefined || isWhole)) events.unshift(...certificateEvents(span, lastRead));
    if (wasRead) lastRead = span;
    before = span;
  }
  return events;
}

function certificateEvents(span: CheckSpan, before: CheckSpan | undefined): HistoryEvent[] {
  const now = leavesOf(span);
  const known = before === undefined ? new Map<string, Certificate>() : leavesOf(before);
  const fresh = [...now.values()].filter(({ fingerprint }) => !known.has(fingerprint));
  const gone = [...known.values()].filter(({ fingerprint }) => !now.has(fingerprint));
  if (fresh.length === 0) return [];
  const served = `${fresh.length === 1 ? 'Certificate' : 'Certificates'} seen: ${listed(fresh)}`;
  return [{ at: span.firstAt, text: gone.length === 0 ? served : `${served}, in place of ${listed(gone)}` }];
}

function leavesOf({ observation }: CheckSpan): Map<string, Certificate> {
  return new Map(
    observation.addresses
      .filter(isRead)
      .map(leafOf)
      .map((leaf) => [leaf.fingerprint, leaf]),
  );
}

function listed(certificates: readonly Certificate[]): string {
  const shown = certificates
    .slice(0, LISTED)
    .map((one) => `${quote(certificateLabel(one), NAME_LIMIT)} (valid until ${instantText(one.notAfter)})`);
  const more = certificates.length - shown.length;
  return `${shown.join(', ')}${more === 0 ? '' : ` and ${String(more)} more`}`;
}

function findingEvents(span: CheckSpan, before: CheckSpan | undefined): HistoryEvent[] {
  const known = new Map(before?.findings.map((finding) => [keyOf(finding), finding]));
  const found = new Map(span.findings.map((finding) => [keyOf(finding), finding]));
  const came = [...found].filter(([key]) => !known.has(key)).map(([, finding]) => finding);
  const went = [...known].filter(([key]) => !found.has(key)).map(([, finding]) => finding);
  return [
    ...went.map(({ code }) => ({
      at: span.firstAt,
      text: `${isConnectionCode(code) ? 'No longer failing' : 'No longer found'}: ${code}`,
    })),
    ...came.map(({ code, severity, message }) => ({
      at: span.firstAt,
      text: `${isConnectionCode(code) ? 'Failing' : 'Found'}: ${code} (${severity}). ${message}`,
    })),
  ];
}

/** Days left in a sentence change every day: what is the same fault is said once. */
function keyOf({ code, severity, fingerprint, addresses }: Finding): string {
  return JSON.stringify([code, severity, fingerprint, addresses]);
}

export function incidentEvents(
  incidents: readonly PastIncident[],
  closeText: Readonly<Record<CloseReason, string>>,
): HistoryEvent[] {
  return incidents.flatMap(({ number, severity, openedAt, closed }) => [
    ...(closed === undefined
      ? []
      : [{ at: closed.at, text: `Incident #${String(number)} resolved: ${closeText[closed.reason]}` }]),
    { at: openedAt, text: `Incident #${String(number)} opened (${closed === undefined ? 'now ' : ''}${severity})` },
  ]);
}

export function auditEvents(entries: readonly AuditEntry[]): HistoryEvent[] {
  return entries.map(({ at, by, place, action, subject, detail }) => ({
    at,
    text: `${cut(by.name, NAME_LIMIT)} ${action} ${subject.label}${detail === '' ? '' : ` ${detail}`}, in ${place}`,
  }));
}
