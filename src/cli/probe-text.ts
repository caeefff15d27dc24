/** What `certmon probe` tells a person: status first, then what is wrong and what to do, then each address and its chain. */
import type { Assessment } from '../core/assess.ts';
import { chainDetails } from '../core/chain-details.ts';
import { whereText } from '../core/finding-text.ts';
import type { Severity } from '../core/finding.ts';
import { instantText, relativeText } from '../core/instant-text.ts';
import { hostAndPort } from '../core/monitor.ts';
import type { Endpoint, MonitorStatus } from '../core/monitor.ts';
import { isRead } from '../core/observation.ts';
import type { Observation } from '../core/observation.ts';
import { cut } from '../core/quote.ts';

export interface Judged {
  readonly endpoint: Endpoint;
  readonly observation: Observation;
  readonly assessment: Assessment;
  readonly status: MonitorStatus;
}

type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, string>> = { red: '31', yellow: '33', green: '32', dim: '2', bold: '1' };

/** Puts colours in for a terminal, and leaves text alone for anything else. */
export type Paint = (colour: Colour, text: string) => string;

export function paintFor(hasColour: boolean): Paint {
  return hasColour ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text;
}

/** Our sentences have room for what they quote; a certificate's fields are its own, and as long as it likes. */
const MOST_OF_SENTENCE = 2000;
const MOST_OF_FACT = 500;

/** Peers and certificates write what they like: whatever of theirs is shown goes through here. */
function shown(text: string, most = MOST_OF_SENTENCE): string {
  return cut(text, most);
}

/** All there is to say about one probe. */
export function describe(judged: Judged, paint: Paint): string {
  const { endpoint, observation, assessment } = judged;
  const lines = [headline(judged, paint), '', ...findingLines(judged, paint)];
  for (const address of observation.addresses) {
    if (isRead(address)) continue;
    // What befell the only address is in its finding; that a name led there is not.
    const isTold =
      observation.addresses.length === 1 && assessment.findings.some(({ code }) => code === address.outcome);
    if (isTold && endpoint.hostKind !== 'name') continue;
    lines.push(`${address.address}: ${address.outcome}`, ...(isTold ? [] : [`  ${shown(address.detail)}`]), '');
  }
  for (const section of chainDetails(observation, observation.checkedAt)) {
    lines.push(paint('bold', shown(section.title, MOST_OF_FACT)));
    const width = Math.max(0, ...section.facts.map(({ label }) => label.length));
    for (const { label, value } of section.facts) lines.push(`  ${label.padEnd(width)}  ${shown(value, MOST_OF_FACT)}`);
    if (section.code !== undefined) lines.push(section.code.trimEnd());
    lines.push('');
  }
  return lines.join('\n');
}

/** One of many: what is wrong, without the chains. */
export function describeBriefly(judged: Judged, paint: Paint): string {
  return [headline(judged, paint), ...findingLines(judged, paint)].join('\n').trimEnd() + '\n';
}

function headline({ endpoint, observation, assessment, status }: Judged, paint: Paint): string {
  const { daysLeft, expiresAt } = assessment;
  const place = `${hostAndPort(endpoint)} ${endpoint.protocol}`;
  const name = endpoint.serverName === endpoint.host ? '' : ` (asked for ${endpoint.serverName})`;
  const end =
    daysLeft === undefined || expiresAt === undefined
      ? 'no certificate was read'
      : endText(daysLeft, expiresAt, observation.checkedAt);
  return `${paint(statusColour(status, assessment), status.toUpperCase())}  ${shown(place + name)}  ${end}`;
}

function endText(daysLeft: number, expiresAt: Date, now: Date): string {
  if (daysLeft < 0) return `expired ${relativeText(expiresAt, now)}, on ${instantText(expiresAt)}`;
  return `${daysLeft} day${daysLeft === 1 ? '' : 's'} left, until ${instantText(expiresAt)}`;
}

/** Worst first, as assessed. Where not all addresses have it, it says which do. */
function findingLines({ assessment, observation }: Judged, paint: Paint): string[] {
  return assessment.findings.flatMap((finding) => {
    const { code, severity, message, nextStep } = finding;
    const where = whereText(finding, observation.addresses.length);
    return [
      `  ${paint(SEVERITY_COLOURS[severity], severity)} ${code}: ${shown(message)}`,
      ...(where === undefined ? [] : [`    ${paint('dim', 'On:')} ${where}`]),
      `    ${paint('dim', 'Next:')} ${shown(nextStep)}`,
      '',
    ];
  });
}

/** A valid certificate with a warning is not all well. */
function statusColour(status: MonitorStatus, { findings }: Assessment): Colour {
  const hasWarning = findings.some(({ severity }) => severity === 'warning');
  return status === 'valid' && hasWarning ? 'yellow' : STATUS_COLOURS[status];
}

const STATUS_COLOURS: Readonly<Record<MonitorStatus, Colour>> = {
  paused: 'dim',
  pending: 'dim',
  expired: 'red',
  error: 'red',
  expiring: 'yellow',
  valid: 'green',
};

const SEVERITY_COLOURS: Readonly<Record<Severity, Colour>> = { critical: 'red', warning: 'yellow', info: 'dim' };
