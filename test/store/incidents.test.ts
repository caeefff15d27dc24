import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/core/incident.ts';
import { toSid } from '../../src/core/sid.ts';
import { fingerprintOf, HOUR_MS, inDays, incident, member, NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { defaultTenant } from '../helpers/stored.ts';

const ANN = { platform: 'slack', externalId: 'U1', name: 'Ann' } as const;
const LONG_AGO = new Date(0);

describeOnBothEngines('incidents', (test) => {
  /** Not stored yet. */
  const incidentOf = (workspaceId: string, number: number, overrides: Partial<Incident> = {}): Incident =>
    incident({
      id: toSid('incident', randomUUID()),
      workspaceId,
      number,
      key: { kind: 'certificate', subject: fingerprintOf(String(number)) },
      ...overrides,
    });

  const stored = async (workspaceId: string, number: number, overrides: Partial<Incident> = {}): Promise<Incident> => {
    const one = incidentOf(workspaceId, number, overrides);
    const until = one.silence?.until;
    await test().store.incidents.insert(workspaceId, one, until?.kind === 'until' ? until.instant : undefined);
    return one;
  };

  describe('insert and find', () => {
    it.each([
      ['just opened', {}],
      ['acknowledged', { acknowledged: { by: ANN, at: NOW } }],
      ['silent until an instant', { silence: { until: { kind: 'until', instant: inDays(1) }, by: ANN, at: NOW } }],
      ['silent until the next threshold', { silence: { until: { kind: 'next-threshold' }, by: ANN, at: NOW } }],
      ['silent until renewed', { silence: { until: { kind: 'renewed' }, by: ANN, at: NOW } }],
      [
        'with members at several addresses and of several codes',
        {
          members: [
            member({ address: '', code: 'dns-failure', severity: 'critical', since: inDays(-3) }),
            member({ address: '192.0.2.10', since: inDays(-2) }),
            member({ address: '192.0.2.10', code: 'weak-key', since: inDays(-1) }),
          ],
        },
      ],
      ['about an endpoint', { key: { kind: 'endpoint', subject: 'CM1' }, severity: 'critical' }],
      ['about an issuer', { key: { kind: 'issuer', subject: fingerprintOf('ca') } }],
    ] as const)('gives back an incident %s as it was', async (_, overrides) => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1, overrides);
      expect(await store.incidents.find(workspaceId, one.id)).toEqual(one);
      expect(await store.incidents.findByNumber(workspaceId, 1)).toEqual(one);
    });

    it('keeps hostile text out of what PostgreSQL refuses', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1, {
        members: [member({ message: 'CN=a\u0000b', nextStep: 'renew \u0000' })],
        acknowledged: { by: { ...ANN, name: 'A\u0000nn' }, at: NOW },
      });
      expect(await store.incidents.find(workspaceId, one.id)).toMatchObject({
        members: [{ message: 'CN=a\uFFFDb', nextStep: 'renew \uFFFD' }],
        acknowledged: { by: { name: 'A\uFFFDnn' } },
      });
    });

    it('takes a member that says the same twice as one, the worse of the two', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const [mild, bad] = [member({ message: 'cipher' }), member({ severity: 'critical', message: 'version' })];
      const one = await stored(workspaceId, 1, { members: [mild, bad] });
      expect((await store.incidents.find(workspaceId, one.id))?.members).toEqual([bad]);
    });

    it('finds nothing that is not there', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      expect(await store.incidents.find(workspaceId, toSid('incident', randomUUID()))).toBeUndefined();
      expect(await store.incidents.findByNumber(workspaceId, 17)).toBeUndefined();
      expect(await store.incidents.findByNumber(workspaceId, Number.MAX_SAFE_INTEGER)).toBeUndefined();
    });

    it('lets only one incident be open at one key', async () => {
      const { workspaceId } = await defaultTenant(test());
      const { key } = await stored(workspaceId, 1);
      await expect(stored(workspaceId, 2, { key })).rejects.toThrow();
    });
  });

  describe('numbers', () => {
    it('run by one in a workspace, and none is given twice', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      await Promise.all(
        Array.from({ length: 8 }, () =>
          store.transaction(async (stores) => {
            await stores.incidents.lockAll(workspaceId);
            const number = await stores.incidents.nextNumber(workspaceId);
            await stores.incidents.insert(workspaceId, incidentOf(workspaceId, number));
          }),
        ),
      );
      const open = await store.incidents.listOpen(workspaceId, 20);
      expect(open.map((one) => one.number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(await store.incidents.nextNumber(workspaceId)).toBe(9);
    });
  });

  describe('replace', () => {
    it('writes where the version is still the same, and counts it up', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1);
      const next: Incident = {
        ...one,
        severity: 'critical',
        acknowledged: { by: ANN, at: NOW },
        members: [...one.members, member({ monitorId: 'CM2', severity: 'critical', since: NOW })],
      };
      expect(await store.incidents.replace(workspaceId, next)).toBe(true);
      expect(await store.incidents.find(workspaceId, one.id)).toEqual({ ...next, version: 1 });
    });

    it('changes nothing where another writer came first', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1);
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          store.transaction((stores) =>
            stores.incidents.replace(workspaceId, {
              ...one,
              members: [member({ monitorId: `CM${String(index)}` })],
            }),
          ),
        ),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      const winner = results.indexOf(true);
      expect(await store.incidents.find(workspaceId, one.id)).toMatchObject({
        version: 1,
        members: [{ monitorId: `CM${String(winner)}` }],
      });
    });

    it('keeps the last members of one that closes, and has none of those who left before', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const left = member({ monitorId: 'CM-left' });
      const last = member({ monitorId: 'CM-last' });
      const one = await stored(workspaceId, 1, { members: [left, last] });
      await store.incidents.replace(workspaceId, { ...one, members: [last] });
      expect(await store.incidents.find(workspaceId, one.id)).toMatchObject({ members: [last], lastMembers: [] });
      const closed: Incident = {
        ...one,
        version: 1,
        members: [],
        lastMembers: [last],
        closed: { at: NOW, reason: 'renewed' },
      };
      expect(await store.incidents.replace(workspaceId, closed)).toBe(true);
      expect(await store.incidents.find(workspaceId, one.id)).toEqual({ ...closed, version: 2 });
    });

    it('keeps the last members through later writes to a closed incident', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1);
      const closed: Incident = {
        ...one,
        members: [],
        lastMembers: one.members,
        closed: { at: NOW, reason: 'well' },
      };
      await store.incidents.replace(workspaceId, closed);
      await store.incidents.replace(workspaceId, { ...closed, version: 1 });
      expect(await store.incidents.find(workspaceId, one.id)).toEqual({ ...closed, version: 2 });
    });

    it('opens one again, and ends it again with the members it has then', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const first = member({ monitorId: 'CM-first' });
      const second = member({ monitorId: 'CM-second', since: NOW });
      const one = await stored(workspaceId, 1, { members: [first] });
      const close = (version: number, last: Incident['members'], at: Date): Incident => ({
        ...one,
        version,
        members: [],
        lastMembers: last,
        closed: { at, reason: 'well' },
      });
      await store.incidents.replace(workspaceId, close(0, [first], NOW));
      const reopened: Incident = { ...one, version: 1, members: [{ ...first, since: NOW }, second] };
      await store.incidents.replace(workspaceId, reopened);
      expect(await store.incidents.find(workspaceId, one.id)).toEqual({ ...reopened, version: 2 });
      const again = close(2, [second], inDays(1));
      await store.incidents.replace(workspaceId, again);
      expect(await store.incidents.find(workspaceId, one.id)).toEqual({ ...again, version: 3 });
    });
  });

  describe('findByKeys', () => {
    it('gives the open one at each key, else the one closed last and not before the instant', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const key = (name: string): Incident['key'] => ({ kind: 'certificate', subject: fingerprintOf(name) });
      const closedAt = (at: Date): Partial<Incident> => ({
        members: [],
        lastMembers: [member()],
        closed: { at, reason: 'well' },
      });
      await stored(workspaceId, 1, { key: key('open'), ...closedAt(inDays(-0.01)) });
      await stored(workspaceId, 2, { key: key('open') });
      await stored(workspaceId, 3, { key: key('closed'), ...closedAt(inDays(-0.02)) });
      await stored(workspaceId, 4, { key: key('closed'), ...closedAt(inDays(-0.01)) });
      await stored(workspaceId, 5, { key: key('too long ago'), ...closedAt(inDays(-1)) });
      await stored(workspaceId, 6, { key: key('not asked for') });
      const since = new Date(NOW.getTime() - HOUR_MS);
      const keys = ['open', 'closed', 'too long ago', 'unknown'].map(key);
      const found = await store.incidents.findByKeys(workspaceId, keys, since);
      expect(found.map((one) => one.number).sort((a, b) => a - b)).toEqual([2, 4]);
      expect(await store.incidents.findByKeys(workspaceId, [], LONG_AGO)).toEqual([]);
      const other = { kind: 'issuer', subject: key('open').subject } as const;
      expect(await store.incidents.findByKeys(workspaceId, [other], LONG_AGO)).toEqual([]);
    });

    it('counts the very instant as not before it', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1, { members: [], closed: { at: NOW, reason: 'well' } });
      expect(await store.incidents.findByKeys(workspaceId, [one.key], NOW)).toEqual([one]);
      expect(await store.incidents.findByKeys(workspaceId, [one.key], new Date(NOW.getTime() + 1))).toEqual([]);
    });
  });

  describe('lists', () => {
    it('gives the open ones a monitor is in, not those it left or that ended', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const mine = member({ monitorId: 'CM-mine' });
      const other = member({ monitorId: 'CM-other' });
      await stored(workspaceId, 1, { members: [mine, other] });
      const left = await stored(workspaceId, 2, { members: [mine, other] });
      await store.incidents.replace(workspaceId, { ...left, members: [other] });
      const ended = await stored(workspaceId, 3, { members: [mine] });
      const closed = { at: NOW, reason: 'well' } as const;
      await store.incidents.replace(workspaceId, { ...ended, members: [], lastMembers: [mine], closed });
      await stored(workspaceId, 4, { members: [other] });
      const open = await store.incidents.openOf(workspaceId, 'CM-mine');
      expect(open.map((one) => one.number)).toEqual([1]);
      expect(open[0]?.members).toHaveLength(2);
    });

    it('gives the open ones worst first, then oldest, at most as many as asked for', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      await stored(workspaceId, 1, { severity: 'warning', openedAt: inDays(-9) });
      await stored(workspaceId, 2, { severity: 'critical', openedAt: inDays(-1) });
      await stored(workspaceId, 3, { severity: 'critical', openedAt: inDays(-2) });
      await stored(workspaceId, 4, { severity: 'critical', closed: { at: NOW, reason: 'well' }, members: [] });
      await stored(workspaceId, 5, { severity: 'warning', openedAt: inDays(-8) });
      const open = await store.incidents.listOpen(workspaceId, 3);
      expect(open.map((one) => one.number)).toEqual([3, 2, 1]);
    });

    it('gives what wants attention, oldest first, of open incidents only', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const until = (instant: Date): Partial<Incident> => ({
        silence: { until: { kind: 'until', instant }, by: ANN, at: inDays(-3) },
      });
      const late = await stored(workspaceId, 1, until(NOW));
      const early = await stored(workspaceId, 2, until(inDays(-1)));
      await stored(workspaceId, 3, until(new Date(NOW.getTime() + 1)));
      await stored(workspaceId, 4, { silence: { until: { kind: 'renewed' }, by: ANN, at: NOW } });
      await stored(workspaceId, 5, { ...until(inDays(-2)), closed: { at: NOW, reason: 'well' }, members: [] });
      expect(await store.incidents.dueAttention(NOW, 9)).toEqual([
        { workspaceId, id: early.id },
        { workspaceId, id: late.id },
      ]);
      expect(await store.incidents.dueAttention(NOW, 1)).toEqual([{ workspaceId, id: early.id }]);
    });
  });

  describe('lockAll', () => {
    it('makes others in the workspace wait until the transaction ends', async () => {
      const { store } = test();
      const { workspaceId } = await defaultTenant(test());
      const one = await stored(workspaceId, 1);
      // Each reads, then writes: without the lock all but one would find another version and change nothing.
      await Promise.all(
        Array.from({ length: 6 }, () =>
          store.transaction(async (stores) => {
            await stores.incidents.lockAll(workspaceId);
            const now = await stores.incidents.find(workspaceId, one.id);
            if (now !== undefined) await stores.incidents.replace(workspaceId, now);
          }),
        ),
      );
      expect((await store.incidents.find(workspaceId, one.id))?.version).toBe(6);
    });
  });
});
