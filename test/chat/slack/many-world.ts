/** Slack with many workspaces: the adapter on a real database, with a clock that the test sets. */
import type { InstallationStore } from '../../../src/core/installation.ts';
import type { Delivery, Store } from '../../../src/core/ports.ts';
import type { Channel } from '../../../src/core/workspace.ts';
import { createSecretBox } from '../../../src/store/secret-box.ts';
import { createStore } from '../../../src/store/store.ts';
import { NOW } from '../../helpers/builders.ts';
import { emptyTables } from '../../helpers/databases.ts';
import type { TestDatabase } from '../../helpers/databases.ts';
import type { SlackCall } from '../../helpers/slack-emulator.ts';
import { SIGNING_SECRET, startSlackWorld } from './world.ts';
import type { SlackWorld } from './world.ts';

export const PUBLIC_URL = 'https://certmon.example.com';
export const CLIENT_SECRET = 'client-secret-of-tests';
export const SECRET_KEY = 'a-secret-key-of-thirty-two-chars';

export interface ManyWorld extends SlackWorld {
  readonly store: Store;
  /** What the store does otherwise. */
  instead: Partial<InstallationStore>;
  now: Date;
  later(ms: number): void;
  /** What Slack grants next. */
  grant: (call: SlackCall) => Record<string, unknown>;
  browser(): Browser;
  /** Another process of the same certmon: its own adapter, on the same database. */
  sibling(): Promise<ManyWorld>;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A person's, which keeps certmon's cookie. */
export interface Browser {
  cookie: string;
  get(path: string): Promise<Answered>;
  /** From the first page to the link that leads to Slack. */
  begin(): Promise<URL>;
  comeBack(query: Readonly<Record<string, string>>): Promise<Answered>;
  /** All the way, with a code that Slack's fake grants. */
  install(): Promise<Answered>;
}

export const grantOf = (teamId: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  ok: true,
  access_token: `xoxb-of-${teamId}`,
  token_type: 'bot',
  scope: 'commands,chat:write',
  bot_user_id: 'U0B0T',
  app_id: 'A000000001',
  team: { id: teamId, name: `Team ${teamId}` },
  enterprise: null,
  is_enterprise_install: false,
  authed_user: { id: 'U0ANN' },
  ...more,
});

export const grantOfOrganisation = (id: string): Record<string, unknown> =>
  grantOf('', {
    access_token: `xoxb-of-${id}`,
    team: null,
    enterprise: { id, name: `Organisation ${id}` },
    is_enterprise_install: true,
  });

export const rotating = (access: string, refresh: string): Record<string, unknown> => ({
  access_token: access,
  refresh_token: refresh,
  expires_in: 43_200,
});

export async function startManyWorld(
  { database }: Pick<TestDatabase, 'database'>,
  options: { readonly keepsTables?: boolean } = {},
): Promise<ManyWorld> {
  if (options.keepsTables !== true) await emptyTables(database);
  const store = createStore(database, undefined, createSecretBox([SECRET_KEY]));
  const clock = { now: () => many.now };
  const installations = new Proxy(store.installations, {
    get: (target, name, receiver): unknown => Reflect.get(many.instead, name) ?? Reflect.get(target, name, receiver),
  });
  const world = await startSlackWorld({
    settings: {
      hears: { type: 'http', signingSecret: SIGNING_SECRET },
      speaks: { type: 'oauth', clientId: '1.2', clientSecret: CLIENT_SECRET, publicUrl: PUBLIC_URL },
    },
    services: () => ({ installations, clock }),
  });
  const origin = new URL(world.url).origin;
  world.slack.answerWith('users.info', ({ args }) =>
    args.user === 'U0ANN' ? { ok: true, user: { id: 'U0ANN', name: 'ann' } } : undefined,
  );
  const many: ManyWorld = Object.assign(world, {
    store,
    instead: {},
    now: NOW,
    later(ms: number) {
      many.now = new Date(many.now.getTime() + ms);
    },
    grant: () => grantOf('T1'),
    browser: () => browserOn(origin),
    sibling: () => startManyWorld({ database }, { keepsTables: true }),
  });
  world.slack.answerWith('oauth.v2.access', (call) => many.grant(call));
  // A token of the fake's is as good as any.
  for (const method of ['chat.postMessage', 'chat.postEphemeral']) {
    world.slack.answerWith(method, ({ args }) => ({ ok: true, channel: args.channel, ts: '1700000000.000100' }));
  }
  return many;
}

function browserOn(origin: string): Browser {
  const browser: Browser = {
    cookie: '',
    async get(path) {
      const response = await fetch(origin + path, {
        redirect: 'manual',
        headers: browser.cookie === '' ? {} : { cookie: `other=1; ${browser.cookie}` },
      });
      const cookie = response.headers.get('set-cookie');
      if (cookie !== null) browser.cookie = cookie.split(';')[0] ?? '';
      return { status: response.status, text: await response.text(), headers: response.headers };
    },
    async begin() {
      const { text } = await browser.get('/slack/install');
      const link = /<a href="([^"]+)">/.exec(text)?.[1] ?? '';
      return new URL(link.replaceAll('&amp;', '&'));
    },
    comeBack: (query) => browser.get(`/slack/oauth_redirect?${new URLSearchParams(query).toString()}`),
    async install() {
      const url = await browser.begin();
      return browser.comeBack({ code: 'a-code', state: url.searchParams.get('state') ?? '' });
    },
  };
  return browser;
}

/** An alert to be sent. */
export function deliveryTo(channel: Pick<Channel, 'externalId' | 'teamId'>): Delivery {
  return {
    rowId: 'row-1',
    channel: {
      id: 'channel-1',
      workspaceId: 'workspace-1',
      connectionId: 'connection-1',
      platform: 'slack',
      name: 'ops',
      isPrivateChat: false,
      deadReason: undefined,
      ...channel,
    },
    content: { kind: 'notice', severity: 'info', title: 'A test', lines: [] },
    how: { type: 'post' },
    mayRepeat: false,
  };
}
