/** A monitor as it is read: its row, its groups and its tags. */
import { sql } from 'drizzle-orm';
import type { Endpoint, Monitor, MonitorStatus } from '../core/monitor.ts';
import type { Protocol } from '../core/protocol.ts';
import { toServed } from './codec.ts';
import type { Executor } from './database.ts';
import { monitorGroups, monitors, monitorTags } from './schema.ts';

const groupIds = sql<string[]>`coalesce(
  (select json_agg(${monitorGroups.groupId} order by ${monitorGroups.groupId})
     from ${monitorGroups} where ${monitorGroups.monitorId} = ${monitors.id}), '[]')`;
const tags = sql<string[]>`coalesce(
  (select json_agg(${monitorTags.tag} order by ${monitorTags.tag})
     from ${monitorTags} where ${monitorTags.monitorId} = ${monitors.id}), '[]')`;

export function selectMonitors(db: Executor) {
  return db.select({ monitor: monitors, groupIds, tags }).from(monitors);
}

export function toMonitor(row: { monitor: typeof monitors.$inferSelect; groupIds: string[]; tags: string[] }): Monitor {
  const { monitor } = row;
  const { failingTries, failingOf } = monitor;
  return {
    id: monitor.id,
    workspaceId: monitor.workspaceId,
    name: monitor.name ?? undefined,
    endpoint: {
      host: monitor.host,
      displayHost: monitor.displayHost,
      hostKind: monitor.hostKind as Endpoint['hostKind'],
      port: monitor.port,
      protocol: monitor.protocol as Protocol,
      serverName: monitor.serverName,
      direct: monitor.direct,
    },
    profileId: monitor.profileId,
    groupIds: row.groupIds,
    tags: row.tags,
    addedInChannelId: monitor.addedInChannelId,
    addedBy: monitor.addedBy,
    createdAt: monitor.createdAt,
    paused: monitor.paused,
    status: monitor.status as MonitorStatus,
    daysLeft: monitor.daysLeft ?? undefined,
    expiresAt: monitor.expiresAt ?? undefined,
    failing: failingTries === null || failingOf === null ? undefined : { tries: failingTries, of: failingOf },
    lastCheckedAt: monitor.lastCheckedAt ?? undefined,
    nextCheckAt: monitor.nextCheckAt,
    served: toServed(monitor.served),
  };
}
