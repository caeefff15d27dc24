import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseAwayError } from '../../../src/core/errors.ts';
import { createSecretBox } from '../../../src/store/secret-box.ts';
import { createStore } from '../../../src/store/store.ts';
import { wordsIn } from '../../helpers/block-kit.ts';
import { withStore } from '../../helpers/databases.ts';
import type { TestDatabase } from '../../helpers/databases.ts';
import { deliveryTo, grantOf, grantOfOrganisation, PUBLIC_URL, rotating, startManyWorld } from './many-world.ts';
import type { ManyWorld } from './many-world.ts';

const NOT_INSTALLED = `certmon is not installed in this workspace; an admin opens ${PUBLIC_URL}/slack/install`;
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

let test: TestDatabase;
let world: ManyWorld;
beforeAll(async () => {
  test = await withStore('postgresql');
});
afterAll(() => test.close());
beforeEach(async () => {
  world = await startManyWorld(test);
});
afterEach(() => world.close());

async function install(teamId = 'T1', more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  world.grant = () => grantOf(teamId, more);
  expect((await world.browser().install()).status).toBe(200);
}
async function installForOrganisation(id = 'E1'): Promise<void> {
  world.grant = () => grantOfOrganisation(id);
  expect((await world.browser().install()).status).toBe(200);
}
const post = (teamId = 'T1', by: ManyWorld = world) =>
  by.platform.deliver(deliveryTo({ externalId: 'C1', teamId }), never);
const callsOf = (method: string, by: ManyWorld = world) => by.slack.calls.filter((call) => call.method === method);
const refreshes = (by: ManyWorld = world) =>
  callsOf('oauth.v2.access', by).filter(({ args }) => args.grant_type === 'refresh_token');
const inOrganisation = { enterprise_id: 'E1', is_enterprise_install: 'true' };

describe('who is heard', () => {
  it('a team in which certmon is installed', async () => {
    await install();
    expect(await world.clientOf('T1').command('list')).toMatchObject({ status: 200, body: '' });
    expect(world.heard).toMatchObject([{ teamId: 'T1', text: 'list' }]);
  });

  it('no team in which it is not, and the person is told what to do', async () => {
    await install();
    const answered = await world.clientOf('T2').command('list');
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.body)).toEqual({ response_type: 'ephemeral', text: NOT_INSTALLED });
    expect(world.heard).toEqual([]);
  });

  it('a click from such a team is answered at its response URL', async () => {
    const message = {
      blocks: [
        { type: 'actions', elements: [{ type: 'button', action_id: 'say:0', text: { text: 'Go' }, value: 'list' }] },
      ],
    };
    expect(await world.clientOf('T2').click('C1', message, 'Go')).toMatchObject({ status: 200, body: '' });
    const [response] = await world.slack.waitForResponses(1);
    expect(wordsIn(response?.body.blocks).join('')).toContain('not installed in this workspace');
    expect(world.heard).toEqual([]);
  });

  it('no forged team: a command that Slack did not sign', async () => {
    await install();
    expect((await world.clientOf('T1').command('list', {}, { secret: 'another-secret-of-tests' })).status).toBe(401);
    expect(world.heard).toEqual([]);
  });

  it.each(['shortcut', 'view_submission', 'block_suggestion'])('nothing else from such a team: %s', async (type) => {
    const answered = await world.clientOf('T2').interact({ type, team: { id: 'T2' }, user: { id: 'U1' }, view: {} });
    expect(answered.status).toBe(200);
    expect(answered.durationMs).toBeLessThan(2_000);
  });

  it('every team of an organisation in which it is installed, each in a workspace of its own', async () => {
    await installForOrganisation();
    for (const team of ['T1', 'T2', 'T1']) await world.clientOf(team).command('list', inOrganisation);
    expect(world.heard.map(({ teamId }) => teamId)).toEqual(['T1', 'T2', 'T1']);
    const [one, two] = await Promise.all(
      ['T1', 'T2'].map((team) => world.store.workspaces.findConnection('slack', team)),
    );
    expect(one?.workspaceId).not.toBe(two?.workspaceId);
    expect(await world.store.workspaces.listRoles(one?.workspaceId ?? '')).toMatchObject([{ role: 'admin' }]);
    expect((await world.clientOf('T3').command('list', { enterprise_id: 'E2' })).body).toContain('not installed');
  });

  it('where the database is away the inbox says so', async () => {
    await install();
    world.instead = { ofTeam: () => Promise.reject(new DatabaseAwayError('it is away')) };
    world.hear = () => Promise.resolve({ accepted: false, message: 'certmon cannot reach its database.' });
    expect((await world.clientOf('T1').command('list')).body).toContain('cannot reach its database');
  });

  it('where its token cannot be read nobody is, and the log says why', async () => {
    await install();
    const { installations } = createStore(test.database, undefined, createSecretBox(['k'.repeat(40)]));
    world.instead = { ofTeam: (...words) => installations.ofTeam(...words) };
    expect((await world.clientOf('T1').command('list')).body).toContain('cannot read what Slack gave it');
    expect(JSON.stringify(world.logged)).toContain('which CERTMON_SECRET_KEY does not hold');
    expect(await post()).toMatchObject({
      type: 'retry',
      reason: expect.stringContaining('CERTMON_SECRET_KEY') as string,
    });
  });
});

describe('how it speaks', () => {
  it('to each team by its own token', async () => {
    await install('T1');
    await install('T2');
    expect([await post('T1'), await post('T2')]).toMatchObject([{ type: 'sent' }, { type: 'sent' }]);
    expect(callsOf('chat.postMessage').map(({ token }) => token)).toEqual(['xoxb-of-T1', 'xoxb-of-T2']);
  });

  it('to a team of an organisation by its token, and names the team', async () => {
    await installForOrganisation();
    await world.clientOf('T1').command('list', inOrganisation);
    await post('T1');
    expect(callsOf('chat.postMessage')).toMatchObject([{ token: 'xoxb-of-E1', args: { team_id: 'T1' } }]);
  });

  it('not where it is not installed: that channel is dead, with the remedy', async () => {
    expect(await post('T9')).toEqual({
      type: 'dead-channel',
      reason: 'certmon is not installed in this Slack workspace any more',
      remedy: `an admin of it opens ${PUBLIC_URL}/slack/install, and all is as it was`,
    });
    expect(callsOf('chat.postMessage')).toEqual([]);
  });

  it.each([
    ['token_revoked', 'dead-channel'],
    ['account_inactive', 'dead-channel'],
    ['invalid_auth', 'retry'],
  ])('where Slack answers %s: %s', async (code, type) => {
    await install();
    world.slack.breakNext('chat.postMessage', { type: 'error', code });
    const outcome = await post();
    expect(outcome.type).toBe(type);
    expect(JSON.stringify(outcome)).toContain('/slack/install');
  });
});

describe('a token that ends', () => {
  const almostOver = 12 * HOUR_MS - 30 * 60_000;
  const over = 12 * HOUR_MS + 60_000;
  beforeEach(() => install('T1', rotating('xoxe.xoxb-1', 'xoxe-1')));

  it('is used while there is time', async () => {
    world.later(10 * HOUR_MS);
    await post();
    expect(refreshes()).toEqual([]);
    expect(callsOf('chat.postMessage')).toMatchObject([{ token: 'xoxe.xoxb-1' }]);
  });

  it('is renewed before it ends, and the new one used and kept', async () => {
    world.later(almostOver);
    world.grant = () => grantOf('T1', rotating('xoxe.xoxb-2', 'xoxe-2'));
    await post();
    await post();
    expect(refreshes()).toMatchObject([{ args: { refresh_token: 'xoxe-1' } }]);
    expect(callsOf('chat.postMessage').map(({ token }) => token)).toEqual(['xoxe.xoxb-2', 'xoxe.xoxb-2']);
    expect(await world.store.installations.find('slack', 'T1')).toMatchObject({
      tokens: { accessToken: 'xoxe.xoxb-2', refresh: { token: 'xoxe-2' } },
    });
    expect(JSON.stringify(world.logged)).not.toMatch(/xox/);
  });

  it('is renewed before an answer', async () => {
    world.later(over);
    world.grant = () => grantOf('T1', rotating('xoxe.xoxb-2', 'xoxe-2'));
    await world.clientOf('T1').command('list', { response_url: 'https://elsewhere.example/' });
    await world.slack.untilCalled('chat.postEphemeral');
    expect(callsOf('chat.postEphemeral')).toMatchObject([{ token: 'xoxe.xoxb-2' }]);
  });

  it('is renewed once by many alerts at once in two processes', async () => {
    const sibling = await world.sibling();
    let granted = 0;
    const grant = () => {
      granted += 1;
      return grantOf('T1', rotating(`xoxe.xoxb-new-${String(granted)}`, 'xoxe-2'));
    };
    world.later(almostOver);
    sibling.now = world.now;
    world.grant = grant;
    sibling.grant = grant;
    const outcomes = await Promise.all([
      ...Array.from({ length: 5 }, () => post()),
      ...Array.from({ length: 5 }, () => post('T1', sibling)),
    ]);
    expect(outcomes.every(({ type }) => type === 'sent')).toBe(true);
    expect(refreshes().length + refreshes(sibling).length).toBe(1);
    await sibling.close();
  });

  it('that is over makes the other process wait, and nobody is dead', async () => {
    const sibling = await world.sibling();
    world.later(over);
    sibling.now = world.now;
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      world.slack.holdNext('oauth.v2.access', (release) => {
        answer = release;
        resolve();
      });
    });
    world.grant = () => grantOf('T1', rotating('xoxe.xoxb-2', 'xoxe-2'));
    const first = post();
    await asked;
    expect(await post('T1', sibling)).toMatchObject({ type: 'retry', reason: 'the Slack token is being renewed' });
    answer();
    expect(await first).toMatchObject({ type: 'sent' });
    expect(await post('T1', sibling)).toMatchObject({ type: 'sent' });
    expect(refreshes(sibling)).toEqual([]);
    await sibling.close();
  });

  it.each([
    ['Slack is away', { type: 'status', status: 503 }],
    ['Slack refuses', { type: 'error', code: 'invalid_refresh_token' }],
  ] as const)('and cannot be renewed, for %s, is used while it is good, and then waited for', async (_, fault) => {
    world.later(almostOver);
    world.slack.breakNext('oauth.v2.access', fault, 2);
    expect(await post()).toMatchObject({ type: 'sent' });
    world.later(HOUR_MS);
    const outcome = await post();
    expect(outcome).toMatchObject({ type: 'retry', afterMs: 60_000 });
    expect(outcome).not.toHaveProperty('maybeSent');
    expect(
      world.logged.filter(({ message }) => message === 'slack gives no new token').map(({ level }) => level),
    ).toEqual(['warn', 'error']);
    world.later(60_000);
    world.grant = () => grantOf('T1', rotating('xoxe.xoxb-2', 'xoxe-2'));
    expect(await post()).toMatchObject({ type: 'sent' });
  });

  it('whose successor cannot be stored yet is used all the same, and stored later', async () => {
    world.later(almostOver);
    world.grant = () => grantOf('T1', rotating('xoxe.xoxb-2', 'xoxe-2'));
    const { installations } = world.store;
    const away = () => Promise.reject(new DatabaseAwayError('it is away'));
    world.instead = { saveTokens: away };
    expect(await post()).toMatchObject({ type: 'sent' });
    world.instead = {};
    expect(await post()).toMatchObject({ type: 'sent' });
    expect(callsOf('chat.postMessage').map(({ token }) => token)).toEqual(['xoxe.xoxb-2', 'xoxe.xoxb-2']);
    expect(refreshes()).toHaveLength(1);
    expect(await installations.find('slack', 'T1')).toMatchObject({ tokens: { accessToken: 'xoxe.xoxb-2' } });
  });
});

describe('the end of an installation', () => {
  const tell = (event: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) =>
    world.client.send(
      JSON.stringify({
        type: 'event_callback',
        team_id: 'T1',
        event_id: `Ev${String(Math.random())}`,
        event_time: Math.floor(world.now.getTime() / 1000),
        event,
        ...more,
      }),
      {},
      'application/json',
    );
  const channelOf = async (teamId = 'T1') => {
    const connection = await world.store.workspaces.findConnection('slack', teamId);
    if (connection === undefined) throw new Error('there is no connection');
    const { workspaceId, id } = connection;
    return world.store.channels.ensure(workspaceId, {
      connectionId: id,
      externalId: 'C1',
      name: 'ops',
      isPrivateChat: false,
    });
  };
  const tokenIs = (code: string | undefined) =>
    world.slack.answerWith('auth.test', () =>
      code === undefined ? { ok: true, team_id: 'T1' } : { ok: false, error: code },
    );

  it('leaves its channels dead with the remedy, and nobody there is heard', async () => {
    await install();
    const channel = await channelOf();
    world.later(60_000);
    expect((await tell({ type: 'app_uninstalled' })).status).toBe(200);
    await world.untilLogged('certmon was removed from slack');
    expect(await world.store.installations.find('slack', 'T1')).toBeUndefined();
    const { deadReason } = (await world.store.channels.find(channel.workspaceId, channel.id)) ?? {};
    expect(deadReason).toContain('/slack/install');
    expect(await post()).toMatchObject({ type: 'dead-channel' });
    expect((await world.clientOf('T1').command('list')).body).toContain('not installed');
  });

  it('is undone by installing again: the same workspace, its channels alive', async () => {
    await install();
    const channel = await channelOf();
    world.later(60_000);
    await tell({ type: 'app_uninstalled' });
    await world.untilLogged('certmon was removed from slack');
    world.later(60_000);
    await install();
    const connection = await world.store.workspaces.findConnection('slack', 'T1');
    expect(connection?.workspaceId).toBe(channel.workspaceId);
    expect(await world.store.channels.find(channel.workspaceId, channel.id)).toMatchObject({ deadReason: undefined });
    expect(await post()).toMatchObject({ type: 'sent' });
    await world.clientOf('T1').command('list');
    expect(world.heard).toHaveLength(1);
  });

  it('that is told late, after it was installed again, changes nothing', async () => {
    await install();
    tokenIs(undefined);
    await tell({ type: 'app_uninstalled' }, { event_time: Math.floor(world.now.getTime() / 1000) - 300 });
    await world.untilLogged('slack installation stays, for its token works');
    expect(await post()).toMatchObject({ type: 'sent' });
  });

  it.each([
    { tokens: { bot: ['U0B0T'] }, works: 'token_revoked', stays: false },
    { tokens: { bot: ['U0B0T'] }, works: undefined, stays: true },
  ])('tokens revoked: $tokens, and Slack says $works of ours', async ({ tokens, works, stays }) => {
    await install();
    tokenIs(works);
    await tell({ type: 'tokens_revoked', tokens });
    if (tokens.bot.length > 0)
      await world.untilLogged(
        stays ? 'slack installation stays, for its token works' : 'certmon was removed from slack',
      );
    expect((await world.store.installations.find('slack', 'T1')) !== undefined).toBe(stays);
  });

  it('is not that of a person’s token', async () => {
    await install();
    tokenIs(undefined);
    await tell({ type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: [] } });
    await tell({ type: 'tokens_revoked', tokens: { bot: ['U0B0T'] } });
    await world.untilLogged('slack installation stays, for its token works');
    expect(callsOf('auth.test')).toHaveLength(1);
  });

  it.each([
    { works: undefined, stays: true },
    { works: 'account_inactive', stays: false },
  ])('in one team of an organisation is asked after: Slack says $works of the token', async ({ works, stays }) => {
    await installForOrganisation();
    await world.clientOf('T1').command('list', inOrganisation);
    tokenIs(works);
    world.later(60_000);
    await tell({ type: 'app_uninstalled' }, { enterprise_id: 'E1' });
    await world.untilLogged(stays ? 'slack installation stays, for its token works' : 'certmon was removed from slack');
    expect((await world.store.installations.find('slack', 'E1')) !== undefined).toBe(stays);
  });

  it('is not believed without a signature', async () => {
    await install();
    const body = JSON.stringify({ type: 'event_callback', team_id: 'T1', event: { type: 'app_uninstalled' } });
    expect((await world.client.send(body, { signature: undefined }, 'application/json')).status).toBe(401);
    expect(await post()).toMatchObject({ type: 'sent' });
  });
});
