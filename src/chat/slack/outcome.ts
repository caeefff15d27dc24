/** What Slack's errors mean for an alert (docs.slack.dev, chat.postMessage and chat.update, "Errors"). */
import type { Delivery, DeliveryOutcome } from '../../core/ports.ts';
import { channelLabel } from '../../core/workspace.ts';
import type { Failure } from './call.ts';

/** A person has to mend the app; until then nothing can be said anywhere, and every channel is well. */
const APP_RETRY_MS = 60_000;

const APP_BROKEN = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'org_login_required',
  'team_access_not_granted',
]);

const HEAD_GONE = new Set([
  'message_not_found',
  'cant_update_message',
  'thread_not_found',
  'cannot_reply_to_message',
  'channel_type_not_supported',
]);

/** The message itself is at fault: once more without blocks, and then never again. */
const UNFIT = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_attachments',
  'msg_too_long',
  'msg_blocks_too_long',
  'only_one_table_allowed',
  'no_text',
  'invalid_arguments',
  'metadata_too_large',
  'invalid_metadata_format',
  'invalid_metadata_schema',
]);

type Remedy = (place: string) => string;

const invite: Remedy = (place) =>
  `write /invite @certmon in ${place}; if it no longer exists, map the group to another channel with group map`;
const allow: Remedy = (place) =>
  `ask an admin of the Slack workspace to let certmon post in ${place}, or map the group to another channel with group map`;

const DEAD: Readonly<Record<string, { readonly reason: Remedy; readonly remedy: Remedy } | undefined>> = {
  is_archived: {
    reason: (place) => `${place} is archived`,
    remedy: (place) => `unarchive ${place}, or map the group to another channel with group map`,
  },
  channel_not_found: { reason: (place) => `certmon cannot see ${place}`, remedy: invite },
  not_in_channel: { reason: (place) => `certmon is not in ${place}`, remedy: invite },
  restricted_action: { reason: (place) => `certmon may not post in ${place}`, remedy: allow },
  restricted_action_read_only_channel: { reason: (place) => `${place} is read-only`, remedy: allow },
  restricted_action_thread_only_channel: { reason: (place) => `${place} takes only replies`, remedy: allow },
  restricted_action_non_threadable_channel: { reason: (place) => `${place} takes no threads`, remedy: allow },
  restricted_action_thread_locked: { reason: (place) => `the thread in ${place} is locked`, remedy: allow },
  user_not_found: {
    reason: (place) => `there is nobody behind ${place} any more`,
    remedy: () => 'map the group to a channel with group map',
  },
  user_disabled: {
    reason: (place) => `the account behind ${place} is deactivated`,
    remedy: () => 'map the group to a channel with group map',
  },
  messages_tab_disabled: {
    reason: () => 'private messages from certmon are switched off',
    remedy: () => 'switch on the Messages tab in the App Home settings of the Slack app',
  },
};

export function isUnfit(failure: Failure): boolean {
  return failure.type === 'refused' && UNFIT.has(failure.code);
}

export function isAppBroken(failure: Failure): boolean {
  return failure.type === 'refused' && APP_BROKEN.has(failure.code);
}

/** What a person does about a team as a whole. */
export interface Remedies {
  /** Slack refuses the token. */
  readonly token: string;
  /** certmon was removed from the team; `undefined` where that is the same as a token that is refused. */
  readonly removed: { readonly reason: string; readonly remedy: string } | undefined;
}

/** A bot's token that is one of these is one of an app that was removed (docs.slack.dev, chat.postMessage, "Errors"). */
const REMOVED = new Set(['account_inactive', 'token_revoked']);

export function outcomeOf(failure: Failure, delivery: Delivery, remedies: Remedies): DeliveryOutcome {
  const { removed } = remedies;
  switch (failure.type) {
    case 'not-installed':
      return removed === undefined
        ? { type: 'retry', reason: 'certmon has no token of this Slack workspace', afterMs: APP_RETRY_MS }
        : { type: 'dead-channel', ...removed };
    case 'not-ready':
      return { type: 'retry', reason: failure.reason, afterMs: failure.afterMs };
    case 'rate-limited':
      return {
        type: 'retry',
        reason: 'slack asks to wait',
        ...(failure.afterMs === undefined ? {} : { afterMs: failure.afterMs }),
      };
    case 'away':
      return { type: 'retry', reason: `slack cannot be reached: ${failure.reason}`, maybeSent: true };
    case 'refused':
      return removed !== undefined && REMOVED.has(failure.code)
        ? { type: 'dead-channel', ...removed }
        : outcomeOfRefusal(failure, delivery, remedies);
  }
}

function outcomeOfRefusal(
  failure: Failure & { type: 'refused' },
  { channel, how }: Delivery,
  remedies: Remedies,
): DeliveryOutcome {
  const { code } = failure;
  if (isAppBroken(failure)) {
    return {
      type: 'retry',
      reason: `slack refuses certmon's token (${code}): ${remedies.token}`,
      afterMs: APP_RETRY_MS,
    };
  }
  if (how.type !== 'post' && HEAD_GONE.has(code)) return { type: 'head-gone' };
  const dead = DEAD[code];
  if (dead !== undefined) {
    const place = channelLabel(channel);
    return { type: 'dead-channel', reason: dead.reason(place), remedy: dead.remedy(place) };
  }
  if (isUnfit(failure) || code === 'edit_window_closed') {
    return { type: 'refused', reason: `slack refuses the message (${code})` };
  }
  // What Slack calls internal_error, service_unavailable and the like passes; what we do not know may.
  return { type: 'retry', reason: `slack answered ${code}` };
}
