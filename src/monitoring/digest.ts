/**
 * Digests: what runs out next, what is open, what was renewed since the last one. Told as a notice at a local time, once
 * by whichever process comes first; nothing to tell is not told, and hours in which the channel is closed are passed over.
 */
import { incidentTitle } from '../core/alert-text.ts';
import type { NoticeAlert } from '../core/alert.ts';
import { counted } from '../core/counted.ts';
import { nextDigestAt } from '../core/digest.ts';
import type { Digest } from '../core/digest.ts';
import { worst } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { membersShown } from '../core/incident.ts';
import { relativeText } from '../core/instant-text.ts';
import { monitorLabel } from '../core/monitor.ts';
import type { Monitor } from '../core/monitor.ts';
import type { MonitorQuery, Stores } from '../core/ports.ts';
import type { TagFilter } from '../core/tag-filter.ts';
import { joined } from '../core/tag-filter.ts';
import { contextOf } from './announce.ts';
import type { MonitoringDeps } from './deps.ts';
import { groupsMappedTo, keptFilter, mayBeSaidAt } from './routing.ts';

const AT_ONCE = 50;
const LISTED = 10;
/** Open incidents that are looked through. */
const INCIDENTS_READ = 500;
/** What ends later is not near enough to be listed. */
const ENDS_WITHIN_DAYS = 30;

/** Queues what is due, in every workspace; gives back how many digests were. */
export async function sendDigests(deps: MonitoringDeps): Promise<number> {
  const now = deps.clock.now();
  const due = await deps.store.digests.due(now, AT_ONCE);
  for (const { workspaceId, digest } of due) {
    await deps.store.transaction(async (stores) => {
      const { timeZone } = await stores.workspaces.settings(workspaceId);
      const next = nextDigestAt(digest, timeZone, now);
      // Another process was quicker.
      if (!(await stores.digests.advance(workspaceId, digest, next, now))) return;
      if (!(await isOpen(stores, workspaceId, digest, timeZone, now))) return;
      const notice = await digestNotice(stores, workspaceId, digest, now);
      if (notice !== undefined) await stores.outbox.queueNotice(workspaceId, digest.channelId, notice, now);
    });
  }
  return due.length;
}

/** The workspace's time zone has changed: what is to come keeps its local time. */
export async function rescheduleDigests(
  stores: Stores,
  workspaceId: string,
  timeZone: string,
  now: Date,
): Promise<void> {
  for (const digest of await stores.digests.list(workspaceId)) {
    await stores.digests.put(workspaceId, { ...digest, nextAt: nextDigestAt(digest, timeZone, now) });
  }
}

async function isOpen(
  stores: Stores,
  workspaceId: string,
  { channelId }: Digest,
  timeZone: string,
  now: Date,
): Promise<boolean> {
  const groups = groupsMappedTo(await stores.groups.list(workspaceId), channelId);
  return mayBeSaidAt(groups, timeZone, 'info', now) <= now;
}

/** `undefined` where there is nothing to tell. */
export async function digestNotice(
  stores: Stores,
  workspaceId: string,
  { filter: text, lastAt }: Pick<Digest, 'filter' | 'lastAt'>,
  now: Date,
): Promise<NoticeAlert | undefined> {
  const filter = text === undefined ? undefined : await keptFilter(stores, workspaceId, text);
  if (text !== undefined && filter === undefined) {
    return {
      kind: 'notice',
      severity: 'warning',
      title: 'The digest of this channel has lost its filter',
      lines: [`There is no saved filter for ${text} any more. What to do: give the digest another one, or digest off.`],
    };
  }
  const all: MonitorQuery = { filter, now };
  const soon: TagFilter = { type: 'days', comparison: '<=', days: ENDS_WITHIN_DAYS };
  const ending = await stores.monitors.list(
    workspaceId,
    { filter: filter === undefined ? soon : joined('and', filter, soon), now },
    LISTED + 1,
    0,
  );
  const open = await openIncidents(stores, workspaceId, filter, now);
  const renewed = await stores.monitors.renewedSince(workspaceId, all, lastAt, LISTED + 1);
  if (ending.length === 0 && open.length === 0 && renewed.length === 0) return undefined;
  const { total } = await stores.monitors.count(workspaceId, all);
  const titles = [
    open.length === 0 ? 'nothing is open' : `${upTo(open.length, INCIDENTS_READ)} open`,
    `${upTo(ending.length, LISTED)} ending within ${String(ENDS_WITHIN_DAYS)} days`,
    `${upTo(renewed.length, LISTED)} renewed`,
  ];
  return {
    kind: 'notice',
    severity: worst(open.map(({ severity }) => severity)) ?? 'info',
    title: `Digest of ${counted(total, 'monitor')}: ${titles.join(', ')}`,
    lines: [
      ...section('Open, worst first:', await Promise.all(open.map((one) => incidentLine(stores, one, now)))),
      ...section(
        'Ends next:',
        ending.map((one) => endLine(one, now)),
      ),
      ...section('Renewed since the last digest:', renewed.map(monitorLabel)),
    ],
  };
}

async function openIncidents(
  stores: Stores,
  workspaceId: string,
  filter: TagFilter | undefined,
  now: Date,
): Promise<Incident[]> {
  const open = await stores.incidents.listOpen(workspaceId, INCIDENTS_READ);
  if (filter === undefined) return open;
  const ids = [...new Set(open.flatMap((one) => membersShown(one).map(({ monitorId }) => monitorId)))];
  const fitting = new Set(await stores.monitors.matching(workspaceId, { filter, now }, ids));
  return open.filter((one) => membersShown(one).some(({ monitorId }) => fitting.has(monitorId)));
}

async function incidentLine(stores: Stores, incident: Incident, now: Date): Promise<string> {
  const title = incidentTitle(await contextOf(stores, incident), now);
  const by = incident.acknowledged === undefined ? 'nobody has it' : `${incident.acknowledged.by.name} has it`;
  return `#${String(incident.number)} ${incident.severity}: ${title} (${by})`;
}

function endLine(monitor: Monitor, now: Date): string {
  const { expiresAt } = monitor;
  const when = expiresAt === undefined ? '' : `${expiresAt < now ? ' ended' : ' ends'} ${relativeText(expiresAt, now)}`;
  return `${monitorLabel(monitor)}${when}`;
}

/** The first few, and whether there are more. */
function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, LISTED).map((line) => `• ${line}`);
  return [title, ...shown, ...(lines.length > LISTED ? ['• and more'] : [])];
}

function upTo(count: number, most: number): string {
  return count > most ? `more than ${String(most)}` : String(count);
}
