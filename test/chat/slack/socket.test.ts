import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Heard } from '../../../src/chat/platform.ts';
import { openSocketMode } from '../../helpers/slack-socket.ts';
import type { SlackSocketPeer } from '../../helpers/slack-socket.ts';
import { someReply, startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

let world: SlackWorld;
let peer: SlackSocketPeer;

async function start(
  options: Parameters<typeof startSlackWorld>[0] & { readonly appToken?: string } = {},
): Promise<void> {
  world = await startSlackWorld({
    settings: {
      hears: { type: 'socket', appToken: options.appToken ?? 'xapp-1-A000000001-test', leavesSigningSecret: false },
    },
    ...options,
    prepare: (slack) => {
      peer = openSocketMode(slack);
      options.prepare?.(slack);
    },
  });
}

afterEach(async () => {
  await world.close();
});

const command = (text: string, more: Readonly<Record<string, string>> = {}) => ({
  command: '/certmon',
  text,
  team_id: world.slack.teamId,
  team_domain: 'example',
  channel_id: 'C7',
  channel_name: 'ops',
  user_id: world.slack.person.id,
  user_name: 'ann',
  api_app_id: 'A000000001',
  response_url: world.slack.newResponseUrl(),
  trigger_id: `trigger.${String(Math.random())}`,
  ...more,
});

const troubles = (): readonly string[] => world.platform.troubles?.() ?? [];

describe('Socket Mode', () => {
  it('hears a command, and answers it', async () => {
    await start();
    await peer.untilConnected(1);
    expect((await peer.deliver('slash_commands', command('list &amp; more'))).payload).toEqual({});
    const [response] = await world.slack.waitForResponses(1);
    expect(response?.body).toMatchObject({ text: 'Done.' });
    expect(world.heard).toMatchObject([{ text: 'list & more', conversation: { externalId: 'C7', name: 'ops' } }]);
  });

  it('hears a click', async () => {
    await start();
    await peer.untilConnected(1);
    await peer.deliver('interactive', {
      type: 'block_actions',
      team: { id: world.slack.teamId, domain: 'example' },
      user: { id: world.slack.person.id, username: 'ann', team_id: world.slack.teamId },
      container: { type: 'message', message_ts: '1.1', channel_id: 'C7' },
      channel: { id: 'C7', name: 'ops' },
      trigger_id: 't-1',
      response_url: world.slack.newResponseUrl(),
      actions: [{ type: 'button', action_id: 'say:0', action_ts: '1', value: 'ack #17' }],
    });
    expect(world.heard.map(({ text }) => text)).toEqual(['ack #17']);
  });

  it('acknowledges only what is kept', async () => {
    await start();
    await peer.untilConnected(1);
    let keep: (heard: Heard) => void = () => undefined;
    world.hear = () => new Promise((resolve) => (keep = resolve));
    let isAcked = false;
    const acked = peer.deliver('slash_commands', command('list')).then(() => (isAcked = true));
    await vi.waitFor(() => expect(world.heard).toHaveLength(1));
    expect(isAcked).toBe(false);
    keep({ accepted: true, isNew: true, run: () => Promise.resolve() });
    await acked;
  });

  it('answers in the acknowledgement what was not kept, and what nobody listens to', async () => {
    await start();
    await peer.untilConnected(1);
    world.hear = () => Promise.resolve({ accepted: false, message: 'The <database> is away.' });
    expect((await peer.deliver('slash_commands', command('list'))).payload).toEqual({
      response_type: 'ephemeral',
      text: 'The &lt;database&gt; is away.',
    });
    await peer.deliver('interactive', { type: 'not_invented_yet', team: { id: 'T1' } });
    await peer.deliver('events_api', { type: 'event_callback', team_id: 'T1', event: { type: 'reaction_added' } });
  });

  it('does what was kept although Slack can no longer be told so', async () => {
    await start();
    await peer.untilConnected(1);
    world.hear = async () => {
      peer.drop();
      await vi.waitFor(() => expect(troubles()).toHaveLength(1), { interval: 5 });
      return { accepted: true, isNew: true, run: () => world.platform.answer(world.heard[0] as never, someReply) };
    };
    peer.send('slash_commands', command('list'));
    const [response] = await world.slack.waitForResponses(1);
    expect(response?.body).toMatchObject({ text: 'Done.' });
  });

  it.each([
    ['Slack asks for it', (): void => peer.askToReconnect()],
    ['the line is dropped', (): void => peer.drop()],
  ])('connects again when %s, and hears', async (_, lose) => {
    await start();
    await peer.untilConnected(1);
    lose();
    await peer.untilConnected(2);
    await vi.waitFor(() => expect(troubles()).toEqual([]));
    await peer.deliver('slash_commands', command('list'));
    expect(world.heard).toHaveLength(1);
  });

  it('keeps trying while Slack is away, says so once, and says when it is back', async () => {
    await start({
      prepare: (slack) => {
        slack.breakNext('apps.connections.open', { type: 'status', status: 503 });
        slack.breakNext('apps.connections.open', { type: 'reset' });
        slack.breakNext('apps.connections.open', { type: 'error', code: 'internal_error' });
      },
    });
    expect(troubles()).toEqual([expect.stringContaining('slack is not connected')]);
    expect((await world.untilLogged('slack is not connected, certmon keeps trying')).level).toBe('warn');
    await world.untilLogged('slack is connected');
    expect(troubles()).toEqual([]);
    expect(world.slack.calls.filter(({ method }) => method === 'apps.connections.open')).toHaveLength(4);
    expect(world.logged.filter(({ message }) => message.includes('not connected'))).toHaveLength(1);
  });

  it('tells what to do where the token is refused, without naming it, and goes on trying', async () => {
    await start({ appToken: 'xapp-1-wrong' });
    const told = await world.untilLogged('slack is not connected, certmon keeps trying');
    expect(told).toMatchObject({
      level: 'error',
      fields: { reason: 'invalid_auth', remedy: expect.stringContaining('connections:write') as string },
    });
    expect(JSON.stringify(world.logged)).not.toContain('xapp-1-wrong');
  });

  it('serves no requests over HTTP, and says so where a signing secret is set too', async () => {
    await start({
      settings: { hears: { type: 'socket', appToken: 'xapp-1-A000000001-test', leavesSigningSecret: true } },
    });
    expect(world.platform.routes).toEqual([]);
    expect((await fetch(world.url, { method: 'POST' })).status).toBe(404);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'slack is heard by socket mode, and not over http' }),
    );
  });

  it('acknowledges what is under way before it ends, and does not come back', async () => {
    await start();
    await peer.untilConnected(1);
    let keep: (heard: Heard) => void = () => undefined;
    world.hear = () => new Promise((resolve) => (keep = resolve));
    const acked = peer.deliver('slash_commands', command('list'));
    await vi.waitFor(() => expect(world.heard).toHaveLength(1));
    const stopped = world.platform.stop();
    keep({ accepted: true, isNew: true, run: () => Promise.resolve() });
    await Promise.all([acked, stopped, peer.untilGone()]);
    expect(peer.connections).toBe(1);
  });
});

describe('where nothing listens', () => {
  it('certmon starts, stays, and stops', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await start({
      settings: {
        hears: { type: 'socket', appToken: 'xapp-1-x', leavesSigningSecret: false },
        apiUrl: `http://127.0.0.1:${String(port)}/api/`,
      },
    });
    await world.untilLogged('slack is not connected, certmon keeps trying');
    expect(troubles()).toHaveLength(1);
  });
});
