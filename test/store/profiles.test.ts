import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/core/profile.ts';
import { toSid } from '../../src/core/sid.ts';
import { HOUR_MS, NOW, profile } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addMonitor, addMonitors, defaultTenant, newMonitor, otherTenant } from '../helpers/stored.ts';

const MINUTE_MS = 60_000;

const own = (fields: Partial<Profile> = {}): Profile =>
  profile({
    id: toSid('profile', randomUUID()),
    name: 'Mail',
    isBuiltIn: false,
    thresholdsDays: [9, 0],
    scale: false,
    checkIntervalMs: 5 * MINUTE_MS,
    severities: { 'weak-key': 'off' },
    trust: { extraCaPem: 'PEM', only: true },
    remind: { warning: HOUR_MS },
    ...fields,
  });

describeOnBothEngines('profiles', (test) => {
  describe('a profile of the workspace', () => {
    it('is kept as it was given, and its name is taken whatever the case', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const mail = own();
      expect(await store.profiles.add(workspaceId, mail)).toBe(true);
      expect(await store.profiles.find(workspaceId, mail.id)).toEqual(mail);
      expect(await store.profiles.findByName(workspaceId, 'mAIL')).toEqual(mail);
      expect(await store.profiles.add(workspaceId, own({ name: 'MAIL' }))).toBe(false);
      expect((await store.profiles.list(workspaceId)).map(({ name }) => name)).toEqual([
        'Aggressive',
        'Mail',
        'Minimal',
        'Standard',
      ]);
    });

    it('is changed as a whole, a CA taken away too', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const mail = own();
      await store.profiles.add(workspaceId, mail);
      const after = own({
        id: mail.id,
        thresholdsDays: [30],
        trust: { extraCaPem: undefined, only: false },
        remind: {},
      });
      await store.profiles.replace(workspaceId, after);
      expect(await store.profiles.find(workspaceId, mail.id)).toEqual(after);
    });

    it('of another workspace is out of reach', async () => {
      const { store } = test();
      const mine = await defaultTenant(test());
      const theirs = await otherTenant(test());
      const mail = own();
      await store.profiles.add(theirs.workspaceId, mail);
      await store.profiles.replace(mine.workspaceId, { ...mail, thresholdsDays: [1] });
      expect(await store.profiles.remove(mine.workspaceId, mail.id)).toBe(0);
      expect(await store.profiles.lock(mine.workspaceId, mail.id)).toBeUndefined();
      expect(await store.profiles.find(theirs.workspaceId, mail.id)).toEqual(mail);
    });
  });

  describe('one that monitors have', () => {
    it('stays, and says how many have it', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { workspaceId } = tenant;
      const mail = own();
      await store.profiles.add(workspaceId, mail);
      expect(await store.profiles.usage(workspaceId)).toEqual(new Map());
      await addMonitor(store, tenant);
      await store.monitors.add(
        workspaceId,
        { ...newMonitor(tenant, { endpoint: { host: 'b.example.com' } }), profileId: mail.id },
        NOW,
      );
      expect(await store.profiles.usage(workspaceId)).toEqual(
        new Map([
          [tenant.profile.id, 1],
          [mail.id, 1],
        ]),
      );
      expect(await store.profiles.remove(workspaceId, mail.id)).toBe(1);
      expect(await store.profiles.find(workspaceId, mail.id)).toEqual(mail);
    });

    it('is never removed under a monitor that is given it meanwhile', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { workspaceId } = tenant;
      const mail = own();
      await store.profiles.add(workspaceId, mail);
      const outcomes = await Promise.allSettled([
        store.profiles.remove(workspaceId, mail.id),
        store.monitors.add(workspaceId, { ...newMonitor(tenant), profileId: mail.id }, NOW),
      ]);
      const isThere = (await store.profiles.find(workspaceId, mail.id)) !== undefined;
      const users = (await store.profiles.usage(workspaceId)).get(mail.id) ?? 0;
      expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
      expect(users).toBe(isThere ? 1 : 0);
    });
  });

  describe('a built-in one', () => {
    it('that was removed stays away when the workspace is asked for again', async () => {
      const { store } = test();
      const { id } = await store.workspaces.ensureDefault();
      const minimal = await store.profiles.findByName(id, 'Minimal');
      expect(await store.profiles.remove(id, minimal?.id ?? '')).toBe(0);
      await Promise.all(Array.from({ length: 4 }, () => store.workspaces.ensureDefault()));
      expect((await store.profiles.list(id)).map(({ name }) => name)).toEqual(['Aggressive', 'Standard']);
    });
  });

  describe('its monitors', () => {
    it('are due within the time given, spread over it; who is due sooner stays so, and who is paused rests', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { workspaceId } = tenant;
      const inADay = new Date(NOW.getTime() + 24 * HOUR_MS);
      const monitors = await addMonitors(store, tenant, 40, inADay);
      const soon = await addMonitor(store, tenant, { endpoint: { host: 'soon.example.com' } }, NOW);
      const paused = await addMonitor(store, tenant, { endpoint: { host: 'paused.example.com' } }, inADay);
      await store.monitors.setPaused(workspaceId, paused.id, true, 'paused', inADay);
      const other = own();
      await store.profiles.add(workspaceId, other);
      const elsewhere = await store.monitors.add(
        workspaceId,
        { ...newMonitor(tenant, { endpoint: { host: 'other.example.com' } }), profileId: other.id },
        inADay,
      );

      await store.monitors.hasten(workspaceId, tenant.profile.id, NOW, 5 * MINUTE_MS);

      const after = await store.monitors.listByIds(
        workspaceId,
        monitors.map(({ id }) => id),
      );
      const waits = after.map(({ nextCheckAt }) => nextCheckAt.getTime() - NOW.getTime());
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...waits)).toBeLessThan(5 * MINUTE_MS);
      expect(new Set(waits.map((ms) => Math.floor(ms / MINUTE_MS))).size).toBeGreaterThan(3);
      expect((await store.monitors.find(workspaceId, soon.id))?.nextCheckAt).toEqual(NOW);
      expect((await store.monitors.find(workspaceId, paused.id))?.nextCheckAt).toEqual(inADay);
      const untouched = 'added' in elsewhere ? await store.monitors.find(workspaceId, elsewhere.added.id) : undefined;
      expect(untouched?.nextCheckAt).toEqual(inADay);
      expect(await store.monitors.claimDue(new Date(NOW.getTime() + 5 * MINUTE_MS), 100, 1_000)).toHaveLength(41);
    });
  });

  describe('a monitor', () => {
    it('is edited in what is given, and only in that', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { workspaceId } = tenant;
      const group = toSid('contact-group', randomUUID());
      await store.groups.add(workspaceId, group, 'ops');
      const monitor = await addMonitor(store, tenant, { name: 'Mail', tags: ['a'] });
      const edit = (change: Parameters<typeof store.monitors.edit>[2]) =>
        store.monitors.edit(workspaceId, monitor.id, change);

      await edit({});
      expect(await store.monitors.find(workspaceId, monitor.id)).toEqual(monitor);
      await edit({
        name: 'Post\u0000',
        groupIds: [group],
        tags: ['b', 'c'],
        serverName: 'mx.example.com',
        direct: true,
      });
      const after = {
        ...monitor,
        name: 'Post\uFFFD',
        groupIds: [group],
        tags: ['b', 'c'],
        endpoint: { ...monitor.endpoint, serverName: 'mx.example.com', direct: true },
      };
      expect(await store.monitors.find(workspaceId, monitor.id)).toEqual(after);
      await edit({ name: null, groupIds: [], tags: [] });
      expect(await store.monitors.find(workspaceId, monitor.id)).toEqual({
        ...after,
        name: undefined,
        groupIds: [],
        tags: [],
      });
    });
  });
});
