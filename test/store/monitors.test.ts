import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MonitorUpdate } from '../../src/core/ports.ts';
import { toSid } from '../../src/core/sid.ts';
import { HOUR_MS, inDays, NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addMonitor, defaultTenant, newMonitor } from '../helpers/stored.ts';

const CHECKED: MonitorUpdate = {
  status: 'expiring',
  daysLeft: 6,
  expiresAt: inDays(6.5),
  failing: { tries: 1, of: 3 },
  lastCheckedAt: NOW,
  nextCheckAt: new Date(NOW.getTime() + HOUR_MS),
  served: undefined,
};

describeOnBothEngines('monitors', (test) => {
  describe('add', () => {
    it('gives the monitor as it now stands: pending, due at once', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const group = toSid('contact-group', randomUUID());
      await store.groups.add(tenant.workspaceId, group, 'mail');
      const wanted = newMonitor(tenant, { name: 'Mail', groupIds: [group], tags: ['env:prod', 'mail'] });
      const result = await store.monitors.add(tenant.workspaceId, wanted, NOW);
      const { id, endpoint, profileId, addedInChannelId, addedBy } = wanted;
      expect(result).toEqual({
        added: {
          id,
          workspaceId: tenant.workspaceId,
          name: 'Mail',
          endpoint,
          profileId,
          groupIds: [group],
          tags: ['env:prod', 'mail'],
          addedInChannelId,
          addedBy,
          createdAt: NOW,
          paused: false,
          status: 'pending',
          daysLeft: undefined,
          expiresAt: undefined,
          failing: undefined,
          lastCheckedAt: undefined,
          nextCheckAt: NOW,
        },
      });
      expect(result).toEqual({ added: await store.monitors.find(tenant.workspaceId, id) });
    });

    it.each([
      ['IPv6', { host: '2001:db8::1', hostKind: 'ipv6', serverName: '2001:db8::1' }],
      ['an IDN, as typed and as an A-label', { host: 'xn--mller-kva.example', displayHost: 'müller.example' }],
      ['PostgreSQL with TLS at once', { protocol: 'postgresql', port: 5432, direct: true }],
    ] as const)('keeps %s', async (_, fields) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const added = await addMonitor(store, tenant, { endpoint: fields });
      expect(added.endpoint).toMatchObject(fields);
      expect(await store.monitors.find(tenant.workspaceId, added.id)).toEqual(added);
    });

    it('answers a duplicate with the one that stands, in a transaction that goes on', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const first = await addMonitor(store, tenant, { name: 'first' });
      const second = newMonitor(tenant, { name: 'second', tags: ['lost'] });
      await store.transaction(async (stores) => {
        expect(await stores.monitors.add(tenant.workspaceId, second, NOW)).toEqual({ duplicateOf: first });
        expect(await stores.monitors.count(tenant.workspaceId, { now: NOW })).toMatchObject({ total: 1 });
      });
    });

    it.each([
      ['port', { port: 587 }],
      ['protocol', { protocol: 'smtps' }],
      ['server name', { serverName: 'mx.example.com' }],
      ['host', { host: 'mx.example.com' }],
    ] as const)('takes the same place with another %s for another monitor', async (_, fields) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      await addMonitor(store, tenant);
      await addMonitor(store, tenant, { endpoint: fields });
      expect(await store.monitors.count(tenant.workspaceId, { now: NOW })).toMatchObject({ total: 2 });
    });

    it('lets one of many who add the same at once win; the others are told of it', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const results = await Promise.all(
        Array.from({ length: 8 }, () => store.monitors.add(tenant.workspaceId, newMonitor(tenant), NOW)),
      );
      const winner = results.find((result) => 'added' in result);
      if (winner === undefined) throw new Error('nobody won');
      expect(results.filter((result) => 'added' in result)).toHaveLength(1);
      for (const result of results) if ('duplicateOf' in result) expect(result.duplicateOf.id).toBe(winner.added.id);
    });
  });

  describe('match', () => {
    it.each([
      ['its SID', (id: string) => id],
      ['its SID in another case', (id: string) => id.toUpperCase()],
      ['the start of its SID', (id: string) => id.slice(0, 8)],
      ['its name', () => 'Front Door'],
      ['its name in another case', () => 'front door'],
      ['its host', () => 'xn--mller-kva.example'],
      ['its host as typed', () => 'müller.example'],
      ['its host as typed, in another case', () => 'MÜLLER.example'],
      ['host and port', () => 'müller.example:8443'],
    ])('finds by %s', async (_, reference) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const wanted = await addMonitor(store, tenant, {
        name: 'Front Door',
        endpoint: { host: 'xn--mller-kva.example', displayHost: 'müller.example', port: 8443, protocol: 'https' },
      });
      await addMonitor(store, tenant, { endpoint: { host: 'other.example' } });
      expect(await store.monitors.match(tenant.workspaceId, reference(wanted.id), 5)).toEqual([wanted]);
    });

    it.each([
      ['bare', '2001:db8::1'],
      ['in brackets', '[2001:db8::1]'],
      ['in brackets, with the port', '[2001:db8::1]:636'],
    ])('finds IPv6 %s', async (_, reference) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const wanted = await addMonitor(store, tenant, {
        endpoint: { host: '2001:db8::1', hostKind: 'ipv6', port: 636, protocol: 'ldaps' },
      });
      expect(await store.monitors.match(tenant.workspaceId, reference, 5)).toEqual([wanted]);
    });

    it.each([
      ['part of a name', 'Front'],
      ['a pattern', '%'],
      ['a pattern of one sign', 'Front_Door'],
      ['another port', 'mail.example.com:26'],
      ['SQL', "' or '1'='1"],
      ['a NUL', 'mail\u0000.example.com'],
      ['nothing', ''],
    ])('finds nothing by %s', async (_, reference) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      await addMonitor(store, tenant, { name: 'Front Door' });
      expect(await store.monitors.match(tenant.workspaceId, reference, 5)).toEqual([]);
    });

    it('gives every one that fits, at most as many as asked for', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      for (const port of [25, 465, 587]) await addMonitor(store, tenant, { endpoint: { port } });
      const found = await store.monitors.match(tenant.workspaceId, 'mail.example.com', 5);
      expect(found.map((monitor) => monitor.endpoint.port)).toEqual([25, 465, 587]);
      expect(await store.monitors.match(tenant.workspaceId, 'mail.example.com', 2)).toHaveLength(2);
    });
  });

  describe('list', () => {
    it('puts what ends first first, what was never read last, then goes by host', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const hosts = { 'c.example': inDays(9), 'b.example': undefined, 'd.example': inDays(2), 'a.example': undefined };
      for (const [host, expiresAt] of Object.entries(hosts)) {
        const { id } = await addMonitor(store, tenant, { endpoint: { host } });
        await store.monitors.update(tenant.workspaceId, id, { ...CHECKED, expiresAt });
      }
      const listed = await store.monitors.list(tenant.workspaceId, { now: NOW }, 10, 0);
      expect(listed.map((monitor) => monitor.endpoint.host)).toEqual([
        'd.example',
        'c.example',
        'a.example',
        'b.example',
      ]);
      expect(await store.monitors.list(tenant.workspaceId, { now: NOW }, 2, 1)).toEqual(listed.slice(1, 3));
    });

    it('lists by id those that are there', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const one = await addMonitor(store, tenant);
      expect(await store.monitors.listByIds(tenant.workspaceId, [one.id, toSid('monitor', randomUUID())])).toEqual([
        one,
      ]);
      expect(await store.monitors.listByIds(tenant.workspaceId, [])).toEqual([]);
    });
  });

  describe('change', () => {
    it('keeps what a check left', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const monitor = await addMonitor(store, tenant);
      await store.monitors.update(tenant.workspaceId, monitor.id, CHECKED);
      expect(await store.monitors.find(tenant.workspaceId, monitor.id)).toEqual({ ...monitor, ...CHECKED });
      const nothing = { ...CHECKED, daysLeft: undefined, expiresAt: undefined, failing: undefined };
      await store.monitors.update(tenant.workspaceId, monitor.id, nothing);
      expect(await store.monitors.find(tenant.workspaceId, monitor.id)).toEqual({ ...monitor, ...nothing });
    });

    it('pauses and resumes', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const monitor = await addMonitor(store, tenant);
      await store.monitors.update(tenant.workspaceId, monitor.id, CHECKED);
      await store.monitors.setPaused(tenant.workspaceId, monitor.id, true, 'paused', NOW);
      expect(await store.monitors.find(tenant.workspaceId, monitor.id)).toMatchObject({
        paused: true,
        status: 'paused',
        failing: undefined,
        daysLeft: 6,
      });
      expect(await store.monitors.claimDue(inDays(9), 5, 1000)).toEqual([]);
      await store.monitors.setPaused(tenant.workspaceId, monitor.id, false, 'pending', NOW);
      const [claimed] = await store.monitors.claimDue(NOW, 5, 1000);
      expect(claimed?.monitor).toMatchObject({ id: monitor.id, paused: false, status: 'pending', nextCheckAt: NOW });
    });

    it('removes a monitor with all that hangs on it; its place is free again', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const monitor = await addMonitor(store, tenant, { tags: ['mail'] });
      await store.monitors.remove(tenant.workspaceId, monitor.id);
      expect(await store.monitors.find(tenant.workspaceId, monitor.id)).toBeUndefined();
      expect(await store.checks.history(tenant.workspaceId, monitor.id, 5)).toEqual([]);
      await addMonitor(store, tenant);
    });

    it('lets two who lock one monitor go one after the other', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const monitor = await addMonitor(store, tenant);
      const order: string[] = [];
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let isLocked = (): void => undefined;
      const locked = new Promise<void>((resolve) => {
        isLocked = resolve;
      });
      const first = store.transaction(async (stores) => {
        await stores.monitors.lock(tenant.workspaceId, monitor.id);
        isLocked();
        await held;
        order.push('first');
      });
      await locked;
      const second = store.transaction(async (stores) => {
        await stores.monitors.lock(tenant.workspaceId, monitor.id);
        order.push('second');
      });
      letGo();
      await Promise.all([first, second]);
      expect(order).toEqual(['first', 'second']);
    });
  });
});
