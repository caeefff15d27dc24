/**
 * Tokens from Slack (docs.slack.dev, oauth.v2.access, and "Using token rotation"): for the code that a browser brings when
 * somebody has installed certmon, and for a refresh token when the access token is about to end. Both are good once.
 */
import { z } from 'zod';
import type { InstallationTokens } from '../../core/installation.ts';
import type { Log } from '../../core/ports.ts';
import { createSlackApi } from './call.ts';
import type { CallFailure, Failure } from './call.ts';

export interface OauthSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string | undefined;
}

export interface Granted {
  readonly tokens: InstallationTokens;
  readonly appId: string | undefined;
  /** The team, or the whole organisation. */
  readonly place: { readonly id: string; readonly name: string };
  readonly isOrganisation: boolean;
  /** The member ID of whoever installed. */
  readonly installedBy: string;
}

export type Got<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: CallFailure };

export interface Oauth {
  exchange(code: string, redirectUri: string, now: Date): Promise<Got<Granted>>;
  refresh(refreshToken: string, now: Date): Promise<Got<InstallationTokens>>;
}

const tokens = z.object({
  access_token: z.string().min(1),
  token_type: z.literal('bot'),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
});
const place = z.object({ id: z.string().min(1), name: z.string().optional() });
const granted = tokens.extend({
  app_id: z.string().optional(),
  team: place.nullish(),
  enterprise: place.nullish(),
  is_enterprise_install: z.boolean().default(false),
  authed_user: z.object({ id: z.string().min(1) }),
});

const NOT_UNDERSTOOD: CallFailure = { type: 'away', reason: 'slack answered something that is no token of a bot' };

export function createOauth({ clientId, clientSecret, apiUrl }: OauthSettings, log: Log): Oauth {
  const api = createSlackApi(undefined, apiUrl, log);

  const ask = async <T>(schema: z.ZodType<T>, args: Readonly<Record<string, string>>): Promise<Got<T>> => {
    const called = await api.call('oauth.v2.access', { client_id: clientId, client_secret: clientSecret, ...args });
    if (!called.ok) return { ok: false, failure: ofCall(called.failure) };
    const read = schema.safeParse(called.result);
    return read.success ? { ok: true, value: read.data } : { ok: false, failure: NOT_UNDERSTOOD };
  };

  return {
    async exchange(code, redirectUri, now) {
      const got = await ask(granted, { code, redirect_uri: redirectUri });
      if (!got.ok) return got;
      const { app_id: appId, team, enterprise, is_enterprise_install: isOrganisation, authed_user } = got.value;
      const place = isOrganisation ? enterprise : team;
      if (place === null || place === undefined) return { ok: false, failure: NOT_UNDERSTOOD };
      const value: Granted = {
        tokens: tokensOf(got.value, now),
        appId,
        place: { id: place.id, name: place.name ?? place.id },
        isOrganisation,
        installedBy: authed_user.id,
      };
      return { ok: true, value };
    },
    async refresh(refreshToken, now) {
      const got = await ask(tokens, { grant_type: 'refresh_token', refresh_token: refreshToken });
      return got.ok ? { ok: true, value: tokensOf(got.value, now) } : got;
    },
  };
}

/** Without a token of a team nothing else can go wrong. */
function ofCall(failure: Failure): CallFailure {
  return failure.type === 'not-installed' || failure.type === 'not-ready' ? NOT_UNDERSTOOD : failure;
}

function tokensOf(
  { access_token: accessToken, refresh_token: token, expires_in: seconds }: z.infer<typeof tokens>,
  now: Date,
): InstallationTokens {
  const ends = token !== undefined && seconds !== undefined;
  return {
    accessToken,
    refresh: ends ? { token, expiresAt: new Date(now.getTime() + seconds * 1_000) } : undefined,
  };
}
