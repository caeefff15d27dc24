/** Checks that find what the last one found: which go the short way, and that nothing is lost where that is not so. */
import { beforeEach, expect, it } from 'vitest';
import type { LeasedMonitor, Store } from '../../src/core/ports.ts';
import { checkNow, LeaseLostError } from '../../src/monitoring/check.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import { pauseMonitors } from '../../src/monitoring/monitors.ts';
import { createRound } from '../../src/monitoring/round.ts';
import {
  certificate,
  DAY_MS,
  failedAddress,
  HOUR_MS,
  incident,
  inDays,
  member,
  readAddress,
  servingLeaf,
} from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { ANN, checkClaimed, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';

const MINUTE_MS = 60_000;
const expiring = certificate({ notBefore: inDays(-345), notAfter: inDays(20.5) });

describeOnBothEngines('a quiet check', (test) => {
  let stage: Stage;
  let transactions = 0;
  let counted: Store;

  beforeEach(async () => {
    stage = await setStage(test().store);
    transactions = 0;
    counted = {
      ...stage.store,
      transaction: (work) => {
        transactions += 1;
        return stage.store.transaction(work);
      },
    };
  });

  const runDue = async (): Promise<void> => {
    const round = createRound(
      { ...stage.deps, store: counted },
      { concurrency: 8, leaseMs: 60_000, onNews: () => undefined },
    );
    await round.settled();
    await round.stop();
  };
  const incidents = () => stage.store.incidents.listOpen(stage.workspaceId, 100);
  const spans = (id: string) => stage.store.checks.history(stage.workspaceId, id, 10);
  const find = (id: string) => stage.store.monitors.find(stage.workspaceId, id);

  it('of many monitors needs no transaction, and moves spans and monitors on', async () => {
    const added = await Promise.all([1, 2, 3, 4, 5].map((port) => stage.add({ port })));
    stage.passes(HOUR_MS);
    await runDue();

    expect(transactions).toBe(0);
    const now = stage.deps.clock.now();
    for (const { id } of added) {
      expect(await spans(id)).toMatchObject([{ checks: 2, lastAt: now }]);
      expect(await find(id)).toMatchObject({
        status: 'valid',
        lastCheckedAt: now,
        nextCheckAt: new Date(now.getTime() + HOUR_MS),
      });
    }
    // Their leases are given up: who wants them sooner gets them.
    const ids = added.map(({ id }) => id);
    stage.passes(MINUTE_MS);
    await stage.store.monitors.checkSoon(stage.workspaceId, ids, stage.deps.clock.now());
    expect(await stage.store.monitors.claimDue(stage.deps.clock.now(), 10, 1_000)).toHaveLength(5);
  });

  it('keeps what was seen last: durations, and text that PostgreSQL does not take', async () => {
    const hostile = certificate({ subject: 'CN=a\u0000b\uD800' });
    stage.sees({ addresses: [servingLeaf(hostile, { durationMs: 10 })] });
    const { id } = await stage.add();
    stage.sees({ addresses: [servingLeaf(hostile, { durationMs: 20, cipher: 'TLS_CHACHA20\u0000' })] });
    stage.passes(HOUR_MS);
    await runDue();

    expect(transactions).toBe(0);
    const [span] = await spans(id);
    expect(span?.observation.addresses).toMatchObject([{ durationMs: 20, cipher: 'TLS_CHACHA20\uFFFD' }]);
  });

  it('is one of an incident in which nothing changes, and of one that is known to fail', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    await stage.add();
    stage.passes(HOUR_MS);
    await runDue();
    expect(transactions).toBe(0);

    stage.sees({ addresses: [failedAddress()] });
    const { id } = await stage.add({ port: 8443 });
    for (let more = 0; more < 2; more += 1) {
      stage.passes(MINUTE_MS);
      await runDue();
    }
    expect(await incidents()).toContainEqual(expect.objectContaining({ severity: 'critical' }));
    const before = transactions;
    stage.passes(5 * MINUTE_MS);
    await runDue();
    expect(transactions).toBe(before);
    expect(await stage.store.checks.failures(stage.workspaceId, id)).toMatchObject([
      { tries: 4, lastTryAt: stage.deps.clock.now() },
    ]);
  });

  it.each([
    ['another certificate', () => stage.sees({ addresses: [servingLeaf(certificate({ notAfter: inDays(90) }))] })],
    ['a failure', () => stage.sees({ addresses: [failedAddress()] })],
    ['one address more', () => stage.sees({ addresses: [readAddress(), readAddress({ address: '192.0.2.99' })] })],
  ])('is none that finds %s', async (_, changes) => {
    await stage.add();
    stage.passes(HOUR_MS);
    changes();
    await runDue();
    expect(transactions).toBe(1);
  });

  it('is none of a monitor in an incident, once it has a day less', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    await stage.add();
    stage.passes(DAY_MS);
    await runDue();
    expect(transactions).toBe(1);
  });

  /** Claims the monitor and checks it; `meanwhile` happens while its servers are looked at. */
  async function checkWhile(meanwhile: (lease: LeasedMonitor) => Promise<unknown>) {
    stage.passes(HOUR_MS);
    const [lease] = await stage.store.monitors.claimDue(stage.deps.clock.now(), 1, HOUR_MS);
    if (lease === undefined) throw new Error('nothing is due');
    const prober: MonitoringDeps['prober'] = {
      observe: async (...asked) => {
        const seen = await stage.deps.prober.observe(...asked);
        await meanwhile(lease);
        return seen;
      },
    };
    return checkClaimed({ ...stage.deps, store: counted, prober }, lease, NEVER);
  }

  it('is judged anew where its profile was edited meanwhile', async () => {
    const { id, profileId } = await stage.add();
    await checkWhile(async () => {
      const profile = await stage.store.profiles.find(stage.workspaceId, profileId);
      if (profile === undefined) throw new Error('no profile');
      await stage.store.profiles.replace(stage.workspaceId, { ...profile, thresholdsDays: [75], scale: false });
    });
    expect(transactions).toBe(1);
    expect(await find(id)).toMatchObject({ status: 'expiring' });
    expect(await incidents()).toHaveLength(1);
  });

  it('ends an incident that it was taken into meanwhile, such as that nobody checks it', async () => {
    const { id } = await stage.add();
    const notChecked = incident({
      workspaceId: stage.workspaceId,
      key: { kind: 'endpoint', subject: id },
      severity: 'warning',
      members: [member({ monitorId: id, address: '', code: 'not-checked', severity: 'warning' })],
    });
    await checkWhile(() =>
      stage.store.transaction((stores) => stores.incidents.insert(stage.workspaceId, notChecked, undefined)),
    );
    expect(await incidents()).toEqual([]);
  });

  it('is late where a person saw the same later', async () => {
    const { id } = await stage.add();
    await checkWhile(async () => {
      stage.passes(MINUTE_MS);
      await checkNow(stage.deps, stage.workspaceId, id, stage.commit, NEVER);
    });
    expect(await find(id)).toMatchObject({ lastCheckedAt: stage.deps.clock.now() });
    expect(await spans(id)).toMatchObject([{ checks: 2, lastAt: stage.deps.clock.now() }]);
  });

  it('says nothing against what a person saw later', async () => {
    const { id } = await stage.add();
    await checkWhile(async () => {
      stage.passes(MINUTE_MS);
      stage.sees({ addresses: [servingLeaf(expiring)] });
      await checkNow(stage.deps, stage.workspaceId, id, stage.commit, NEVER);
    });
    expect(await find(id)).toMatchObject({ status: 'expiring', lastCheckedAt: stage.deps.clock.now() });
    expect(await spans(id)).toMatchObject([{ checks: 1 }, { checks: 1 }]);
  });

  it('writes nothing under a lease that is lost, of a monitor that is paused or removed', async () => {
    const { id } = await stage.add();
    const lost = checkWhile(() => {
      stage.passes(2 * HOUR_MS);
      return stage.store.monitors.claimDue(stage.deps.clock.now(), 1, HOUR_MS);
    });
    await expect(lost).rejects.toBeInstanceOf(LeaseLostError);
    expect(await spans(id)).toMatchObject([{ checks: 1 }]);

    stage.passes(2 * HOUR_MS);
    const paused = checkWhile(() =>
      pauseMonitors(stage.deps, {
        workspaceId: stage.workspaceId,
        ids: [id],
        by: ANN,
        commit: stage.commit,
        signal: NEVER,
      }),
    );
    await expect(paused).rejects.toBeInstanceOf(LeaseLostError);
    expect(await find(id)).toMatchObject({ status: 'paused' });

    const other = await stage.add({ port: 444 });
    expect(await checkWhile(() => stage.store.monitors.remove(stage.workspaceId, other.id))).toBeUndefined();
  });
});
