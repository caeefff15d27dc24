import { describe, expect, it } from 'vitest';
import type { Mention } from '../../../src/core/inbox.ts';
import { bench, incoming, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

async function withGroups(...lines: readonly string[]): Promise<Bench> {
  const opened = await bench();
  for (const line of ['group add ops', 'group map ops #ops', 'group add leads', ...lines]) {
    const reply = await opened.send(line);
    if (!reply.ok) throw new Error(`${line}: ${reply.message.title}`);
  }
  return opened;
}

describe('what a contact group is', () => {
  it('is given when it is made, changed, shown and taken back', async () => {
    const { say } = await withGroups();
    expect(
      await say(
        'group add mail --tz europe/berlin --hours "mon-fri 8-18" --critical-through --mention @oncall --escalate leads --after 45m',
      ),
    ).toMatchInlineSnapshot(`
      "Made contact group mail
        Hours:     mon-fri 08:00-18:00 in Europe/Berlin; what is critical passes at any hour
        Calls:     @oncall on critical
        Escalates: to leads, when something critical is not acknowledged within 45m
        It leads nowhere yet. Next: group map mail #channel
        Then monitors can name it: add mail.example.com smtp --group mail"
    `);
    expect(
      await say('group edit mail --hours "daily 22:00-06:00" --mention none --escalate none --no-critical-through'),
    ).toMatchInlineSnapshot(`
      "Changed contact group mail
        Hours:     daily 22:00-06:00 in Europe/Berlin (before: mon-fri 08:00-18:00 in Europe/Berlin; what is critical passes at any hour)
        Calls:     nobody (before: @oncall on critical)
        Escalates: no longer (before: to leads, when something critical is not acknowledged within 45m)"
    `);
    expect(await say('group edit mail --hours always --tz default')).toContain('Hours: always (before: daily');
    expect(await say('group edit mail --hours always')).toContain('mail is so already');
  });

  it.each([
    { line: 'group edit ops', says: 'group edit needs at least one thing to change' },
    { line: 'group edit ops --tz Europe/Berlim', says: 'Did you mean group edit ops --tz Europe/Berlin?' },
    { line: 'group edit ops --hours "mon-fry 08:00-18:00"', says: "'mon-fry' is neither a day" },
    { line: 'group edit ops --hours "mon 25:00-26:00"', says: "'25:00-26:00' is no time of day" },
    { line: 'group edit ops --mention oncall', says: "'oncall' cannot be called: a mention begins with @" },
    { line: 'group edit ops --on critical', says: '--on needs --mention @x before it' },
    { line: 'group edit ops --mention @x --on info', says: "--on is critical or warning, and not 'info'" },
    { line: 'group edit ops --escalate lead', says: 'Did you mean group edit … --escalate leads?' },
    { line: 'group edit ops --escalate ops', says: 'That would escalate in a circle: ops → ops' },
    { line: 'group edit ops --escalate leads --after 5x', says: '5x has no unit that we know' },
    { line: 'group edit ops --escalate leads --after 8d', says: '8d is too long' },
    { line: 'group edit ops --after 30m', says: '--after needs --escalate G before it' },
    { line: 'group edit ops --critical-through --no-critical-through', says: 'say two things at once' },
    { line: 'group edit nobody --hours always', says: "There is no contact group 'nobody'" },
    { line: 'group map ops #ops --filter "env:prod and"', says: 'Not done:' },
    { line: 'group map ops #ops --filter filter:prod', says: "There is no saved filter 'prod'" },
    { line: 'group test leads', says: 'leads leads to no channel, so there is nothing to test' },
  ])('$line changes nothing', async ({ line, says }) => {
    const { send, say, store, workspaceId } = await withGroups();
    const before = JSON.stringify(await store.groups.list(workspaceId));
    expect(await send(line)).toMatchObject({ ok: false });
    expect(await say(line)).toContain(says);
    expect(JSON.stringify(await store.groups.list(workspaceId))).toBe(before);
  });

  it('a wrong day is pointed at', async () => {
    const { say } = await withGroups();
    const shown = (await say('group edit ops --hours "mon-fri 08:00-18:00, sut 10:00-12:00"')).split('\n');
    const mark = shown.findIndex((one) => one.trim() === '^');
    expect(shown[mark - 1]?.slice(shown[mark]?.indexOf('^'))).toMatch(/^sut /);
  });

  it('escalation in a circle over several groups is refused', async () => {
    const { say, send } = await withGroups(
      'group add boss',
      'group edit leads --escalate boss',
      'group edit ops --escalate leads',
    );
    expect(await send('group edit boss --escalate ops')).toMatchObject({ ok: false });
    expect(await say('group edit boss --escalate ops')).toContain('boss → ops → leads → boss');
  });

  it('on a platform that knows people only those are called whom it knows', async () => {
    const { say, send, store, workspaceId } = await withGroups();
    const mentions: Mention[] = [{ token: '@oncall', kind: 'person', externalId: 'S12', name: 'oncall' }];
    const slack = {
      platform: 'slack',
      teamId: 'T1',
      person: { externalId: 'U1', name: 'Bob', standing: 'admin' },
    } as const;
    expect(await say('group edit ops --mention @oncal', { ...slack, mentions })).toContain(
      "'@oncal' is nobody that can be called from here",
    );
    expect(await send('group edit ops --mention @oncall', { ...slack, mentions })).toMatchObject({ ok: true });
    expect(await store.groups.findByName(workspaceId, 'ops')).toMatchObject({
      mention: { on: 'critical', who: [{ platform: 'slack', externalId: 'S12', text: '@oncall' }] },
    });
  });
});

describe('group map with a filter', () => {
  it('leads there what fits, and is shown', async () => {
    const { say, send, services, queued } = await withGroups();
    expect(await say('group map leads #mail --filter protocol:smtp')).toContain(
      'Alerts of every monitor that fits protocol:smtp go there too',
    );
    expect(await say('group show leads')).toContain('#mail, with all that fits protocol:smtp');
    services.set('old.example.com', wellObservation('old.example.com', -2));
    await send('add old.example.com smtp');
    expect(await queued()).toEqual([
      ['mail', 'head'],
      ['mail', 'thread'],
    ]);
  });
});

describe('group remove', () => {
  it('asks first where it is in use, and says what becomes of it', async () => {
    const { say, send, store, workspaceId } = await withGroups(
      'add a.example https --group ops',
      'group edit leads --escalate ops',
    );
    expect(await say('group remove ops')).toMatchInlineSnapshot(`
      "ops is in use, so it was not removed
        1 monitor names it: what no other group covers would be told where each was added.
        leads would escalate to nobody.
        To remove it all the same: group remove ops --yes"
    `);
    expect(await send('group remove ops --yes')).toMatchObject({ ok: true });
    expect(await store.groups.list(workspaceId)).toMatchObject([{ name: 'leads', escalation: undefined }]);
    expect(await send('group remove leads')).toMatchObject({ ok: true });
  });
});

describe('group test', () => {
  it('sends to each channel at any hour, and says what an alert would do', async () => {
    const { say, queued } = await withGroups('group map ops #night');
    // It is Tuesday, 12:00.
    await say('group edit ops --hours "mon-fri 14:00-18:00" --critical-through');
    expect(await say('group test ops')).toMatchInlineSnapshot(`
      "A test message of ops is on its way to #night, #ops
        A warning would wait until 2026-11-24 14:00 UTC; what is critical passes now.
        If it does not arrive within a minute, certmon cannot write there: invite it, and map the channel again."
    `);
    expect([...(await queued())].sort()).toEqual([
      ['night', 'notice'],
      ['ops', 'notice'],
    ]);
  });

  it('needs to be an admin', async () => {
    const { say } = await withGroups();
    const bob = { platform: 'slack', teamId: 'T1', person: { externalId: 'U1', name: 'Bob' } } as const;
    expect(await say('group test ops', { ...incoming('group test ops'), ...bob })).toContain('responder');
  });
});
