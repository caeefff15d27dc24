import { describe, expect, it } from 'vitest';
import { sendDigests } from '../../../src/monitoring/digest.ts';
import { bench, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function withMonitors(): Promise<Bench> {
  const opened = await bench();
  opened.services.set('old.example.com', wellObservation('old.example.com', -2));
  opened.services.set('soon.example.com', wellObservation('soon.example.com', 12));
  for (const host of ['old', 'soon', 'well']) await opened.send(`add ${host}.example.com https --tag ${host}`);
  return opened;
}

async function notices({ store, deps }: Bench): Promise<{ title: string; lines: readonly string[] }[]> {
  const found: { title: string; lines: readonly string[] }[] = [];
  for (;;) {
    const items = await store.outbox.claim(['console'], deps.clock.now(), 50, 1_000);
    if (items.length === 0) return found;
    for (const item of items) {
      if (item.content.kind === 'notice') found.push({ title: item.content.title, lines: item.content.lines });
      await store.outbox.sent(item, item.rowId, deps.clock.now(), deps.clock.now());
    }
  }
}

// The bench begins on Tuesday 2026-11-24 at 12:00 UTC.
describe('digest', () => {
  it('says when, and what it would say now', async () => {
    const { say } = await withMonitors();
    expect(await say('digest #ops weekly mon 09:00')).toMatchInlineSnapshot(`
      "#ops gets a digest every mon at 09:00, UTC
        About all monitors. The next one: 2026-11-30 09:00 UTC.
        Now it would say:
        Digest of 3 monitors: 2 open, 2 ending within 30 days, 0 renewed
        Open, worst first:
        • #1 critical: old.example.com: certificate expired 2 days ago (nobody has it)
        • #2 warning: soon.example.com: certificate expires in 12 days (nobody has it)
        Ends next:
        • old.example.com:443 ended 2 days ago
        • soon.example.com:443 ends in 12 days"
    `);
    expect(await say('digest')).toContain('#ops     every mon at 09:00 (UTC)  all monitors  2026-11-30 09:00 UTC');
    expect(await say('digest off #ops')).toBe('The digest of #ops has ended');
    expect(await say('digest off #ops')).toContain('#ops has no digest, so there is none to end.');
    expect(await say('digest')).toContain('No channel has a digest yet');
  });

  it('comes at its time, once, whatever processes there are', async () => {
    const opened = await withMonitors();
    await opened.send('digest #ops daily 13:00');
    await notices(opened);
    opened.later(HOUR_MS - 1);
    await sendDigests(opened.deps);
    expect(await notices(opened)).toEqual([]);
    opened.later(1);
    await Promise.all([1, 2, 3].map(() => sendDigests(opened.deps)));
    expect(await notices(opened)).toMatchObject([
      { title: 'Digest of 3 monitors: 2 open, 2 ending within 30 days, 0 renewed' },
    ]);
    opened.later(DAY_MS);
    await sendDigests(opened.deps);
    expect(await notices(opened)).toHaveLength(1);
  });

  it('tells what was renewed since the last one, and is silent with nothing to tell', async () => {
    const opened = await withMonitors();
    await opened.send('digest #ops daily 13:00 soon');
    await notices(opened);
    opened.later(HOUR_MS / 2);
    opened.services.set('soon.example.com', wellObservation('soon.example.com', 80));
    await opened.send('check soon.example.com');
    opened.later(HOUR_MS / 2);
    await sendDigests(opened.deps);
    expect(await notices(opened)).toEqual([
      {
        title: 'Digest of 1 monitor: nothing is open, 0 ending within 30 days, 1 renewed',
        lines: ['Renewed since the last digest:', '• soon.example.com:443'],
      },
    ]);
    opened.later(DAY_MS);
    await sendDigests(opened.deps);
    expect(await notices(opened)).toEqual([]);
  });

  it('is passed over while the channel is closed', async () => {
    const opened = await withMonitors();
    await opened.send('group add ops --hours "mon-fri 14:00-18:00" --tz UTC');
    await opened.send('group map ops #ops');
    await opened.send('digest #ops daily 13:00');
    await notices(opened);
    opened.later(HOUR_MS);
    await sendDigests(opened.deps);
    opened.later(2 * HOUR_MS);
    await sendDigests(opened.deps);
    expect(await notices(opened)).toEqual([]);
  });

  it.each([
    { line: 'digest #ops', says: 'digest needs daily or weekly, and a time' },
    { line: 'digest #ops hourly 09:00', says: "'hourly' is neither daily nor weekly" },
    { line: 'digest #ops daily', says: 'digest needs a time of day' },
    { line: 'digest #ops daily 25:00', says: "'25:00' is no time of day" },
    { line: 'digest #ops daily nine', says: "'nine' is no time of day" },
    { line: 'digest #ops daily mon 09:00', says: 'a daily digest has no weekday' },
    { line: 'digest #ops daily 09:00 env:prod and', says: 'Not done:' },
    { line: 'digest ops daily 09:00', says: "'ops' is not a channel" },
    { line: 'digest off', says: 'digest off needs a #channel' },
    { line: 'digest #ops daily 09:00 filter:x', says: "There is no saved filter 'x'" },
  ])('$line changes nothing', async ({ line, says }) => {
    const { say, send, store, workspaceId } = await bench();
    expect(await send(line)).toMatchObject({ ok: false });
    expect(await say(line)).toContain(says);
    expect(await store.digests.list(workspaceId)).toEqual([]);
  });
});
