import { describe, expect, it } from 'vitest';
import type { LeasedMonitor, MonitorUpdate } from '../../src/core/ports.ts';
import { HOUR_MS, NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addMonitor, addMonitors, defaultTenant, otherTenant } from '../helpers/stored.ts';

const LEASE_MS = 60_000;

const after = (ms: number): Date => new Date(NOW.getTime() + ms);

const CHECKED: MonitorUpdate = {
  status: 'valid',
  daysLeft: 60,
  expiresAt: undefined,
  failing: undefined,
  served: undefined,
  lastCheckedAt: NOW,
  nextCheckAt: after(HOUR_MS),
};

describeOnBothEngines('claiming monitors', (test) => {
  it('gives what is due, oldest first, at most as many as asked for, of any workspace', async () => {
    const { store } = test();
    const tenants = [await defaultTenant(test()), await otherTenant(test())];
    const due: string[] = [];
    for (const [index, tenant] of [...tenants, ...tenants].entries()) {
      const monitor = await addMonitor(store, tenant, { endpoint: { port: 1000 + index } }, after(-index));
      due.unshift(monitor.id);
    }
    const [first] = tenants;
    if (first !== undefined) await addMonitor(store, first, { endpoint: { port: 2000 } }, after(1));
    const claimed = await store.monitors.claimDue(NOW, 3, LEASE_MS);
    expect(claimed.map((lease) => lease.monitor.id)).toEqual(due.slice(0, 3));
    expect(claimed.map((lease) => lease.leaseUntil)).toEqual([after(LEASE_MS), after(LEASE_MS), after(LEASE_MS)]);
    const rest = await store.monitors.claimDue(NOW, 3, LEASE_MS);
    expect(rest.map((lease) => lease.monitor.id)).toEqual(due.slice(3));
  });

  it('shares out what is due among many claimers, and gives nothing twice', async () => {
    const { store } = test();
    const monitors = await addMonitors(store, await defaultTenant(test()), 120);
    const claimed: LeasedMonitor[] = [];
    const claimer = async (): Promise<void> => {
      for (;;) {
        const leases = await store.monitors.claimDue(NOW, 7, LEASE_MS);
        // Rows that another claimer just then holds are skipped: nothing found is not the same as nothing left.
        if (leases.length === 0 && claimed.length === monitors.length) return;
        claimed.push(...leases);
        if (leases.length === 0) await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: 8 }, claimer));
    expect(claimed.map((lease) => lease.monitor.id).sort()).toEqual(monitors.map((monitor) => monitor.id).sort());
  });

  it('gives the domain value with its groups and tags', async () => {
    const { store } = test();
    const tenant = await defaultTenant(test());
    const monitor = await addMonitor(store, tenant, { name: 'Mail', tags: ['env:prod'] });
    const [lease] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
    expect(lease?.monitor).toEqual(monitor);
  });

  describe('a lease', () => {
    it('keeps others away until it ends by itself', async () => {
      const { store } = test();
      await addMonitors(store, await defaultTenant(test()), 1);
      await store.monitors.claimDue(NOW, 1, LEASE_MS);
      expect(await store.monitors.claimDue(after(LEASE_MS - 1), 1, LEASE_MS)).toEqual([]);
      expect(await store.monitors.claimDue(after(LEASE_MS), 1, LEASE_MS)).toHaveLength(1);
    });

    it('writes once, gives itself up, and sets when the monitor is due again', async () => {
      const { store } = test();
      const { workspaceId } = await leasedTenant();
      const [lease] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
      const { id } = lease?.monitor ?? { id: '' };
      expect(await store.monitors.updateLeased(workspaceId, id, lease?.token ?? '', CHECKED)).toBe(true);
      expect(await store.monitors.find(workspaceId, id)).toMatchObject(CHECKED);
      expect(await store.monitors.updateLeased(workspaceId, id, lease?.token ?? '', CHECKED)).toBe(false);
      expect(await store.monitors.claimDue(after(HOUR_MS - 1), 1, LEASE_MS)).toEqual([]);
      expect(await store.monitors.claimDue(after(HOUR_MS), 1, LEASE_MS)).toHaveLength(1);
    });

    it('that ran out and went to another lets nothing be written by the first', async () => {
      const { store } = test();
      const { workspaceId } = await leasedTenant();
      const [late] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
      const [present] = await store.monitors.claimDue(after(LEASE_MS), 1, LEASE_MS);
      const { id } = late?.monitor ?? { id: '' };
      expect(present?.monitor.id).toBe(id);
      expect(present?.token).not.toBe(late?.token);
      const before = await store.monitors.find(workspaceId, id);
      expect(await store.monitors.updateLeased(workspaceId, id, late?.token ?? '', CHECKED)).toBe(false);
      expect(await store.monitors.renewLease(workspaceId, id, late?.token ?? '', after(HOUR_MS))).toBe(false);
      await store.monitors.releaseLease(workspaceId, id, late?.token ?? '');
      expect(await store.monitors.find(workspaceId, id)).toEqual(before);
      expect(await store.monitors.claimDue(after(LEASE_MS), 1, LEASE_MS)).toEqual([]);
      expect(await store.monitors.updateLeased(workspaceId, id, present?.token ?? '', CHECKED)).toBe(true);
    });

    it('of two monitors is not the same, though claimed together', async () => {
      const { store } = test();
      await addMonitors(store, await defaultTenant(test()), 2);
      const [one, two] = await store.monitors.claimDue(NOW, 2, LEASE_MS);
      if (one === undefined || two === undefined) throw new Error('two were due');
      const { workspaceId } = one.monitor;
      expect(await store.monitors.updateLeased(workspaceId, one.monitor.id, one.token, CHECKED)).toBe(true);
      expect(await store.monitors.updateLeased(workspaceId, two.monitor.id, two.token, CHECKED)).toBe(true);
    });

    it('is renewed while a check takes long', async () => {
      const { store } = test();
      const { workspaceId } = await leasedTenant();
      const [lease] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
      const { id } = lease?.monitor ?? { id: '' };
      expect(await store.monitors.renewLease(workspaceId, id, lease?.token ?? '', after(3 * LEASE_MS))).toBe(true);
      expect(await store.monitors.claimDue(after(2 * LEASE_MS), 1, LEASE_MS)).toEqual([]);
      expect(await store.monitors.claimDue(after(3 * LEASE_MS), 1, LEASE_MS)).toHaveLength(1);
    });

    it('given back leaves the monitor due at once', async () => {
      const { store } = test();
      const { workspaceId } = await leasedTenant();
      const [lease] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
      await store.monitors.releaseLease(workspaceId, lease?.monitor.id ?? '', lease?.token ?? '');
      expect(await store.monitors.claimDue(NOW, 1, LEASE_MS)).toHaveLength(1);
    });

    it("outlives a person's check, which writes beside it", async () => {
      const { store } = test();
      const { workspaceId } = await leasedTenant();
      const [lease] = await store.monitors.claimDue(NOW, 1, LEASE_MS);
      const { id } = lease?.monitor ?? { id: '' };
      await store.monitors.update(workspaceId, id, { ...CHECKED, daysLeft: 59, nextCheckAt: NOW });
      expect(await store.monitors.find(workspaceId, id)).toMatchObject({ daysLeft: 59, nextCheckAt: NOW });
      expect(await store.monitors.claimDue(NOW, 1, LEASE_MS)).toEqual([]);
      expect(await store.monitors.updateLeased(workspaceId, id, lease?.token ?? '', CHECKED)).toBe(true);
    });

    it('ends where the monitor is paused or removed', async () => {
      const { store } = test();
      await addMonitors(store, await defaultTenant(test()), 2);
      const [one, two] = await store.monitors.claimDue(NOW, 2, LEASE_MS);
      if (one === undefined || two === undefined) throw new Error('two were due');
      const { workspaceId } = one.monitor;
      await store.monitors.setPaused(workspaceId, one.monitor.id, true, 'paused', NOW);
      await store.monitors.remove(workspaceId, two.monitor.id);
      expect(await store.monitors.updateLeased(workspaceId, one.monitor.id, one.token, CHECKED)).toBe(false);
      expect(await store.monitors.updateLeased(workspaceId, two.monitor.id, two.token, CHECKED)).toBe(false);
      expect(await store.monitors.find(workspaceId, one.monitor.id)).toMatchObject({ status: 'paused' });
    });
  });

  async function leasedTenant(): Promise<{ workspaceId: string }> {
    const tenant = await defaultTenant(test());
    await addMonitors(test().store, tenant, 1);
    return tenant;
  }
});
