/**
 * Where an incident leads, and when it may be said there (docs/decisions/0005).
 *
 * A monitor is covered by a contact group that it names, and then every channel of that group hears of it; or by a mapping
 * whose filter it fits, and then that channel does. What nobody covers leads to where the monitor was added.
 */
import type { ContactGroup, MentionTarget } from '../core/contact-group.ts';
import { SEVERITY_RANK } from '../core/finding.ts';
import type { Severity } from '../core/finding.ts';
import { membersShown } from '../core/incident.ts';
import type { Incident } from '../core/incident.ts';
import type { Monitor } from '../core/monitor.ts';
import type { Stores } from '../core/ports.ts';
import { readFilterText } from '../core/saved-filter.ts';
import type { TagFilter } from '../core/tag-filter.ts';
import { isOpenAt, nextOpening } from '../core/weekly-hours.ts';

/** A channel that an incident leads to, and the groups by which it does; none for where a monitor was added. */
export interface Route {
  readonly channelId: string;
  readonly groups: readonly ContactGroup[];
}

export interface Routing {
  readonly routes: readonly Route[];
  /** Those that the members are covered by, and those it was escalated to. */
  readonly groups: readonly ContactGroup[];
  /** All of the workspace. */
  readonly allGroups: readonly ContactGroup[];
  /** Of groups that have none of their own. */
  readonly timeZone: string;
}

/** @param monitors the incident's, by id; of one that was removed nothing is known any more. */
export async function routingOf(
  stores: Stores,
  incident: Incident,
  monitors: ReadonlyMap<string, Monitor>,
  now: Date,
): Promise<Routing> {
  const { workspaceId } = incident;
  const allGroups = await stores.groups.list(workspaceId);
  const { timeZone, fallbackChannelId } = await stores.workspaces.settings(workspaceId);
  const ids = [...new Set(membersShown(incident).map((member) => member.monitorId))].filter((id) => monitors.has(id));
  const fitting = await fittingMonitors(stores, workspaceId, allGroups, ids, now);

  const byChannel = new Map<string, Set<ContactGroup>>();
  const lead = (channelId: string, ...groups: readonly ContactGroup[]): void => {
    const known = byChannel.get(channelId) ?? new Set<ContactGroup>();
    for (const group of groups) known.add(group);
    byChannel.set(channelId, known);
  };
  for (const id of ids) {
    let isCovered = false;
    for (const group of allGroups) {
      const isNamed = monitors.get(id)?.groupIds.includes(group.id) === true;
      for (const { channelId, filter } of group.mappings) {
        if (!isNamed && (filter === undefined || fitting.get(filter)?.has(id) !== true)) continue;
        lead(channelId, group);
        isCovered = true;
      }
    }
    const home = monitors.get(id)?.addedInChannelId;
    if (!isCovered && home !== undefined) lead(home);
  }
  for (const { groupId } of incident.escalated) {
    const group = allGroups.find((one) => one.id === groupId);
    for (const { channelId } of group?.mappings ?? []) if (group !== undefined) lead(channelId, group);
  }
  const routes = [...byChannel].map(([channelId, groups]) => ({ channelId, groups: [...groups] }));
  const escalatedTo = allGroups.filter(({ id }) => incident.escalated.some(({ groupId }) => groupId === id));
  return {
    routes: await withoutDead(stores, workspaceId, routes, fallbackChannelId),
    groups: [...new Set([...routes.flatMap(({ groups }) => groups), ...escalatedTo])],
    allGroups,
    timeZone,
  };
}

/** For each filter that a mapping has, the monitors among `ids` that it fits. A saved one that is gone fits none. */
async function fittingMonitors(
  stores: Stores,
  workspaceId: string,
  groups: readonly ContactGroup[],
  ids: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const fitting = new Map<string, ReadonlySet<string>>();
  for (const { filter: text } of groups.flatMap(({ mappings }) => mappings)) {
    if (text === undefined || fitting.has(text)) continue;
    const filter = await keptFilter(stores, workspaceId, text);
    const found = filter === undefined ? [] : await stores.monitors.matching(workspaceId, { filter, now }, ids);
    fitting.set(text, new Set(found));
  }
  return fitting;
}

/** What the filter of a mapping or a digest means now: a saved one is looked up; `undefined` where it is gone. */
export async function keptFilter(stores: Stores, workspaceId: string, text: string): Promise<TagFilter | undefined> {
  const read = readFilterText(text);
  if (!read.ok) return undefined;
  if ('filter' in read.value) return read.value.filter;
  return (await stores.filters.findByName(workspaceId, read.value.saved))?.filter;
}

/** In place of channels where nothing can be said any more, the fallback channel; they wait where there is none. */
async function withoutDead(
  stores: Stores,
  workspaceId: string,
  routes: readonly Route[],
  fallbackChannelId: string | undefined,
): Promise<Route[]> {
  const ids = [
    ...routes.map(({ channelId }) => channelId),
    ...(fallbackChannelId === undefined ? [] : [fallbackChannelId]),
  ];
  const channels = await stores.channels.listByIds(workspaceId, [...new Set(ids)]);
  const isDead = (id: string): boolean => channels.find((one) => one.id === id)?.deadReason !== undefined;
  if (fallbackChannelId === undefined || isDead(fallbackChannelId)) return [...routes];
  const alive = routes.filter(({ channelId }) => !isDead(channelId));
  const hasFallback = alive.some(({ channelId }) => channelId === fallbackChannelId);
  return alive.length === routes.length || hasFallback
    ? alive
    : [...alive, { channelId: fallbackChannelId, groups: [] }];
}

/** The groups by which the incident leads to a channel; for one it no longer leads to, all that are mapped to it. */
export function groupsOf({ routes, allGroups }: Routing, channelId: string): readonly ContactGroup[] {
  const route = routes.find((one) => one.channelId === channelId);
  return route?.groups ?? groupsMappedTo(allGroups, channelId);
}

export function groupsMappedTo(groups: readonly ContactGroup[], channelId: string): ContactGroup[] {
  return groups.filter(({ mappings }) => mappings.some((mapping) => mapping.channelId === channelId));
}

/**
 * When an alert of this severity may be said in a channel: now where any group that leads there is open, or it is critical
 * and one lets that through; else at the next opening of any.
 */
export function mayBeSaidAt(groups: readonly ContactGroup[], timeZone: string, severity: Severity, now: Date): Date {
  const openings = groups.map(({ hours, timeZone: own, criticalThrough }) => {
    const zone = own ?? timeZone;
    const passes = hours === undefined || (severity === 'critical' && criticalThrough) || isOpenAt(hours, zone, now);
    return passes ? now : nextOpening(hours, zone, now);
  });
  return openings.length === 0 ? now : openings.reduce((first, one) => (one < first ? one : first));
}

/** Whom a new post of this severity calls: those whom the groups name from that severity on, each once. */
export function mentionsAt(groups: readonly ContactGroup[], severity: Severity): MentionTarget[] {
  const called = groups.flatMap(({ mention }) =>
    mention !== undefined && SEVERITY_RANK[severity] >= SEVERITY_RANK[mention.on] ? mention.who : [],
  );
  return [...new Map(called.map((one) => [`${one.platform} ${one.externalId ?? one.text}`, one])).values()];
}
