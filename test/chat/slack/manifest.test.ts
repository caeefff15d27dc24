import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SLACK_PATH } from '../../../src/chat/slack/endpoint.ts';
import { OAUTH_REDIRECT_PATH, slackManifest } from '../../../src/chat/slack/manifest.ts';
import type { ManifestWishes } from '../../../src/chat/slack/manifest.ts';
import { COMMAND } from '../../../src/chat/slack/plain.ts';
import { OPTIONAL_SCOPES, SCOPES } from '../../../src/chat/slack/scopes.ts';

const url = (limit: number) =>
  z
    .string()
    .regex(/^https:\/\//)
    .max(limit);
const name = z.string().min(1).max(50);
const unique = (items: z.ZodArray<z.ZodString>) => items.refine((all) => new Set(all).size === all.length);

/** The parts of Slack's manifest that certmon uses, with the limits of its schema (slackapi/manifest-schema, version 2). */
const slackSchema = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2) }),
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    long_description: z.string().min(175).max(4_000),
    background_color: z.string().regex(/^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$/),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().min(1).max(80), always_online: z.boolean() }),
    app_home: z.strictObject({
      home_tab_enabled: z.literal(false),
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\//).min(2).max(32),
          url: url(3_000).optional(),
          description: z.string().min(1).max(2_000),
          usage_hint: z.string().min(1).max(1_000),
          should_escape: z.literal(true),
        }),
      )
      .min(1)
      .max(50),
  }),
  oauth_config: z.strictObject({
    redirect_urls: z.array(url(2_500)).max(1_000).optional(),
    scopes: z.strictObject({ bot: unique(z.array(name).max(255)), bot_optional: unique(z.array(name).max(255)) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({
      request_url: url(3_500).optional(),
      bot_events: unique(z.array(name).max(100)),
    }),
    interactivity: z.strictObject({
      is_enabled: z.literal(true),
      request_url: url(3_500).optional(),
    }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});

const AT = 'https://certmon.example.com';
const usual: ManifestWishes = { publicUrl: AT, isSocketMode: false, isForMany: false };
const made = (wishes: Partial<ManifestWishes> = {}) => slackManifest({ ...usual, ...wishes });

/** Every URL in it, by where it stands. */
function urlsIn(value: unknown, at = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return value.startsWith('http') ? [[at, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => urlsIn(part, `${at}/${key}`));
}

describe('the manifest of the Slack app', () => {
  it.each([
    ['over HTTP', {}],
    ['in Socket Mode', { publicUrl: undefined, isSocketMode: true }],
    ['for many workspaces', { isForMany: true }],
    ['for many workspaces in Socket Mode', { isSocketMode: true, isForMany: true }],
  ] as const)('%s is one that Slack takes', (_, wishes) => {
    expect(slackSchema.parse(made(wishes))).toEqual(made(wishes));
  });

  it.each([
    ['a name that is too long', { display_information: { ...made().display_information, name: 'x'.repeat(36) } }],
    ['a field that Slack does not know', { more: true }],
    [
      'a plain http address',
      { settings: { ...made().settings, interactivity: { is_enabled: true, request_url: 'http://x' } } },
    ],
  ])('with %s would be noticed', (_, change) => {
    expect(slackSchema.safeParse({ ...made(), ...change }).success).toBe(false);
  });

  it('has the command that the adapter hears, and leads everywhere to the path that it serves', () => {
    expect(made().features.slash_commands.map(({ command }) => command)).toEqual([COMMAND]);
    expect(urlsIn(made())).toEqual([
      ['/features/slash_commands/0/url', AT + SLACK_PATH],
      ['/oauth_config/redirect_urls/0', AT + OAUTH_REDIRECT_PATH],
      ['/settings/event_subscriptions/request_url', AT + SLACK_PATH],
      ['/settings/interactivity/request_url', AT + SLACK_PATH],
    ]);
  });

  it('in Socket Mode names no address that Slack would call', () => {
    const manifest = made({ publicUrl: undefined, isSocketMode: true });
    expect(urlsIn(manifest)).toEqual([]);
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    expect(urlsIn(made({ isSocketMode: true, isForMany: true }))).toEqual([
      ['/oauth_config/redirect_urls/0', AT + OAUTH_REDIRECT_PATH],
    ]);
  });

  it('asks for no more than is used, and what is optional is marked so', () => {
    const { bot, bot_optional } = made().oauth_config.scopes;
    expect(bot_optional).toEqual(['channels:history', 'groups:history']);
    expect(bot).toEqual(['commands', 'chat:write', 'chat:write.public', 'users:read', ...bot_optional]);
    for (const { without } of [...SCOPES, ...OPTIONAL_SCOPES]) expect(without).toMatch(/^[A-Z].*\.$/);
  });

  it('hears of its own removal, and shows nothing that certmon does not answer to', () => {
    expect(made().settings.event_subscriptions.bot_events).toEqual(['app_uninstalled', 'tokens_revoked']);
    expect(made().features.app_home.home_tab_enabled).toBe(false);
    expect(made().features).not.toHaveProperty('shortcuts');
  });

  it.each([
    { isForMany: false, rotates: false },
    { isForMany: true, rotates: true },
  ])('for many: $isForMany, tokens rotate: $rotates', ({ isForMany, rotates }) => {
    expect(made({ isForMany }).settings.token_rotation_enabled).toBe(rotates);
  });

  it('is the one to read in manifests/', () => {
    const copy: unknown = JSON.parse(readFileSync('manifests/slack.json', 'utf8'));
    expect(copy).toEqual(made());
  });
});
