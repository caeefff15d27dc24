import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { NoticeAlert, ThreadAlert } from '../../src/core/alert.ts';
import type { Severity } from '../../src/core/finding.ts';
import type { Incident } from '../../src/core/incident.ts';
import type { OutboxItem } from '../../src/core/ports.ts';
import { toSid } from '../../src/core/sid.ts';
import type { Channel, PlatformName } from '../../src/core/workspace.ts';
import { fingerprintOf, incident, NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addChannel, defaultTenant } from '../helpers/stored.ts';
import type { Tenant } from '../helpers/stored.ts';

const ALL: readonly PlatformName[] = ['slack', 'teams', 'console'];
const LEASE_MS = 60_000;
const PACE_MS = 1_000;

const after = (ms: number): Date => new Date(NOW.getTime() + ms);

const reply = (title: string, severity: Severity = 'warning'): ThreadAlert => ({
  kind: 'thread',
  incident: { id: 'CI1', number: 1 },
  severity,
  status: 'open',
  acknowledgedBy: undefined,
  mentions: [],
  monitorIds: ['CM1'],
  title,
  lines: ['line \u0000 of a peer'],
  sections: [{ title: 'leaf', facts: [{ label: 'Subject', value: 'CN=a' }] }],
  broadcast: false,
});

const notice = (title: string, severity: Severity = 'info'): NoticeAlert => ({
  kind: 'notice',
  severity,
  title,
  lines: [],
});

/** What is claimed, in a word: `head`, or the title of the rest. */
const word = ({ content }: OutboxItem): string => (content.kind === 'head' ? 'head' : content.title);

describeOnBothEngines('outbox', (test) => {
  const outbox = () => test().store.outbox;
  let numbers = 0;

  const newIncident = async ({ workspaceId }: Tenant): Promise<Incident> => {
    numbers += 1;
    const one = incident({
      id: toSid('incident', randomUUID()),
      workspaceId,
      number: numbers,
      key: { kind: 'certificate', subject: fingerprintOf(String(numbers)) },
    });
    await test().store.incidents.insert(workspaceId, one);
    return one;
  };

  /** A tenant with one incident, and what is to be said of it in its channel. */
  const begin = async () => {
    const tenant = await defaultTenant(test());
    const { workspaceId, channel } = tenant;
    const { id: incidentId } = await newIncident(tenant);
    return {
      tenant,
      workspaceId,
      channel,
      incidentId,
      head: (at = NOW, severity: Severity = 'warning') =>
        outbox().queueHead(workspaceId, incidentId, channel.id, severity, at),
      reply: (title: string, at = NOW, severity: Severity = 'warning') =>
        outbox().queueThread(workspaceId, incidentId, channel.id, reply(title, severity), at),
    };
  };

  const claimOne = async (at: Date = NOW): Promise<OutboxItem> => {
    const [item, ...more] = await outbox().claim(ALL, at, 1, LEASE_MS);
    if (item === undefined || more.length > 0) throw new Error('one thing was to be said');
    return item;
  };

  const nothingAt = async (at: Date): Promise<void> => {
    expect((await outbox().claim(ALL, at, 9, LEASE_MS)).map(word)).toEqual([]);
  };

  /** Sends all that is due at `at`, one after the other, without pace. */
  const drain = async (at: Date = NOW): Promise<string[]> => {
    const said: string[] = [];
    for (;;) {
      const [item] = await outbox().claim(ALL, at, 1, LEASE_MS);
      if (item === undefined) return said;
      said.push(word(item));
      await outbox().sent(item, `message-${String(said.length)}`, at, at);
    }
  };

  describe('claim', () => {
    it('gives what is to be said, whole, and where', async () => {
      const { workspaceId, channel, incidentId, ...say } = await begin();
      await say.head();
      const head = await claimOne();
      expect(head).toMatchObject({
        workspaceId,
        channel,
        incidentId,
        content: { kind: 'head' },
        headId: undefined,
        attempts: 0,
        wasCutOff: false,
      });
      await outbox().sent(head, 'message-1', NOW, NOW);
      await say.reply('crossed');
      expect(await claimOne()).toMatchObject({
        content: { ...reply('crossed'), lines: ['line \uFFFD of a peer'] },
        headId: 'message-1',
        incidentId,
      });
    });

    it('gives a notice, which is in no thread', async () => {
      const { workspaceId, channel } = await begin();
      await outbox().queueNotice(workspaceId, channel.id, notice('hello'), NOW);
      expect(await claimOne()).toMatchObject({
        content: notice('hello'),
        incidentId: undefined,
        headId: undefined,
      });
    });

    it('leaves what is not due, of another platform, or in a dead channel', async () => {
      const { tenant, ...say } = await begin();
      await say.head(after(1));
      await nothingAt(NOW);
      expect(await outbox().claim(['slack', 'teams'], after(1), 9, LEASE_MS)).toEqual([]);
      expect(await outbox().claim([], after(1), 9, LEASE_MS)).toEqual([]);
      await test().store.channels.markDead(tenant.workspaceId, tenant.channel.id, 'archived');
      await nothingAt(after(1));
      expect(await outbox().countWaiting()).toBe(1);
      await test().store.channels.ensure(tenant.workspaceId, tenant.channel);
      expect(word(await claimOne(after(1)))).toBe('head');
    });

    it('gives one thing for each channel, for at most as many channels as asked for', async () => {
      const { tenant, workspaceId } = await begin();
      for (const name of ['a', 'b', 'c']) {
        const { id } = await addChannel(test().store, tenant, name);
        await outbox().queueNotice(workspaceId, id, notice(`first in ${name}`), NOW);
        await outbox().queueNotice(workspaceId, id, notice(`second in ${name}`), NOW);
      }
      const first = await outbox().claim(ALL, NOW, 2, LEASE_MS);
      const rest = await outbox().claim(ALL, NOW, 2, LEASE_MS);
      expect([...first, ...rest].map(word).sort()).toEqual(['first in a', 'first in b', 'first in c']);
      expect(first).toHaveLength(2);
    });

    it('lets many senders at once say everything once, in each channel in order', async () => {
      const { tenant, workspaceId } = await begin();
      const channels: Channel[] = [];
      for (let index = 0; index < 6; index += 1) {
        channels.push(await addChannel(test().store, tenant, `channel-${String(index)}`));
      }
      const wanted = channels.flatMap((channel) =>
        Array.from({ length: 20 }, (_, index) => ({ channel, title: `${channel.name} ${String(index)}` })),
      );
      await test().store.transaction(async (stores) => {
        for (const { channel, title } of wanted) {
          await stores.outbox.queueNotice(workspaceId, channel.id, notice(title), NOW);
        }
      });
      const said: string[] = [];
      const sender = async (): Promise<void> => {
        // The clock stands still: a channel that a lease were left on would never be free again.
        for (let idle = 0; idle < 200; idle += 1) {
          const items = await outbox().claim(ALL, NOW, 2, LEASE_MS);
          for (const item of items) {
            said.push(word(item));
            await outbox().sent(item, item.rowId, NOW, NOW);
          }
          if (items.length > 0) idle = 0;
          if (said.length === wanted.length) return;
        }
      };
      await Promise.all(Array.from({ length: 8 }, sender));
      for (const { name } of channels) {
        expect(said.filter((title) => title.startsWith(`${name} `))).toEqual(
          wanted.filter(({ channel }) => channel.name === name).map(({ title }) => title),
        );
      }
      expect(await outbox().countWaiting()).toBe(0);
    });

    it('keeps no channel for which another said the last thing just before', async () => {
      const { workspaceId, channel } = await begin();
      const { pool } = test().database;
      await outbox().queueNotice(workspaceId, channel.id, notice('said by another'), NOW);
      await pool.execute(sql`
        create function say_it_first() returns trigger language plpgsql as $$ begin delete from outbox; return null; end $$
      `);
      await pool.execute(sql`create trigger race after update on channels execute function say_it_first()`);
      try {
        await nothingAt(NOW);
      } finally {
        await pool.execute(sql`drop function say_it_first cascade`);
      }
      await outbox().queueNotice(workspaceId, channel.id, notice('next'), NOW);
      expect(word(await claimOne())).toBe('next');
    });
  });

  describe('order', () => {
    it('within a thread: the head, then replies as they were queued, whatever their severity', async () => {
      const say = await begin();
      await say.reply('one');
      await say.reply('two', NOW, 'critical');
      await say.reply('three', after(-10));
      await say.head();
      expect(await drain()).toEqual(['head', 'one', 'two', 'three']);
    });

    it('holds a reply back until its head was posted', async () => {
      const say = await begin();
      await say.reply('one');
      await nothingAt(NOW);
      await say.head(after(5));
      await nothingAt(NOW);
      expect(await drain(after(5))).toEqual(['head', 'one']);
    });

    it('does not hold a reply back for an edit that waits', async () => {
      const say = await begin();
      await say.head();
      await drain();
      await say.head(after(10_000));
      await say.reply('one');
      expect(await drain()).toEqual(['one']);
      expect(await drain(after(10_000))).toEqual(['head']);
    });

    it('holds a reply back for an earlier one that is not due yet', async () => {
      const say = await begin();
      await say.head();
      await drain();
      await say.reply('one', after(5));
      await say.reply('two');
      await nothingAt(NOW);
      expect(await drain(after(5))).toEqual(['one', 'two']);
    });

    it('between threads: the worst that waits in them first, then the oldest', async () => {
      const { tenant, workspaceId, channel } = await begin();
      for (const [title, severity] of [
        ['old', 'warning'],
        ['young', 'warning'],
        ['bad', 'critical'],
      ] as const) {
        const { id } = await newIncident(tenant);
        await outbox().queueHead(workspaceId, id, channel.id, severity, NOW);
        await outbox().queueThread(workspaceId, id, channel.id, reply(`${title} 1`, severity), NOW);
        await outbox().queueThread(workspaceId, id, channel.id, reply(`${title} 2`, severity), NOW);
      }
      await outbox().queueNotice(workspaceId, channel.id, notice('info'), NOW);
      expect(await drain()).toEqual([
        ...['head', 'bad 1', 'bad 2'],
        ...['head', 'old 1', 'old 2'],
        ...['head', 'young 1', 'young 2'],
        'info',
      ]);
    });

    it('counts a thread as bad as the worst that waits in it, though something milder comes first', async () => {
      const { tenant, workspaceId, channel } = await begin();
      const ids = [(await newIncident(tenant)).id, (await newIncident(tenant)).id];
      for (const id of ids) await outbox().queueHead(workspaceId, id, channel.id, 'warning', NOW);
      await drain();
      const [older = '', worse = ''] = ids;
      await outbox().queueThread(workspaceId, older, channel.id, reply('older'), NOW);
      await outbox().queueThread(workspaceId, worse, channel.id, reply('mild'), NOW);
      await outbox().queueThread(workspaceId, worse, channel.id, reply('bad', 'critical'), NOW);
      expect(await drain()).toEqual(['mild', 'bad', 'older']);
    });

    it('holds no other channel back', async () => {
      const { tenant, workspaceId, channel } = await begin();
      const other = await addChannel(test().store, tenant, 'other');
      await outbox().queueNotice(workspaceId, channel.id, notice('here'), NOW);
      const here = await claimOne();
      await outbox().retry(here, after(300_000), 'rate limited', true);
      await outbox().queueNotice(workspaceId, other.id, notice('there'), NOW);
      expect(await drain()).toEqual(['there']);
    });
  });

  describe('a head', () => {
    it('that is asked for again before it was sent is one row, due at the earlier instant', async () => {
      const say = await begin();
      await say.head(after(10));
      await say.head(after(5));
      await say.head(after(20));
      expect(await outbox().countWaiting()).toBe(1);
      await nothingAt(after(4));
      expect(await drain(after(5))).toEqual(['head']);
      await nothingAt(after(99_999));
    });

    it('that is asked for again while it is being sent is sent again as it is by then', async () => {
      const say = await begin();
      await say.head();
      const sending = await claimOne();
      await say.head(after(10));
      await outbox().sent(sending, 'message-1', NOW, NOW);
      const again = await claimOne(after(10));
      expect(again).toMatchObject({ content: { kind: 'head' }, headId: 'message-1', wasCutOff: false });
      await outbox().sent(again, 'message-1', after(10), after(10));
      expect(await outbox().countWaiting()).toBe(0);
    });

    it('that is asked for again while it is being sent keeps the time of the new request', async () => {
      const say = await begin();
      await say.head();
      const sending = await claimOne();
      await say.head(after(10_000));
      await outbox().sent(sending, 'message-1', NOW, NOW);
      await nothingAt(after(9_999));
      expect(word(await claimOne(after(10_000)))).toBe('head');
    });

    it('keeps the message id of the first post through its edits', async () => {
      const say = await begin();
      await say.head();
      await drain();
      await say.head();
      const edit = await claimOne();
      await outbox().sent(edit, 'another id', NOW, NOW);
      await say.reply('one');
      expect((await claimOne()).headId).toBe(edit.headId);
    });

    it('that is gone is posted anew, and replies wait for it', async () => {
      const say = await begin();
      await say.head();
      await drain();
      await say.reply('one');
      const lost = await claimOne();
      await outbox().headGone(lost, NOW);
      const head = await claimOne();
      expect(head).toMatchObject({ content: { kind: 'head' }, headId: undefined });
      await outbox().sent(head, 'message-2', NOW, NOW);
      expect(await claimOne()).toMatchObject({ content: { title: 'one' }, headId: 'message-2', wasCutOff: false });
    });

    it('that was to be edited and is gone is posted anew once', async () => {
      const say = await begin();
      await say.head();
      await drain();
      await say.head();
      await outbox().headGone(await claimOne(), NOW);
      expect(await outbox().countWaiting()).toBe(1);
      expect(await claimOne()).toMatchObject({ content: { kind: 'head' }, headId: undefined });
    });

    it('is known where it was posted or waits, and nowhere else', async () => {
      const { workspaceId, incidentId, channel, tenant, ...say } = await begin();
      const waiting = await addChannel(test().store, tenant, 'waiting');
      await addChannel(test().store, tenant, 'silent');
      expect(await outbox().toldChannels(workspaceId, incidentId)).toEqual([]);
      await say.head();
      await drain();
      await outbox().queueHead(workspaceId, incidentId, waiting.id, 'warning', after(1));
      await outbox().queueHead(workspaceId, incidentId, channel.id, 'warning', after(1));
      const known = await outbox().toldChannels(workspaceId, incidentId);
      expect(known).toHaveLength(2);
      expect(known).toEqual(
        expect.arrayContaining([
          { channelId: channel.id, isPosted: true },
          { channelId: waiting.id, isPosted: false },
        ]),
      );
    });
  });

  describe('pace and delay', () => {
    it('leaves a channel alone until it is free again', async () => {
      const { workspaceId, channel } = await begin();
      for (const title of ['one', 'two']) await outbox().queueNotice(workspaceId, channel.id, notice(title), NOW);
      const one = await claimOne();
      await nothingAt(NOW);
      await outbox().sent(one, 'message-1', NOW, after(PACE_MS));
      await nothingAt(after(PACE_MS - 1));
      expect(word(await claimOne(after(PACE_MS)))).toBe('two');
    });

    it('tries again at the instant given, and counts the tries', async () => {
      const { workspaceId, channel } = await begin();
      await outbox().queueNotice(workspaceId, channel.id, notice('one'), NOW);
      const first = await claimOne();
      await outbox().retry(first, after(5_000), 'HTTP 503', true);
      await nothingAt(after(4_999));
      const second = await claimOne(after(5_000));
      expect(second).toMatchObject({ rowId: first.rowId, attempts: 1, wasCutOff: false, queuedAt: first.queuedAt });
    });

    it('holds only the row back where the channel is well', async () => {
      const { workspaceId, channel } = await begin();
      for (const title of ['one', 'two']) await outbox().queueNotice(workspaceId, channel.id, notice(title), NOW);
      await outbox().retry(await claimOne(), after(5_000), 'odd', false);
      expect(await drain()).toEqual(['two']);
      expect(await drain(after(5_000))).toEqual(['one']);
    });

    it('keeps a row given up out of the way, and says the rest of the thread', async () => {
      const { workspaceId, incidentId, ...say } = await begin();
      await say.head();
      await drain();
      await say.reply('bad');
      await say.reply('good');
      await outbox().giveUp(await claimOne(), 'msg_too_long', NOW);
      expect(await drain()).toEqual(['good']);
      expect(await outbox().countWaiting()).toBe(0);
      expect(await outbox().toldChannels(workspaceId, incidentId)).toHaveLength(1);
    });

    it('posts a head that is asked for after one was given up', async () => {
      const say = await begin();
      await say.head();
      await outbox().giveUp(await claimOne(), 'invalid_blocks', NOW);
      await nothingAt(NOW);
      await say.head();
      expect(await drain()).toEqual(['head']);
    });
  });

  describe('a sender that was cut off', () => {
    it('leaves a row that is claimed again when the lease is over, and is known as such', async () => {
      const say = await begin();
      await say.head();
      const lost = await claimOne();
      await nothingAt(after(LEASE_MS - 1));
      const again = await claimOne(after(LEASE_MS));
      expect(again).toMatchObject({ rowId: lost.rowId, wasCutOff: true });
    });

    it.each([
      ['sent', (item: OutboxItem) => outbox().sent(item, 'late', after(LEASE_MS), NOW)],
      ['retry', (item: OutboxItem) => outbox().retry(item, NOW, 'late', true)],
      ['headGone', (item: OutboxItem) => outbox().headGone(item, NOW)],
      ['giveUp', (item: OutboxItem) => outbox().giveUp(item, 'late', NOW)],
    ])('and comes back with %s takes nothing from the next one', async (_, comeBack) => {
      const say = await begin();
      await say.head();
      const late = await claimOne();
      const present = await claimOne(after(LEASE_MS));
      await comeBack(late);
      await nothingAt(after(LEASE_MS));
      await outbox().sent(present, 'present', after(LEASE_MS), after(LEASE_MS));
      expect(await outbox().countWaiting()).toBe(0);
      await nothingAt(after(3 * LEASE_MS));
    });

    it('and comes back in time enough has its word kept: what was sent is not said again', async () => {
      const say = await begin();
      await say.head();
      const late = await claimOne();
      await outbox().sent(late, 'late', after(2 * LEASE_MS), after(2 * LEASE_MS));
      await nothingAt(after(3 * LEASE_MS));
      await say.reply('one');
      expect((await claimOne(after(3 * LEASE_MS))).headId).toBe('late');
    });
  });

  describe('a clock that went back', () => {
    it.each([6, 59, 61, 24 * 60])(
      'by %i minutes leaves no channel silent until it comes round again',
      async (minutes) => {
        const { workspaceId, channel } = await begin();
        const back = after(-minutes * 60_000);
        for (const title of ['one', 'two']) await outbox().queueNotice(workspaceId, channel.id, notice(title), back);
        await outbox().sent(await claimOne(), 'message-1', NOW, after(PACE_MS));
        await nothingAt(back);

        await outbox().sinceClockWentBack(back);

        expect(word(await claimOne(back))).toBe('two');
      },
    );

    it('takes no channel from who speaks there just now, and shortens no wait of ours', async () => {
      const { workspaceId, channel } = await begin();
      await outbox().queueNotice(workspaceId, channel.id, notice('one'), NOW);
      const one = await claimOne();
      await outbox().sinceClockWentBack(NOW);
      await nothingAt(NOW);

      await outbox().retry(one, after(300_000), 'HTTP 503', true);
      await outbox().sinceClockWentBack(NOW);
      await nothingAt(after(299_999));
      expect(word(await claimOne(after(300_000)))).toBe('one');
    });
  });

  it('is written with the change it tells of, or not at all', async () => {
    const say = await begin();
    await expect(
      test().store.transaction(async (stores) => {
        await stores.outbox.queueHead(say.workspaceId, say.incidentId, say.channel.id, 'warning', NOW);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await outbox().countWaiting()).toBe(0);
  });
});
