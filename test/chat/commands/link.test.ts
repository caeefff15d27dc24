import { describe, expect, it } from 'vitest';
import type { Incoming } from '../../../src/core/inbox.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';

const MINUTE_MS = 60_000;

const fromTeam = (teamId: string): Partial<Incoming> => ({
  platform: 'slack',
  teamId,
  person: { externalId: 'U1', name: 'Ann', standing: 'admin' },
  conversation: { externalId: `C-${teamId}`, name: 'ops', isPrivateChat: false },
});

async function codeOf(one: Bench): Promise<string> {
  return /settings link ([0-9A-Z-]{19})/.exec(await one.say('settings link'))?.[1] ?? 'no code';
}

const workspaceOf = async ({ store }: Bench, teamId: string) =>
  (await store.workspaces.findConnection('slack', teamId))?.workspaceId;

describe('settings link', () => {
  it('joins an empty workspace to the one of the code, with its channels', async () => {
    const one = await bench();
    const other = await one.otherWorkspace('T2');
    await one.send('add mail.example.com smtp');
    for (const line of [
      'group add web',
      'group map web #alerts',
      'settings fallback #alerts',
      'settings retention 30d',
    ])
      expect(await one.send(line, fromTeam('T2'))).toMatchObject({ ok: true });
    const code = await codeOf(one);
    expect(await one.send(`settings link ${code.toLowerCase()}`, fromTeam('T2'))).toMatchObject({ ok: true });
    expect(await workspaceOf(one, 'T2')).toBe(one.workspaceId);
    expect(await one.say('list', fromTeam('T2'))).toContain('mail.example.com');
    expect(await one.send('group map nothing #alerts', fromTeam('T2'))).toMatchObject({ ok: false });
    expect(await one.send('settings fallback #alerts', fromTeam('T2'))).toMatchObject({ ok: true });
    expect(await one.store.groups.list(other)).toEqual([]);
    expect(await one.store.workspaces.settings(other)).toMatchObject({ retentionDays: 90 });
    expect(
      (await one.store.audit.of(one.workspaceId, { kind: 'settings', id: one.workspaceId }, 9)).map(
        ({ action }) => action,
      ),
    ).toEqual(['changed', 'joined', 'made a link code of']);
  });

  it('where another team stays behind, only what led to the one that goes is gone', async () => {
    const one = await bench();
    const other = await one.otherWorkspace('T2');
    await one.store.workspaces.ensureConnection(other, 'slack', 'T3');
    for (const line of ['group add web', 'group map web #alerts']) await one.send(line, fromTeam('T2'));
    await one.send('group map web #alerts', fromTeam('T3'));
    expect(await one.send(`settings link ${await codeOf(one)}`, fromTeam('T2'))).toMatchObject({ ok: true });
    expect(await one.store.groups.list(other)).toMatchObject([{ name: 'web', mappings: [{}] }]);
    expect(await workspaceOf(one, 'T3')).toBe(other);
  });

  it('wrong, used and expired codes are answered alike, and change nothing', async () => {
    const one = await bench();
    await one.otherWorkspace('T2');
    await one.otherWorkspace('T3');
    const used = await codeOf(one);
    await one.send(`settings link ${used}`, fromTeam('T2'));
    const expired = await codeOf(one);
    one.later(10 * MINUTE_MS);
    const told = [];
    for (const code of [used, expired, 'ABCD-ABCD-ABCD-ABCD'])
      told.push((await one.say(`settings link ${code}`, fromTeam('T3'))).replaceAll(code, 'CODE'));
    expect(new Set(told).size).toBe(1);
    expect(told[0]).toContain('is no code that is good now');
    expect(await workspaceOf(one, 'T3')).toBe('workspace-of-T3');
  });

  it('a workspace with monitors joins no other, and uses up no code', async () => {
    const one = await bench();
    await one.otherWorkspace('T2');
    await one.send('add mail.example.com smtp', fromTeam('T2'));
    const code = await codeOf(one);
    expect(await one.say(`settings link ${code}`, fromTeam('T2'))).toContain('has 1 monitor, and only an empty one');
    await one.send('remove mail.example.com', fromTeam('T2'));
    expect(await one.send(`settings link ${code}`, fromTeam('T2'))).toMatchObject({ ok: true });
  });

  it('only so many codes are tried within the hour', async () => {
    const one = await bench();
    await one.otherWorkspace('T2');
    const code = await codeOf(one);
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => one.send(`settings link WRONG${String(index)}`, fromTeam('T2'))),
    );
    expect(await one.say(`settings link ${code}`, fromTeam('T2'))).toContain('5 codes were tried here within the hour');
    one.later(61 * MINUTE_MS);
    expect(await one.send(`settings link ${await codeOf(one)}`, fromTeam('T2'))).toMatchObject({ ok: true });
  });

  it('one code joins one team, however many say it at once', async () => {
    const one = await bench();
    const teams = ['T2', 'T3', 'T4', 'T5'];
    for (const team of teams) await one.otherWorkspace(team);
    const code = await codeOf(one);
    const replies = await Promise.all(teams.map((team) => one.send(`settings link ${code}`, fromTeam(team))));
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
  });
});
