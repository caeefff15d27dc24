/** The workspace of the year: its profiles, its channels and who is told. */
import { eq } from 'drizzle-orm';
import type { Database } from '../../src/store/database.ts';
import type { Store } from '../../src/core/ports.ts';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import type { Profile } from '../../src/core/profile.ts';
import { toSid } from '../../src/core/sid.ts';
import { profileRow } from '../../src/store/profiles.ts';
import { contactGroups, profiles } from '../../src/store/schema.ts';
import { ESCALATES_AFTER_MS, MENTIONING } from './oracle/attended.ts';
import { ADMINS } from './oracle/network.ts';
import { HOURS } from './oracle/hours.ts';
import { DAY_MS } from './time.ts';
import type { GroupName, ProfileName } from './world/site.ts';

export interface Office {
  readonly workspaceId: string;
  readonly profiles: Readonly<Record<ProfileName, Profile>>;
  readonly groups: Readonly<Record<GroupName, { readonly id: string; readonly channelId: string }>>;
}

const THRESHOLDS: Readonly<Record<ProfileName, readonly number[]>> = {
  Daily: [60, 30, 15, 7, 0],
  'Daily, many thresholds': [90, 60, 45, 30, 15, 7, 3, 1, 0],
};
const GROUP_NAMES = ['managers', 'ops', 'berlin', 'new-york', 'night'] as const satisfies readonly GroupName[];
/** Who is told too where nobody has taken it for so long. */
const ESCALATION = { from: 'new-york', to: 'managers', afterMs: ESCALATES_AFTER_MS } as const;

export async function furnish(store: Store, database: Database, newUuid: () => string): Promise<Office> {
  const { id: workspaceId } = await store.workspaces.ensureDefault();
  const connection = await store.workspaces.ensureConnection(workspaceId, 'console', 'local');
  const [standard] = BUILT_IN_PROFILES;
  if (standard === undefined) throw new Error('there is no built-in profile');
  const made: Partial<Record<ProfileName, Profile>> = {};
  for (const name of Object.keys(THRESHOLDS) as ProfileName[]) {
    const profile: Profile = {
      ...standard,
      id: toSid('profile', newUuid()),
      name,
      isBuiltIn: false,
      thresholdsDays: THRESHOLDS[name],
      checkIntervalMs: DAY_MS,
    };
    await database.pool.insert(profiles).values(profileRow(workspaceId, profile));
    made[name] = profile;
  }
  const groups: Partial<Record<GroupName, { id: string; channelId: string }>> = {};
  for (const name of GROUP_NAMES) {
    const channel = await store.channels.ensure(workspaceId, {
      connectionId: connection.id,
      externalId: name,
      name,
      isPrivateChat: false,
    });
    const group = await store.groups.add(workspaceId, toSid('contact-group', newUuid()), name);
    if (group === undefined) throw new Error(`group ${name} is there already`);
    await store.groups.map(workspaceId, group.id, channel.id);
    groups[name] = { id: group.id, channelId: channel.id };
    await database.pool
      .update(contactGroups)
      .set({
        ...hoursRow(name),
        ...(name === ESCALATION.from
          ? { escalateTo: groups[ESCALATION.to]?.id ?? null, escalateAfterMs: ESCALATION.afterMs }
          : {}),
        ...(name === MENTIONING
          ? { mention: { who: [{ platform: 'console', text: '@oncall' }], on: 'critical' } }
          : {}),
      })
      .where(eq(contactGroups.id, group.id));
  }
  const admins = await store.channels.ensure(workspaceId, {
    connectionId: connection.id,
    externalId: ADMINS,
    name: ADMINS,
    isPrivateChat: false,
  });
  await store.workspaces.changeSettings(workspaceId, { adminChannelId: admins.id });
  return { workspaceId, profiles: made as Office['profiles'], groups: groups as Office['groups'] };
}

function hoursRow(name: GroupName) {
  const { zone, window, criticalThrough } = HOURS[name];
  const hours = window?.days.map((day) => ({ day, fromMinute: window.fromMinute, toMinute: window.toMinute }));
  return { timeZone: zone, hours: hours ?? null, criticalThrough };
}
