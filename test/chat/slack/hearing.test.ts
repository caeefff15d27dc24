import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Heard } from '../../../src/chat/platform.ts';
import { wordsIn } from '../../helpers/block-kit.ts';
import { SIGNING_SECRET, someReply, startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

let world: SlackWorld;
beforeEach(async () => {
  world = await startSlackWorld();
});
afterEach(async () => {
  await world.close();
});

const refused: Heard = { accepted: false, message: 'certmon cannot reach its <database>, so this was not accepted.' };

describe('who may speak', () => {
  it.each([
    ['no signature', { signature: undefined }],
    ['a wrong signature', { signature: `v0=${'0'.repeat(64)}` }],
    ['a signature of another version', { signature: 'v1=abc' }],
    ['a signature by another secret', { secret: `${SIGNING_SECRET}!` }],
    ['a signature of six minutes ago', { ageSeconds: 360 }],
    ['a signature of six minutes from now', { ageSeconds: -360 }],
  ])('not one with %s', async (_, tampering) => {
    expect(await world.client.command('list', {}, tampering)).toMatchObject({ status: 401, body: '' });
    expect(world.heard).toEqual([]);
  });

  it.each([240, -240])('one whose clock is off by %i seconds', async (ageSeconds) => {
    expect((await world.client.command('list', {}, { ageSeconds })).status).toBe(200);
    expect(world.heard).toHaveLength(1);
  });

  it('a body changed after it was signed is refused', async () => {
    expect((await world.client.interact({ type: 'block_actions' }, { signature: `v0=${'a'.repeat(64)}` })).status).toBe(
      401,
    );
  });

  it('nothing of a refused request is logged', async () => {
    await world.client.command('list secret.example.com', {}, { signature: undefined });
    expect(JSON.stringify(world.logged)).not.toContain('secret.example.com');
    expect(world.logged.some((record) => record.level === 'warn')).toBe(true);
  });

  it('only POST is heard', async () => {
    const response = await fetch(world.url);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('what Slack asks by itself', () => {
  it('ssl_check is answered without a signature, and a command smuggled with it is not heard', async () => {
    const answered = await world.client.send('ssl_check=1&command=/certmon&text=list', { signature: undefined });
    expect(answered).toMatchObject({ status: 200, body: '' });
    expect(world.heard).toEqual([]);
  });

  it('url_verification gets its challenge back', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'c-1', token: 't' });
    const answered = await world.client.send(body, {}, 'application/json');
    expect([answered.status, JSON.parse(answered.body)]).toEqual([200, { challenge: 'c-1' }]);
  });

  it.each([
    ['an unknown action', { type: 'block_actions', actions: [{ type: 'button', action_id: 'other', action_ts: '1' }] }],
    [
      'an action without a value',
      { type: 'block_actions', actions: [{ type: 'button', action_id: 'say:0', action_ts: '1' }] },
    ],
    ['a shortcut', { type: 'shortcut', callback_id: 'x' }],
    ['a form', { type: 'view_submission', view: { callback_id: 'x', id: 'V1' } }],
    ['something new', { type: 'not_invented_yet' }],
  ])('%s is answered at once', async (_, payload) => {
    const answered = await world.client.interact({
      team: { id: 'T1' },
      user: { id: 'U1' },
      container: {},
      trigger_id: 't',
      ...payload,
    });
    expect(answered.status).toBe(200);
    expect(answered.durationMs).toBeLessThan(2_000);
    expect(world.heard).toEqual([]);
  });

  it('another command is answered at once, with the right one', async () => {
    const answered = await world.client.command('list', { command: '/other' });
    expect(answered.durationMs).toBeLessThan(2_000);
    expect(JSON.parse(answered.body)).toMatchObject({
      response_type: 'ephemeral',
      text: expect.stringContaining('/certmon') as string,
    });
  });
});

describe('a command', () => {
  it('is heard with everything undone that Slack did to it', async () => {
    await world.client.command('group map ops <#C123|alerts> &amp; <http://mail.example.com|mail.example.com>', {
      trigger_id: 'trigger-1',
      channel_id: 'C7',
      channel_name: 'ops',
    });
    expect(world.heard).toEqual([
      {
        platform: 'slack',
        externalId: 'trigger-1',
        teamId: world.slack.teamId,
        person: { externalId: world.slack.person.id, name: 'ann' },
        conversation: { externalId: 'C7', name: 'ops', isPrivateChat: false },
        text: 'group map ops #alerts & mail.example.com',
        mentions: [{ token: '#alerts', kind: 'channel', externalId: 'C123', name: 'alerts' }],
        answerTo: {
          responseUrl: expect.stringContaining('/response/') as string,
          heardAt: expect.any(Number) as number,
          channelId: 'C7',
          threadTs: null,
          isPrivateMessage: false,
        },
      },
    ]);
  });

  it('given in a private chat belongs to the chat with its person', async () => {
    await world.client.command('list', { channel_id: 'D0TOSOMEBODY', channel_name: 'directmessage' });
    expect(world.heard[0]?.conversation).toEqual({
      externalId: world.slack.person.id,
      name: 'ann',
      isPrivateChat: true,
    });
  });

  it('is acknowledged and answered at its response URL, to the person alone', async () => {
    const answered = await world.client.command('list');
    expect(answered).toMatchObject({ status: 200, body: '' });
    const [response] = await world.slack.waitForResponses(1);
    expect(response?.body).toMatchObject({ response_type: 'ephemeral', replace_original: false, text: 'Done.' });
  });

  it('that concerns others is answered to the channel', async () => {
    world.reply = { ...someReply, audience: 'channel' };
    await world.client.command('add a.example https');
    const [response] = await world.slack.waitForResponses(1);
    expect(response?.body).toMatchObject({ response_type: 'in_channel' });
  });

  it('is acknowledged only when it is kept', async () => {
    let keep: (heard: Heard) => void = () => undefined;
    world.hear = () => new Promise((resolve) => (keep = resolve));
    let isAcked = false;
    const answered = world.client.command('list').then((one) => {
      isAcked = true;
      return one;
    });
    await vi.waitFor(() => expect(world.heard).toHaveLength(1));
    expect(isAcked).toBe(false);
    keep({ accepted: true, isNew: true, run: () => Promise.resolve() });
    expect((await answered).status).toBe(200);
  });

  it('that was not kept is answered so, in the acknowledgement', async () => {
    world.hear = () => Promise.resolve(refused);
    const answered = await world.client.command('list');
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.body)).toEqual({
      response_type: 'ephemeral',
      text: 'certmon cannot reach its &lt;database&gt;, so this was not accepted.',
    });
    expect(world.slack.responses).toEqual([]);
  });

  it('on which the inbox fails is answered so, and logged', async () => {
    world.hear = () => Promise.reject(new Error('boom'));
    expect((await world.client.command('list')).body).toContain('not accepted');
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'slack command could not be accepted' }),
    );
  });

  it('that takes too long to be kept is acknowledged in time all the same, and then told', async () => {
    let keep: (heard: Heard) => void = () => undefined;
    world.hear = () => new Promise((resolve) => (keep = resolve));
    const answered = await world.client.command('list');
    expect(answered.durationMs).toBeLessThan(3_000);
    expect(answered.body).toContain('slow');
    keep(refused);
    const [response] = await world.slack.waitForResponses(1);
    expect(response?.body.text).toContain('not accepted');
  });

  it('that runs for long says so once, and then answers', async () => {
    let finish: () => void = () => undefined;
    world.hear = (incoming) =>
      Promise.resolve({
        accepted: true,
        isNew: true,
        run: async () => {
          await new Promise<void>((resolve) => (finish = resolve));
          await world.platform.answer(incoming, someReply);
        },
      });
    await world.client.command('check mail.example.com');
    const [working] = await world.slack.waitForResponses(1);
    expect(working?.body).toMatchObject({ response_type: 'ephemeral', text: 'Working on it: check mail.example.com' });
    finish();
    const responses = await world.slack.waitForResponses(2);
    expect(responses.map((response) => response.body.text)).toEqual(['Working on it: check mail.example.com', 'Done.']);
  });

  it('heard before is acknowledged and not done again', async () => {
    const run = vi.fn(() => Promise.resolve());
    world.hear = () => Promise.resolve({ accepted: true, isNew: false, run });
    expect(await world.client.command('list')).toMatchObject({ status: 200, body: '' });
    expect(run).not.toHaveBeenCalled();
  });

  it('is not accepted once certmon stops', async () => {
    await world.platform.stop();
    expect((await world.client.command('list')).body).toContain('shutting down');
    expect(world.heard).toEqual([]);
  });
});

describe('a button', () => {
  const message = {
    ...someReply.message,
    title: 'Critical #17',
    actions: [
      { type: 'button' as const, label: 'Acknowledge', command: 'ack #17' },
      {
        type: 'choice' as const,
        label: 'Snooze',
        options: [
          { label: '4 hours', command: 'snooze #17 4h' },
          { label: 'until renewed', command: 'snooze #17 until-renewed' },
        ],
      },
      { type: 'button' as const, label: 'Say', command: 'check <!channel> & "a b"' },
    ],
  };

  /** The message as Slack would hold it, once certmon has said it. */
  const said = async () => {
    world.reply = { ...someReply, message };
    await world.client.command('show');
    const [response] = await world.slack.waitForResponses(1);
    world.reply = someReply;
    return { ts: '1700000000.000100', blocks: response?.body.blocks ?? [] };
  };

  it('says its command line in its presser’s name', async () => {
    const held = await said();
    for (const press of [
      () => world.client.click('C1', held, 'Acknowledge'),
      () => world.client.click('C1', held, 'Say'),
      () => world.client.choose('C1', held, 'Snooze', 'until renewed'),
    ]) {
      expect(await press()).toMatchObject({ status: 200, body: '' });
    }
    expect(
      world.heard.slice(1).map((incoming) => [incoming.text, incoming.person.name, incoming.conversation]),
    ).toEqual(
      ['ack #17', 'check <!channel> & "a b"', 'snooze #17 until-renewed'].map((line) => [
        line,
        'ann',
        { externalId: 'C1', name: 'ops', isPrivateChat: false },
      ]),
    );
    expect(new Set(world.heard.map((incoming) => incoming.externalId)).size).toBe(4);
  });

  it('on an alert never replaces it', async () => {
    await world.client.click('C1', await said(), 'Acknowledge');
    const responses = await world.slack.waitForResponses(2);
    expect(responses[1]?.body).toMatchObject({ response_type: 'ephemeral', replace_original: false });
  });

  it.each([
    { case: 'a private answer is replaced by the next one', reply: someReply, replaced: true },
    { case: 'a refusal stands beside it', reply: { ...someReply, ok: false }, replaced: false },
    {
      case: 'what concerns others stands beside it',
      reply: { ...someReply, audience: 'channel' as const },
      replaced: false,
    },
  ])('$case', async ({ reply, replaced }) => {
    const held = await said();
    world.reply = reply;
    await world.client.click('C1', { ...held, isEphemeral: true }, 'Acknowledge');
    const responses = await world.slack.waitForResponses(2);
    expect(responses[1]?.body).toMatchObject({ replace_original: replaced });
  });

  it('in a thread is answered in that thread', async () => {
    await world.client.click('C1', { ...(await said()), thread_ts: '1600000000.000100' }, 'Acknowledge');
    const responses = await world.slack.waitForResponses(2);
    expect(responses[1]?.body).toMatchObject({ thread_ts: '1600000000.000100' });
  });

  it('that was not kept is acknowledged, and its presser told', async () => {
    const held = await said();
    world.hear = () => Promise.resolve(refused);
    expect(await world.client.click('C1', held, 'Acknowledge')).toMatchObject({ status: 200, body: '' });
    const responses = await world.slack.waitForResponses(2);
    expect(responses[1]?.body).toMatchObject({ response_type: 'ephemeral', replace_original: false });
    expect(wordsIn(responses[1]?.body.blocks).join('')).toContain('not accepted');
  });
});

describe('before certmon has started', () => {
  it('a command is answered at once, and no call is made', async () => {
    const early = await startSlackWorld({ isStarted: false });
    const before = early.slack.calls.length;
    expect((await early.client.command('list')).body).toContain('just starting');
    expect(early.slack.calls.length).toBe(before);
    await early.close();
  });
});
