/**
 * Many workspaces by OAuth: each has the token that Slack gave when certmon was installed there, and a workspace of
 * certmon's of its own. Where it was installed for a whole organisation, one token serves all teams of it, each apart.
 */
import type { App } from '@slack/bolt';
import { AppError, DatabaseAwayError } from '../../core/errors.ts';
import type { Log } from '../../core/ports.ts';
import { createSlackApi } from './call.ts';
import type { SlackApi } from './call.ts';
import { originOf } from './gate.ts';
import { INSTALL_PATH, installRoutes } from './install-pages.ts';
import type { InstallSettings } from './install-pages.ts';
import { createOauth } from './oauth.ts';
import { isAppBroken } from './outcome.ts';
import type { Origin, SlackTeams } from './teams.ts';
import { createTokens } from './tokens.ts';
import type { SlackServices } from './tokens.ts';

const STARTING = 'certmon is just starting, so this was not accepted and nothing is done. Try again in a few seconds.';
const UNREADABLE =
  'certmon cannot read what Slack gave it for this workspace, so this was not accepted and nothing is done. Whoever runs it finds in its log what to do.';

export function createManyTeams(
  settings: InstallSettings,
  services: () => SlackServices | undefined,
  log: Log,
): SlackTeams {
  const { apiUrl } = settings;
  const oauth = createOauth(settings, log);
  const tokens = createTokens(services, oauth, log);
  const clients = new Map<string, { readonly accessToken: string; readonly api: SlackApi }>();
  const installUrl = settings.publicUrl + INSTALL_PATH;
  const removed = {
    reason: 'certmon is not installed in this Slack workspace any more',
    remedy: `an admin of it opens ${installUrl}, and all is as it was`,
  };

  const clientOf = (teamId: string, accessToken: string): SlackApi => {
    const known = clients.get(teamId);
    if (known?.accessToken === accessToken) return known.api;
    const api = createSlackApi(accessToken, apiUrl, log);
    clients.set(teamId, { accessToken, api });
    return api;
  };

  const serving = async ({ installations }: SlackServices, origin: Origin): Promise<boolean> => {
    const { teamId } = origin;
    const now = await installations.ofTeam('slack', teamId);
    for (const key of keysOf(origin)) {
      if (now?.key === key) return true;
      const found = await installations.find('slack', key);
      if (found === undefined) continue;
      await installations.connectTeam(found, teamId);
      log.info({ teamId, key }, 'slack workspace is served');
      return true;
    }
    return false;
  };

  /** Slack's word for it: the token does no longer work. */
  const isDead = async (accessToken: string): Promise<boolean> => {
    const called = await createSlackApi(accessToken, apiUrl, log).call('auth.test', {});
    return !called.ok && isAppBroken(called.failure);
  };

  const remove = async (origin: Origin, at: Date, isCertain: boolean): Promise<void> => {
    const installations = services()?.installations;
    if (installations === undefined) return;
    const say = `${removed.reason}: ${removed.remedy}`;
    for (const key of keysOf(origin)) {
      // One team that goes takes its organisation with it only where Slack says so of the token too.
      if (isCertain && key === origin.teamId && (await installations.remove('slack', key, at, say))) {
        log.warn({ key }, 'certmon was removed from slack');
        return;
      }
      const found = await installations.find('slack', key);
      if (found === undefined) continue;
      if ((await isDead(found.tokens.accessToken)) && (await installations.remove('slack', key, at, say))) {
        log.warn({ key }, 'certmon was removed from slack');
      } else log.info({ key }, 'slack installation stays, for its token works');
      return;
    }
  };

  return {
    async admit(origin) {
      const there = services();
      if (there === undefined) return STARTING;
      try {
        if (origin.teamId !== '' && (await serving(there, origin))) return undefined;
      } catch (error) {
        // The inbox says what is so.
        if (error instanceof DatabaseAwayError) return undefined;
        if (!(error instanceof AppError)) log.error({ err: error }, 'slack workspace could not be looked up');
        else log.error({ reason: error.message, teamId: origin.teamId }, 'slack installation cannot be read');
        return UNREADABLE;
      }
      return `certmon is not installed in this workspace; an admin opens ${installUrl}`;
    },
    apiOf: (teamId) => ({
      async call(method, args) {
        const token = await tokens.tokenOf(teamId);
        if (!token.ok) return token;
        const api = clientOf(teamId, token.accessToken);
        return api.call(method, token.isOrganisation ? { team_id: teamId, ...args } : args);
      },
    }),
    remedies: { token: `an admin of the Slack workspace opens ${installUrl}`, removed },
    routes: installRoutes(settings, oauth, services, log),
    register(app: App) {
      app.event('app_uninstalled', ({ body }) => heardOfEnd(body, true));
      app.event('tokens_revoked', async ({ event, body }) => {
        // People's tokens are none of ours.
        if ((event.tokens.bot ?? []).length > 0) await heardOfEnd(body, false);
      });
      async function heardOfEnd(body: unknown, isCertain: boolean): Promise<void> {
        const { event_time: seconds } = body as { readonly event_time?: unknown };
        // Slack counts whole seconds, begun ones too.
        const at = typeof seconds === 'number' ? new Date((seconds + 1) * 1_000) : new Date();
        await remove(originOf(body), at, isCertain);
      }
    },
  };
}

/** Which installations may serve it, the likeliest first. */
function keysOf({ teamId, enterpriseId, isEnterpriseInstall }: Origin): string[] {
  const keys = isEnterpriseInstall ? [enterpriseId, teamId] : [teamId, enterpriseId];
  return keys.filter((key) => key !== undefined && key !== '') as string[];
}
