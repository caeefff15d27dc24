import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runDoctor } from '../../src/cli/doctor-command.ts';
import { diagnoseClock } from '../../src/cli/doctor/clock.ts';
import { OPTIONAL_SCOPES, SCOPES } from '../../src/chat/slack/scopes.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import { listen } from '../../src/listener.ts';
import { connectToServer } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createStore } from '../../src/store/store.ts';
import { startCertmon } from '../helpers/certmon-process.ts';
import { HeardOutput } from '../helpers/heard-output.ts';
import { createDatabase } from '../helpers/postgres-server.ts';
import { startScriptedSlack } from '../helpers/scripted-slack.ts';
import type { ScriptedAnswer, ScriptedSlack } from '../helpers/scripted-slack.ts';
import { NEVER } from '../helpers/stage.ts';

const SECRETS = {
  SLACK_SIGNING_SECRET: 'signing-secret-0123456789',
  SLACK_BOT_TOKEN: 'xoxb-bot-token-0123456789',
  CERTMON_SECRET_KEY: 'secret-key-0123456789',
};
const KNOWN: ScriptedAnswer = {
  body: { ok: true, team: 'Example', team_id: 'T1', user: 'certmon' },
  headers: { 'x-oauth-scopes': [...SCOPES, ...OPTIONAL_SCOPES].map(({ name }) => name).join(',') },
};

let directory: string;
let databaseUrl: string;
let database: Database;
let caFile: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-doctor-'));
  databaseUrl = await createDatabase(inject('postgresUrl'));
  database = connectToServer(databaseUrl);
  await migrate(database);
  const store = createStore(database);
  const workspace = await store.workspaces.ensureDefault();
  const connection = await store.workspaces.ensureConnection(workspace.id, 'slack', 'T1');
  const channel = (name: string) =>
    store.channels.ensure(workspace.id, { connectionId: connection.id, externalId: name, name, isPrivateChat: false });
  const [ops, admins] = [await channel('ops'), await channel('admins')];
  await store.workspaces.changeSettings(workspace.id, { fallbackChannelId: ops.id, adminChannelId: admins.id });
  caFile = join(directory, 'ca.pem');
  await writeFile(caFile, (await createAuthority('Test Root')).pem);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

interface Said {
  readonly check: string;
  readonly outcome: string;
  readonly message: string;
  readonly remedy: string | null;
}

async function doctor(env: NodeJS.ProcessEnv) {
  const [text, json] = [new HeardOutput(), new HeardOutput()];
  const surroundings = { CERTMON_PUBLIC_CA_FILE: caFile, CERTMON_DATA_DIR: join(directory, 'data'), ...env };
  const code = await runDoctor(true, { env: surroundings, stdout: json, signal: NEVER });
  const said = JSON.parse(json.text) as readonly Said[];
  return {
    code,
    said,
    json: json.text,
    of: (check: string) => said.filter((one) => one.check === check),
    text: async () => {
      await runDoctor(false, { env: surroundings, stdout: text, signal: NEVER });
      return text.text;
    },
  };
}

async function slackWith(
  answers: Readonly<Record<string, ScriptedAnswer>> = { 'auth.test': KNOWN },
): Promise<ScriptedSlack> {
  const slack = await startScriptedSlack(answers);
  closing.push(() => slack.close());
  return slack;
}

/** What certmon serves, where its public URL leads. */
async function publicUrl(): Promise<string> {
  const listener = await listen(
    0,
    [],
    () => ({ ready: true, state: 'running', degraded: [] }),
    () => undefined,
  );
  closing.push(() => listener.close(1_000));
  return `http://127.0.0.1:${String(listener.port)}`;
}

const containing = (text: string) => expect.stringContaining(text) as string;

describe('a certmon in which all is well', () => {
  it('is told so, a line each, and the exit code is 0', async () => {
    const slack = await slackWith();
    const { code, said, text } = await doctor({
      DATABASE_URL: databaseUrl,
      SLACK_API_URL: slack.apiUrl,
      SLACK_SIGNING_SECRET: SECRETS.SLACK_SIGNING_SECRET,
      SLACK_BOT_TOKEN: SECRETS.SLACK_BOT_TOKEN,
      CERTMON_PUBLIC_URL: await publicUrl(),
    });
    expect(said.map(({ check, outcome }) => [check, outcome])).toEqual([
      ['Settings', 'well'],
      ['Database', 'well'],
      ['Clock', 'well'],
      ['Resolver', 'well'],
      ['Public CAs', 'well'],
      ['Egress', 'well'],
      ['Slack token', 'well'],
      ['Slack scopes', 'well'],
      ['Public address', 'well'],
      ['Fallback channel', 'well'],
      ["Admins' channel", 'well'],
    ]);
    expect(code).toBe(0);
    const lines = (await text()).split('\n');
    expect(lines.filter((line) => line.startsWith('✓ '))).toHaveLength(said.length);
    expect(lines).toContain("✓ Slack token: Slack knows it as 'certmon' in the workspace 'Example' (T1).");
    expect(lines.slice(-2)).toEqual(['All is well.', '']);
  });
});

describe('what is wrong', () => {
  it('is marked, with the remedy under it, and the worst decides the exit code', async () => {
    const slack = await slackWith({ 'auth.test': { body: { ok: false, error: 'token_revoked' } } });
    const { SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN } = SECRETS;
    const { code, text } = await doctor({
      DATABASE_URL: databaseUrl,
      SLACK_API_URL: slack.apiUrl,
      SLACK_SIGNING_SECRET,
      SLACK_BOT_TOKEN,
    });
    expect(code).toBe(2);
    const lines = (await text()).split('\n');
    const at = lines.indexOf('✗ Slack token: Slack refuses SLACK_BOT_TOKEN: token_revoked.');
    expect(at).toBeGreaterThan(0);
    expect(lines[at + 1]).toMatch(/^ {4}Install the app again/);
    expect(lines.at(-2)).toBe('1 fault, 0 warnings.');
  });

  it('in the settings is told all at once, and the rest is looked at as far as it goes', async () => {
    const { code, of } = await doctor({
      DATABASE_URL: 'mysql://x',
      PORT: 'x',
      CERTMON_EGRESS_ALLOW: 'everything',
      SLACK_BOT_TOKEN: 'xoxp-0123456789',
    });
    expect(code).toBe(2);
    expect(of('Settings').map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        containing('DATABASE_URL'),
        containing('CERTMON_EGRESS_ALLOW'),
        containing('PORT'),
        containing('SLACK_BOT_TOKEN'),
      ]),
    );
    for (const { outcome, remedy } of of('Settings')) expect([outcome, remedy]).toEqual(['fault', expect.any(String)]);
    expect([of('Database')[0]?.outcome, of('Egress')[0]?.outcome]).toEqual(['skipped', 'skipped']);
    expect(of('Slack token')).toHaveLength(1);
  });

  it.each([
    ['nobody', 'postgres://certmon:database-password@127.0.0.1:1/certmon', '127.0.0.1:1', 'Start the server'],
    ['a server without that database', 'no-such-database', 'refuses certmon', 'check DATABASE_URL'],
  ])('where %s is behind DATABASE_URL', async (_, url, why, remedy) => {
    const full = url.includes(':') ? url : databaseUrl.replace(/[^/]*$/, url);
    const { code, of, json } = await doctor({ DATABASE_URL: full });
    expect(code).toBe(2);
    expect(of('Database')).toEqual([
      {
        check: 'Database',
        outcome: 'fault',
        message: containing(why),
        remedy: expect.stringMatching(new RegExp(remedy, 'i')) as string,
      },
    ]);
    expect(json).not.toContain('database-password');
  });

  it('of the channels is told with the workspace’s remedy', async () => {
    const store = createStore(database);
    const workspace = await store.workspaces.ensureDefault();
    const { fallbackChannelId = '', adminChannelId } = await store.workspaces.settings(workspace.id);
    await store.channels.markDead(workspace.id, fallbackChannelId, '#ops is archived: unarchive #ops');
    await store.workspaces.changeSettings(workspace.id, { adminChannelId: undefined });
    const slack = await slackWith();
    const { code, of } = await doctor({ DATABASE_URL: databaseUrl, SLACK_API_URL: slack.apiUrl, ...SECRETS });
    expect(code).toBe(2);
    expect(of('Fallback channel')).toMatchObject([
      {
        outcome: 'fault',
        message: containing('#ops is archived: unarchive #ops'),
        remedy: containing('settings fallback'),
      },
    ]);
    expect(of("Admins' channel")).toMatchObject([{ outcome: 'warning', remedy: containing('settings admins') }]);
    // Nobody hears of anything but at the console: that is no reason to warn.
    expect((await doctor({ DATABASE_URL: databaseUrl })).of("Admins' channel")).toMatchObject([{ outcome: 'skipped' }]);
    await store.workspaces.changeSettings(workspace.id, { adminChannelId });
  });
});

describe('the public address', () => {
  const elsewhere = (status: number) => async (): Promise<string> => {
    const server: Server = createServer((_, response) => response.writeHead(status).end('Welcome to nginx'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  };
  it.each([
    ['certmon answers', publicUrl, 'well', 'certmon answers at'],
    ['something else answers', elsewhere(404), 'warning', 'something else answers, with status 404'],
    ['a page of somebody else answers', elsewhere(200), 'warning', 'something else answers, with status 200'],
    ['nobody answers', () => Promise.resolve('http://127.0.0.1:1'), 'warning', 'From here nothing answers'],
    ['nobody could be asked', () => Promise.resolve('http://certmon.example.com'), 'fault', 'is not https'],
    ['none is set', () => Promise.resolve(''), 'skipped', 'None is set'],
  ] as const)('where %s', async (_, url, outcome, message) => {
    const { of } = await doctor({ CERTMON_PUBLIC_URL: await url() });
    expect(of('Public address')).toMatchObject([{ outcome, message: containing(message) }]);
  });
});

describe('the clock', () => {
  it.each([
    { readings: [], outcome: 'skipped', says: 'nobody' },
    { readings: [['the database', 900]], outcome: 'well', says: "the same as the database's" },
    {
      readings: [
        ['the database', 0],
        ['Slack', -29_000],
      ],
      outcome: 'well',
      says: "29 s behind Slack's",
    },
    { readings: [['Slack', 31_000]], outcome: 'warning', says: "31 s ahead of Slack's" },
    { readings: [['the database', -400_000]], outcome: 'warning', says: "400 s behind the database's" },
    {
      readings: [
        ['the database', 5_000],
        ['Slack', 301_000],
      ],
      outcome: 'fault',
      says: 'every request of Slack',
    },
  ] as const)('with $readings is $outcome', ({ readings, outcome, says }) => {
    const diagnosis = diagnoseClock(readings.map(([whose, aheadMs]) => ({ whose, aheadMs })));
    expect(diagnosis).toMatchObject({ outcome, message: containing(says) });
    expect(diagnosis.remedy === undefined).toBe(outcome === 'well' || outcome === 'skipped');
  });
});

describe('what probes depend on', () => {
  it('is named: servers, CAs and the policy', async () => {
    const { of } = await doctor({
      CERTMON_DNS_SERVERS: '192.0.2.53',
      CERTMON_EXTRA_CA_FILE: caFile,
      CERTMON_EGRESS_ALLOW: '127.0.0.0/8',
      CERTMON_EGRESS_DENY: '10.9.0.0/16',
    });
    expect(of('Resolver')[0]?.message).toBe('192.0.2.53 (CERTMON_DNS_SERVERS); none was asked.');
    expect(of('Public CAs')[0]?.message).toBe(`1 CA from ${caFile}, and 1 CA of your own from ${caFile}.`);
    expect(of('Egress')[0]?.message).toContain('allowed besides: 127.0.0.0/8; forbidden: 10.9.0.0/16');
  });

  it('does not answer where the resolver is nobody', async () => {
    const { of } = await doctor({ CERTMON_DNS_SERVERS: '127.0.0.1:1', CERTMON_PUBLIC_URL: 'https://certmon.invalid' });
    expect(of('Resolver')).toMatchObject([{ outcome: 'fault', message: containing('certmon.invalid was not found') }]);
  });
});

describe('secrets', () => {
  it('are never printed, not even where somebody else says them', async () => {
    const leak = Object.values(SECRETS).join(' ');
    const slack = await slackWith({
      'auth.test': { body: { ok: true, team: leak, team_id: leak, user: SECRETS.SLACK_BOT_TOKEN } },
      'apps.connections.open': { body: { ok: false, error: 'xapp-app-token-0123456789' } },
    });
    const { json, text } = await doctor({
      ...SECRETS,
      SLACK_APP_TOKEN: 'xapp-app-token-0123456789',
      SLACK_API_URL: slack.apiUrl,
      DATABASE_URL: databaseUrl.replace('//', '//someone:database%2Dpassword@').replace(/@[^@/]*@/, '@'),
    });
    const all = json + (await text());
    expect(all).toContain('[redacted]');
    for (const secret of [
      ...Object.values(SECRETS),
      'xapp-app-token-0123456789',
      'database%2Dpassword',
      'database-password',
    ]) {
      expect(all).not.toContain(secret);
    }
  });
});

describe('beside a certmon that runs on the embedded database', () => {
  it('joins it, and leaves it at work', async () => {
    const data = join(directory, 'running');
    const certmon = startCertmon(['console', '--json'], { CERTMON_DATA_DIR: data });
    try {
      expect((await certmon.ask('group add ops')).ok).toBe(true);
      const { code, of } = await doctor({ CERTMON_DATA_DIR: data });
      expect(of('Database')).toMatchObject([
        { outcome: 'well', message: containing(`in use by certmon, process ${String(certmon.child.pid)}`) },
      ]);
      expect(of('Database')[0]?.message).toContain('not a power cut, and is good to about 2,000 monitors');
      expect(code).toBe(0);
      expect((await certmon.ask('group show ops')).ok).toBe(true);
    } finally {
      await certmon.end();
    }
    expect((await doctor({ CERTMON_DATA_DIR: data })).of('Database')).toMatchObject([
      { outcome: 'well', message: expect.not.stringContaining('in use') as string },
    ]);
  }, 60_000);
});
