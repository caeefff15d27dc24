/**
 * One workspace by its bot token. Which one that is, Slack is asked at the first thing heard, and not before: certmon
 * starts and serves while Slack is away. What comes from another team is refused, for all that Slack signs it.
 */
import type { Log } from '../../core/ports.ts';
import { createSlackApi } from './call.ts';
import type { SlackApi } from './call.ts';
import type { SlackTeams } from './teams.ts';

const OTHER_TEAM =
  'This certmon belongs to another Slack workspace, so this was not accepted and nothing is done. Whoever runs it can open it to more workspaces: docs/slack.md says how.';
const UNKNOWN =
  'certmon could not ask Slack which workspace it belongs to, so this was not accepted and nothing is done. Try again in a minute; if it stays so, its log says more.';

/** Whose token it is. */
interface Identity {
  readonly teamId: unknown;
  /** The token is good in every team of this organisation; else `undefined`. */
  readonly enterpriseId: unknown;
}

export function createOneTeam(botToken: string, apiUrl: string | undefined, log: Log): SlackTeams {
  const api: SlackApi = createSlackApi(botToken, apiUrl, log);
  let known: Identity | undefined;
  let asking: Promise<void> | undefined;

  const ask = async (): Promise<void> => {
    const called = await api.call('auth.test', {});
    if (!called.ok) {
      log.warn({ failure: called.failure }, 'slack does not say whose token it is');
      return;
    }
    const { team_id: teamId, enterprise_id: enterpriseId, is_enterprise_install: isForAll } = called.result;
    known = { teamId, enterpriseId: isForAll === true ? enterpriseId : undefined };
  };

  return {
    async admit({ teamId, enterpriseId }) {
      if (known === undefined) {
        asking ??= ask().finally(() => (asking = undefined));
        await asking;
      }
      if (known === undefined) return UNKNOWN;
      const isOurs = known.teamId === teamId || (enterpriseId !== undefined && known.enterpriseId === enterpriseId);
      return isOurs ? undefined : OTHER_TEAM;
    },
    apiOf: () => api,
    remedies: {
      token: 'install the app again, and start certmon with the new SLACK_BOT_TOKEN',
      removed: undefined,
    },
    routes: [],
    register: () => undefined,
  };
}
