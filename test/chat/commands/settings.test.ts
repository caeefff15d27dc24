import { describe, expect, it } from 'vitest';
import type { Incoming, Mention } from '../../../src/core/inbox.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';

const BOB: Mention = { token: '@bob', kind: 'person', externalId: 'U0B0B', name: 'Bob' };

async function audited({ store, workspaceId }: Bench): Promise<string[]> {
  const entries = await store.audit.of(workspaceId, { kind: 'settings', id: workspaceId }, 99);
  return entries.map(({ action, detail }) => `${action} ${detail}`.trim());
}

describe('settings', () => {
  it('shows all of them, and how to change each', async () => {
    const one = await bench();
    expect(await one.say('settings')).toMatchInlineSnapshot(`
      "Settings of this workspace
        Time zone:   UTC
        Fallback:    none
        Admins:      none
        Retention:   90 days
        Roles given: none
        - settings timezone Europe/Berlin: in which times are read and shown
        - settings fallback #channel: where alerts go that cannot go where they should
        - settings admins #channel: where certmon tells of itself
        - settings retention 90d: how long results, closed incidents and what people did are kept
        - settings role @person responder: what a person may do
        - settings link: join another team or platform to this workspace"
    `);
  });

  it('each is changed, shown and audited; none takes a channel back', async () => {
    const one = await bench();
    for (const line of [
      'settings timezone europe/berlin',
      'settings fallback #alerts',
      'settings admins #ops',
      'settings admins none',
      'settings retention 26w',
    ]) {
      expect(await one.send(line), line).toMatchObject({ ok: true, audience: 'channel' });
      expect(await one.send(line), line).toMatchObject({ ok: false });
    }
    expect(await one.say('settings')).toMatch(/Europe\/Berlin[^]*#alerts[^]*none[^]*182 days/);
    expect(await one.store.workspaces.settings(one.workspaceId)).toMatchObject({
      timeZone: 'Europe/Berlin',
      adminChannelId: undefined,
      retentionDays: 182,
    });
    expect(await audited(one)).toEqual([
      'changed retention: 90d to 182d',
      "changed admins' channel: #ops to none",
      "changed admins' channel: none to #ops",
      'changed fallback channel: none to #alerts',
      'changed time zone: UTC to Europe/Berlin',
    ]);
  });

  it.each([
    ['settings timezone Berlin', 'Did you mean settings timezone Europe/Berlin'],
    ['settings timezone Europe/Berln', 'Did you mean settings timezone Europe/Berlin'],
    ['settings timezone +02:00', 'is no time zone'],
    ['settings retention 90', 'Did you mean settings retention 90d'],
    ['settings retention 6d', 'Did you mean settings retention 7d'],
    ['settings retention 800d', 'Did you mean settings retention 730d'],
    ['settings retention 200h', 'Did you mean settings retention 8d'],
    ['settings fallback alerts', 'Did you mean settings fallback #alerts'],
    ['settings role @bob boss', 'is no role'],
    ['settings role @bob admn', 'Did you mean settings role @bob admin'],
    ['settings role bob admin', 'is no person that is known here'],
    ['settings zone UTC', 'there is no command'],
    ['settings retention', 'settings retention needs a time, such as 90d'],
  ])('%s is told what is wrong and changes nothing', async (line, told) => {
    const one = await bench();
    expect(await one.say(line)).toContain(told);
    expect(await audited(one)).toEqual([]);
  });

  it('a role is given, holds at the next command, and is taken back', async () => {
    const one = await bench();
    const asBob: Partial<Incoming> = { platform: 'slack', teamId: 'T1', person: { externalId: 'U0B0B', name: 'Bob' } };
    const typed = (line: string) =>
      one.send(line, {
        platform: 'slack',
        teamId: 'T1',
        mentions: [BOB],
        person: { externalId: 'U1', name: 'Ann', standing: 'admin' },
      });
    expect(await typed('settings role @bob viewer')).toMatchObject({ ok: true });
    expect(await one.say('pause mail.example.com', asBob)).toContain('you are a viewer here');
    expect(await typed('settings role slack:U0B0B admin')).toMatchObject({ ok: true });
    expect(await one.send('settings retention 30d', asBob)).toMatchObject({ ok: true });
    expect(await typed('settings role @bob default')).toMatchObject({ ok: true });
    expect(await one.say('settings retention 31d', asBob)).toContain('is for admins, and you are a responder');
    expect(await audited(one)).toEqual([
      'changed role of Bob: admin to default',
      'changed retention: 90d to 30d',
      'changed role of U0B0B: viewer to admin',
      'changed role of Bob: default to viewer',
    ]);
  });

  it('a team of people has no role', async () => {
    const one = await bench();
    const mentions: Mention[] = [{ ...BOB, externalId: 'S0TEAM' }];
    expect(
      await one.send('settings role @bob admin', {
        platform: 'slack',
        teamId: 'local',
        mentions,
        person: { externalId: 'U1', name: 'Ann', standing: 'admin' },
      }),
    ).toMatchObject({ ok: false });
    expect(await one.store.workspaces.listRoles(one.workspaceId)).toEqual([]);
  });
});
