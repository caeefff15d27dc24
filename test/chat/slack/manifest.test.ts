import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SLACK_PATH } from '../../../src/chat/slack/endpoint.ts';
import { BOT_SCOPES } from '../../../src/chat/slack/oauth.ts';
import { COMMAND } from '../../../src/chat/slack/plain.ts';

const url = z
  .string()
  .regex(/^https:\/\//)
  .max(3_000);

/** The parts of Slack's manifest that certmon uses, with the limits of its schema (slackapi/manifest-schema, version 2). */
const slackManifest = z.strictObject({
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    long_description: z.string().min(175).max(4_000),
    background_color: z.string().regex(/^#[0-9a-fA-F]{6}$/),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().min(1).max(80), always_online: z.boolean() }),
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\//).min(2).max(32),
          url,
          description: z.string().min(1).max(2_000),
          usage_hint: z.string().min(1).max(1_000),
          should_escape: z.literal(true),
        }),
      )
      .min(1)
      .max(50),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string().max(50)).max(255) }) }),
  settings: z.strictObject({
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: url }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.literal(false),
    token_rotation_enabled: z.literal(false),
  }),
});

describe('the manifest of the Slack app', () => {
  const manifest = slackManifest.parse(parse(readFileSync('manifests/slack.yaml', 'utf8')));

  it('has the command that the adapter hears, at the path that it serves', () => {
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual([COMMAND]);
    for (const one of [manifest.features.slash_commands[0]?.url ?? '', manifest.settings.interactivity.request_url]) {
      expect(new URL(one).pathname).toBe(SLACK_PATH);
    }
  });

  it('asks for no more than is used', () => {
    expect(manifest.oauth_config.scopes.bot).toEqual(BOT_SCOPES);
  });

  it.each([
    ['a name that is too long', { display_information: { ...manifest.display_information, name: 'x'.repeat(36) } }],
    ['a field that Slack does not know', { ...manifest, more: true }],
    [
      'a plain http address',
      { settings: { ...manifest.settings, interactivity: { is_enabled: true, request_url: 'http://x' } } },
    ],
  ])('with %s would be noticed', (_, change) => {
    expect(slackManifest.safeParse({ ...manifest, ...change }).success).toBe(false);
  });
});
