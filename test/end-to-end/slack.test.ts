import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { startCertmon } from '../helpers/certmon-process.ts';
import type { CertmonProcess } from '../helpers/certmon-process.ts';
import { createSlackClient } from '../helpers/slack-client.ts';
import type { SlackClient } from '../helpers/slack-client.ts';
import { startSlackEmulator } from '../helpers/slack-emulator.ts';
import type { SlackEmulator, SlackMessageSeen } from '../helpers/slack-emulator.ts';

const SIGNING_SECRET = 'a-signing-secret-of-tests';
const DAY_MS = 86_400_000;
const PATIENCE_MS = 20_000;

let directory: string;
let authority: Issuer;
let server: DemoServer;
let slack: SlackEmulator;
let certmon: CertmonProcess;
let client: SlackClient;
let ops: string;

const leafFor = async (daysLeft: number) => {
  const notAfter = new Date(Date.now() + daysLeft * DAY_MS);
  const notBefore = new Date(notAfter.getTime() - 90 * DAY_MS);
  return authority.issueLeaf({ dns: ['mail.example.com'], notBefore, notAfter });
};

/** Types the command, and gives the text of its answer. */
async function say(text: string): Promise<string> {
  const before = slack.responses.length;
  const acknowledged = await client.command(text);
  expect(acknowledged.status).toBe(200);
  const responses = await slack.waitForResponses(before + 1);
  return JSON.stringify(responses.slice(before).map((response) => response.body));
}

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`time is up while waiting for ${what}\n${certmon.noise()}`);
    await sleep(50);
  }
}

const heads = async () =>
  (await slack.history(ops)).filter((message) => message.thread_ts === undefined || message.thread_ts === message.ts);
const head = async (): Promise<SlackMessageSeen> => until(async () => (await heads())[0], 'the head');
const textOf = (message: SlackMessageSeen): string => message.text + JSON.stringify(message.blocks ?? []);
const headWith = (text: string) =>
  until(async () => (await heads()).find((message) => textOf(message).includes(text)), `a head with "${text}"`);
const replyWith = (text: string) =>
  until(
    async () =>
      (await slack.replies(ops, (await head()).ts)).slice(1).find((message) => textOf(message).includes(text)),
    `a reply with "${text}"`,
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-e2e-'));
  authority = await createAuthority('Test Root');
  await writeFile(join(directory, 'ca.pem'), authority.pem);
  server = await startTlsServer({ ...(await leafFor(80.5)), host: '127.0.0.1' });
  slack = await startSlackEmulator();
  ops = slack.channelId('ops');
  certmon = startCertmon(['start'], {
    CERTMON_DATA_DIR: join(directory, 'data'),
    CERTMON_EXTRA_CA_FILE: join(directory, 'ca.pem'),
    CERTMON_EGRESS_ALLOW: '127.0.0.0/8',
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_API_URL: slack.apiUrl,
    CERTMON_ADMINS: `slack:${slack.person.id}`,
    PORT: '0',
  });
  await certmon.untilNoise('certmon is ready');
  const port = /"port":(\d+)/.exec(certmon.noise())?.[1] ?? '';
  client = createSlackClient({
    signingSecret: SIGNING_SECRET,
    url: `http://127.0.0.1:${port}/slack/events`,
    teamId: slack.teamId,
    person: slack.person,
    newResponseUrl: () => slack.newResponseUrl(),
  });
});

afterAll(async () => {
  await certmon.kill('SIGKILL');
  await slack.close();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the whole loop over Slack', () => {
  it('one head, replies in its thread, and the head edited after Acknowledge and after recovery', async () => {
    expect(await say('group add ops')).toContain('ops');
    expect(await say(`group map ops <#${ops}|ops>`)).toContain('#ops');
    expect(
      await say(`add 127.0.0.1:${String(server.port)} https --sni mail.example.com --name Mail --group ops`),
    ).toContain('valid');
    expect(await heads()).toEqual([]);

    const { chainPem, keyPem } = await leafFor(-1.5);
    server.replaceCertificate({ chainPem, keyPem });
    expect(await say('check Mail')).toContain('expired');
    const posted = await headWith('Critical #1');
    await replyWith('Fingerprint');
    expect(posted.text).toContain('mail.example.com');

    const before = slack.responses.length;
    expect((await client.click(ops, posted, 'Acknowledge')).status).toBe(200);
    await slack.waitForResponses(before + 1);
    const acknowledged = await headWith('Acknowledged by');
    expect(acknowledged.ts).toBe(posted.ts);
    await replyWith('acknowledged this');

    await client.choose(ops, acknowledged, 'Snooze', 'until renewed');
    await headWith('Silent until the certificate is renewed');

    const renewed = await leafFor(80.5);
    server.replaceCertificate({ chainPem: renewed.chainPem, keyPem: renewed.keyPem });
    expect(await say('check Mail')).toContain('valid');
    const resolved = await headWith('Resolved #1');
    await replyWith('the certificate was renewed');

    expect(resolved.ts).toBe(posted.ts);
    expect(textOf(resolved)).toContain('expired on');
    expect(await heads()).toHaveLength(1);
  });

  it('bad input is answered in private, and changes nothing', async () => {
    expect(await say('add mail.example.com smpt')).toContain('smtp');
    expect(await say('ack #99')).toContain('#99');
    expect((await heads()).length).toBe(1);
  });

  it('while Slack is away nothing is lost, and it is said once Slack is back', async () => {
    const { chainPem, keyPem } = await leafFor(5.5);
    server.replaceCertificate({ chainPem, keyPem });
    slack.breakNext('chat.postMessage', { type: 'status', status: 503 }, 2);
    slack.breakNext('chat.postMessage', { type: 'reset' }, 1);

    expect(await say('check Mail')).toContain('expiring');

    const second = await headWith('Warning #2');
    expect((await heads()).filter((message) => textOf(message).includes('#2'))).toHaveLength(1);
    await until(
      async () =>
        (await slack.replies(ops, second.ts)).slice(1).find((message) => textOf(message).includes('Fingerprint')),
      'the thread',
    );
  });

  it('an unsigned request is refused', async () => {
    expect((await client.command('list', {}, { secret: 'another-secret-altogether' })).status).toBe(401);
  });

  it('SIGTERM ends it cleanly within 10 s', async () => {
    const asked = performance.now();

    expect(await certmon.kill('SIGTERM')).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
  });
});
