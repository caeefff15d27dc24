/** Everything the use cases ask of a store, in memory: for tests of what people say, where no SQL is at stake. */
import type { Certificate } from '../../src/core/certificate.ts';
import type { ContactGroup } from '../../src/core/contact-group.ts';
import type { ConnectionFailure } from '../../src/core/confirmation.ts';
import type { Crossing } from '../../src/core/crossing.ts';
import { keyText } from '../../src/core/incident.ts';
import type { Incident } from '../../src/core/incident.ts';
import { hostAndPort } from '../../src/core/monitor.ts';
import type { Endpoint, Monitor } from '../../src/core/monitor.ts';
import { isRead } from '../../src/core/observation.ts';
import type { CheckSpan, OutboxContent, Store, Stores } from '../../src/core/ports.ts';
import { SEVERITY_RANK } from '../../src/core/finding.ts';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import type { Channel, Connection } from '../../src/core/workspace.ts';
import { memoryInbox } from './memory-inbox.ts';

export interface MemoryStore extends Store {
  readonly queued: { readonly channelId: string; readonly content: OutboxContent }[];
}

const WORKSPACE = { id: 'workspace', name: 'default' };

function storedPlace(endpoint: Endpoint): string {
  return hostAndPort({ ...endpoint, displayHost: endpoint.host });
}

export function memoryStore(now: () => Date): MemoryStore {
  const connections: Connection[] = [];
  const channels: Channel[] = [];
  const groups: ContactGroup[] = [];
  const profiles = BUILT_IN_PROFILES.map((profile, index) => ({ ...profile, id: `CP${String(index)}` }));
  const monitors = new Map<string, Monitor>();
  const spans = new Map<string, CheckSpan[]>();
  const failures = new Map<string, readonly ConnectionFailure[]>();
  const crossings: Crossing[] = [];
  const certificates = new Map<string, Certificate>();
  const incidents = new Map<string, Incident>();
  const queued: MemoryStore['queued'] = [];
  const told = new Map<string, Set<string>>();
  const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();
  const ok = <T>(value: T): Promise<T> => Promise.resolve(value);
  const notAsked = (): never => {
    throw new Error('not asked in these tests');
  };
  const change = (id: string, to: Partial<Monitor>): Promise<void> => {
    const monitor = monitors.get(id);
    if (monitor !== undefined) monitors.set(id, { ...monitor, ...to });
    return ok(undefined);
  };
  const queue = (incidentId: string, channelId: string, content: OutboxContent): Promise<void> => {
    queued.push({ channelId, content });
    told.set(incidentId, (told.get(incidentId) ?? new Set()).add(channelId));
    return ok(undefined);
  };
  const openOnes = (): Incident[] => [...incidents.values()].filter((one) => one.closed === undefined);
  const byEnd = (a: Monitor, b: Monitor): number =>
    (a.expiresAt?.getTime() ?? Infinity) - (b.expiresAt?.getTime() ?? Infinity) ||
    a.endpoint.host.localeCompare(b.endpoint.host);

  const stores: Stores = {
    workspaces: {
      ensureDefault: () => ok(WORKSPACE),
      ensureConnection(workspaceId, platform, externalId) {
        const connection = { id: `connection-${externalId}`, workspaceId, platform, externalId };
        connections.push(connection);
        return ok(connection);
      },
      findConnection: (platform, externalId) =>
        ok(connections.find((one) => one.platform === platform && one.externalId === externalId)),
    },
    channels: {
      ensure(workspaceId, wanted) {
        const at = channels.findIndex(
          (one) => one.connectionId === wanted.connectionId && one.externalId === wanted.externalId,
        );
        const id = channels[at]?.id ?? `channel-${wanted.externalId}`;
        const channel: Channel = {
          ...wanted,
          id,
          workspaceId,
          platform: 'console',
          teamId: 'local',
          deadReason: undefined,
        };
        channels.splice(at === -1 ? channels.length : at, at === -1 ? 0 : 1, channel);
        return ok(channel);
      },
      find: (_workspace, id) => ok(channels.find((one) => one.id === id)),
      findByName: (_workspace, connectionId, name) =>
        ok(channels.find((one) => one.connectionId === connectionId && same(one.name, name))),
      listByIds: (_workspace, ids) => ok(channels.filter((one) => ids.includes(one.id))),
      markDead(_workspace, id, reason) {
        const at = channels.findIndex((one) => one.id === id);
        const channel = channels[at];
        if (channel !== undefined) channels[at] = { ...channel, deadReason: reason };
        return ok(undefined);
      },
    },
    groups: {
      add(workspaceId, id, name) {
        if (groups.some((group) => same(group.name, name))) return ok(undefined);
        const group = { id, workspaceId, name, channelIds: [] };
        groups.push(group);
        return ok(group);
      },
      findByName: (_workspace, name) => ok(groups.find((group) => same(group.name, name))),
      list: () => ok([...groups].sort((a, b) => a.name.localeCompare(b.name))),
      map(_workspace, groupId, channelId) {
        const at = groups.findIndex((group) => group.id === groupId);
        const group = groups[at];
        if (group === undefined || group.channelIds.includes(channelId)) return ok(false);
        groups[at] = { ...group, channelIds: [...group.channelIds, channelId] };
        return ok(true);
      },
      unmap(_workspace, groupId, channelId) {
        const at = groups.findIndex((group) => group.id === groupId);
        const group = groups[at];
        if (!group?.channelIds.includes(channelId)) return ok(false);
        groups[at] = { ...group, channelIds: group.channelIds.filter((id) => id !== channelId) };
        return ok(true);
      },
      countMonitors: (_workspace, groupId) =>
        ok([...monitors.values()].filter((monitor) => monitor.groupIds.includes(groupId)).length),
    },
    profiles: {
      find: (_workspace, id) => ok(profiles.find((profile) => profile.id === id)),
      findByName: (_workspace, name) => ok(profiles.find((profile) => same(profile.name, name))),
      list: () => ok(profiles),
    },
    monitors: {
      async add(workspaceId, wanted, at) {
        const known = await stores.monitors.findByEndpoint(workspaceId, wanted.endpoint);
        if (known !== undefined) return { duplicateOf: known };
        const added: Monitor = {
          ...wanted,
          workspaceId,
          createdAt: at,
          paused: false,
          status: 'pending',
          daysLeft: undefined,
          expiresAt: undefined,
          failing: undefined,
          lastCheckedAt: undefined,
          nextCheckAt: at,
        };
        monitors.set(added.id, added);
        return { added };
      },
      find: (_workspace, id) => ok(monitors.get(id)),
      lock: (_workspace, id) => ok(monitors.get(id)),
      findByEndpoint: (_workspace, { host, port, protocol, serverName }) =>
        ok(
          [...monitors.values()].find(
            ({ endpoint }) =>
              endpoint.host === host &&
              endpoint.port === port &&
              endpoint.protocol === protocol &&
              endpoint.serverName === serverName,
          ),
        ),
      match: (_workspace, reference, limit) =>
        ok(
          [...monitors.values()]
            .filter(
              ({ id, name, endpoint }) =>
                (/^CM[0-9a-f]{2,}$/i.test(reference) && id.toLowerCase().startsWith(reference.toLowerCase())) ||
                [name, endpoint.host, endpoint.displayHost, hostAndPort(endpoint), storedPlace(endpoint)].some((word) =>
                  same(word, reference),
                ),
            )
            .slice(0, limit),
        ),
      list: (_workspace, limit, offset) => ok([...monitors.values()].sort(byEnd).slice(offset, offset + limit)),
      listByIds: (_workspace, ids) => ok([...monitors.values()].filter((one) => ids.includes(one.id))),
      count: () => ok(monitors.size),
      setPaused: (_workspace, id, paused, status, nextCheckAt) =>
        change(id, { paused, status, nextCheckAt, failing: undefined }),
      remove(_workspace, id) {
        monitors.delete(id);
        return ok(undefined);
      },
      update: (_workspace, id, update) => change(id, update),
      claimDue: notAsked,
      updateLeased: notAsked,
      renewLease: notAsked,
      releaseLease: notAsked,
    },
    checks: {
      last: (_workspace, id) => ok(spans.get(id)?.[0]),
      history: (_workspace, id, limit) => ok((spans.get(id) ?? []).slice(0, limit)),
      record(_workspace, id, observation, findings, digest) {
        const at = observation.checkedAt;
        spans.set(id, [
          { firstAt: at, lastAt: at, checks: 1, observation, findings, digest },
          ...(spans.get(id) ?? []),
        ]);
        for (const address of observation.addresses.filter(isRead)) {
          for (const one of [...address.chain, ...(address.path ?? [])]) certificates.set(one.fingerprint, one);
        }
        return ok(undefined);
      },
      failures: (_workspace, id) => ok([...(failures.get(id) ?? [])]),
      replaceFailures(_workspace, id, now) {
        failures.set(id, now);
        return ok(undefined);
      },
      crossings: (_workspace, fingerprints) => ok(crossings.filter((one) => fingerprints.includes(one.fingerprint))),
      addCrossings(_workspace, added) {
        crossings.push(...added);
        return ok(undefined);
      },
      certificate: (_workspace, fingerprint) => ok(certificates.get(fingerprint)),
    },
    incidents: {
      lockAll: () => ok(undefined),
      find: (_workspace, id) => ok(incidents.get(id)),
      findByNumber: (_workspace, number) => ok([...incidents.values()].find((one) => one.number === number)),
      findByKeys: (_workspace, keys) =>
        ok(openOnes().filter((one) => keys.some((key) => keyText(key) === keyText(one.key)))),
      openOf: (_workspace, id) => ok(openOnes().filter((one) => one.members.some((member) => member.monitorId === id))),
      listOpen: (_workspace, limit) =>
        ok(
          openOnes()
            .sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || a.number - b.number)
            .slice(0, limit),
        ),
      nextNumber: () => ok(incidents.size + 1),
      insert(_workspace, incident) {
        incidents.set(incident.id, incident);
        return ok(undefined);
      },
      replace(_workspace, incident) {
        incidents.set(incident.id, incident);
        return ok(true);
      },
      dueSilences: notAsked,
    },
    outbox: {
      queueHead: (_workspace, incidentId, channelId) => queue(incidentId, channelId, { kind: 'head' }),
      queueThread: (_workspace, incidentId, channelId, content) => queue(incidentId, channelId, content),
      queueNotice: notAsked,
      channelsOf: (_workspace, incidentId) => ok([...(told.get(incidentId) ?? [])]),
      claim: notAsked,
      sent: notAsked,
      retry: notAsked,
      headGone: notAsked,
      giveUp: notAsked,
      countWaiting: () => ok(queued.length),
    },
    inbox: memoryInbox(now).store.inbox,
  };
  return {
    ...stores,
    queued,
    transaction: (work) => work(stores),
    databaseTime: () => ok(now()),
    close: () => ok(undefined),
  };
}
