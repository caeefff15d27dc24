import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await startSlackWorld();
});
afterEach(() => world.close());

const asked = () => world.slack.calls.filter(({ method }) => method === 'auth.test');

describe('one workspace by its token', () => {
  it('asks Slack once whose token it is, and not before something is heard', async () => {
    expect(asked()).toHaveLength(0);
    await Promise.all([world.client.command('list'), world.client.command('incidents')]);
    await world.client.command('list');
    expect(asked()).toHaveLength(1);
    expect(world.heard).toHaveLength(3);
  });

  it('refuses another team, for all that Slack signs it', async () => {
    const answered = await world.clientOf('T0OTHER').command('list', { enterprise_id: 'E1' });
    expect(answered.status).toBe(200);
    expect(answered.body).toContain('belongs to another Slack workspace');
    expect(world.heard).toEqual([]);
  });

  it.each([
    ['E1', 1],
    ['E2', 0],
  ])('whose token is an organisation’s takes its teams: %s', async (enterpriseId, heard) => {
    world.slack.answerWith('auth.test', () => ({
      ok: true,
      team_id: 'E1',
      enterprise_id: 'E1',
      is_enterprise_install: true,
    }));
    await world.clientOf('T7').command('list', { enterprise_id: enterpriseId });
    expect(world.heard).toHaveLength(heard);
  });

  it.each([
    ['is away', { type: 'status', status: 503 }],
    ['refuses the token', { type: 'error', code: 'token_revoked' }],
  ] as const)('takes nothing while Slack %s, says so, and asks again', async (_, fault) => {
    world.slack.breakNext('auth.test', fault);
    expect((await world.client.command('list')).body).toContain('could not ask Slack which workspace it belongs to');
    expect(world.heard).toEqual([]);
    expect((await world.client.command('list')).body).toBe('');
    expect(world.heard).toHaveLength(1);
  });
});
