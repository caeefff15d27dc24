/** From what a person wrote to the monitor, incident or group that is meant; or the reply that says why none is. */
import type { AuditSubject } from '../../core/audit.ts';
import type { ContactGroup } from '../../core/contact-group.ts';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Incident } from '../../core/incident.ts';
import { hostAndPort, monitorLabel } from '../../core/monitor.ts';
import type { Monitor } from '../../core/monitor.ts';
import { nearest } from '../../core/nearest.ts';
import { quote } from '../../core/quote.ts';
import { looksLikeSid } from '../../core/sid.ts';
import type { IncidentReference } from '../grammar/incidents.ts';
import type { Block, Reply } from '../message.ts';
import { button, code, command, refusal, text } from '../reply.ts';
import { quoteWord } from '../grammar/tokens.ts';
import type { CommandContext } from './context.ts';

export type Found<T> = { readonly found: T } | { readonly refused: Reply };

const MATCHES_SHOWN = 10;
/** Monitors among which the nearest to a wrong word is looked for. */
const NEAREST_AMONG = 2_000;

/** The monitor that `reference` means. `verb` is the command, for lines to send instead. */
export async function findMonitor(context: CommandContext, reference: string, verb: string): Promise<Found<Monitor>> {
  return (
    (await lookForMonitor(context, reference, verb)) ?? { refused: await unknownMonitor(context, reference, verb) }
  );
}

/** The same; `undefined` where there is none. */
export async function lookForMonitor(
  context: CommandContext,
  reference: string,
  verb: string,
): Promise<Found<Monitor> | undefined> {
  const { store } = context.deps;
  const asTyped = await store.monitors.match(context.workspaceId, reference, MATCHES_SHOWN + 1);
  const other = asTyped.length > 0 ? undefined : canonicalPlace(reference);
  const matches =
    other === undefined ? asTyped : await store.monitors.match(context.workspaceId, other, MATCHES_SHOWN + 1);
  const exact = matches.filter((monitor) => monitor.id.toLowerCase() === reference.toLowerCase());
  const [first, second] = exact.length > 0 ? exact : matches;
  if (first === undefined) return undefined;
  if (second !== undefined) return { refused: severalMonitors(matches, reference, verb) };
  return { found: first };
}

/** `host[:port]` as it is stored: an A-label, an IPv6 address in its one short form, no final dot. */
function canonicalPlace(reference: string): string | undefined {
  // `tls` has no usual port, so it is read only where one is written.
  const withPort = parseEndpoint(reference, 'tls');
  if (withPort.ok) return hostAndPort({ ...withPort.value, displayHost: withPort.value.host });
  const alone = parseEndpoint(reference, 'https');
  return alone.ok ? alone.value.host : undefined;
}

function severalMonitors(matches: readonly Monitor[], reference: string, verb: string): Reply {
  const shown = matches.slice(0, MATCHES_SHOWN);
  const isMore = matches.length > shown.length;
  const count = isMore ? `more than ${String(MATCHES_SHOWN)}` : String(matches.length);
  const blocks: Block[] = [
    {
      type: 'list',
      items: shown.map((monitor) => [describe(monitor), ': ', command(`${verb} ${shortId(monitor, shown)}`)]),
    },
    ...(isMore ? [text([command('list'), ' shows them all.'])] : []),
  ];
  return refusal(`${quote(reference)} fits ${count} monitors, so nothing was done: say which one`, blocks);
}

export async function unknownMonitor(context: CommandContext, reference: string, verb: string): Promise<Reply> {
  const { store } = context.deps;
  const number = /^#(\d{1,9})$/.exec(reference)?.[1];
  if (number !== undefined) {
    return refusal(`${reference} is an incident, and here a monitor is wanted`, [
      text([command(`incidents #${number}`), ' shows the incident.']),
    ]);
  }
  if (/^(?:filter|status|protocol|host|profile|group|tag|env):|[<>()]| (?:and|or) |^not /i.test(reference)) {
    const listed = `list ${reference}`;
    return refusal(`There is no monitor ${quote(reference)}: ${verb} takes one monitor, and no filter`, [
      text(['To see those that a filter fits: ', command(listed)]),
    ]);
  }
  const monitors = await store.monitors.list(context.workspaceId, { now: context.now }, NEAREST_AMONG, 0);
  if (monitors.length === 0) {
    return refusal(`There is no monitor ${quote(reference)}: there are no monitors yet`, [
      text(['Add one: ', command('add mail.example.com smtp')]),
    ]);
  }
  const byWord = new Map<string, Monitor>();
  for (const monitor of monitors) {
    const { endpoint, name } = monitor;
    for (const word of [endpoint.host, endpoint.displayHost, hostAndPort(endpoint), name ?? '']) {
      if (word !== '' && !byWord.has(word)) byWord.set(word, monitor);
    }
    if (looksLikeSid('monitor', reference)) byWord.set(monitor.id.slice(0, reference.length), monitor);
  }
  const near = nearest(reference, [...byWord.keys()]);
  const monitor = near === undefined ? undefined : byWord.get(near);
  const what = `There is no monitor ${quote(reference)}`;
  if (near === undefined || monitor === undefined)
    return refusal(what, [text([command('list'), ' shows all monitors.'])]);
  const line = `${verb} ${quoteWord(looksLikeSid('monitor', reference) ? shortId(monitor, monitors) : near)}`;
  return refusal(
    what,
    [text(['Did you mean ', code(describe(monitor)), '? ', command(line)])],
    [button(line.slice(0, 70), line)],
  );
}

const SHORTEST_SID = 8;

/** The shortest start of the monitor's SID that no other of `among` shares. */
export function shortId(monitor: Pick<Monitor, 'id'>, among: readonly Pick<Monitor, 'id'>[]): string {
  for (let length = SHORTEST_SID; length < monitor.id.length; length += 1) {
    const start = monitor.id.slice(0, length);
    if (!among.some((other) => other.id !== monitor.id && other.id.startsWith(start))) return start;
  }
  return monitor.id;
}

/** `Mail Berlin (mail.example.com:25 smtp)`. */
export function describe(monitor: Monitor): string {
  const place = `${hostAndPort(monitor.endpoint)} ${monitor.endpoint.protocol}`;
  return monitor.name === undefined ? place : `${monitorLabel(monitor)} (${place})`;
}

const OPEN_SHOWN = 10;

/** No other number is suggested: the nearest one is another incident. */
export async function findIncident(context: CommandContext, reference: IncidentReference): Promise<Found<Incident>> {
  const { incidents } = context.deps.store;
  const incident =
    'number' in reference
      ? await incidents.findByNumber(context.workspaceId, reference.number)
      : await incidents.find(context.workspaceId, reference.sid);
  if (incident !== undefined) return { found: incident };
  const what = `There is no incident ${'number' in reference ? `#${String(reference.number)}` : reference.sid}`;
  const open = await incidents.listOpen(context.workspaceId, OPEN_SHOWN);
  if (open.length === 0) return { refused: refusal(`${what}, and none is open now`) };
  return {
    refused: refusal(what, [
      text(`Open: ${open.map((one) => `#${String(one.number)}`).join(', ')}`),
      text([command('incidents'), ' tells what they are about.']),
    ]),
  };
}

/** The contact group of that name; `hint` is the line that would be right with the nearest name in place of NAME. */
export async function findGroup(context: CommandContext, name: string, hint: string): Promise<Found<ContactGroup>> {
  const { groups } = context.deps.store;
  const group = await groups.findByName(context.workspaceId, name);
  if (group !== undefined) return { found: group };
  const names = (await groups.list(context.workspaceId)).map((one) => one.name);
  return { refused: refusal(`There is no contact group ${quote(name)}`, unknownGroupBlocks(name, names, hint)) };
}

function unknownGroupBlocks(name: string, names: readonly string[], hint: string): Block[] {
  const near = nearest(name, names);
  const blocks: Block[] = [];
  if (near !== undefined) blocks.push(text(['Did you mean ', command(hint.replace('NAME', near)), '?']));
  if (isGroupName(name)) blocks.push(text(['To make it: ', command(`group add ${name}`)]));
  if (near === undefined && names.length > 0) blocks.push(text([command('group list'), ` shows those there are.`]));
  return blocks;
}

/** A name of letters, digits, - and _ that is near to what was written. */
export function cleanName(written: string): string {
  return written
    .replace(/[^\p{L}\p{N}_-]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
}

export function isGroupName(name: string): boolean {
  return /^[\p{L}\p{N}_-]{1,40}$/u.test(name);
}

export function groupSubject({ id, name }: ContactGroup): AuditSubject {
  return { kind: 'contact-group', id, label: name };
}

export function channelIdsOf(group: ContactGroup): string[] {
  return group.mappings.map(({ channelId }) => channelId);
}
