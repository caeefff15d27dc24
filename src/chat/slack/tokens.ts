/**
 * The token of a team, from its installation; a new one in time where it ends (docs.slack.dev, "Using token rotation":
 * twelve hours).
 *
 * A refresh token is good once, so that of many processes one may use it: whoever claims it in the database. No transaction
 * is open meanwhile, for on the embedded database everything else would wait for Slack. The others go on with the old
 * token, which is still good for a while; only where it is not do they wait.
 */
import { AppError, DatabaseAwayError } from '../../core/errors.ts';
import type { Installation, InstallationStore, InstallationTokens } from '../../core/installation.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Failure } from './call.ts';
import type { Oauth } from './oauth.ts';

/** A tenth of a token's life: time for many tries. */
const REFRESH_BEFORE_MS = 60 * 60_000;
/** Not used for what would arrive after its end. */
const LAST_USE_MS = 10_000;
/** Longer than one try may take; also the time between two tries. */
const CLAIM_MS = 60_000;
const OTHERS_MS = 2_000;
const DATABASE_MS = 5_000;

/** What a worker and a listener alike reach Slack's teams by; there once the database is open. */
export interface SlackServices {
  readonly installations: InstallationStore;
  readonly clock: Clock;
}

export type Token =
  | { readonly ok: true; readonly accessToken: string; readonly isOrganisation: boolean }
  | { readonly ok: false; readonly failure: Failure };

export interface Tokens {
  /** Never throws for what the database or Slack do. */
  tokenOf(teamId: string): Promise<Token>;
}

export function createTokens(services: () => SlackServices | undefined, oauth: Oauth, log: Log): Tokens {
  /** In this process: whoever comes while it is being got waits for it. */
  const getting = new Map<string, Promise<Token>>();
  /** Got, and not yet stored: lost with the process, and the installation with them. */
  const unsaved = new Map<string, { readonly version: number; readonly tokens: InstallationTokens }>();

  const save = async (
    store: InstallationStore,
    installation: Installation,
    tokens: InstallationTokens,
  ): Promise<'saved' | 'changed' | 'kept'> => {
    try {
      const isSaved = await store.saveTokens(installation, tokens);
      unsaved.delete(installation.key);
      return isSaved ? 'saved' : 'changed';
    } catch (error) {
      if (!(error instanceof DatabaseAwayError)) throw error;
      unsaved.set(installation.key, { version: installation.version, tokens });
      log.warn({ key: installation.key, reason: error.message }, 'new slack token could not be stored yet');
      return 'kept';
    }
  };

  const renew = async (
    { installations, clock }: SlackServices,
    installation: Installation,
    refreshToken: string,
    isAlive: boolean,
  ): Promise<Token> => {
    const old = isAlive ? useOf(installation, installation.tokens) : undefined;
    const now = clock.now();
    if (!(await installations.claimRefresh(installation, now, new Date(now.getTime() + CLAIM_MS)))) {
      return old ?? notReady('the Slack token is being renewed', OTHERS_MS);
    }
    const got = await oauth.refresh(refreshToken, now);
    if (!got.ok) {
      const fields = { key: installation.key, failure: got.failure, isAlive };
      log[isAlive ? 'warn' : 'error'](fields, 'slack gives no new token');
      const why = got.failure.type === 'refused' ? got.failure.code : 'it does not answer';
      return old ?? notReady(`slack gives no new token (${why})`, CLAIM_MS);
    }
    log.info({ key: installation.key }, 'slack token renewed');
    if ((await save(installations, installation, got.value)) !== 'changed') return useOf(installation, got.value);
    const current = await installations.find(installation.platform, installation.key);
    return current === undefined ? NOT_INSTALLED : useOf(current, current.tokens);
  };

  const current = async (there: SlackServices, teamId: string): Promise<Token> => {
    const installation = await there.installations.ofTeam('slack', teamId);
    if (installation === undefined) return NOT_INSTALLED;
    const { key, version } = installation;
    const kept = unsaved.get(key);
    if (kept?.version === version) {
      await save(there.installations, installation, kept.tokens);
      return useOf(installation, kept.tokens);
    }
    const { refresh } = installation.tokens;
    const leftMs = refresh === undefined ? Infinity : refresh.expiresAt.getTime() - there.clock.now().getTime();
    if (refresh === undefined || leftMs > REFRESH_BEFORE_MS) return useOf(installation, installation.tokens);
    const underWay = getting.get(key);
    if (underWay !== undefined) return underWay;
    const renewed = renew(there, installation, refresh.token, leftMs > LAST_USE_MS).finally(() => getting.delete(key));
    getting.set(key, renewed);
    return renewed;
  };

  return {
    async tokenOf(teamId) {
      const there = services();
      if (there === undefined) return notReady('certmon is just starting', OTHERS_MS);
      try {
        return await current(there, teamId);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (!(error instanceof DatabaseAwayError)) log.error({ teamId, err: error }, 'slack token cannot be read');
        return notReady(`the Slack token cannot be read: ${error.message}`, DATABASE_MS);
      }
    },
  };
}

const NOT_INSTALLED: Token = { ok: false, failure: { type: 'not-installed' } };

function useOf({ isOrganisation }: Installation, { accessToken }: InstallationTokens): Token {
  return { ok: true, accessToken, isOrganisation };
}

function notReady(reason: string, afterMs: number): Token {
  return { ok: false, failure: { type: 'not-ready', reason, afterMs } };
}
