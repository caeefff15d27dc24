import { beforeEach, expect, it } from 'vitest';
import { BUILT_IN_PROFILES } from '../../src/core/profile.ts';
import { checkNow, LeaseLostError } from '../../src/monitoring/check.ts';
import { attend } from '../../src/monitoring/attend.ts';
import { actOnIncident } from '../../src/monitoring/incidents.ts';
import { addMonitor, pauseMonitors, removeMonitors, resumeMonitors } from '../../src/monitoring/monitors.ts';
import { createRound } from '../../src/monitoring/round.ts';
import {
  certificate,
  DAY_MS,
  endpoint,
  failedAddress,
  HOUR_MS,
  inDays,
  intermediate,
  NOW,
  observation,
  revocation,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import type { TheseMonitors } from '../../src/monitoring/monitors.ts';
import { ANN, checkClaimed, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';

const MINUTE_MS = 60_000;
const expiring = certificate({ notBefore: inDays(-345), notAfter: inDays(20) });
const renewed = certificate({ notBefore: inDays(0), notAfter: inDays(365) });

const these = (
  { workspaceId, commit }: Pick<Stage, 'workspaceId' | 'commit'>,
  ids: readonly string[],
): TheseMonitors => ({
  workspaceId,
  ids,
  by: ANN,
  commit,
  signal: NEVER,
});

describeOnBothEngines('a check', (test) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage(test().store);
  });

  const check = (id: string) => checkNow(stage.deps, stage.workspaceId, id, stage.commit, NEVER);
  const runDue = async (): Promise<void> => {
    const round = createRound(stage.deps, { concurrency: 4, leaseMs: 60_000, onNews: () => undefined });
    await round.settled();
    await round.stop();
  };
  const incidents = () => stage.store.incidents.listOpen(stage.workspaceId, 100);
  const said = async () => {
    stage.heard.length = 0;
    await stage.dispatcher.drain();
    return stage.heard.map(({ how, channel, content }) => [
      how,
      channel,
      content.kind === 'thread' ? content.lines[0] : content.title,
    ]);
  };

  it('of a healthy monitor opens nothing, says nothing, and comes again in an hour', async () => {
    const monitor = await stage.add();

    expect(monitor).toMatchObject({ status: 'valid', daysLeft: 60, nextCheckAt: new Date(NOW.getTime() + HOUR_MS) });
    expect(await incidents()).toEqual([]);
    expect(await said()).toEqual([]);
  });

  it('of an expiring one becomes a head and a thread with chain details, in the channel where it was added', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const monitor = await stage.add();

    expect(monitor).toMatchObject({ status: 'expiring', daysLeft: 20 });
    expect(await said()).toEqual([
      ['post', 'here', 'mail.example.com: certificate expires in 20 days'],
      ['reply', 'here', 'Opened at 2026-11-24 12:00 UTC.'],
    ]);
    const thread = stage.heard[1]?.content;
    expect(thread?.kind === 'thread' && thread.sections.map((section) => section.title)).toEqual([
      '192.0.2.10',
      '1. leaf: CN=mail.example.com',
      '2. intermediate: CN=Example Issuing CA, O=Example',
    ]);
    expect(await said()).toEqual([]);
  });

  it('goes to every channel of its contact groups, and not to where it was added', async () => {
    const { workspaceId, store } = stage;
    const group = await store.groups.add(workspaceId, `CG${'1'.repeat(32)}`, 'ops');
    const [one, two] = [await stage.ensureChannel('one'), await stage.ensureChannel('two')];
    for (const { id } of [one, two]) await store.groups.map(workspaceId, group?.id ?? '', id);
    stage.sees({ addresses: [servingLeaf(expiring)] });

    await stage.add({}, [group?.id ?? '']);

    expect((await said()).map(([how, channel]) => `${String(how)} ${String(channel)}`).sort()).toEqual([
      'post one',
      'post two',
      'reply one',
      'reply two',
    ]);
  });

  it('tells each threshold once, whatever is checked how often', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const monitor = await stage.add();
    await said();

    await check(monitor.id);
    await check(monitor.id);
    expect(await said()).toEqual([]);

    stage.passes(5 * DAY_MS);
    await check(monitor.id);
    expect((await said()).filter(([how]) => how === 'reply')).toEqual([
      ['reply', 'here', 'The certificate has crossed the 15-day threshold: it expires in 15 days.'],
    ]);
    await check(monitor.id);
    expect((await said()).filter(([how]) => how === 'reply')).toEqual([]);

    stage.passes(8 * DAY_MS);
    await check(monitor.id);
    expect((await said()).filter(([how]) => how === 'reply')).toEqual([
      ['reply', 'here', 'Worse: from warning to critical.'],
    ]);

    stage.passes(8 * DAY_MS);
    await check(monitor.id);
    expect((await said()).filter(([how]) => how === 'reply')).toEqual([
      ['reply', 'here', 'Worse: the certificate has expired.'],
    ]);
    expect(await incidents()).toHaveLength(1);
  });

  it('one wildcard on many monitors is one thread, and the last renewal closes it', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const first = await stage.add();
    const second = await stage.add({ host: 'www.example.com', serverName: 'mail.example.com' });
    const [incident, ...more] = await incidents();
    expect(more).toEqual([]);
    expect(new Set(incident?.members.map((member) => member.monitorId))).toEqual(new Set([first.id, second.id]));
    await said();

    stage.sees({ addresses: [servingLeaf(renewed)] });
    await check(first.id);
    expect(await said()).toContainEqual([
      'reply',
      'here',
      'No longer affected: mail.example.com:25 (the certificate was renewed).',
    ]);
    await check(second.id);
    expect(await said()).toContainEqual([
      'reply',
      'here',
      'Resolved at 2026-11-24 12:00 UTC: the certificate was renewed.',
    ]);
    expect(await incidents()).toEqual([]);
  });

  it('believes a connection failure after three scheduled tries over two minutes', async () => {
    const monitor = await stage.add();
    stage.sees({ addresses: [failedAddress({ address: '192.0.2.10' })] });
    stage.passes(HOUR_MS);

    for (const [tries, minutes] of [
      [1, 1],
      [2, 1],
    ] as const) {
      await runDue();
      expect(await stage.store.monitors.find(stage.workspaceId, monitor.id)).toMatchObject({
        status: 'valid',
        failing: { tries, of: 3 },
      });
      await check(monitor.id);
      expect(await incidents()).toEqual([]);
      stage.passes(minutes * MINUTE_MS);
    }
    await runDue();

    expect(await stage.store.monitors.find(stage.workspaceId, monitor.id)).toMatchObject({
      status: 'error',
      failing: undefined,
    });
    expect(await incidents()).toMatchObject([
      { severity: 'critical', members: [{ code: 'timeout', address: '192.0.2.10' }] },
    ]);
    await said();

    stage.sees({});
    stage.passes(5 * MINUTE_MS);
    await runDue();
    expect(await incidents()).toEqual([]);
    expect(await said()).toContainEqual([
      'reply',
      'here',
      'Resolved at 2026-11-24 13:07 UTC: the last check found nothing wrong any more.',
    ]);
  });

  it('under a lost lease writes nothing', async () => {
    const monitor = await stage.add();
    stage.passes(HOUR_MS);
    const [lease] = await stage.store.monitors.claimDue(stage.deps.clock.now(), 1, 1_000);
    stage.passes(2_000);
    const [later] = await stage.store.monitors.claimDue(stage.deps.clock.now(), 1, 60_000);
    stage.sees({ addresses: [servingLeaf(expiring)] });
    if (lease === undefined || later === undefined) throw new Error('nothing was claimed');

    await expect(checkClaimed(stage.deps, lease, NEVER)).rejects.toBeInstanceOf(LeaseLostError);

    expect(await stage.store.monitors.find(stage.workspaceId, monitor.id)).toMatchObject({ status: 'valid' });
    expect(await incidents()).toEqual([]);
    expect(await checkClaimed(stage.deps, later, NEVER)).toMatchObject({ monitor: { status: 'expiring' } });
  });

  it('reads chains anew once a day and while a finding hangs on them, else lets the last stand in', async () => {
    const monitor = await stage.add();
    const known = () => stage.requests.at(-1)?.known.size;
    expect(known()).toBe(0);

    stage.passes(HOUR_MS);
    await runDue();
    expect(known()).toBe(1);

    stage.passes(DAY_MS);
    await runDue();
    expect(known()).toBe(0);

    await check(monitor.id);
    expect(known()).toBe(0);
  });

  it('hands on what the last one found missing, whoever asks', async () => {
    const alone = certificate();
    const lacking = untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [alone], {
      missing: [{ certificate: intermediate(), pem: 'PEM of the intermediate' }],
    });
    const second = { ...lacking, address: '192.0.2.11' };
    stage.sees({ addresses: [lacking, second, failedAddress()] });
    const monitor = await stage.add();
    const handedOn = () => stage.requests.at(-1)?.knownIssuers;
    expect(handedOn()).toEqual([]);

    stage.passes(HOUR_MS);
    await runDue();
    expect(handedOn()).toEqual(['PEM of the intermediate']);

    await check(monitor.id);
    expect(handedOn()).toEqual(['PEM of the intermediate']);
  });

  it('that began before another that is recorded already changes nothing', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const monitor = await stage.add();
    stage.passes(HOUR_MS);
    const [lease] = await stage.store.monitors.claimDue(stage.deps.clock.now(), 1, 3 * HOUR_MS);
    if (lease === undefined) throw new Error('nothing was claimed');
    const slow = {
      ...stage.deps,
      prober: {
        observe: async () => {
          const seen = observation({ addresses: [servingLeaf(expiring)], checkedAt: stage.deps.clock.now() });
          stage.passes(MINUTE_MS);
          stage.sees({ addresses: [servingLeaf(renewed)] });
          await check(monitor.id);
          return seen;
        },
      },
    };

    await checkClaimed(slow, lease, NEVER);

    expect(await incidents()).toEqual([]);
    expect(await stage.store.monitors.find(stage.workspaceId, monitor.id)).toMatchObject({ status: 'valid' });
  });

  it('of a monitor removed meanwhile records nothing', async () => {
    const monitor = await stage.add();
    await removeMonitors(stage.deps, these(stage, [monitor.id]));

    expect(await check(monitor.id)).toBeUndefined();
  });

  it('of a revoked certificate is told until its CA says otherwise, not until nobody can be asked', async () => {
    const judged = (status: 'good' | 'revoked' | 'unknown') => {
      const about = { fingerprint: certificate().fingerprint, status, revokedAt: undefined };
      stage.sees({ addresses: [servingLeaf(certificate(), { revocation: [revocation(about)] })] });
    };
    judged('good');
    const { id } = await stage.add();
    expect(await incidents()).toEqual([]);
    judged('revoked');
    expect(await check(id)).toMatchObject({ monitor: { status: 'error' }, hasNews: true });
    expect(await incidents()).toMatchObject([{ key: { kind: 'certificate', subject: certificate().fingerprint } }]);
    judged('unknown');
    const still = { monitor: { status: 'error' }, hasNews: false };
    expect(await check(id)).toMatchObject(still);
    expect(await check(id)).toMatchObject(still);
    judged('good');
    expect(await check(id)).toMatchObject({ monitor: { status: 'valid' }, hasNews: true });
    judged('unknown');
    expect(await check(id)).toMatchObject({ monitor: { status: 'valid' }, hasNews: false });
    expect(await incidents()).toEqual([]);
  });

  it('of a must-staple certificate tells of a missing staple from the second time on, and makes no history of the first', async () => {
    const stapled = (staple: 'good' | 'none') =>
      stage.sees({ addresses: [servingLeaf(certificate({ mustStaple: true }), { staple })] });
    stapled('good');
    const { id } = await stage.add();
    for (const staple of ['none', 'good', 'none'] as const) {
      stapled(staple);
      expect(await check(id)).toMatchObject({ hasNews: false });
    }
    expect(await stage.store.checks.history(stage.workspaceId, id, 9)).toMatchObject([{ checks: 4, findings: [] }]);
    expect(await check(id)).toMatchObject({ hasNews: true, assessment: { findings: [{ code: 'staple-missing' }] } });
    expect(await incidents()).toMatchObject([{ members: [{ code: 'staple-missing' }] }]);
    stapled('good');
    expect(await check(id)).toMatchObject({ hasNews: true });
    expect(await incidents()).toEqual([]);
  });

  it('many at once open one incident and lose no member', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });

    const monitors = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        stage.add({ host: `h${String(index)}.example.com`, serverName: 'mail.example.com' }),
      ),
    );

    const [incident, ...others] = await incidents();
    expect(others).toEqual([]);
    expect(new Set(incident?.members.map((member) => member.monitorId))).toEqual(
      new Set(monitors.map((monitor) => monitor.id)),
    );
  });
});

describeOnBothEngines('what a person does', (test) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage(test().store);
    stage.sees({ addresses: [servingLeaf(expiring)] });
  });

  const wish = (...[wanted, id]: [Parameters<typeof actOnIncident>[3], string]) =>
    actOnIncident(stage.deps, stage.workspaceId, id, wanted, ANN, stage.commit);
  const openIncident = async () => {
    const [incident] = await stage.store.incidents.listOpen(stage.workspaceId, 1);
    if (incident === undefined) throw new Error('no incident is open');
    return incident;
  };
  const drained = async () => {
    stage.heard.length = 0;
    await stage.dispatcher.drain();
    return stage.heard;
  };

  it('an acknowledgement edits the head at once and stands in the thread', async () => {
    await stage.add();
    await drained();

    const result = await wish({ type: 'acknowledge' }, (await openIncident()).id);

    expect(result).toMatchObject({ incident: { acknowledged: { by: ANN } } });
    expect(await drained()).toMatchObject([
      {
        how: 'edit',
        content: { kind: 'head', acknowledgedBy: 'Ann', state: ['Acknowledged by Ann at 2026-11-24 12:00 UTC'] },
      },
      { how: 'reply', content: { lines: ['Ann acknowledged this at 2026-11-24 12:00 UTC.'], broadcast: false } },
    ]);
    expect(await wish({ type: 'acknowledge' }, (await openIncident()).id)).toEqual({
      refused: 'already-acknowledged',
      by: ANN,
    });
    expect(await drained()).toEqual([]);
  });

  it('of several who acknowledge at once one does, and the others are told who', async () => {
    await stage.add();
    const { id } = await openIncident();

    const results = await Promise.all(Array.from({ length: 6 }, () => wish({ type: 'acknowledge' }, id)));

    expect(results.filter((result) => result !== undefined && 'incident' in result)).toHaveLength(1);
    expect(results.filter((result) => result !== undefined && 'refused' in result)).toHaveLength(5);
  });

  it('a silence ends at its time and says so', async () => {
    await stage.add();
    const until = new Date(NOW.getTime() + HOUR_MS);
    await wish({ type: 'snooze', until: { kind: 'until', instant: until } }, (await openIncident()).id);
    await drained();

    expect(await attend(stage.deps)).toBe(0);
    stage.passes(HOUR_MS);
    expect(await attend(stage.deps)).toBe(1);
    expect(await attend(stage.deps)).toBe(0);

    expect((await openIncident()).silence).toBeUndefined();
    expect((await drained()).map(({ content }) => content.kind === 'thread' && content.lines)).toContainEqual([
      'The silence has ended, and the problem is still there.',
    ]);
  });

  it('until-next-threshold is refused where none is left, and ends at the next', async () => {
    const monitor = await stage.add();
    const snooze = async () => wish({ type: 'snooze', until: { kind: 'next-threshold' } }, (await openIncident()).id);
    expect(await snooze()).toMatchObject({ incident: { silence: { until: { kind: 'next-threshold' } } } });

    stage.passes(5 * DAY_MS);
    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);
    expect((await openIncident()).silence).toBeUndefined();

    stage.passes(9 * DAY_MS);
    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);
    expect(await snooze()).toEqual({ refused: 'no-threshold-left' });
  });

  it('a paused monitor leaves its incidents, is not checked, and comes back due at once', async () => {
    const monitor = await stage.add();
    const { deps, workspaceId, commit, store } = stage;

    expect(await pauseMonitors(deps, these({ workspaceId, commit }, [monitor.id]))).toMatchObject([
      { status: 'paused' },
    ]);
    expect(await pauseMonitors(deps, these({ workspaceId, commit }, [monitor.id]))).toEqual([]);
    expect(await store.incidents.listOpen(workspaceId, 1)).toEqual([]);
    stage.passes(DAY_MS);
    expect(await store.monitors.claimDue(deps.clock.now(), 10, 1_000)).toEqual([]);

    expect(await resumeMonitors(deps, these({ workspaceId, commit }, [monitor.id]))).toMatchObject([
      { status: 'pending' },
    ]);
    expect(await store.monitors.claimDue(deps.clock.now(), 10, 1_000)).toHaveLength(1);
  });

  it('what was wrong before a pause is told again after the resumption', async () => {
    const monitor = await stage.add();
    const { deps, workspaceId, commit, store } = stage;
    await pauseMonitors(deps, these({ workspaceId, commit }, [monitor.id]));
    stage.passes(2 * HOUR_MS);
    await checkNow(deps, workspaceId, monitor.id, commit, NEVER);
    await resumeMonitors(deps, these({ workspaceId, commit }, [monitor.id]));

    await checkNow(deps, workspaceId, monitor.id, commit, NEVER);

    expect(await store.incidents.listOpen(workspaceId, 1)).toMatchObject([{ members: [{ monitorId: monitor.id }] }]);
  });

  it('a removed monitor closes what it alone was in, and the thread says so', async () => {
    const monitor = await stage.add();
    await drained();

    await removeMonitors(stage.deps, these(stage, [monitor.id, monitor.id]));

    expect(await stage.store.monitors.find(stage.workspaceId, monitor.id)).toBeUndefined();
    expect((await drained()).map(({ content }) => [content.kind, content.title])).toEqual([
      ['head', 'mail.example.com: certificate expires in 20 days'],
      ['thread', 'mail.example.com: certificate expires in 20 days'],
    ]);
    const heads = stage.heard.filter(({ content }) => content.kind === 'head');
    expect(heads).toMatchObject([
      { content: { status: 'resolved', hosts: ['mail.example.com:25, removed (192.0.2.10)'] } },
    ]);
  });

  it('a duplicate and a name without addresses add nothing', async () => {
    const monitor = await stage.add();
    const [profile] = await stage.store.profiles.list(stage.workspaceId);
    const add = (host: string) =>
      addMonitor(
        stage.deps,
        stage.workspaceId,
        {
          endpoint: endpoint({ host }),
          name: undefined,
          profileId: profile?.id ?? '',
          groupIds: [],
          tags: [],
          channelId: stage.channel.id,
          by: ANN,
        },
        stage.commit,
        NEVER,
      );

    expect(await add('mail.example.com')).toMatchObject({ type: 'duplicate', of: { id: monitor.id } });
    stage.sees(() => observation({ resolution: { outcome: 'dns-failure', detail: 'no such name' }, addresses: [] }));
    expect(await add('nowhere.example.com')).toEqual({ type: 'no-addresses', detail: 'no such name' });
    expect(await stage.store.monitors.count(stage.workspaceId, { now: NOW })).toMatchObject({ total: 1 });
  });

  it('every workspace begins with the built-in profiles', async () => {
    const names = (await stage.store.profiles.list(stage.workspaceId)).map((profile) => profile.name);

    expect(names.sort()).toEqual(BUILT_IN_PROFILES.map((profile) => profile.name).sort());
  });
});
