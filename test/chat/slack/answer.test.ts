import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isUsable } from '../../../src/chat/slack/answer.ts';
import type { AnswerTo } from '../../../src/chat/slack/incoming.ts';
import type { Incoming } from '../../../src/core/inbox.ts';
import { someReply, startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

let world: SlackWorld;
let ops: string;
beforeEach(async () => {
  world = await startSlackWorld();
  ops = world.slack.channelId('ops');
});
afterEach(async () => {
  await world.close();
});

function incoming(answerTo: Partial<AnswerTo> = {}, parts: Partial<Incoming> = {}): Incoming {
  return {
    platform: 'slack',
    externalId: 'trigger-1',
    teamId: world.slack.teamId,
    person: { externalId: world.slack.person.id, name: 'ann' },
    conversation: { externalId: ops, name: 'ops', isPrivateChat: false },
    text: 'list',
    mentions: [],
    answerTo: {
      responseUrl: world.slack.newResponseUrl(),
      heardAt: Date.now(),
      channelId: ops,
      threadTs: null,
      isPrivateMessage: false,
      ...answerTo,
    },
    ...parts,
  };
}

const toChannel = { ...someReply, audience: 'channel' as const };
const methods = (): string[] => world.slack.calls.map((call) => call.method);
const AN_HOUR_AGO = Date.now() - 3_600_000;

describe('an answer', () => {
  it('uses the response URL once, and the Web API not at all', async () => {
    await world.platform.answer(incoming(), someReply);
    expect(world.slack.responses).toHaveLength(1);
    expect(methods()).toEqual([]);
  });

  it('is given as plain text where its blocks are refused', async () => {
    world.slack.breakNext('response', { type: 'status', status: 400, body: 'invalid_blocks' });
    await world.platform.answer(incoming(), someReply);
    expect(world.slack.responses.map((response) => response.body.blocks)).toEqual([undefined]);
    expect(world.slack.responses[0]?.body).toMatchObject({ text: 'Done.', response_type: 'ephemeral' });
  });

  it('tries again after Slack was away', async () => {
    world.slack.breakNext('response', { type: 'reset' });
    await world.platform.answer(incoming(), someReply);
    expect(world.slack.responses).toHaveLength(1);
  });

  it.each([
    ['too old', { heardAt: AN_HOUR_AGO }],
    ['of a stranger', { responseUrl: 'https://hooks.slack.com.evil.test/x' }],
  ])('with a response URL %s comes by the Web API, to the person alone', async (_, answerTo) => {
    await world.platform.answer(incoming(answerTo), someReply);
    expect(world.slack.responses).toEqual([]);
    expect(world.slack.calls).toMatchObject([
      { method: 'chat.postEphemeral', args: { channel: ops, user: world.slack.person.id, text: 'Done.' } },
    ]);
  });

  it('with a response URL that is used up comes by the Web API', async () => {
    world.slack.breakNext('response', { type: 'status', status: 404, body: '{"ok":false,"error":"used_url"}' });
    await world.platform.answer(incoming(), someReply);
    expect(methods()).toEqual(['chat.postEphemeral']);
  });

  it('to the channel comes into the channel', async () => {
    await world.platform.answer(incoming({ heardAt: AN_HOUR_AGO }), toChannel);
    expect((await world.slack.history(ops)).map((message) => message.text)).toEqual(['Done.']);
  });

  it('where certmon is not in the channel comes to the person', async () => {
    world.slack.breakNext('chat.postEphemeral', { type: 'error', code: 'channel_not_found' });
    await world.platform.answer(incoming({ heardAt: AN_HOUR_AGO }), someReply);
    expect(world.slack.calls).toMatchObject([
      {},
      { method: 'chat.postMessage', args: { channel: world.slack.person.id } },
    ]);
  });

  it('to a command that another version kept comes by the Web API', async () => {
    await world.platform.answer({ ...incoming(), answerTo: { line: 3 } }, someReply);
    expect(methods()).toEqual(['chat.postEphemeral']);
  });

  it('that cannot be given is logged, and nothing is thrown', async () => {
    world.slack.breakNext('chat.postEphemeral', { type: 'error', code: 'invalid_auth' });
    world.slack.breakNext('chat.postMessage', { type: 'error', code: 'invalid_auth' });
    await world.platform.answer(incoming({ heardAt: AN_HOUR_AGO }), someReply);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'answer could not be given on slack' }),
    );
  });

  it('is still given while certmon stops', async () => {
    await world.platform.stop();
    await world.platform.answer(incoming(), someReply);
    expect(world.slack.responses).toHaveLength(1);
  });
});

describe('a response URL is used', () => {
  const at = (responseUrl: string, ageMs = 0): AnswerTo => ({
    responseUrl,
    heardAt: 1_000_000_000 - ageMs,
    channelId: 'C1',
    threadTs: null,
    isPrivateMessage: false,
  });
  it.each([
    [true, 'https://hooks.slack.com/commands/T1/2/3', undefined],
    [true, 'https://hooks.slack.com:443/commands/T1/2/3', undefined],
    [false, 'http://hooks.slack.com/commands/T1/2/3', undefined],
    [false, 'https://hooks.slack.com:8443/x', undefined],
    [false, 'https://hooks.slack.com@evil.test/x', undefined],
    [false, 'https://ann:secret@hooks.slack.com/x', undefined],
    [false, 'https://hooks.slack.com.evil.test/x', undefined],
    [false, 'http://169.254.169.254/latest', undefined],
    [false, 'http://127.0.0.1:4003/response/1', undefined],
    [true, 'http://127.0.0.1:4003/response/1', 'http://127.0.0.1:4003/api/'],
    [false, 'http://127.0.0.1:4004/response/1', 'http://127.0.0.1:4003/api/'],
    [false, 'not a url', undefined],
  ])('%s: %s with the API at %s', (usable, url, apiUrl) => {
    expect(isUsable(at(url), apiUrl, 1_000_000_000)).toBe(usable);
  });

  it('for 29 minutes', () => {
    const url = 'https://hooks.slack.com/x';
    expect(isUsable(at(url, 29 * 60_000), undefined, 1_000_000_000)).toBe(true);
    expect(isUsable(at(url, 29 * 60_000 + 1), undefined, 1_000_000_000)).toBe(false);
  });
});
