import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContactGroup } from '../../src/core/contact-group.ts';
import { toSid } from '../../src/core/sid.ts';
import { parseHours } from '../../src/core/weekly-hours.ts';
import { attend } from '../../src/monitoring/attend.ts';
import { checkNow } from '../../src/monitoring/check.ts';
import { actOnIncident } from '../../src/monitoring/incidents.ts';
import { certificate, inDays, servingLeaf } from '../helpers/builders.ts';
import { emptyTables, withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { ANN, checkClaimed, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const warning = certificate({ subject: 'CN=mail.example.com', notBefore: inDays(-70), notAfter: inDays(20) });
const expired = certificate({ subject: 'CN=mail.example.com', notBefore: inDays(-60), notAfter: inDays(-2) });

// The stage begins on Tuesday 2026-11-24 at 12:00 UTC.
describe('where and when an incident is told', () => {
  let database: TestDatabase;
  let stage: Stage;

  beforeAll(async () => {
    database = await withStore('postgresql');
  });
  beforeEach(async () => {
    await emptyTables(database.database);
    stage = await setStage(database.store);
  });
  afterAll(() => database.close());

  /** What was said since the last time: how, where, and of what. */
  async function told(): Promise<string[]> {
    for (;;) {
      while ((await attend(stage.deps)) > 0);
      if ((await stage.dispatcher.drain()) === 0) break;
    }
    return stage.heard.splice(0).map(({ how, channel, content }) => {
      const called = content.kind === 'notice' ? [] : content.mentions.map(({ text }) => text);
      const words =
        content.kind === 'thread' ? (content.lines[0] ?? '').replace(/ at .*| for .*| since .*/, '') : content.kind;
      return [how, channel, words, ...called].join(' ');
    });
  }

  async function group(
    name: string,
    channel: string,
    change: Partial<Pick<ContactGroup, 'criticalThrough' | 'mention' | 'escalation'>> & { hours?: string } = {},
    filter?: string,
  ): Promise<string> {
    const { store, workspaceId } = stage;
    const id = toSid('contact-group', randomUUID());
    await store.groups.add(workspaceId, id, name);
    await store.groups.map(workspaceId, id, (await stage.ensureChannel(channel)).id, filter);
    const hours = change.hours === undefined ? null : JSON.stringify(parseHours(change.hours));
    await database.database.pool.execute(sql`
      update contact_groups set hours = ${hours}::jsonb, critical_through = ${change.criticalThrough ?? false},
        mention = ${change.mention === undefined ? null : JSON.stringify(change.mention)}::jsonb,
        escalate_to = ${change.escalation?.groupId ?? null}, escalate_after_ms = ${change.escalation?.afterMs ?? null}
       where id = ${id}`);
    return id;
  }

  async function found(leaf: typeof warning, monitorId: string): Promise<void> {
    stage.sees({ addresses: [servingLeaf(leaf)] });
    await checkNow(stage.deps, stage.workspaceId, monitorId, stage.commit, NEVER);
  }

  /** As the schedule checks it. */
  async function scheduled(monitorId: string): Promise<void> {
    await stage.store.monitors.checkSoon(stage.workspaceId, [monitorId], stage.deps.clock.now());
    const [lease] = await stage.store.monitors.claimDue(stage.deps.clock.now(), 1, MINUTE_MS);
    if (lease === undefined) throw new Error('nothing is due');
    await checkClaimed(stage.deps, lease, NEVER);
  }

  it('a monitor leads to all channels of the groups it names, and to those whose filter it fits', async () => {
    const ops = await group('ops', 'ops');
    await group('mail', 'mail', {}, 'protocol:smtp');
    await group('web', 'web', {}, 'protocol:https');
    stage.sees({ addresses: [servingLeaf(expired)] });

    await stage.add({ protocol: 'smtp', port: 25 }, [ops]);
    expect((await told()).sort()).toEqual(['post mail head', 'post ops head', 'reply mail Opened', 'reply ops Opened']);
    await stage.add({ port: 465, protocol: 'smtps' });
    // Of the same certificate: it joins quietly where it is told already, and is told where nobody knew.
    expect((await told()).sort()).toEqual(
      ['edit mail head', 'edit ops head', 'post here head', 'reply here Opened'].sort(),
    );
  });

  it('outside the hours of its groups it waits for their opening, and is told as it is then', async () => {
    const ops = await group('ops', 'ops', { hours: 'mon-fri 14:00-18:00' });
    stage.sees({ addresses: [servingLeaf(warning)] });
    const { id } = await stage.add({}, [ops]);
    expect(await told()).toEqual([]);
    stage.passes(HOUR_MS);
    await found(expired, id);
    expect(await told()).toEqual([]);
    stage.passes(HOUR_MS - MINUTE_MS);
    await found(expired, id);
    expect(await told()).toEqual([]);
    stage.passes(MINUTE_MS);
    expect(await told()).toEqual(['post ops head', 'reply ops Opened']);
  });

  it('what is over before the opening is never told', async () => {
    const ops = await group('ops', 'ops', { hours: 'mon-fri 14:00-18:00' });
    stage.sees({ addresses: [servingLeaf(warning)] });
    const { id } = await stage.add({}, [ops]);
    stage.passes(HOUR_MS);
    stage.sees({});
    await checkNow(stage.deps, stage.workspaceId, id, stage.commit, NEVER);
    stage.passes(2 * HOUR_MS);
    expect(await told()).toEqual([]);
    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('what is critical passes where a group lets it through, also once it rises to that', async () => {
    const ops = await group('ops', 'ops', { hours: 'mon-fri 14:00-18:00', criticalThrough: true });
    stage.sees({ addresses: [servingLeaf(warning)] });
    const { id } = await stage.add({}, [ops]);
    expect(await told()).toEqual([]);
    stage.passes(MINUTE_MS);
    await found(expired, id);
    expect(await told()).toEqual(['post ops head', 'reply ops Opened']);
  });

  it('a machine waits for the hours in a thread too; a person does not, and edits always pass', async () => {
    const ops = await group('ops', 'ops', { hours: 'mon-fri 08:00-12:30' });
    stage.sees({ addresses: [servingLeaf(warning)] });
    const { id } = await stage.add({}, [ops]);
    expect(await told()).toEqual(['post ops head', 'reply ops Opened']);
    stage.passes(HOUR_MS);
    const [incident] = await stage.store.incidents.listOpen(stage.workspaceId, 1);
    await actOnIncident(stage.deps, stage.workspaceId, incident?.id ?? '', { type: 'acknowledge' }, ANN, stage.commit);
    expect(await told()).toEqual(['edit ops head', 'reply ops Ann acknowledged this']);
    // On a Saturday it becomes critical.
    stage.passes(18 * DAY_MS - HOUR_MS);
    await scheduled(id);
    stage.passes(10_000);
    expect(await told()).toEqual(['edit ops head']);
    stage.passes(44 * HOUR_MS - 10_000);
    await scheduled(id);
    stage.passes(10_000);
    expect(await told()).toContain('reply ops Worse: from warning to critical.');
  });

  it('nobody is called unless a group says so, and then in a new post, once for each rise', async () => {
    const mention = { who: [{ platform: 'console', externalId: undefined, text: '@oncall' }], on: 'critical' } as const;
    const ops = await group('ops', 'ops', { mention });
    stage.sees({ addresses: [servingLeaf(warning)] });
    const { id } = await stage.add({}, [ops]);
    expect(await told()).toEqual(['post ops head', 'reply ops Opened']);
    stage.passes(18 * DAY_MS);
    await found(warning, id);
    expect(await told()).toEqual(['edit ops head', 'reply ops Worse: from warning to critical. @oncall']);
    stage.passes(MINUTE_MS);
    await found(warning, id);
    expect((await told()).join(' ')).not.toContain('@oncall');
  });

  it('while critical and unacknowledged it is escalated once, whatever the hours of the first group', async () => {
    const leads = await group('leads', 'leads');
    const ops = await group('ops', 'ops', {
      hours: 'mon-fri 08:00-12:01',
      escalation: { groupId: leads, afterMs: 30 * MINUTE_MS },
    });
    stage.sees({ addresses: [servingLeaf(expired)] });
    const { id } = await stage.add({}, [ops]);
    expect(await told()).toEqual(['post ops head', 'reply ops Opened']);
    stage.passes(30 * MINUTE_MS - 1);
    await found(expired, id);
    expect(await told()).toEqual([]);
    stage.passes(1);
    expect(await told()).toEqual(['post leads head', 'reply leads Opened']);
    stage.passes(10_000);
    expect(await told()).toEqual(['edit ops head']);
    stage.passes(HOUR_MS);
    expect(await told()).toEqual([]);
    // The word of it waits in the first group's thread for its opening.
    stage.passes(19 * HOUR_MS);
    await found(expired, id);
    expect(await told()).toContain('reply ops Nobody has acknowledged this');
  });

  it('an acknowledgement stops escalation and reminders', async () => {
    const leads = await group('leads', 'leads');
    const ops = await group('ops', 'ops', { escalation: { groupId: leads, afterMs: 30 * MINUTE_MS } });
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add({}, [ops]);
    await told();
    const [incident] = await stage.store.incidents.listOpen(stage.workspaceId, 1);
    await actOnIncident(stage.deps, stage.workspaceId, incident?.id ?? '', { type: 'acknowledge' }, ANN, stage.commit);
    await told();
    stage.passes(3 * DAY_MS);
    expect(await told()).toEqual([]);
  });

  it('it is reminded of daily, in the thread, and not outside the hours', async () => {
    const ops = await group('ops', 'ops', { hours: 'tue-wed 08:00-18:00' });
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add({}, [ops]);
    await told();
    stage.passes(DAY_MS);
    expect(await told()).toEqual(['reply ops Reminder: nobody has acknowledged this']);
    stage.passes(10_000);
    expect(await told()).toEqual(['edit ops head']);
    // Thursday is passed over, and not made up for.
    stage.passes(DAY_MS);
    expect(await told()).toEqual([]);
    stage.passes(12 * HOUR_MS);
    expect((await told()).filter((line) => line.startsWith('reply'))).toEqual([]);
  });

  it('what leads to a dead channel goes to the fallback channel', async () => {
    const ops = await group('ops', 'ops');
    const { store, workspaceId } = stage;
    const fallback = await stage.ensureChannel('fallback');
    await store.workspaces.changeSettings(workspaceId, { fallbackChannelId: fallback.id });
    await store.channels.markDead(workspaceId, (await stage.ensureChannel('ops')).id, 'archived');
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add({}, [ops]);
    expect(await told()).toEqual(['post fallback head', 'reply fallback Opened']);
  });
});
