/** `incidents`, `ack`, `unack`, `snooze`, `unsnooze`, `accept`. */
import { DEFAULT_SEVERITY } from '../../core/finding.ts';
import type { FindingCode } from '../../core/finding.ts';
import { nearest } from '../../core/nearest.ts';
import { quote } from '../../core/quote.ts';
import { missingWords, wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { parseSnooze } from './snooze-time.ts';
import type { SnoozeUntil } from './snooze-time.ts';
import { FILTER_IS, readWritten } from './selection.ts';
import type { Written } from './selection.ts';
import { needing, value } from './spec.ts';
import type { CommandSpec } from './spec.ts';
import { replaceWord } from './tokens.ts';
import type { Token } from './tokens.ts';

/** How an incident is named: by its running number, or its SID. */
export type IncidentReference = { readonly number: number } | { readonly sid: string };

export type IncidentCommand =
  | {
      readonly type: 'incidents';
      readonly incident: IncidentReference | undefined;
      readonly filter: Written | undefined;
    }
  | { readonly type: 'ack' | 'unack' | 'unsnooze'; readonly incident: IncidentReference }
  | { readonly type: 'snooze'; readonly incident: IncidentReference; readonly until: SnoozeUntil }
  | {
      readonly type: 'accept';
      readonly incident: IncidentReference;
      readonly code: FindingCode;
      readonly until: Date;
      readonly reason: string;
    };

const INCIDENT = needing('an INCIDENT, such as #17');
const INCIDENT_IS = 'INCIDENT is its number, such as #17, or its id.';

export const INCIDENT_SPECS = {
  incidents: {
    usage: 'incidents [FILTER|INCIDENT]',
    summary: 'what is wrong now, worst first; or one incident in full',
    details: [
      'With a filter: those that a monitor is in which it fits.',
      'With an incident: its hosts, its certificates as sent, and the next step.',
      INCIDENT_IS,
      FILTER_IS,
    ],
    example: 'incidents env:prod',
    words: { needs: [], most: Infinity },
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  ack: {
    usage: 'ack INCIDENT',
    summary: 'say that you take care of an incident',
    details: ['It ends by itself when the incident gets worse.', INCIDENT_IS],
    example: 'ack #17',
    words: INCIDENT,
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
  unack: {
    usage: 'unack INCIDENT',
    summary: 'take an acknowledgement back',
    details: [INCIDENT_IS],
    example: 'unack #17',
    words: INCIDENT,
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
  snooze: {
    usage: 'snooze INCIDENT DURATION|DATE|until-renewed|until-next-threshold',
    summary: 'keep an incident quiet for a while, unless it gets worse',
    details: [
      'DURATION is such as 30m, 4h, 7d or 2w; DATE is 2026-12-01 or 2026-12-01T09:00, in UTC.',
      'until-renewed lasts until the certificate is replaced; until-next-threshold until the next expiry threshold is crossed.',
      INCIDENT_IS,
    ],
    example: 'snooze #17 4h',
    words: needing('an INCIDENT, such as #17', 'a time: 4h, 2026-12-01, until-renewed or until-next-threshold'),
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
  unsnooze: {
    usage: 'unsnooze INCIDENT',
    summary: 'end the silence of an incident',
    details: [INCIDENT_IS],
    example: 'unsnooze #17',
    words: INCIDENT,
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
  accept: {
    usage: 'accept INCIDENT CODE --until DATE --reason TEXT',
    summary: 'record a fault as known and wanted, until a day',
    details: [
      'CODE is one of the faults of the incident, such as name-mismatch; the others stay.',
      'DATE is 2026-12-31 or 2026-12-31T09:00, in UTC, at most a year ahead. After it the fault is told again.',
      INCIDENT_IS,
    ],
    example: 'accept #17 name-mismatch --until 2026-12-31 --reason "moves in December"',
    words: needing('an INCIDENT, such as #17', 'a CODE, such as name-mismatch'),
    flags: { until: value('DATE'), reason: value('TEXT') },
    role: 'responder',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export function readIncidentCommand(
  type: keyof typeof INCIDENT_SPECS,
  read: Arguments,
  line: string,
): Outcome<IncidentCommand> {
  const [first, second] = read.words;
  if (type !== 'incidents') return withIncident(type, read, line);
  if (first === undefined) return { ok: true, value: { type, incident: undefined, filter: undefined } };
  const incident = second === undefined ? parseIncidentReference(first.text) : undefined;
  if (incident !== undefined) return { ok: true, value: { type, incident, filter: undefined } };
  if (second === undefined && first.text.startsWith('#'))
    return noIncident(first, line, INCIDENT_SPECS.incidents.usage);
  return { ok: true, value: { type, incident, filter: readWritten(read.words, line, INCIDENT_SPECS.incidents.usage) } };
}

function noIncident(named: Token | undefined, line: string, usage: string): Outcome<never> {
  return wrong({
    message: `${quote(named?.text ?? '')} is no incident: write its number, such as #17, or its id`,
    advice: '`incidents` lists those that are open.',
    usage,
    place: { line, column: named?.start ?? 0 },
  });
}

function withIncident(
  type: Exclude<keyof typeof INCIDENT_SPECS, 'incidents'>,
  read: Arguments,
  line: string,
): Outcome<IncidentCommand> {
  const { words } = read;
  const [named, time] = words;
  const { usage } = specOf(type);
  const incident = parseIncidentReference(named?.text ?? '');
  if (incident === undefined) return noIncident(named, line, usage);
  if (type === 'accept') return readAcceptance(incident, read, line);
  if (type !== 'snooze' || time === undefined) {
    return type === 'snooze' ? missingWords(specOf(type), words) : { ok: true, value: { type, incident } };
  }
  const until = parseSnooze(time.text);
  if ('wrong' in until) {
    const near = nearest(time.text, ['until-renewed', 'until-next-threshold']);
    return wrong({
      message: until.wrong,
      usage,
      place: { line, column: time.start },
      ...(near === undefined ? {} : { suggestion: replaceWord(line, time, near) }),
    });
  }
  return { ok: true, value: { type, incident, until } };
}

function readAcceptance(
  incident: IncidentReference,
  { words, flags }: Arguments,
  line: string,
): Outcome<IncidentCommand> {
  const { usage } = specOf('accept');
  const [, word] = words;
  const codes = Object.keys(DEFAULT_SEVERITY) as FindingCode[];
  const code = codes.find((one) => one === word?.text.toLowerCase());
  if (word === undefined || code === undefined) {
    const near = nearest(word?.text ?? '', codes);
    return wrong({
      message: `${quote(word?.text ?? '')} is no code of a fault`,
      advice: 'The incident in full names the codes that it has: `incidents #17`.',
      usage,
      place: { line, column: word?.start ?? 0 },
      ...(near === undefined || word === undefined ? {} : { suggestion: replaceWord(line, word, near) }),
    });
  }
  const [reason] = flags.get('reason') ?? [];
  if (reason === undefined) {
    return wrong({
      message: 'accept needs a reason, for those who find it later: --reason "moves in December"',
      usage,
    });
  }
  const [date] = flags.get('until') ?? [];
  if (date === undefined) return wrong({ message: 'accept needs a day on which it ends: --until 2026-12-31', usage });
  const until = parseSnooze(date);
  if ('wrong' in until) return wrong({ message: until.wrong, usage });
  if (until.kind !== 'until') {
    return wrong({ message: `${quote(date)} is no date: write 2026-12-31 or 2026-12-31T09:00 (UTC)`, usage });
  }
  return { ok: true, value: { type: 'accept', incident, code, until: until.instant, reason } };
}

/** `#17`, `17` or a SID. */
export function parseIncidentReference(text: string): IncidentReference | undefined {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  if (number !== undefined) return { number: Number(number) };
  return /^CI[0-9a-f]{32}$/i.test(text) ? { sid: `CI${text.slice(2).toLowerCase()}` } : undefined;
}

function specOf(type: keyof typeof INCIDENT_SPECS): CommandSpec {
  return INCIDENT_SPECS[type];
}
