/** The ways to run Slack, as whole processes: many workspaces by OAuth, and Socket Mode. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCertmon } from '../helpers/certmon-process.ts';
import type { CertmonProcess } from '../helpers/certmon-process.ts';
import { createSlackClient } from '../helpers/slack-client.ts';
import type { SlackClient } from '../helpers/slack-client.ts';
import { startSlackEmulator } from '../helpers/slack-emulator.ts';
import type { SlackEmulator } from '../helpers/slack-emulator.ts';
import { openSocketMode } from '../helpers/slack-socket.ts';

const SIGNING_SECRET = 'a-signing-secret-of-tests';
const PUBLIC_URL = 'https://certmon.example.com';
const PATIENCE_MS = 20_000;

let directory: string;
let slack: SlackEmulator;
let certmon: CertmonProcess;
let origin: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-e2e-'));
  slack = await startSlackEmulator();
});
afterEach(async () => {
  await certmon.kill('SIGKILL');
  await slack.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  certmon = startCertmon(['start'], {
    CERTMON_DATA_DIR: join(directory, 'data'),
    SLACK_API_URL: slack.apiUrl,
    PORT: '0',
    ...env,
  });
  await certmon.untilNoise('certmon is ready');
  origin = `http://127.0.0.1:${/"port":(\d+)/.exec(certmon.noise())?.[1] ?? ''}`;
}

const clientOf = (teamId: string): SlackClient =>
  createSlackClient({
    signingSecret: SIGNING_SECRET,
    url: `${origin}/slack/events`,
    teamId,
    person: slack.person,
    newResponseUrl: () => slack.newResponseUrl(),
  });

const readiness = async (): Promise<readonly string[]> => {
  const body = (await (await fetch(`${origin}/readyz`)).json()) as { readonly degraded: readonly string[] };
  return body.degraded;
};

async function untilDegraded(fits: (degraded: readonly string[]) => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!fits(await readiness())) {
    if (performance.now() > end) throw new Error(`time is up\n${certmon.noise()}`);
    await sleep(50);
  }
}

/** As a browser does, which reaches certmon by its public address. */
async function install(): Promise<string> {
  const first = await fetch(`${origin}/slack/install`);
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  const link = /<a href="([^"]+)">/.exec(await first.text())?.[1] ?? '';
  const url = new URL(link.replaceAll('&amp;', '&'));
  const chosen = await fetch(new URL('/oauth/v2/authorize/callback', url), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ user_id: slack.person.id, ...Object.fromEntries(url.searchParams) }),
  });
  const back = new URL(chosen.headers.get('location') ?? '');
  expect(back.origin).toBe(PUBLIC_URL);
  return (await fetch(origin + back.pathname + back.search, { headers: { cookie } })).text();
}

it('many workspaces: installed by a browser, its installer an admin, private addresses refused, others told how', async () => {
  await start({
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_CLIENT_ID: '1.2',
    SLACK_CLIENT_SECRET: 'client-secret-of-tests',
    CERTMON_SECRET_KEY: 'a-secret-key-of-thirty-two-chars',
    CERTMON_PUBLIC_URL: PUBLIC_URL,
  });
  const client = clientOf(slack.teamId);
  expect((await client.command('list')).body).toContain(`an admin opens ${PUBLIC_URL}/slack/install`);

  expect(await install()).toContain('certmon is installed in');
  await client.command('group add ops');
  const [made] = await slack.waitForResponses(1);
  expect(made?.body.text).toContain('Made contact group ops');
  await client.command('add 10.0.0.1 https');
  const [, added] = await slack.waitForResponses(2);
  expect(JSON.stringify(added?.body)).toContain('private');
  expect((await clientOf('T0OTHER').command('list')).body).toContain('/slack/install');

  // The same request once more: a replay within five minutes is well signed, and done once.
  const again = { trigger_id: 'trigger.replayed' };
  await client.command('group add twice', again);
  await slack.waitForResponses(3);
  expect(await client.command('group add twice', again)).toMatchObject({ status: 200, body: '' });
  await client.command('group list');
  const all = await slack.waitForResponses(4);
  expect(all.map(({ body }) => body.text).slice(2)).toEqual([
    expect.stringContaining('Made contact group twice'),
    expect.stringContaining('2 contact groups'),
  ]);
  expect(certmon.noise()).not.toMatch(/xoxb-|client-secret|a-secret-key/);
});

it('Socket Mode: starts and stays while Slack is away, says so, connects, and hears', async () => {
  const peer = openSocketMode(slack);
  slack.breakNext('apps.connections.open', { type: 'reset' }, 3);
  await start({
    SLACK_APP_TOKEN: peer.appToken,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_BOT_TOKEN: slack.botToken,
  });
  await untilDegraded((degraded) => degraded.some((one) => one.includes('slack is not connected')));
  await certmon.untilNoise('slack is heard by socket mode, and not over http');
  await peer.untilConnected(1);
  await untilDegraded((degraded) => degraded.length === 0);
  expect((await clientOf(slack.teamId).command('list')).status).toBe(404);

  await peer.deliver('slash_commands', {
    command: '/certmon',
    text: 'list',
    team_id: slack.teamId,
    channel_id: 'C7',
    channel_name: 'ops',
    user_id: slack.person.id,
    user_name: 'ann',
    response_url: slack.newResponseUrl(),
    trigger_id: 'trigger.1',
  });
  const [listed] = await slack.waitForResponses(1);
  expect(listed?.body.text).toContain('monitor');

  peer.drop();
  await peer.untilConnected(2);
  expect(await certmon.kill('SIGTERM')).toBe(0);
});
