import { describe, expect, it } from 'vitest';
import { PLAIN, renderMessage } from '../../../src/chat/console/render.ts';
import { TARGETS_AN_HOUR } from '../../../src/chat/commands/target-limit.ts';
import type { Incoming } from '../../../src/core/inbox.ts';
import { bench, incoming } from './bench.ts';

const MINUTE_MS = 60_000;

/** Bob is a responder, and so is Eve. */
const from = (name: 'Bob' | 'Eve', text: string): Incoming =>
  incoming(text, {
    platform: 'slack',
    teamId: 'T1',
    person: { externalId: `U-${name}`, name },
    conversation: { externalId: 'C1', name: 'ops', isPrivateChat: false },
  });

const line = (index: number): string => `add host-${String(index)}.example https`;
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => line(from + index)).join('\n');

describe('new targets of one who is no admin', () => {
  it('are 30 an hour: the next is told, removing makes no room, and others and admins are not held back', async () => {
    const one = await bench();
    const say = (name: 'Bob' | 'Eve', text: string) => one.say(text, from(name, text));
    await say('Bob', line(0));
    one.later(10 * MINUTE_MS);
    await say('Bob', lines(1, TARGETS_AN_HOUR - 1));
    await say('Bob', 'remove host-3.example');
    expect(await say('Bob', line(100))).toMatchInlineSnapshot(`
      "You have added 30 monitors within the hour, so nothing was added.
        The next is possible at 2026-11-24 13:00 UTC, in 50 minutes.
        Removing some makes no room. Admins have no limit: one of them can add more now."
    `);
    expect(await say('Eve', line(100))).toContain('Added');
    expect(await one.say(line(101))).toContain('Added');
    one.later(50 * MINUTE_MS - 1);
    expect(await say('Bob', line(102))).toContain('so nothing was added');
    one.later(1);
    expect(await say('Bob', line(102))).toContain('Added');
    expect(await say('Bob', line(103))).toContain('so nothing was added');
  });

  it('a refused one is not even looked at, and one that is there already is still told so', async () => {
    const one = await bench();
    await one.send(lines(0, TARGETS_AN_HOUR), from('Bob', lines(0, TARGETS_AN_HOUR)));
    const looked: string[] = [];
    const { prober } = one.deps;
    const observe: typeof prober.observe = prober.observe.bind(prober);
    Object.assign(prober, {
      observe: (...words: Parameters<typeof observe>) => {
        looked.push(words[0].endpoint.host);
        return observe(...words);
      },
    });
    expect(await one.say(line(100), from('Bob', line(100)))).toContain('so nothing was added');
    expect(await one.say(line(1), from('Bob', line(1)))).toContain('watched already');
    expect(looked).toEqual([]);
  });

  it('several lines: what fits is added, the rest is told line by line', async () => {
    const one = await bench();
    await one.send(lines(0, TARGETS_AN_HOUR - 2), from('Bob', lines(0, TARGETS_AN_HOUR - 2)));
    const reply = await one.send(lines(50, 5), from('Bob', lines(50, 5)));
    expect(reply).toMatchObject({ ok: true, message: { title: 'Added 2 monitors; 3 lines could not be taken' } });
    const said = renderMessage(reply.message, PLAIN);
    expect(
      said.match(/30 within the hour are the most, and the next is possible at 2026-\d\d-\d\d \d\d:\d\d UTC/g),
    ).toHaveLength(3);
    expect(await one.store.monitors.count(one.workspaceId, { now: one.deps.clock.now() })).toMatchObject({
      total: TARGETS_AN_HOUR,
    });
  });

  it('an admin has none', async () => {
    const one = await bench();
    await one.send(lines(0, TARGETS_AN_HOUR));
    expect(await one.say(line(100))).toContain('Added');
  });

  it('many adds at once do not pass it', async () => {
    const one = await bench();
    await one.send(lines(0, TARGETS_AN_HOUR - 4), from('Bob', lines(0, TARGETS_AN_HOUR - 4)));
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, index) => one.send(line(60 + index), from('Bob', line(60 + index)))),
    );
    expect(replies.filter((reply) => reply.ok)).toHaveLength(4);
    expect(await one.store.monitors.count(one.workspaceId, { now: one.deps.clock.now() })).toMatchObject({
      total: TARGETS_AN_HOUR,
    });
  });
});
