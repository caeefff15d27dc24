import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import { toSid } from '../../src/core/sid.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addChannel, addMonitor, defaultTenant, otherTenant } from '../helpers/stored.ts';

describeOnBothEngines('workspaces, channels, groups and profiles', (test) => {
  describe('workspaces', () => {
    it('makes the default workspace and its built-in profiles once, however many ask at once', async () => {
      const { store } = test();
      const made = await Promise.all(Array.from({ length: 8 }, () => store.workspaces.ensureDefault()));
      expect(new Set(made.map((workspace) => workspace.id)).size).toBe(1);
      const [{ id } = { id: '' }] = made;
      const profiles = await store.profiles.list(id);
      const byName = [...BUILT_IN_PROFILES].sort((a, b) => a.name.localeCompare(b.name));
      expect(profiles).toEqual(byName.map((profile, index) => ({ ...profile, id: profiles[index]?.id })));
    });

    it('makes the connection of a team once, however many ask at once', async () => {
      const { store } = test();
      const { id } = await store.workspaces.ensureDefault();
      const made = await Promise.all(
        Array.from({ length: 8 }, () => store.workspaces.ensureConnection(id, 'slack', 'T1')),
      );
      expect(new Set(made.map((connection) => connection.id)).size).toBe(1);
      expect(made[0]).toMatchObject({ workspaceId: id, platform: 'slack', externalId: 'T1' });
      expect(await store.workspaces.findConnection('slack', 'T1')).toEqual(made[0]);
    });

    it('leaves a team with the workspace that connected it first', async () => {
      const { store } = test();
      const first = await defaultTenant(test());
      const second = await otherTenant(test());
      const connection = await store.workspaces.ensureConnection(first.workspaceId, 'slack', 'T1');
      expect(await store.workspaces.ensureConnection(second.workspaceId, 'slack', 'T1')).toEqual(connection);
    });

    it.each([
      ['another team', 'slack', 'T2'],
      ['the same id on another platform', 'teams', 'T1'],
    ] as const)('does not find %s', async (_, platform, externalId) => {
      const { store } = test();
      const { id } = await store.workspaces.ensureDefault();
      await store.workspaces.ensureConnection(id, 'slack', 'T1');
      expect(await store.workspaces.findConnection(platform, externalId)).toBeUndefined();
    });
  });

  describe('channels', () => {
    it('makes a channel, and renames it when it is seen again', async () => {
      const { store } = test();
      const { workspaceId, connection, channel } = await defaultTenant(test());
      expect(channel).toEqual({
        id: channel.id,
        workspaceId,
        connectionId: connection.id,
        platform: 'console',
        teamId: 'local',
        externalId: 'C-ops',
        name: 'ops',
        isPrivateChat: false,
        deadReason: undefined,
      });
      const renamed = await store.channels.ensure(workspaceId, { ...channel, name: 'operations' });
      expect(renamed).toEqual({ ...channel, name: 'operations' });
      expect(await store.channels.find(workspaceId, channel.id)).toEqual(renamed);
    });

    it('makes a channel once, however many ask at once', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const made = await Promise.all(Array.from({ length: 8 }, () => addChannel(store, tenant, 'mail')));
      expect(new Set(made.map((channel) => channel.id)).size).toBe(1);
    });

    it('marks a channel dead, and brings it back to life when somebody speaks there', async () => {
      const { store } = test();
      const { workspaceId, channel } = await defaultTenant(test());
      await store.channels.markDead(workspaceId, channel.id, 'archived: unarchive it');
      expect(await store.channels.find(workspaceId, channel.id)).toMatchObject({
        deadReason: 'archived: unarchive it',
      });
      expect(await store.channels.ensure(workspaceId, channel)).toMatchObject({ deadReason: undefined });
    });

    it('finds by name whatever the case, on one connection only', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const slack = await store.workspaces.ensureConnection(tenant.workspaceId, 'slack', 'T1');
      const elsewhere = await addChannel(store, { ...tenant, connection: slack }, 'ops');
      expect(await store.channels.findByName(tenant.workspaceId, tenant.connection.id, 'OPS')).toEqual(tenant.channel);
      expect(await store.channels.findByName(tenant.workspaceId, slack.id, 'Ops')).toEqual(elsewhere);
      expect(await store.channels.findByName(tenant.workspaceId, slack.id, 'op_')).toBeUndefined();
    });

    it('lists by id those that are there', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const mail = await addChannel(store, tenant, 'mail');
      const found = await store.channels.listByIds(tenant.workspaceId, [mail.id, randomUUID(), tenant.channel.id]);
      expect(found.map((channel) => channel.name).sort()).toEqual(['mail', 'ops']);
      expect(await store.channels.listByIds(tenant.workspaceId, [])).toEqual([]);
    });
  });

  describe('groups', () => {
    it('takes a name once, whatever the case, also when two take it at once', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const results = await Promise.all(
        ['Mail', 'mail', 'MAIL'].map((name) =>
          store.groups.add(workspaceId, toSid('contact-group', randomUUID()), name),
        ),
      );
      expect(results.filter((group) => group !== undefined)).toHaveLength(1);
      expect(await store.groups.findByName(workspaceId, 'mAiL')).toEqual(results.find(Boolean));
    });

    it('maps and unmaps a channel, and says whether that changed anything', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { workspaceId, channel } = tenant;
      const mail = await addChannel(store, tenant, 'mail');
      const id = toSid('contact-group', randomUUID());
      await store.groups.add(workspaceId, id, 'mail');
      expect(await store.groups.map(workspaceId, id, channel.id)).toBe('new');
      expect(await store.groups.map(workspaceId, id, channel.id)).toBe('same');
      expect(await store.groups.map(workspaceId, id, channel.id, 'env:prod')).toBe('changed');
      expect(await store.groups.map(workspaceId, id, mail.id)).toBe('new');
      const mapped = await store.groups.findByName(workspaceId, 'mail');
      expect(mapped?.mappings).toHaveLength(2);
      expect(mapped?.mappings).toEqual(
        expect.arrayContaining([
          { channelId: channel.id, filter: 'env:prod' },
          { channelId: mail.id, filter: undefined },
        ]),
      );
      expect(await store.groups.unmap(workspaceId, id, channel.id)).toBe(true);
      expect(await store.groups.unmap(workspaceId, id, channel.id)).toBe(false);
      expect(await store.groups.findByName(workspaceId, 'mail')).toMatchObject({ mappings: [{ channelId: mail.id }] });
    });

    it('lists by name, and counts the monitors that name a group', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const ids = ['web', 'Mail', 'directory'].map((name) => ({ id: toSid('contact-group', randomUUID()), name }));
      for (const { id, name } of ids) await store.groups.add(tenant.workspaceId, id, name);
      const groups = await store.groups.list(tenant.workspaceId);
      expect(groups.map((group) => group.name)).toEqual(['directory', 'Mail', 'web']);
      const web = ids[0]?.id ?? '';
      await addMonitor(store, tenant, { groupIds: [web] });
      await addMonitor(store, tenant, { groupIds: [web], endpoint: { port: 587 } });
      expect(await store.groups.countMonitors(tenant.workspaceId, web)).toBe(2);
      expect(await store.groups.countMonitors(tenant.workspaceId, ids[1]?.id ?? '')).toBe(0);
    });
  });

  describe('profiles', () => {
    it('finds by id, and by name whatever the case', async () => {
      const { store } = test();
      const { workspaceId, profile } = await defaultTenant(test());
      expect(await store.profiles.find(workspaceId, profile.id)).toEqual(profile);
      expect(await store.profiles.findByName(workspaceId, 'STANDARD')).toEqual(profile);
      expect(await store.profiles.findByName(workspaceId, 'Stand%')).toBeUndefined();
      expect(profile.thresholdsDays).toEqual([60, 30, 15, 7, 0]);
    });
  });
});
