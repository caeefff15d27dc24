import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withStore } from '../../helpers/databases.ts';
import type { TestDatabase } from '../../helpers/databases.ts';
import { CLIENT_SECRET, grantOf, grantOfOrganisation, PUBLIC_URL, startManyWorld } from './many-world.ts';
import type { Answered, Browser, ManyWorld } from './many-world.ts';

let test: TestDatabase;
let world: ManyWorld;
let browser: Browser;
beforeAll(async () => {
  test = await withStore('postgresql');
});
afterAll(() => test.close());
beforeEach(async () => {
  world = await startManyWorld(test);
  browser = world.browser();
});
afterEach(() => world.close());

const installed = () => world.store.installations.find('slack', 'T1');
const exchanges = () => world.slack.calls.filter(({ method }) => method === 'oauth.v2.access');
const stateOf = async (): Promise<string> => (await browser.begin()).searchParams.get('state') ?? '';

describe('the page to begin at', () => {
  it('says what happens next, and leads to Slack with all that Slack needs', async () => {
    const page = await browser.get('/slack/install');
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Slack asks you next') as string });
    const url = await browser.begin();
    expect(url.origin + url.pathname).toBe(`${new URL(world.slack.apiUrl).origin}/oauth/v2/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: '1.2',
      scope: 'commands,chat:write,chat:write.public,users:read',
      redirect_uri: `${PUBLIC_URL}/slack/oauth_redirect`,
      state: browser.cookie.split('=')[1],
    });
  });

  it('ties the way back to this browser, for ten minutes, where no script and no other page reaches', async () => {
    const { headers } = await browser.get('/slack/install');
    expect(headers.get('set-cookie')).toMatch(
      /^certmon-install=[\w.-]+; Max-Age=600; Path=\/slack\/oauth_redirect; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each(['/slack/install', '/slack/oauth_redirect'])('%s takes nothing but GET', async (path) => {
    const response = await fetch(new URL(path, world.url), { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

describe('installing', () => {
  it('ends with the token kept, a workspace of its own, and the installer its admin', async () => {
    const page = await browser.install();
    expect(page).toMatchObject({
      status: 200,
      text: expect.stringContaining('certmon is installed in Team T1') as string,
    });
    expect(exchanges()).toMatchObject([
      {
        args: {
          client_id: '1.2',
          client_secret: CLIENT_SECRET,
          code: 'a-code',
          redirect_uri: `${PUBLIC_URL}/slack/oauth_redirect`,
        },
      },
    ]);
    expect(await installed()).toMatchObject({
      key: 'T1',
      name: 'Team T1',
      installedBy: { externalId: 'U0ANN', name: 'ann' },
      tokens: { accessToken: 'xoxb-of-T1', refresh: undefined },
    });
    const connection = await world.store.workspaces.findConnection('slack', 'T1');
    expect(await world.store.workspaces.listRoles(connection?.workspaceId ?? '')).toEqual([
      { person: { platform: 'slack', externalId: 'U0ANN', name: 'ann' }, role: 'admin' },
    ]);
  });

  it("goes through the emulator's own pages too", async () => {
    world.grant = () => undefined as never;
    const url = await browser.begin();
    const chosen = await fetch(new URL('/oauth/v2/authorize/callback', url), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        user_id: world.slack.person.id,
        ...Object.fromEntries(url.searchParams),
      }),
    });
    const back = new URL(chosen.headers.get('location') ?? '');
    expect(back.origin + back.pathname).toBe(`${PUBLIC_URL}/slack/oauth_redirect`);
    const page = await browser.comeBack(Object.fromEntries(back.searchParams));
    expect(page.status).toBe(200);
    expect(await world.store.installations.find('slack', world.slack.teamId)).toMatchObject({
      installedBy: { externalId: world.slack.person.id },
    });
  });

  it('for a whole organisation keeps one token, and connects no team yet', async () => {
    world.grant = () => grantOfOrganisation('E1');
    expect((await browser.install()).text).toContain('every workspace of Organisation E1');
    expect(await world.store.installations.find('slack', 'E1')).toMatchObject({ isOrganisation: true });
    expect(await world.store.workspaces.findConnection('slack', 'E1')).toBeUndefined();
  });

  it('shows what others wrote as text', async () => {
    world.grant = () => grantOf('T1', { team: { id: 'T1', name: `<script>alert("1")</script>\u202e&'` } });
    const { text } = await browser.install();
    expect(text).not.toMatch(/<script|\u202e/);
    expect(text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  });

  it('is without a secret in the log', async () => {
    await browser.install();
    expect(JSON.stringify(world.logged)).not.toMatch(/xoxb|client-secret|a-code/);
  });
});

describe('what is no way back from Slack', () => {
  const refusals: {
    readonly case: string;
    readonly go: () => Promise<Answered>;
    readonly status: number;
    readonly says: string | RegExp;
    readonly asks?: number;
  }[] = [
    {
      case: 'without the cookie',
      async go() {
        const state = await stateOf();
        return world.browser().comeBack({ code: 'c', state });
      },
      status: 400,
      says: 'did not begin in this browser',
    },
    {
      case: "with another browser's cookie",
      async go() {
        const state = await stateOf();
        const other = world.browser();
        await other.begin();
        return other.comeBack({ code: 'c', state });
      },
      status: 400,
      says: 'did not begin in this browser',
    },
    {
      case: 'with a state of somebody’s own making, in the cookie too',
      go() {
        const state = `${String(Math.floor(world.now.getTime() / 1000) + 600)}.nonce.signature`;
        browser.cookie = `certmon-install=${state}`;
        return browser.comeBack({ code: 'c', state });
      },
      status: 400,
      says: 'did not begin in this browser',
    },
    {
      case: 'without a state',
      async go() {
        await browser.begin();
        return browser.comeBack({ code: 'c' });
      },
      status: 400,
      says: 'did not begin in this browser',
    },
    {
      case: 'after more than ten minutes',
      async go() {
        const state = await stateOf();
        world.later(601_000);
        return browser.comeBack({ code: 'c', state });
      },
      status: 400,
      says: 'good for ten minutes',
    },
    {
      case: 'a second time with the same link',
      async go() {
        const state = await stateOf();
        world.grant = () => ({ ok: false, error: 'invalid_code' });
        await browser.comeBack({ code: 'c', state });
        return browser.comeBack({ code: 'c', state });
      },
      status: 400,
      says: 'did not begin in this browser',
      asks: 1,
    },
    {
      case: 'with a code that was used',
      async go() {
        world.grant = () => ({ ok: false, error: 'code_already_used' });
        return browser.install();
      },
      status: 400,
      says: 'each time is good once',
      asks: 1,
    },
    {
      case: 'cancelled',
      go: async () => browser.comeBack({ error: 'access_denied', state: await stateOf() }),
      status: 403,
      says: 'cancelled in Slack',
    },
    {
      case: 'with an error of its own words',
      go: async () => browser.comeBack({ error: '<b>x</b>', state: await stateOf() }),
      status: 400,
      says: 'Slack says: &lt;b&gt;x&lt;/b&gt;',
    },
    {
      case: 'with a code that is far too long',
      go: async () => browser.comeBack({ code: 'c'.repeat(600), state: await stateOf() }),
      status: 400,
      says: 'Nothing was installed',
    },
    {
      case: 'that Slack refuses for the settings',
      go() {
        world.grant = () => ({ ok: false, error: 'bad_client_secret' });
        return browser.install();
      },
      status: 500,
      says: 'bad_client_secret',
      asks: 1,
    },
    {
      case: 'while Slack is away',
      go() {
        world.slack.breakNext('oauth.v2.access', { type: 'reset' });
        return browser.install();
      },
      status: 502,
      says: 'Slack does not answer',
      asks: 1,
    },
    {
      case: 'with a grant that holds no bot token',
      go() {
        world.grant = () => grantOf('T1', { token_type: 'user' });
        return browser.install();
      },
      status: 502,
      says: 'Nothing was installed',
      asks: 1,
    },
  ];

  it.each(refusals)('$case', async ({ go, status, says, asks = 0 }) => {
    const page = await go();
    expect(page.status).toBe(status);
    expect(page.text).toMatch(says);
    expect(exchanges()).toHaveLength(asks);
    expect(await installed()).toBeUndefined();
    expect(page.headers.get('set-cookie')).toContain('Max-Age=0');
  });
});
