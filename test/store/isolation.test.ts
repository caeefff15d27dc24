import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/core/incident.ts';
import type { Monitor } from '../../src/core/monitor.ts';
import type { MonitorUpdate, OutboxItem } from '../../src/core/ports.ts';
import { toSid } from '../../src/core/sid.ts';
import { certificate, HOUR_MS, incident, member, NOW, observation } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addMonitor, defaultTenant, newMonitor, otherTenant } from '../helpers/stored.ts';
import type { Tenant } from '../helpers/stored.ts';

const LATER = new Date(NOW.getTime() + HOUR_MS);
const UPDATE: MonitorUpdate = {
  status: 'expired',
  daysLeft: -1,
  expiresAt: NOW,
  failing: undefined,
  lastCheckedAt: NOW,
  nextCheckAt: LATER,
  served: undefined,
};

/** A workspace with one of everything. */
interface Furnished extends Tenant {
  readonly groupId: string;
  readonly monitor: Monitor;
  readonly incident: Incident;
}

describeOnBothEngines('tenants', (test) => {
  const furnish = async (tenant: Tenant): Promise<Furnished> => {
    const { store } = test();
    const { workspaceId, channel, profile } = tenant;
    const groupId = toSid('contact-group', randomUUID());
    await store.groups.add(workspaceId, groupId, 'mail');
    await store.groups.map(workspaceId, groupId, channel.id);
    const monitor = await addMonitor(store, tenant, { name: 'Mail', groupIds: [groupId], tags: ['mail'] });
    await store.checks.record(workspaceId, monitor.id, observation(), [], 'digest');
    await store.checks.replaceFailures(workspaceId, monitor.id, [
      { address: '192.0.2.1', code: 'timeout', since: NOW, tries: 1, lastTryAt: NOW },
    ]);
    const { fingerprint } = certificate();
    const crossing = { fingerprint, profileId: profile.id, thresholdDays: 30, instant: NOW, silent: false };
    await store.checks.addCrossings(workspaceId, [crossing]);
    const open = incident({
      id: toSid('incident', randomUUID()),
      workspaceId,
      number: 1,
      members: [member({ monitorId: monitor.id })],
    });
    await store.incidents.insert(workspaceId, open);
    return { ...tenant, groupId, monitor, incident: open };
  };

  const both = async (): Promise<{ mine: Furnished; theirs: Furnished }> => ({
    mine: await furnish(await defaultTenant(test())),
    theirs: await furnish(await otherTenant(test())),
  });

  /** Every row that carries a workspace, as text. */
  const everythingOf = async (workspaceId: string): Promise<unknown[]> => {
    const { pool } = test().database;
    const tables = await pool.execute<{ name: string }>(sql`
      select table_name as name from information_schema.columns
       where table_schema = 'public' and column_name = 'workspace_id' order by 1
    `);
    expect(tables.length).toBeGreaterThan(12);
    const rows: unknown[] = [];
    for (const { name } of tables) {
      const found = await pool.execute(sql`
        select ${name} as name, t::text as row from ${sql.identifier(name)} t where workspace_id = ${workspaceId} order by 2
      `);
      rows.push(...found);
    }
    return rows;
  };

  it('find nothing of each other, by any id', async () => {
    const { store } = test();
    const { mine, theirs } = await both();
    const { workspaceId } = mine;
    const { id, endpoint } = theirs.monitor;
    const nothing = await Promise.all([
      store.channels.find(workspaceId, theirs.channel.id),
      store.channels.findByName(workspaceId, theirs.connection.id, 'ops'),
      store.profiles.find(workspaceId, theirs.profile.id),
      store.monitors.find(workspaceId, id),
      store.transaction((stores) => stores.monitors.lock(workspaceId, id)),
      store.checks.last(workspaceId, id),
      store.incidents.find(workspaceId, theirs.incident.id),
    ]);
    expect(nothing.filter((found) => found !== undefined)).toEqual([]);
    const none = await Promise.all([
      store.channels.listByIds(workspaceId, [theirs.channel.id]),
      store.monitors.listByIds(workspaceId, [id]),
      store.monitors.match(workspaceId, id, 9),
      store.checks.history(workspaceId, id, 9),
      store.checks.failures(workspaceId, id),
      store.incidents.openOf(workspaceId, id),
      store.outbox.toldChannels(workspaceId, theirs.incident.id),
    ]);
    expect(none.flat()).toEqual([]);
    expect(await store.groups.countMonitors(workspaceId, theirs.groupId)).toBe(0);
    expect((await store.monitors.findByEndpoint(workspaceId, endpoint))?.id).toBe(mine.monitor.id);
    expect((await store.groups.findByName(workspaceId, 'mail'))?.id).toBe(mine.groupId);
    expect((await store.groups.list(workspaceId)).map((group) => group.id)).toEqual([mine.groupId]);
    expect((await store.monitors.list(workspaceId, { now: NOW }, 9, 0)).map((monitor) => monitor.id)).toEqual([
      mine.monitor.id,
    ]);
    expect(await store.monitors.count(workspaceId, { now: NOW })).toMatchObject({ total: 1 });
    expect(await store.monitors.tags(workspaceId)).toEqual([{ tag: 'mail', count: 1 }]);
    expect(await store.monitors.issuersOf(workspaceId, [id])).toEqual(new Map());
    expect(await store.monitors.report(workspaceId, { now: NOW }, [NOW], 9)).toMatchObject({ unread: 1, byIssuer: [] });
    await store.filters.save(theirs.workspaceId, toSid('tag-filter', randomUUID()), 'mails', {
      type: 'tag',
      tag: 'mail',
    });
    expect(await store.filters.findByName(workspaceId, 'mails')).toBeUndefined();
    expect(await store.filters.list(workspaceId)).toEqual([]);
    expect((await store.incidents.listOpen(workspaceId, 9)).map((one) => one.id)).toEqual([mine.incident.id]);
    expect((await store.incidents.findByNumber(workspaceId, 1))?.id).toBe(mine.incident.id);
    expect((await store.incidents.findByKeys(workspaceId, [theirs.incident.key], NOW)).map((one) => one.id)).toEqual([
      mine.incident.id,
    ]);
    expect(
      (await store.checks.crossings(workspaceId, [certificate().fingerprint])).map((row) => row.profileId),
    ).toEqual([mine.profile.id]);
  });

  it('know only the certificates they saw themselves', async () => {
    const { store } = test();
    const mine = await defaultTenant(test());
    const theirs = await furnish(await otherTenant(test()));
    const { fingerprint } = certificate();
    expect(await store.checks.certificate(theirs.workspaceId, fingerprint)).toEqual(certificate());
    expect(await store.checks.certificate(mine.workspaceId, fingerprint)).toBeUndefined();
  });

  it('change nothing of each other, by any id', async () => {
    const { store } = test();
    const { mine, theirs } = await both();
    const [lease] = (await store.monitors.claimDue(NOW, 9, 60_000)).filter(
      (one) => one.monitor.id === theirs.monitor.id,
    );
    const before = await everythingOf(theirs.workspaceId);
    const { workspaceId } = mine;
    const { id } = theirs.monitor;
    const token = lease?.token ?? '';

    await store.channels.markDead(workspaceId, theirs.channel.id, 'gone');
    expect(await store.groups.map(workspaceId, theirs.groupId, mine.channel.id)).toBe('same');
    expect(await store.groups.map(workspaceId, mine.groupId, theirs.channel.id)).toBe('same');
    expect(await store.groups.unmap(workspaceId, theirs.groupId, theirs.channel.id)).toBe(false);
    await store.monitors.setPaused(workspaceId, id, true, 'paused', NOW);
    await store.monitors.update(workspaceId, id, UPDATE);
    expect(await store.monitors.updateLeased(workspaceId, id, token, UPDATE)).toBe(false);
    expect(await store.monitors.renewLease(workspaceId, id, token, LATER)).toBe(false);
    await store.monitors.releaseLease(workspaceId, id, token);
    await store.monitors.remove(workspaceId, id);
    await store.checks.replaceFailures(workspaceId, id, []);
    expect(await store.incidents.replace(workspaceId, { ...theirs.incident, severity: 'critical' })).toBe(false);

    expect(await everythingOf(theirs.workspaceId)).toEqual(before);
  });

  it.each([
    [
      'a channel on their connection',
      (mine, theirs) => test().store.channels.ensure(mine.workspaceId, { ...theirs.channel, externalId: 'C-new' }),
    ],
    ['their channel', (mine, theirs) => test().store.channels.ensure(mine.workspaceId, theirs.channel)],
    [
      'a monitor under their profile',
      (mine, theirs) => test().store.monitors.add(mine.workspaceId, place(mine, { profileId: theirs.profile.id }), NOW),
    ],
    [
      'a monitor in their channel',
      (mine, theirs) =>
        test().store.monitors.add(mine.workspaceId, place(mine, { addedInChannelId: theirs.channel.id }), NOW),
    ],
    [
      'a monitor in their group',
      (mine, theirs) =>
        test().store.transaction((stores) =>
          stores.monitors.add(mine.workspaceId, place(mine, { groupIds: [theirs.groupId] }), NOW),
        ),
    ],
    [
      'a check of their monitor',
      (mine, theirs) =>
        test().store.transaction((stores) =>
          stores.checks.record(mine.workspaceId, theirs.monitor.id, observation(), [], 'forged'),
        ),
    ],
    [
      'a failure of their monitor',
      (mine, theirs) =>
        test().store.checks.replaceFailures(mine.workspaceId, theirs.monitor.id, [
          { address: '192.0.2.9', code: 'reset', since: NOW, tries: 1, lastTryAt: NOW },
        ]),
    ],
    [
      'a crossing under their profile',
      (mine, theirs) =>
        test().store.checks.addCrossings(mine.workspaceId, [
          { fingerprint: 'f', profileId: theirs.profile.id, thresholdDays: 1, instant: NOW, silent: false },
        ]),
    ],
    [
      'an alert about their incident',
      (mine, theirs) =>
        test().store.outbox.queueHead(mine.workspaceId, theirs.incident.id, mine.channel.id, 'critical', NOW),
    ],
    [
      'an alert in their channel',
      (mine, theirs) =>
        test().store.outbox.queueHead(mine.workspaceId, mine.incident.id, theirs.channel.id, 'critical', NOW),
    ],
    [
      'a notice in their channel',
      (mine, theirs) => {
        const notice = { kind: 'notice', severity: 'info', title: 'forged', lines: [] } as const;
        return test().store.outbox.queueNotice(mine.workspaceId, theirs.channel.id, notice, NOW);
      },
    ],
  ] satisfies [string, (mine: Furnished, theirs: Furnished) => Promise<unknown>][])(
    'cannot store %s',
    async (_, store) => {
      const { mine, theirs } = await both();
      const before = [await everythingOf(mine.workspaceId), await everythingOf(theirs.workspaceId)];
      await expect(store(mine, theirs)).rejects.toThrow();
      expect([await everythingOf(mine.workspaceId), await everythingOf(theirs.workspaceId)]).toEqual(before);
    },
  );

  it('have one key each where the same certificate is at fault in both, and numbers of their own', async () => {
    const { mine, theirs } = await both();
    expect(mine.incident.key).toEqual(theirs.incident.key);
    expect(mine.incident.number).toBe(theirs.incident.number);
  });

  it('are named on what the schedule and the dispatcher find across them', async () => {
    const { store } = test();
    const { mine, theirs } = await both();
    for (const { workspaceId, incident: one, channel } of [mine, theirs]) {
      await store.outbox.queueHead(workspaceId, one.id, channel.id, 'warning', NOW);
    }
    const leases = await store.monitors.claimDue(NOW, 9, 60_000);
    const items: OutboxItem[] = await store.outbox.claim(['console', 'slack'], NOW, 9, 60_000);
    for (const { workspaceId, monitor, incident: one, channel } of [mine, theirs]) {
      expect(leases.find((lease) => lease.monitor.id === monitor.id)?.monitor.workspaceId).toBe(workspaceId);
      expect(items.find((item) => item.incidentId === one.id)).toMatchObject({ workspaceId, channel });
    }
  });

  describe('hostile ids', () => {
    it('find nothing, and break nothing', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      for (const id of ['\u0000', "' or true --", 'CM\u0000', '\uD800', 'x'.repeat(10_000)]) {
        const nothing = await Promise.all([
          store.workspaces.findConnection('slack', id),
          store.channels.find(workspaceId, id),
          store.channels.findByName(workspaceId, id, id),
          store.groups.findByName(workspaceId, id),
          store.profiles.find(workspaceId, id),
          store.profiles.findByName(workspaceId, id),
          store.monitors.find(workspaceId, id),
          store.incidents.find(workspaceId, id),
          store.checks.certificate(workspaceId, id),
          store.inbox.replyTo(id),
        ]);
        expect(nothing.filter((found) => found !== undefined)).toEqual([]);
        const none = await Promise.all([
          store.channels.listByIds(workspaceId, [id]),
          store.monitors.match(workspaceId, id, 9),
          store.monitors.listByIds(workspaceId, [id]),
          store.checks.crossings(workspaceId, [id]),
        ]);
        expect(none.flat()).toEqual([]);
      }
    });

    it('are stored as far as PostgreSQL can keep them', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const connection = await store.workspaces.ensureConnection(tenant.workspaceId, 'slack', 'T\u00001');
      const channel = await store.channels.ensure(tenant.workspaceId, {
        connectionId: connection.id,
        externalId: 'C\u00001',
        name: 'o\u0000ps',
        isPrivateChat: false,
      });
      expect(channel.name).toBe('o\uFFFDps');
      expect(await store.groups.add(tenant.workspaceId, 'CG1', 'ma\u0000il')).toMatchObject({ name: 'ma\uFFFDil' });
      const wanted = {
        ...newMonitor(tenant, { name: 'M\u0000', tags: ['a\u0000'], endpoint: { displayHost: 'm\u0000.example' } }),
        addedBy: 'slack:U\u00001',
      };
      expect(await store.monitors.add(tenant.workspaceId, wanted, NOW)).toMatchObject({
        added: {
          name: 'M\uFFFD',
          tags: ['a\uFFFD'],
          endpoint: { displayHost: 'm\uFFFD.example' },
          addedBy: 'slack:U\uFFFD1',
        },
      });
    });
  });

  const place = (mine: Tenant, overrides: Partial<ReturnType<typeof newMonitor>>) => ({
    ...newMonitor(mine, { endpoint: { port: 587 } }),
    ...overrides,
  });
});
