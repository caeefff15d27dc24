import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackPlatform } from '../../../src/chat/slack/adapter.ts';
import type { HeadAlert, NoticeAlert, ThreadAlert } from '../../../src/core/alert.ts';
import type { Delivery, DeliveryOutcome, Log } from '../../../src/core/ports.ts';
import { blockKitProblems, wordsIn } from '../../helpers/block-kit.ts';
import { elementsOf } from '../../helpers/slack-client.ts';
import { SIGNING_SECRET, startSlackWorld } from './world.ts';
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

const base = {
  incident: { id: `CI${'0'.repeat(32)}`, number: 17 },
  severity: 'critical',
  status: 'open',
  acknowledgedBy: undefined,
  mentions: [],
  monitorIds: [`CM${'1'.repeat(32)}`],
  title: 'mail.example.com: certificate expired 2 days ago',
} as const;
const head: HeadAlert = {
  ...base,
  kind: 'head',
  problems: ['The certificate expired 2 days ago.'],
  nextStep: 'Renew it.',
  facts: [{ label: 'Issuer', value: 'CN=<!channel>' }],
  hosts: ['mail.example.com:25 smtp'],
  state: [],
  actions: ['acknowledge', 'snooze'],
};
const thread: ThreadAlert = {
  ...base,
  kind: 'thread',
  lines: ['Ann acknowledged this.'],
  sections: [],
  broadcast: false,
};
const notice: NoticeAlert = { kind: 'notice', severity: 'info', title: 'A test of ops', lines: ['All is well.'] };

let rows = 0;
function delivery(parts: Partial<Delivery> = {}, channel: Partial<Delivery['channel']> = {}): Delivery {
  rows += 1;
  return {
    rowId: `row-${String(rows)}`,
    channel: {
      id: 'channel-1',
      workspaceId: 'workspace-1',
      connectionId: 'connection-1',
      platform: 'slack',
      teamId: world.slack.teamId,
      externalId: ops,
      name: 'ops',
      isPrivateChat: false,
      deadReason: undefined,
      ...channel,
    },
    content: head,
    how: { type: 'post' },
    mayRepeat: false,
    ...parts,
  };
}

const deliver = (one: Delivery): Promise<DeliveryOutcome> => world.platform.deliver(one, new AbortController().signal);

async function sent(one: Delivery): Promise<string> {
  const outcome = await deliver(one);
  if (outcome.type !== 'sent') throw new Error(`not sent: ${JSON.stringify(outcome)}`);
  return outcome.messageId;
}

describe('an incident', () => {
  it('is one head, with replies in its thread, and edited in place', async () => {
    const first = delivery();
    const headId = await sent(first);
    await sent(delivery({ content: thread, how: { type: 'reply', headId } }));
    await sent(
      delivery({ content: { ...thread, lines: ['Worse.'], broadcast: true }, how: { type: 'reply', headId } }),
    );
    const edited = { ...head, status: 'resolved', state: ['Resolved at 09:00'], actions: ['details'] } as const;
    expect(await deliver(delivery({ content: edited, how: { type: 'edit', headId } }))).toEqual({
      type: 'sent',
      messageId: headId,
    });

    const channel = await world.slack.history(ops);
    expect(channel).toHaveLength(1);
    const replies = await world.slack.replies(ops, headId);
    expect(replies.map((message) => [message.ts === headId, message.thread_ts, message.reply_broadcast])).toEqual([
      [true, undefined, undefined],
      [false, headId, undefined],
      [false, headId, true],
    ]);
    expect(channel[0]).toMatchObject({
      text: 'Resolved #17: mail.example.com: certificate expired 2 days ago',
      metadata: { event_type: 'certmon_alert', event_payload: { row: first.rowId } },
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
    expect(wordsIn(channel[0]?.blocks).join('\n')).toContain('Resolved at 09:00');
    for (const message of replies)
      expect(blockKitProblems({ text: message.text, blocks: message.blocks ?? [] })).toEqual([]);
  });

  it('has buttons that say the lines they were made of', async () => {
    await sent(delivery());
    const [message] = await world.slack.history(ops);
    await world.client.click(ops, message ?? {}, 'Acknowledge');
    await world.client.choose(ops, message ?? {}, 'Snooze', 'until renewed');
    expect(world.heard.map((incoming) => incoming.text)).toEqual(['ack #17', 'snooze #17 until-renewed']);
    expect(elementsOf(message ?? {})).toHaveLength(2);
  });

  it('a notice stands alone', async () => {
    await sent(delivery({ content: notice }));
    expect((await world.slack.history(ops)).map((message) => message.text)).toEqual(['A test of ops']);
  });

  it('of a person is told in their private chat, and edited there', async () => {
    const channel = { externalId: world.slack.person.id, name: 'ann', isPrivateChat: true };
    const headId = await sent(delivery({}, channel));
    const [chat = '', ts = ''] = headId.split('/');
    await sent(delivery({ content: thread, how: { type: 'reply', headId } }, channel));
    await sent(delivery({ content: { ...head, title: 'now' }, how: { type: 'edit', headId } }, channel));
    expect((await world.slack.replies(chat, ts)).map((message) => message.text)).toEqual([
      'Critical #17: now',
      '#17: mail.example.com: certificate expired 2 days ago – Ann acknowledged this.',
    ]);
  });
});

describe('what Slack answers', () => {
  it.each([
    [
      'is_archived',
      { type: 'dead-channel', remedy: 'unarchive #ops, or map the group to another channel with group map' },
    ],
    [
      'channel_not_found',
      { type: 'dead-channel', remedy: expect.stringContaining('/invite @certmon in #ops') as string },
    ],
    ['not_in_channel', { type: 'dead-channel', remedy: expect.stringContaining('/invite @certmon in #ops') as string }],
    ['restricted_action', { type: 'dead-channel', reason: 'certmon may not post in #ops' }],
    ['token_revoked', { type: 'retry', afterMs: 60_000, reason: expect.stringContaining('SLACK_BOT_TOKEN') as string }],
    ['invalid_auth', { type: 'retry', afterMs: 60_000 }],
    ['account_inactive', { type: 'retry', afterMs: 60_000 }],
    ['internal_error', { type: 'retry', reason: 'slack answered internal_error' }],
    ['never_heard_of_it', { type: 'retry' }],
  ])('%s to a post', async (code, outcome) => {
    world.slack.breakNext('chat.postMessage', { type: 'error', code });
    expect(await deliver(delivery())).toMatchObject(outcome);
    expect(await world.slack.history(ops)).toEqual([]);
  });

  it.each(['message_not_found', 'cant_update_message'])('%s to an edit: the head is gone', async (code) => {
    world.slack.breakNext('chat.update', { type: 'error', code });
    expect(await deliver(delivery({ how: { type: 'edit', headId: '1.1' } }))).toEqual({ type: 'head-gone' });
  });

  it('thread_not_found to a reply: the head is gone', async () => {
    world.slack.breakNext('chat.postMessage', { type: 'error', code: 'thread_not_found' });
    expect(await deliver(delivery({ content: thread, how: { type: 'reply', headId: '1.1' } }))).toEqual({
      type: 'head-gone',
    });
  });

  it('a head deleted by a person is gone', async () => {
    const headId = await sent(delivery());
    await world.slack.call('chat.delete', { channel: ops, ts: headId });
    expect(await deliver(delivery({ how: { type: 'edit', headId } }))).toEqual({ type: 'head-gone' });
  });

  it('an archived channel is dead', async () => {
    await world.slack.call('conversations.archive', { channel: ops });
    expect(await deliver(delivery())).toMatchObject({ type: 'dead-channel', reason: '#ops is archived' });
  });

  it.each(['invalid_blocks', 'msg_too_long', 'msg_blocks_too_long'])('%s: it is said without blocks', async (code) => {
    world.slack.breakNext('chat.postMessage', { type: 'error', code });
    expect(await deliver(delivery())).toMatchObject({ type: 'sent' });
    const [message] = await world.slack.history(ops);
    expect(message?.blocks).toBeUndefined();
    expect(message?.text).toContain('Issuer: CN=&lt;!channel&gt;');
    expect(message?.text).toContain('Acknowledge: /certmon ack #17');
  });

  it('that it will not have it in any form: it is given up', async () => {
    world.slack.breakNext('chat.postMessage', { type: 'error', code: 'invalid_blocks' }, 2);
    expect(await deliver(delivery())).toEqual({
      type: 'refused',
      reason: 'slack refuses the message (invalid_blocks)',
    });
  });

  it('429: wait as long as it says, and try once only', async () => {
    world.slack.breakNext('chat.postMessage', { type: 'status', status: 429, headers: { 'retry-after': '7' } });
    const started = performance.now();
    expect(await deliver(delivery())).toEqual({ type: 'retry', reason: 'slack asks to wait', afterMs: 7_000 });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(world.slack.calls.filter((call) => call.method === 'chat.postMessage')).toHaveLength(1);
  });

  it('429 in one channel holds no other back', async () => {
    world.slack.breakNext('chat.postMessage', { type: 'status', status: 429, headers: { 'retry-after': '30' } });
    await deliver(delivery());
    expect(await deliver(delivery({}, { externalId: world.slack.channelId('general') }))).toMatchObject({
      type: 'sent',
    });
  });

  it.each([
    { type: 'status', status: 429 },
    { type: 'status', status: 503, body: 'down' },
    { type: 'status', status: 404 },
    { type: 'status', status: 200, body: '<html>a proxy</html>' },
    { type: 'reset' },
  ] as const)('$type $status: try again', async (fault) => {
    world.slack.breakNext('chat.postMessage', fault);
    expect(await deliver(delivery())).toMatchObject({ type: 'retry' });
    expect(await world.slack.history(ops)).toEqual([]);
  });

  it('that the token is refused is logged once, without the token', async () => {
    world.slack.breakNext('chat.postMessage', { type: 'error', code: 'token_revoked' }, 2);
    await deliver(delivery());
    await deliver(delivery());
    expect(
      world.logged.filter((record) => record.message === 'slack app is broken, no alert can be sent'),
    ).toHaveLength(1);
    expect(JSON.stringify(world.logged)).not.toContain(world.slack.botToken);
  });
});

describe('a message that may have been sent', () => {
  it('is found by its row in the channel, and not sent again', async () => {
    const one = delivery();
    const headId = await sent(one);
    await sent(delivery({ content: notice }));
    expect(await deliver({ ...one, mayRepeat: true })).toEqual({ type: 'sent', messageId: headId });
    expect(await world.slack.history(ops)).toHaveLength(2);
  });

  it('is found by its row in the thread', async () => {
    const headId = await sent(delivery());
    const one = delivery({ content: thread, how: { type: 'reply', headId } });
    const replyId = await sent(one);
    expect(await deliver({ ...one, mayRepeat: true })).toEqual({ type: 'sent', messageId: replyId });
    expect(await world.slack.replies(ops, headId)).toHaveLength(2);
  });

  it('is found behind more than one page', async () => {
    const one = delivery();
    const headId = await sent(one);
    for (let i = 0; i < 250; i += 1)
      await world.slack.call('chat.postMessage', { channel: ops, text: `talk ${String(i)}` });
    expect(await deliver({ ...one, mayRepeat: true })).toEqual({ type: 'sent', messageId: headId });
  });

  it('and was not, is sent as it is', async () => {
    await sent(delivery({ mayRepeat: true }));
    const [message] = await world.slack.history(ops);
    expect(wordsIn(message?.blocks).join('')).not.toContain('twice');
  });

  it('is known to be one after an answer that was lost', async () => {
    const one = delivery();
    world.slack.breakNext('chat.postMessage', { type: 'lost-answer' });
    expect(await deliver(one)).toMatchObject({ type: 'retry', maybeSent: true });
    expect(await deliver({ ...one, mayRepeat: true })).toMatchObject({ type: 'sent' });
    expect(await world.slack.history(ops)).toHaveLength(1);
  });

  it('waits while the history cannot be read', async () => {
    world.slack.breakNext('conversations.history', { type: 'status', status: 429, headers: { 'retry-after': '3' } });
    expect(await deliver(delivery({ mayRepeat: true }))).toMatchObject({ type: 'retry', afterMs: 3_000 });
    expect(await world.slack.history(ops)).toEqual([]);
  });

  it('says so where the history is closed to certmon', async () => {
    const narrow = await startSlackWorld({ scopes: ['chat:write'] });
    const channel = narrow.slack.channelId('ops');
    const one = delivery({ mayRepeat: true }, { externalId: channel });
    expect(await narrow.platform.deliver(one, new AbortController().signal)).toMatchObject({ type: 'sent' });
    const [message] = await narrow.slack.history(channel);
    expect(wordsIn(message?.blocks).join('')).toContain('may stand here twice');
    await narrow.close();
  });
});

describe('while Slack is away', () => {
  const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  it('certmon starts, and alerts wait', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const apiUrl = `http://127.0.0.1:${String(port)}/api/`;
    const platform = createSlackPlatform(
      {
        hears: { type: 'http', signingSecret: SIGNING_SECRET },
        speaks: { type: 'token', botToken: 'xoxb-1' },
        apiUrl,
      },
      log,
    );
    await platform.start(() => Promise.resolve({ accepted: false, message: '' }));
    expect(await platform.deliver(delivery(), new AbortController().signal)).toMatchObject({
      type: 'retry',
      reason: expect.stringContaining('slack cannot be reached') as string,
    });
    await platform.stop();
  });

  it('nothing is begun once time is up', async () => {
    expect(await world.platform.deliver(delivery(), AbortSignal.abort())).toMatchObject({ type: 'retry' });
    expect(await world.slack.history(ops)).toEqual([]);
  });
});
