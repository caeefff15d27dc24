/** Slack as it calls us: signed slash commands and clicks. */
import { createHmac, randomUUID } from 'node:crypto';

export interface SlackClientSettings {
  readonly signingSecret: string;
  /** The whole URL of the endpoint. */
  readonly url: string;
  readonly teamId: string;
  readonly person: { readonly id: string; readonly name: string };
  readonly newResponseUrl: () => string;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
}

/** How a request departs from what Slack sends. */
export interface Tampering {
  readonly signature?: string | undefined;
  /** Seconds that the timestamp lies in the past; negative: in the future. */
  readonly ageSeconds?: number;
  readonly secret?: string;
}

/** A message that holds buttons, as it was read back or sent to a response URL. */
export interface ClickedMessage {
  readonly ts?: string;
  readonly thread_ts?: string;
  readonly blocks?: readonly unknown[];
  readonly isEphemeral?: boolean;
}

interface Element {
  readonly type: string;
  readonly action_id: string;
  readonly text?: { readonly text: string };
  readonly placeholder?: { readonly text: string };
  readonly value?: string;
  readonly options?: readonly { readonly text: { readonly text: string }; readonly value: string }[];
}

export interface SlackClient {
  /** `text` as Slack sends it, escaped. */
  command(text: string, more?: Readonly<Record<string, string>>, tampering?: Tampering): Promise<Answered>;
  /** The button of that label. */
  click(channelId: string, message: ClickedMessage, label: string): Promise<Answered>;
  /** The option of that label, in the choice of that placeholder. */
  choose(channelId: string, message: ClickedMessage, placeholder: string, option: string): Promise<Answered>;
  /** A payload as interactivity sends it. */
  interact(payload: Readonly<Record<string, unknown>>, tampering?: Tampering): Promise<Answered>;
  send(body: string, tampering?: Tampering, contentType?: string): Promise<Answered>;
}

export function createSlackClient(settings: SlackClientSettings): SlackClient {
  const { person, teamId } = settings;

  const send: SlackClient['send'] = async (body, tampering = {}, contentType = 'application/x-www-form-urlencoded') => {
    const timestamp = String(Math.floor(Date.now() / 1000) - (tampering.ageSeconds ?? 0));
    const hmac = createHmac('sha256', tampering.secret ?? settings.signingSecret).update(`v0:${timestamp}:${body}`);
    const signature = 'signature' in tampering ? tampering.signature : `v0=${hmac.digest('hex')}`;
    const started = performance.now();
    const response = await fetch(settings.url, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'x-slack-request-timestamp': timestamp,
        ...(signature === undefined ? {} : { 'x-slack-signature': signature }),
      },
      body,
    });
    const text = await response.text();
    return { status: response.status, body: text, durationMs: performance.now() - started };
  };

  const interact: SlackClient['interact'] = (payload, tampering) =>
    send(new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), tampering);

  const act = (
    channelId: string,
    message: ClickedMessage,
    action: Readonly<Record<string, unknown>>,
  ): Promise<Answered> =>
    interact({
      type: 'block_actions',
      team: { id: teamId, domain: 'example' },
      user: { id: person.id, username: person.name, name: person.name, team_id: teamId },
      api_app_id: 'A000000001',
      token: 'deprecated',
      container: {
        type: 'message',
        message_ts: message.ts ?? '1.000001',
        channel_id: channelId,
        is_ephemeral: message.isEphemeral ?? false,
      },
      trigger_id: `trigger.${randomUUID()}`,
      channel: { id: channelId, name: 'ops' },
      ...(message.isEphemeral === true ? {} : { message: { ...message, type: 'message' } }),
      response_url: settings.newResponseUrl(),
      actions: [{ action_ts: String(Date.now() / 1000), ...action }],
    });

  return {
    send,
    interact,
    command: (text, more = {}, tampering) =>
      send(
        new URLSearchParams({
          command: '/certmon',
          text,
          team_id: teamId,
          team_domain: 'example',
          channel_id: 'C000000001',
          channel_name: 'general',
          user_id: person.id,
          user_name: person.name,
          api_app_id: 'A000000001',
          is_enterprise_install: 'false',
          response_url: settings.newResponseUrl(),
          trigger_id: `trigger.${randomUUID()}`,
          token: 'deprecated',
          ...more,
        }).toString(),
        tampering,
      ),
    click(channelId, message, label) {
      const button = elementsOf(message).find((one) => one.type === 'button' && one.text?.text === label);
      if (button === undefined) throw new Error(`there is no button ${label}`);
      const { type, action_id, text, value } = button;
      return act(channelId, message, { type, action_id, text, value });
    },
    choose(channelId, message, placeholder, label) {
      const choice = elementsOf(message).find((one) => one.placeholder?.text === placeholder);
      const option = choice?.options?.find((one) => one.text.text === label);
      if (choice === undefined || option === undefined) throw new Error(`there is no ${label} in ${placeholder}`);
      return act(channelId, message, { type: choice.type, action_id: choice.action_id, selected_option: option });
    },
  };
}

/** Every button and choice of a message. */
export function elementsOf(message: ClickedMessage): Element[] {
  return (message.blocks ?? []).flatMap((block) => {
    const { type, elements } = block as { readonly type: string; readonly elements?: readonly Element[] };
    return type === 'actions' ? [...(elements ?? [])] : [];
  });
}
