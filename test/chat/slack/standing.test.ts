import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStanding } from '../../../src/chat/slack/standing.ts';
import type { Called } from '../../../src/chat/slack/call.ts';
import type { Incoming } from '../../../src/core/inbox.ts';
import { startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await startSlackWorld();
});
afterEach(() => world.close());

const asker = (teamId = 'T1', externalId = 'U1'): Incoming => ({
  platform: 'slack',
  externalId: 'x',
  teamId,
  person: { externalId, name: 'ann' },
  conversation: { externalId: 'C1', name: 'ops', isPrivateChat: false },
  text: 'list',
  mentions: [],
  answerTo: {},
});
const standing = (incoming = asker()) => world.platform.standingOf?.(incoming);
const user = (parts: Readonly<Record<string, unknown>>) =>
  world.slack.answerWith('users.info', () => ({ ok: true, user: { id: 'U1', team_id: 'T1', name: 'ann', ...parts } }));
const asked = () => world.slack.calls.filter(({ method }) => method === 'users.info');

describe('who somebody is, by Slack', () => {
  it.each([
    { says: {}, is: undefined },
    { says: { is_admin: true }, is: 'admin' },
    { says: { is_owner: true }, is: 'admin' },
    { says: { is_primary_owner: true }, is: 'admin' },
    { says: { is_restricted: true }, is: 'guest' },
    { says: { is_restricted: true, is_ultra_restricted: true }, is: 'guest' },
    { says: { is_stranger: true }, is: 'guest' },
    { says: { deleted: true, is_admin: true }, is: 'guest' },
    { says: { team_id: 'T2' }, is: 'guest' },
    { says: { team_id: 'T2', is_admin: true }, is: 'guest' },
    { says: { team_id: 'T2', enterprise_user: { teams: ['T1', 'T2'] } }, is: undefined },
    { says: { team_id: 'T2', enterprise_user: { teams: ['T3'] } }, is: 'guest' },
  ])('$says: $is', async ({ says, is }) => {
    user(says);
    expect(await standing()).toBe(is);
    expect(asked()).toMatchObject([{ args: { user: 'U1' } }]);
  });

  it.each(['user_not_found', 'user_not_visible'])('whom Slack does not show is no member: %s', async (code) => {
    world.slack.breakNext('users.info', { type: 'error', code });
    expect(await standing()).toBe('guest');
  });

  it.each([
    ['is away', { type: 'status', status: 503 }],
    ['cuts the line', { type: 'reset' }],
    ['asks to wait', { type: 'status', status: 429, headers: { 'retry-after': '30' } }],
    [
      'answers nonsense',
      { type: 'status', status: 200, body: '{"ok":true,"user":7}', headers: { 'content-type': 'application/json' } },
    ],
  ] as const)('unknown while Slack %s, and asked again', async (_, fault) => {
    user({ is_admin: true });
    world.slack.breakNext('users.info', fault);
    expect(await standing()).toBe('unknown');
    expect(await standing()).toBe('admin');
  });

  it('unknown without the scope, and the log says what to do', async () => {
    world.slack.breakNext('users.info', { type: 'error', code: 'missing_scope' });
    expect(await standing()).toBe('unknown');
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ remedy: expect.stringContaining('users:read') as string }) as object,
      }),
    );
  });

  it('is asked when a command is run, and not before Slack is told that it was received', async () => {
    await world.client.command('list');
    await world.slack.waitForResponses(1);
    expect(asked()).toEqual([]);
  });
});

describe('what was asked', () => {
  let now = 0;
  const calls: string[] = [];
  const called: Called = { ok: true, result: { user: { team_id: 'T1' } } };
  const ask = createStanding(
    (teamId) => ({
      call: (_, { user: id }) => {
        calls.push(`${teamId} ${String(id)}`);
        return Promise.resolve(called);
      },
    }),
    { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    () => now,
  );

  it('is good for five minutes, for that person in that team', async () => {
    for (const [teamId, id, at] of [
      ['T1', 'U1', 0],
      ['T1', 'U1', 299_999],
      ['T1', 'U2', 299_999],
      ['T2', 'U1', 299_999],
      ['T1', 'U1', 300_000],
    ] as const) {
      now = at;
      await ask(asker(teamId, id));
    }
    expect(calls).toEqual(['T1 U1', 'T1 U2', 'T2 U1', 'T1 U1']);
  });
});
