/**
 * Slack's word on whoever asks (docs.slack.dev, users.info): admins and owners of the workspace, guests, and people of
 * another organisation in a shared channel. What Slack does not say is not guessed at in anybody's favour.
 */
import { z } from 'zod';
import type { Incoming, Standing } from '../../core/inbox.ts';
import type { Log } from '../../core/ports.ts';
import type { Failure, SlackApi } from './call.ts';
import { within } from './within.ts';

/** Somebody who was made a guest is one within this. */
const GOOD_FOR_MS = 5 * 60_000;
const MOST_REMEMBERED = 5_000;
const ASK_WITHIN_MS = 3_000;

const flag = z.boolean().optional();
const answer = z.object({
  user: z.object({
    team_id: z.string().optional(),
    deleted: flag,
    is_admin: flag,
    is_owner: flag,
    is_primary_owner: flag,
    is_restricted: flag,
    is_ultra_restricted: flag,
    is_stranger: flag,
    enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
  }),
});
type User = z.infer<typeof answer>['user'];

/** Slack shows us nobody of that id: no member. */
const NOBODY = new Set(['user_not_found', 'user_not_visible', 'users_not_found', 'user_disabled']);

/** @param now milliseconds of a clock that only goes on. */
export function createStanding(
  apiOf: (teamId: string) => SlackApi,
  log: Log,
  now: () => number = () => performance.now(),
): (incoming: Incoming) => Promise<Standing | undefined> {
  /** Oldest first. */
  const remembered = new Map<string, { readonly standing: Standing | undefined; readonly until: number }>();

  return async ({ teamId, person }) => {
    const key = `${teamId} ${person.externalId}`;
    const known = remembered.get(key);
    if (known !== undefined && now() < known.until) return known.standing;
    const called = await within(ASK_WITHIN_MS, apiOf(teamId).call('users.info', { user: person.externalId }));
    const read = called?.ok === true ? answer.safeParse(called.result) : undefined;
    const isNobody = called?.ok === false && called.failure.type === 'refused' && NOBODY.has(called.failure.code);
    if (read?.success !== true && !isNobody) {
      tellWhy(log, called?.ok === false ? called.failure : { type: 'away', reason: 'it does not answer' });
      return 'unknown';
    }
    const standing = read?.success === true ? standingOf(read.data.user, teamId) : 'guest';
    remembered.delete(key);
    remembered.set(key, { standing, until: now() + GOOD_FOR_MS });
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return standing;
  };
}

function standingOf(user: User, teamId: string): Standing | undefined {
  const { team_id: home, enterprise_user: inOrganisation } = user;
  const isOfAnother = home !== undefined && home !== teamId && inOrganisation?.teams?.includes(teamId) !== true;
  const isGuest = [user.is_restricted, user.is_ultra_restricted, user.is_stranger, user.deleted].includes(true);
  if (isGuest || isOfAnother) return 'guest';
  return [user.is_admin, user.is_owner, user.is_primary_owner].includes(true) ? 'admin' : undefined;
}

function tellWhy(log: Log, failure: Failure): void {
  if (failure.type === 'refused' && failure.code === 'missing_scope') {
    log.error(
      { failure, remedy: 'add the scope users:read to the Slack app, and install it again' },
      'slack does not say who is a guest, so that members count as viewers',
    );
  } else log.warn({ failure }, 'slack could not be asked who somebody is');
}
