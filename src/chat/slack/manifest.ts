/**
 * The manifest of the Slack app ("App manifest reference" on docs.slack.dev; slackapi/manifest-schema, version 2): what
 * somebody pastes at api.slack.com/apps instead of filling in ten pages.
 *
 * Rotating tokens are for installs by OAuth alone, which certmon renews by itself. A token that was pasted into the
 * settings would be worth nothing after 12 hours, and rotation cannot be switched off again ("Using token rotation").
 */
import { SLACK_PATH } from './endpoint.ts';
import { COMMAND } from './plain.ts';
import { OPTIONAL_SCOPES, SCOPES } from './scopes.ts';

/** Where Slack sends people back to after they allowed the app. */
export const OAUTH_REDIRECT_PATH = '/slack/oauth_redirect';

export interface ManifestWishes {
  /** Where Slack reaches certmon, without a slash at its end; `undefined`: nowhere, which only Socket Mode can do with. */
  readonly publicUrl: string | undefined;
  /** certmon calls Slack, not Slack certmon. */
  readonly isSocketMode: boolean;
  /** Many workspaces install it, by OAuth. */
  readonly isForMany: boolean;
}

export interface SlackManifest {
  readonly _metadata: { readonly major_version: 2 };
  readonly display_information: {
    readonly name: string;
    readonly description: string;
    readonly long_description: string;
    readonly background_color: string;
  };
  readonly features: {
    readonly app_home: {
      readonly home_tab_enabled: boolean;
      readonly messages_tab_enabled: boolean;
      readonly messages_tab_read_only_enabled: boolean;
    };
    readonly bot_user: { readonly display_name: string; readonly always_online: boolean };
    readonly slash_commands: readonly {
      readonly command: string;
      readonly url?: string;
      readonly description: string;
      readonly usage_hint: string;
      readonly should_escape: boolean;
    }[];
  };
  readonly oauth_config: {
    readonly redirect_urls?: readonly string[];
    readonly scopes: { readonly bot: readonly string[]; readonly bot_optional: readonly string[] };
  };
  readonly settings: {
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] };
    readonly interactivity: {
      readonly is_enabled: boolean;
      readonly request_url?: string;
    };
    readonly org_deploy_enabled: boolean;
    readonly socket_mode_enabled: boolean;
    readonly token_rotation_enabled: boolean;
  };
}

export function slackManifest({ publicUrl, isSocketMode, isForMany }: ManifestWishes): SlackManifest {
  // Slack sends to no address while Socket Mode is on, and refuses none that is not there.
  const requests = publicUrl === undefined || isSocketMode ? undefined : publicUrl + SLACK_PATH;
  const redirect = publicUrl === undefined ? undefined : publicUrl + OAUTH_REDIRECT_PATH;
  const optional = OPTIONAL_SCOPES.map(({ name }) => name);
  return {
    _metadata: { major_version: 2 },
    display_information: {
      name: 'certmon',
      description: 'Watches the TLS certificates of your services, and tells you before they run out.',
      long_description:
        'certmon watches the certificates of every TLS service you run: web, mail, directory, databases, file transfer. A slash command creates a monitor, one thread for each problem tells its whole story with chain details and the next step, and buttons acknowledge or snooze it. It runs on your own machines.',
      background_color: '#1d3557',
    },
    features: {
      // Private answers and alerts come in the Messages tab; nothing is read there.
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'certmon', always_online: true },
      slash_commands: [
        {
          command: COMMAND,
          ...(requests === undefined ? {} : { url: requests }),
          description: 'Watch certificates, see and handle problems',
          usage_hint: 'add mail.example.com smtp | list | incidents | help',
          // Channels and people that a command names come with their ids.
          should_escape: true,
        },
      ],
    },
    oauth_config: {
      ...(redirect === undefined ? {} : { redirect_urls: [redirect] }),
      // What is optional is named twice: as asked for, and as what may be left out.
      scopes: { bot: [...SCOPES.map(({ name }) => name), ...optional], bot_optional: optional },
    },
    settings: {
      event_subscriptions: {
        ...(requests === undefined ? {} : { request_url: requests }),
        bot_events: ['app_uninstalled', 'tokens_revoked'],
      },
      interactivity: {
        is_enabled: true,
        ...(requests === undefined ? {} : { request_url: requests }),
      },
      org_deploy_enabled: isForMany,
      socket_mode_enabled: isSocketMode,
      token_rotation_enabled: isForMany,
    },
  };
}
