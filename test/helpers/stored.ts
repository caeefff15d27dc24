/** What most store tests begin with: a workspace that has a profile, a channel and a monitor or two. */
import { randomUUID } from 'node:crypto';
import type { Endpoint, Monitor } from '../../src/core/monitor.ts';
import type { NewMonitor, Stores } from '../../src/core/ports.ts';
import type { Profile } from '../../src/core/profile.ts';
import { toSid } from '../../src/core/sid.ts';
import type { Channel, Connection, PlatformName } from '../../src/core/workspace.ts';
import { profileRow } from '../../src/store/profiles.ts';
import { profiles, workspaces } from '../../src/store/schema.ts';
import { endpoint, NOW, profile } from './builders.ts';
import type { TestDatabase } from './databases.ts';

export interface Tenant {
  readonly workspaceId: string;
  readonly connection: Connection;
  readonly channel: Channel;
  readonly profile: Profile;
}

/** The workspace `default`, on the console. */
export async function defaultTenant({ store }: Pick<TestDatabase, 'store'>): Promise<Tenant> {
  const workspace = await store.workspaces.ensureDefault();
  const standard = await store.profiles.findByName(workspace.id, 'Standard');
  if (standard === undefined) throw new Error('the default workspace has no profile Standard');
  return tenant(store, workspace.id, 'console', 'local', standard);
}

/** Another workspace with a Slack team of its own. */
export async function otherTenant({ store, database }: TestDatabase): Promise<Tenant> {
  const workspaceId = randomUUID();
  await database.pool.insert(workspaces).values({ id: workspaceId, name: workspaceId });
  const standard = profile({ id: toSid('profile', randomUUID()) });
  await database.pool.insert(profiles).values(profileRow(workspaceId, standard));
  return tenant(store, workspaceId, 'slack', workspaceId, standard);
}

async function tenant(
  store: Stores,
  workspaceId: string,
  platform: PlatformName,
  team: string,
  standard: Profile,
): Promise<Tenant> {
  const connection = await store.workspaces.ensureConnection(workspaceId, platform, team);
  const channel = await addChannel(store, { workspaceId, connection }, 'ops');
  return { workspaceId, connection, channel, profile: standard };
}

export function addChannel(
  store: Stores,
  { workspaceId, connection }: Pick<Tenant, 'workspaceId' | 'connection'>,
  name: string,
): Promise<Channel> {
  return store.channels.ensure(workspaceId, {
    connectionId: connection.id,
    externalId: `C-${name}`,
    name,
    isPrivateChat: false,
  });
}

export interface MonitorFields {
  readonly endpoint?: Partial<Endpoint>;
  readonly name?: string;
  readonly groupIds?: readonly string[];
  readonly tags?: readonly string[];
}

/** Not stored yet: smtp on `mail.example.com:25` unless said otherwise. */
export function newMonitor(tenant: Tenant, fields: MonitorFields = {}): NewMonitor {
  return {
    id: toSid('monitor', randomUUID()),
    name: fields.name,
    endpoint: endpoint(fields.endpoint),
    profileId: tenant.profile.id,
    groupIds: fields.groupIds ?? [],
    tags: fields.tags ?? [],
    addedInChannelId: tenant.channel.id,
    addedBy: 'console:ann',
  };
}

/** Stored, and due at `now`. */
export async function addMonitor(
  store: Stores,
  tenant: Tenant,
  fields: MonitorFields = {},
  now: Date = NOW,
): Promise<Monitor> {
  const result = await store.monitors.add(tenant.workspaceId, newMonitor(tenant, fields), now);
  if ('duplicateOf' in result) throw new Error(`monitor ${result.duplicateOf.id} is there already`);
  return result.added;
}

/** As many as asked for, on `host-0.example.com`, `host-1.example.com`, … */
export async function addMonitors(store: Stores, tenant: Tenant, count: number, now: Date = NOW): Promise<Monitor[]> {
  const added: Monitor[] = [];
  for (let index = 0; index < count; index += 1) {
    added.push(await addMonitor(store, tenant, { endpoint: { host: `host-${String(index)}.example.com` } }, now));
  }
  return added;
}
