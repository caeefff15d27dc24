import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import { toSid } from '../../src/core/sid.ts';
import {
  certificate,
  fingerprintOf,
  HOUR_MS,
  inDays,
  incident,
  member,
  NOW,
  observation,
  readAddress,
  servingLeaf,
} from '../helpers/builders.ts';
import { describeOnBothEngines, withStore } from '../helpers/databases.ts';
import { addMonitor, defaultTenant } from '../helpers/stored.ts';
import type { Tenant } from '../helpers/stored.ts';

const ANN = { platform: 'console', externalId: 'ann', name: 'Ann' } as const;
const after = (ms: number): Date => new Date(NOW.getTime() + ms);

describeOnBothEngines('retention', (test) => {
  const removeOld = (now: Date, limit = 100) =>
    test().store.transaction((stores) => stores.retention.removeOld(now, limit));
  const removeCertificates = (now: Date) =>
    test().store.transaction((stores) => stores.retention.removeUnnamedCertificates(now, 100));
  const rows = async (table: string): Promise<number> => {
    const [row] = await test().database.pool.execute<{ count: number }>(
      sql`select count(*)::int as count from ${sql.identifier(table)}`,
    );
    return row?.count ?? -1;
  };

  /** A check that finds this leaf, kept as of then. */
  const check = async ({ workspaceId }: Tenant, monitorId: string, text: string, at: Date): Promise<string> => {
    const leaf = certificate({ fingerprint: fingerprintOf(text), subject: `CN=${text}` });
    const seen = observation({ checkedAt: at, addresses: [servingLeaf(leaf)] });
    await test().store.checks.record(workspaceId, monitorId, seen, [], text);
    await test().database.pool.execute(
      sql`update certificates set first_seen_at = ${at.toISOString()}::timestamptz where fingerprint = ${leaf.fingerprint}`,
    );
    return leaf.fingerprint;
  };

  describe('removeOld', () => {
    it('takes results older than the workspace keeps them, and never the newest of a monitor', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const [one, other] = [
        await addMonitor(store, tenant),
        await addMonitor(store, tenant, { endpoint: { host: 'old.example.com' } }),
      ];
      for (const [text, day] of [
        ['a', -100],
        ['b', -91],
        ['c', -89],
      ] as const)
        await check(tenant, one.id, text, inDays(day));
      await check(tenant, other.id, 'd', inDays(-300));
      expect(await removeOld(NOW)).toEqual({ removed: 2, isMore: false });
      expect((await store.checks.history(tenant.workspaceId, one.id, 9)).map(({ digest }) => digest)).toEqual(['c']);
      expect(await store.checks.history(tenant.workspaceId, other.id, 9)).toHaveLength(1);
      await store.workspaces.changeSettings(tenant.workspaceId, { retentionDays: 7 });
      await check(tenant, one.id, 'e', NOW);
      expect(await removeOld(NOW)).toMatchObject({ removed: 1 });
    });

    it('a span that goes on until lately stays whole', async () => {
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(test().store, tenant);
      await check(tenant, id, 'a', inDays(-100));
      await check(tenant, id, 'a', inDays(-80));
      await check(tenant, id, 'b', inDays(-79));
      expect(await removeOld(NOW)).toMatchObject({ removed: 0 });
    });

    it('takes incidents closed long ago with all that hangs on them, and no open one', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const add = async (number: number, closedAt: Date | undefined): Promise<string> => {
        const id = toSid('incident', randomUUID());
        const opened = incident({
          id,
          workspaceId: tenant.workspaceId,
          number,
          key: { kind: 'certificate', subject: fingerprintOf(String(number)) },
          openedAt: inDays(-200),
          ...(closedAt === undefined
            ? { members: [member()] }
            : { members: [], lastMembers: [member()], closed: { at: closedAt, reason: 'well' } }),
        });
        await store.incidents.insert(tenant.workspaceId, opened);
        await store.outbox.queueHead(tenant.workspaceId, id, tenant.channel.id, 'critical', NOW);
        return id;
      };
      await add(1, inDays(-91));
      await add(2, inDays(-89));
      await add(3, undefined);
      await removeOld(NOW);
      const left = await Promise.all(
        [1, 2, 3].map((number) => store.incidents.findByNumber(tenant.workspaceId, number)),
      );
      expect(left.map((one) => one?.number)).toEqual([undefined, 2, 3]);
      expect(await rows('incident_members')).toBe(2);
      expect(await rows('outbox')).toBe(2);
    });

    it('takes what people did, what was accepted, and commands and codes that nobody can use any more', async () => {
      const tenant = await defaultTenant(test());
      const { store, database } = test();
      const { workspaceId } = tenant;
      const subject = { kind: 'settings', id: workspaceId, label: 'settings' } as const;
      for (const day of [-91, -89])
        await store.audit.add(workspaceId, {
          at: inDays(day),
          by: ANN,
          place: '#ops',
          action: 'did',
          subject,
          detail: '',
        });
      for (const day of [-91, -89]) {
        const key = { kind: 'endpoint', subject: `SM${String(day)}` } as const;
        await store.acceptances.put(workspaceId, {
          key,
          code: 'expired',
          until: inDays(day),
          reason: 'known',
          by: ANN,
          at: inDays(-200),
        });
      }
      await store.workspaces.addLinkCode(workspaceId, 'past', NOW);
      await store.workspaces.addLinkCode(workspaceId, 'future', after(1));
      for (const [id, day] of [
        ['past', -8],
        ['lately', -6],
      ] as const)
        await database.pool.execute(sql`
          insert into inbox (id, platform, external_id, incoming, received_at, deadline, lease_until, finished_at)
          select ${id}, 'console', ${id}, '{}', t, t, t, t from (select ${inDays(day).toISOString()}::timestamptz t) x`);
      for (const [day] of [[-31], [-29]] as const)
        await database.pool.execute(sql`
          insert into outbox (workspace_id, channel_id, kind, content, severity_rank, not_before, given_up_at)
          select ${workspaceId}, ${tenant.channel.id}, 'notice', '{}', 1, t, t from (select ${inDays(day).toISOString()}::timestamptz t) x`);
      expect(await removeOld(NOW)).toEqual({ removed: 5, isMore: false });
      for (const table of ['audit', 'acceptances', 'link_codes', 'inbox', 'outbox'])
        expect([table, await rows(table)]).toEqual([table, 1]);
    });

    it('goes in small batches, and says whether there is more', async () => {
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(test().store, tenant);
      for (const day of [-99, -98, -97, -96]) await check(tenant, id, String(day), inDays(day));
      expect(await removeOld(NOW, 2)).toEqual({ removed: 2, isMore: true });
      expect(await removeOld(NOW, 2)).toEqual({ removed: 1, isMore: false });
    });
  });

  describe('removeUnnamedCertificates', () => {
    it('takes those that nothing names, at a later pass, with their crossings', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const { workspaceId } = tenant;
      const { id } = await addMonitor(store, tenant);
      const old = await check(tenant, id, 'old', inDays(-100));
      const current = await check(tenant, id, 'current', inDays(-95));
      const crossing = { profileId: tenant.profile.id, thresholdDays: 30, instant: inDays(-100), silent: false };
      await store.checks.addCrossings(workspaceId, [
        { ...crossing, fingerprint: old },
        { ...crossing, fingerprint: current },
      ]);
      expect(await removeCertificates(NOW)).toBe(0);
      expect(await removeCertificates(after(2 * HOUR_MS))).toBe(0);
      await removeOld(NOW);
      expect(await removeCertificates(NOW)).toBe(0);
      expect(await removeCertificates(after(2 * HOUR_MS))).toBe(1);
      expect(await store.checks.certificate(workspaceId, old)).toBeUndefined();
      expect(await store.checks.certificate(workspaceId, current)).toBeDefined();
      expect((await store.checks.crossings(workspaceId, [old, current])).map(({ fingerprint }) => fingerprint)).toEqual(
        [current],
      );
    });

    it('keeps what an incident is about, what a monitor served, and what was seen again since it was marked', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const { workspaceId } = tenant;
      const { id } = await addMonitor(store, tenant);
      const names = ['incident', 'served', 'again', 'gone'];
      for (const [index, name] of names.entries()) await check(tenant, id, name, inDays(-100 + index));
      await check(tenant, id, 'current', NOW);
      const key = { kind: 'certificate', subject: fingerprintOf('incident') } as const;
      await store.incidents.insert(
        workspaceId,
        incident({ id: toSid('incident', randomUUID()), workspaceId, number: 1, key }),
      );
      const leaf = {
        address: '192.0.2.1',
        fingerprint: fingerprintOf('served'),
        firstSeenAt: NOW,
        lastSeenAt: NOW,
        returnedAt: undefined,
      };
      await store.monitors.setServed(workspaceId, id, { leaves: [leaf], change: undefined });
      await removeOld(NOW);
      await removeCertificates(NOW);
      await check(tenant, id, 'again', NOW);
      await check(tenant, id, 'current', NOW);
      expect(await removeCertificates(after(2 * HOUR_MS))).toBe(1);
      const left = await Promise.all(names.map((name) => store.checks.certificate(workspaceId, fingerprintOf(name))));
      expect(names.filter((_, index) => left[index] !== undefined)).toEqual(['incident', 'served', 'again']);
    });

    it('keeps all that a result is read back from: what was sent, its path, and what was found missing', async () => {
      const tenant = await defaultTenant(test());
      const { store, database } = test();
      const { workspaceId } = tenant;
      const { id } = await addMonitor(store, tenant);
      const [leaf, ca, anchor, missing] = ['leaf', 'ca', 'anchor', 'missing'].map((text) =>
        certificate({ fingerprint: fingerprintOf(text), subject: `CN=${text}` }),
      ) as [Certificate, Certificate, Certificate, Certificate];
      const address = readAddress({
        chain: [leaf],
        path: [leaf, ca, anchor],
        missing: [{ certificate: missing, pem: 'PEM' }],
      });
      await store.checks.record(workspaceId, id, observation({ addresses: [address] }), [], 'whole');
      await database.pool.execute(sql`update certificates set first_seen_at = '2020-01-01'`);
      await removeCertificates(NOW);

      expect(await removeCertificates(after(2 * HOUR_MS))).toBe(0);
      expect((await store.checks.last(workspaceId, id))?.observation.addresses).toEqual([address]);
    });

    it('keeps both certificates of a change that nobody has acknowledged yet', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const { workspaceId } = tenant;
      const { id } = await addMonitor(store, tenant);
      const [from, to] = [await check(tenant, id, 'from', inDays(-100)), await check(tenant, id, 'to', inDays(-99))];
      await check(tenant, id, 'current', NOW);
      const difference = { issuer: { from: 'CN=a', to: 'CN=b' }, namesLost: [], key: undefined };
      await store.monitors.setServed(workspaceId, id, { leaves: [], change: { from, to, at: NOW, difference } });
      await removeOld(NOW);
      await removeCertificates(NOW);

      expect(await removeCertificates(after(2 * HOUR_MS))).toBe(0);
    });

    it('takes nothing that was first seen lately, though nothing names it any more', async () => {
      const tenant = await defaultTenant(test());
      const { store } = test();
      const { workspaceId } = tenant;
      const { id } = await addMonitor(store, tenant);
      const seen = await check(tenant, id, 'seen', inDays(-1));
      await store.monitors.remove(workspaceId, id);
      await removeCertificates(NOW);
      await removeCertificates(after(2 * HOUR_MS));

      expect(await store.checks.certificate(workspaceId, seen)).toBeDefined();
    });
  });
});

describe('retention of two processes', () => {
  it('is done by one of them at a time', async () => {
    const database = await withStore('postgresql');
    try {
      const { store } = database;
      await store.workspaces.ensureDefault();
      const other = await store.transaction(async (stores) => {
        expect(await stores.retention.removeOld(NOW, 1)).toBeDefined();
        return store.transaction((beside) => beside.retention.removeOld(NOW, 1));
      });
      expect(other).toBeUndefined();
    } finally {
      await database.close();
    }
  });
});
