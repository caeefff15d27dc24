/** What a check found, as `add`, `show` and `check` tell it. */
import { counted } from '../../core/counted.ts';
import type { Assessment } from '../../core/assess.ts';
import { whereText } from '../../core/finding-text.ts';
import { SEVERITY_RANK, worst } from '../../core/finding.ts';
import type { Finding } from '../../core/finding.ts';
import { instantText, relativeText } from '../../core/instant-text.ts';
import type { Monitor, MonitorStatus } from '../../core/monitor.ts';
import { isRead } from '../../core/observation.ts';
import type { Observation } from '../../core/observation.ts';
import { toProbeReport } from '../../core/probe-report.ts';
import type { Action, Block, Message, Reply, Span } from '../message.ts';
import { button, note, text } from '../reply.ts';
import { describe } from './references.ts';

export interface Seen {
  readonly monitor: Monitor;
  readonly observation: Observation;
  readonly assessment: Assessment;
}

type Fact = { readonly label: string; readonly value: string };

const ADDRESSES_SHOWN = 8;
const FINDINGS_SHOWN = 20;

/** `mail.example.com:25 smtp: valid, 63 days left`. */
export function headline(monitor: Monitor): string {
  return `${describe(monitor)}: ${statusText(monitor)}${daysText(monitor)}`;
}

/** The status, and how far an unconfirmed failure has come: `valid, failing 1/3`; none counts of a person's own look. */
export function statusText(monitor: Pick<Monitor, 'status' | 'failing'>): string {
  const { status, failing } = monitor;
  if (failing === undefined) return status;
  if (failing.tries === 0) return `${status}, last look failed`;
  return `${status}, failing ${String(failing.tries)}/${String(failing.of)}`;
}

/** How long ago it ended is told with its date. */
function daysText({ daysLeft, status }: Monitor): string {
  if (daysLeft === undefined) return '';
  if (daysLeft < 0) return status === 'expired' ? '' : ', expired';
  return `, ${counted(daysLeft, 'day')} left`;
}

export function toneOf(monitor: Monitor, findings: readonly Finding[]): Message['tone'] {
  const severity = worst(findings.map((finding) => finding.severity));
  if (severity === 'critical' || severity === 'warning') return severity;
  if (monitor.status === 'error' || monitor.status === 'expired') return 'critical';
  if (monitor.status === 'expiring' || monitor.failing !== undefined) return 'warning';
  return monitor.status === 'valid' ? 'good' : 'neutral';
}

/** Status, days and date, and where it was looked at. */
export function statusFacts(monitor: Monitor, observation: Observation | undefined, now: Date): Fact[] {
  const { expiresAt, daysLeft } = monitor;
  const isOver = expiresAt !== undefined && expiresAt.getTime() < now.getTime();
  return [
    { label: 'Status', value: statusText(monitor) },
    ...(daysLeft === undefined || isOver ? [] : [{ label: 'Days left', value: String(daysLeft) }]),
    ...(expiresAt === undefined
      ? []
      : [
          {
            label: isOver ? 'Expired' : 'Expires',
            value: `${instantText(expiresAt)} (${relativeText(expiresAt, now)})`,
          },
        ]),
    ...(observation === undefined ? [] : observationFacts(observation)),
  ];
}

function observationFacts(observation: Observation): Fact[] {
  const { addresses } = observation;
  const shown = addresses
    .slice(0, ADDRESSES_SHOWN)
    .map((one) => (isRead(one) ? one.address : `${one.address} (${one.outcome})`));
  const more = addresses.length - shown.length;
  const first = addresses.find(isRead);
  return [
    ...(first?.chain[0] === undefined ? [] : [{ label: 'Issuer', value: first.chain[0].issuer }]),
    ...(shown.length === 0
      ? []
      : [
          {
            label: shown.length === 1 ? 'Address' : 'Addresses',
            value: shown.join(', ') + (more > 0 ? ` and ${String(more)} more` : ''),
          },
        ]),
  ];
}

/** Each finding with its next step, worst first. */
function findingBlocks(findings: readonly Finding[], { addresses }: Observation): Block[] {
  if (findings.length === 0) return [];
  const sorted = [...findings].sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity]);
  const shown = sorted.slice(0, FINDINGS_SHOWN);
  const more = sorted.length - shown.length;
  return [
    {
      type: 'list',
      items: shown.map((finding): readonly Span[] => {
        const where = whereText(finding, addresses.length);
        return [
          { bold: finding.severity },
          ` ${finding.code}: ${finding.message} `,
          ...(where === undefined ? [] : [`On ${where}. `]),
          { bold: 'Next step:' },
          ` ${finding.nextStep}`,
        ];
      }),
    },
    ...(more > 0 ? [text(`and ${String(more)} more`)] : []),
  ];
}

/** The whole of what was seen; `title` is the headline unless given. */
export function seenMessage(seen: Seen, now: Date, extra: readonly Fact[] = [], title?: string): Message {
  const { monitor, observation, assessment } = seen;
  return {
    tone: toneOf(monitor, assessment.findings),
    title: title ?? headline(monitor),
    blocks: [
      { type: 'facts', facts: [...statusFacts(monitor, observation, now), ...extra] },
      ...findingBlocks(assessment.findings, observation),
      ...unconfirmed(monitor),
      note(['Monitor ', { code: monitor.id }, ', checked ', instantText(observation.checkedAt)]),
    ],
    actions: monitorActions(monitor),
  };
}

function unconfirmed({ failing }: Monitor): Block[] {
  if (failing === undefined) return [];
  if (failing.tries === 0) {
    return [
      text(
        `A connection failure becomes an incident once ${String(failing.of)} scheduled tries in a row have failed. A person's own look does not count; the schedule tries within a minute.`,
      ),
    ];
  }
  return [
    text(
      `A connection failure becomes an incident once ${String(failing.of)} scheduled tries in a row have failed: ${String(failing.tries)} so far, the next within a minute.`,
    ),
  ];
}

/** For programs, beside the message. */
export function seenFields(seen: Seen): Pick<Reply, 'monitors' | 'status' | 'probe'> {
  const { monitor, observation, assessment } = seen;
  const status: MonitorStatus = monitor.status;
  return {
    monitors: [monitor.id],
    status,
    probe: toProbeReport(monitor.endpoint, observation, assessment, status),
  };
}

export function monitorActions(monitor: Monitor): Action[] {
  return [
    button('Check now', `check ${monitor.id}`),
    button('Show', `show ${monitor.id}`),
    monitor.paused ? button('Resume', `resume ${monitor.id}`) : button('Pause', `pause ${monitor.id}`),
    button('Remove', `remove ${monitor.id}`, 'danger'),
  ];
}
