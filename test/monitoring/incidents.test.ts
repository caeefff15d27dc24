/** The stories of design, section 5, on a real store: what checks, people and time do to one incident. */
import { beforeEach, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import { checkNow } from '../../src/monitoring/check.ts';
import { afterClockWentBack } from '../../src/monitoring/clock.ts';
import { acceptFault, actOnIncident } from '../../src/monitoring/incidents.ts';
import { createNetworkWatch } from '../../src/monitoring/network.ts';
import { findNotChecked } from '../../src/monitoring/not-checked.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { certificate, DAY_MS, failedAddress, HOUR_MS, inDays, NOW, servingLeaf } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { ANN, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';

const MINUTE_MS = 60_000;
const well = certificate({ notBefore: inDays(-30), notAfter: inDays(335) });
const old = certificate({ notBefore: inDays(-345), notAfter: inDays(20) });
const renewed = certificate({ notBefore: inDays(0), notAfter: inDays(365) });
const foreign = certificate({ notBefore: inDays(0), notAfter: inDays(365), issuer: 'CN=Evil CA, O=Evil' });
const misnamed = certificate({ notAfter: inDays(300), subjectAltNames: [{ type: 'dns', value: 'other.example' }] });
const mended = certificate({
  notBefore: inDays(-29),
  notAfter: inDays(335),
  subjectAltNames: ['*.example.com', 'other.example'].map((value) => ({ type: 'dns', value })),
});

describeOnBothEngines('an incident', (test) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage(test().store);
  });

  const serves = (leaf: Certificate) => stage.sees({ addresses: [servingLeaf(leaf)] });
  const check = (id: string) => checkNow(stage.deps, stage.workspaceId, id, stage.commit, NEVER);
  const incidents = () => stage.store.incidents.listOpen(stage.workspaceId, 100);
  const act = (type: 'acknowledge' | 'unacknowledge', id: string) =>
    actOnIncident(stage.deps, stage.workspaceId, id, { type }, ANN, stage.commit);
  const first = async () => {
    const [incident] = await incidents();
    if (incident === undefined) throw new Error('no incident is open');
    return incident;
  };
  const monitorOf = async (id: string) => {
    const monitor = await stage.store.monitors.find(stage.workspaceId, id);
    if (monitor === undefined) throw new Error(`monitor ${id} is gone`);
    return monitor;
  };
  /** What was posted since it was last asked, heads that were edited left out. */
  const posts = async () => {
    stage.passes(MINUTE_MS);
    stage.heard.length = 0;
    await stage.dispatcher.drain();
    return stage.heard
      .filter(({ how }) => how !== 'edit')
      .map(({ content }) => (content.kind === 'thread' ? content.lines[0] : content.title));
  };
  /** One check after `ms`. */
  const later = async (ms: number, id: string, leaf: Certificate) => {
    stage.passes(ms);
    serves(leaf);
    return check(id);
  };

  it('of a host that flaps is one thread with few words, and closes once it stays well', async () => {
    const at = async (ms: number, id: string, tlsVersion: string) => {
      stage.passes(ms);
      stage.sees({ addresses: [servingLeaf(well, { tlsVersion })] });
      await check(id);
    };
    const [good, bad] = ['TLSv1.3', 'TLSv1.1'];
    stage.sees({ addresses: [servingLeaf(well, { tlsVersion: bad })] });
    const { id } = await stage.add();
    const { id: incidentId } = await first();
    expect(await posts()).toHaveLength(2);

    await at(5 * MINUTE_MS, id, good);
    expect(await posts()).toEqual([expect.stringContaining('Resolved at')]);
    await at(5 * MINUTE_MS, id, bad);
    expect(await posts()).toEqual([expect.stringContaining('It is back within an hour')]);
    for (let turn = 0; turn < 20; turn += 1) await at(5 * MINUTE_MS, id, turn % 2 === 0 ? good : bad);
    await at(5 * MINUTE_MS, id, good);
    expect(await posts()).toEqual([]);
    expect(await first()).toMatchObject({ id: incidentId, reopened: 11, members: [] });

    await at(3 * HOUR_MS, id, good);
    expect(await posts()).toEqual([]);
    await at(HOUR_MS, id, good);
    expect(await posts()).toEqual([expect.stringContaining('Resolved at')]);
    expect(await incidents()).toEqual([]);
  });

  it('of a certificate that alternates with its renewal stays one, told as addresses that differ', async () => {
    serves(old);
    const { id } = await stage.add();
    const { id: incidentId } = await first();
    await posts();

    await later(5 * MINUTE_MS, id, renewed);
    await later(5 * MINUTE_MS, id, old);
    expect(await posts()).toHaveLength(3);
    for (let turn = 0; turn < 20; turn += 1) {
      await later(5 * MINUTE_MS, id, turn % 2 === 0 ? renewed : old);
      expect(await incidents()).toMatchObject([{ id: incidentId, wellSince: undefined }]);
    }
    expect(await posts()).toEqual([]);
    expect((await first()).members.map(({ code }) => code).sort()).toEqual(['addresses-differ', 'expiring']);
    expect(await monitorOf(id)).toMatchObject({ status: 'expiring' });

    await later(2 * MINUTE_MS, id, renewed);
    expect(await monitorOf(id)).toMatchObject({ status: 'expiring' });
    await later(DAY_MS, id, renewed);
    expect(await incidents()).toEqual([]);
    expect(await posts()).toEqual([expect.stringContaining('the certificate was renewed')]);
  });

  it('of another certificate tells the difference, and is over once somebody acknowledged it', async () => {
    serves(well);
    const { id } = await stage.add();
    await later(HOUR_MS, id, foreign);
    const opened = await first();
    expect(opened).toMatchObject({ severity: 'warning', members: [{ code: 'certificate-changed' }] });
    expect(opened.members[0]?.message).toContain("is 'Evil CA (Evil)' now");

    expect(await act('acknowledge', opened.id)).toMatchObject({ incident: { closed: { reason: 'accepted' } } });
    await later(HOUR_MS, id, foreign);
    expect(await incidents()).toEqual([]);
    expect(await act('acknowledge', opened.id)).toEqual({ refused: 'closed' });

    await later(HOUR_MS, id, certificate({ notAfter: inDays(364), issuer: 'CN=Evil CA 2, O=Evil' }));
    expect(await incidents()).toEqual([]);
  });

  it('of another certificate is over after seven days', async () => {
    serves(well);
    const { id } = await stage.add();
    await later(HOUR_MS, id, foreign);
    await later(6 * DAY_MS, id, foreign);
    expect(await incidents()).toHaveLength(1);
    await posts();
    await later(DAY_MS, id, foreign);

    expect(await incidents()).toEqual([]);
    expect(await posts()).toEqual([expect.stringContaining('accepted as known and wanted')]);
  });

  it('of a plain renewal never opens', async () => {
    serves(well);
    const { id } = await stage.add();
    const outcome = await later(HOUR_MS, id, renewed);

    expect(outcome?.assessment.findings).toMatchObject([{ code: 'certificate-changed', severity: 'info' }]);
    expect(await incidents()).toEqual([]);
    expect((await later(MINUTE_MS, id, renewed))?.assessment.findings).toEqual([]);
  });

  it('of an accepted fault closes, stays away until then, and is told again', async () => {
    serves(misnamed);
    const { id } = await stage.add();
    const { id: incidentId } = await first();
    const wish = { code: 'name-mismatch', until: inDays(10), reason: 'moves in December' } as const;
    const accept = (changes: object) =>
      acceptFault(stage.deps, stage.workspaceId, incidentId, { ...wish, ...changes }, ANN, stage.commit);

    expect(await accept({ code: 'expired' })).toEqual({ refused: 'no-such-code', codes: ['name-mismatch'] });
    expect(await accept({ until: NOW })).toEqual({ refused: 'in-the-past' });
    expect(await incidents()).toHaveLength(1);
    expect(await accept({})).toMatchObject({ incident: { closed: { reason: 'accepted' } } });

    const outcome = await later(5 * DAY_MS, id, misnamed);
    expect(outcome?.monitor.status).toBe('valid');
    expect(outcome?.assessment.findings).toMatchObject([
      { severity: 'info', message: expect.stringContaining('Accepted until 2026-12-04 12:00 UTC by Ann') as string },
    ]);
    expect(await incidents()).toEqual([]);
    await later(5 * DAY_MS, id, misnamed);
    expect(await incidents()).toMatchObject([{ members: [{ code: 'name-mismatch' }] }]);
  });

  it('a click and the check that mends it, at once, end in one sane state', async () => {
    serves(misnamed);
    for (let turn = 0; turn < 5; turn += 1) {
      const { id } = await stage.add({ host: `h${String(turn)}.example.com` });
      const incident = (await incidents()).find(({ key }) => key.subject === id);
      serves(mended);
      stage.passes(MINUTE_MS);
      const [clicked] = await Promise.all([act('acknowledge', incident?.id ?? ''), check(id)]);

      const after = await stage.store.incidents.find(stage.workspaceId, incident?.id ?? '');
      expect(after).toMatchObject({ closed: { reason: 'well' }, members: [] });
      const wasRefused = clicked !== undefined && 'refused' in clicked;
      expect(after?.acknowledged === undefined).toBe(wasRefused);
      serves(misnamed);
    }
  });

  it('of a monitor that nobody checks is told while workers run, and ends with its next check', async () => {
    serves(well);
    const { id } = await stage.add();
    const beat = async (times: number) => {
      for (let minute = 0; minute < times; minute += 1) {
        stage.passes(MINUTE_MS);
        await findNotChecked(stage.deps);
      }
    };
    stage.passes(10 * HOUR_MS);
    await beat(180);
    expect(await incidents()).toEqual([]);
    await beat(1);
    expect(await incidents()).toMatchObject([{ severity: 'warning', members: [{ code: 'not-checked' }] }]);
    await beat(5);
    expect(await incidents()).toMatchObject([{ version: 0 }]);

    await check(id);
    expect(await incidents()).toEqual([]);
  });

  it('many monitors that nobody checks are one message to the admins', async () => {
    serves(well);
    const admins = await stage.ensureChannel('admins');
    await stage.store.workspaces.changeSettings(stage.workspaceId, { adminChannelId: admins.id });
    for (let host = 0; host < 11; host += 1)
      await stage.add({ host: `h${String(host)}.example.com`, serverName: 'mail.example.com' });
    await findNotChecked(stage.deps);
    await posts();
    for (let minute = 0; minute < 190; minute += 1) {
      stage.passes(MINUTE_MS);
      await findNotChecked(stage.deps);
    }

    expect(await posts()).toEqual(['11 monitors are not checked any more']);
    expect(await incidents()).toEqual([]);
  });

  it('none opens while our own network is down, and the admins are told once', async () => {
    serves(well);
    const admins = await stage.ensureChannel('admins');
    await stage.store.workspaces.changeSettings(stage.workspaceId, { adminChannelId: admins.id });
    const added: string[] = [];
    for (let host = 0; host < 12; host += 1) {
      added.push((await stage.add({ host: `h${String(host)}.example.com`, serverName: 'mail.example.com' })).id);
    }
    const network = createNetworkWatch(stage.deps, () => undefined);
    const runDue = async (ms: number) => {
      stage.passes(ms);
      const round = createRound(stage.deps, { concurrency: 4, leaseMs: 60_000, network, onNews: () => undefined });
      await round.settled();
      await round.stop();
    };
    stage.sees({ addresses: [failedAddress({ address: '192.0.2.10', outcome: 'unreachable' })] });
    await runDue(HOUR_MS);
    for (let minute = 0; minute < 10; minute += 1) await runDue(MINUTE_MS);
    expect(await incidents()).toEqual([]);
    expect(await posts()).toEqual(["certmon's own network seems to be down"]);

    serves(well);
    await runDue(MINUTE_MS);
    expect(await posts()).toEqual(["certmon's own network is back"]);
    expect(await incidents()).toEqual([]);
    const monitors = await stage.store.monitors.listByIds(stage.workspaceId, added);
    expect(monitors.every(({ failing }) => failing === undefined)).toBe(true);
  });

  it('one host that fails among others that answer is not our network', async () => {
    serves(well);
    for (let host = 0; host < 12; host += 1) {
      await stage.add({ host: `h${String(host)}.example.com`, serverName: 'mail.example.com' });
    }
    const network = createNetworkWatch(stage.deps, () => undefined);
    stage.sees(({ endpoint }) => ({
      checkedAt: NOW,
      resolution: { outcome: 'ok', notProbed: 0 },
      addresses: [endpoint.host === 'h3.example.com' ? failedAddress({ address: '192.0.2.10' }) : servingLeaf(well)],
    }));
    stage.passes(HOUR_MS);
    for (let minute = 0; minute < 4; minute += 1) {
      const round = createRound(stage.deps, { concurrency: 4, leaseMs: 60_000, network, onNews: () => undefined });
      await round.settled();
      stage.passes(MINUTE_MS);
    }

    expect(await incidents()).toMatchObject([{ members: [{ code: 'timeout' }] }]);
  });

  it('a clock that jumps back leaves nothing waiting, and one that jumps on tells each threshold once', async () => {
    serves(old);
    const { id } = await stage.add();
    await posts();
    stage.passes(-DAY_MS);
    const now = stage.deps.clock.now();
    expect(await stage.store.monitors.claimDue(now, 10, 1_000)).toEqual([]);
    expect(await afterClockWentBack(stage.store, now)).toBe(1);
    expect(await stage.store.monitors.claimDue(now, 10, 1_000)).toHaveLength(1);
    await check(id);
    expect(await monitorOf(id)).toMatchObject({ lastCheckedAt: now });

    stage.passes(7 * DAY_MS);
    await check(id);
    await check(id);
    expect(await posts()).toEqual([expect.stringContaining('15-day threshold')]);
  });
});
