/**
 * What comes from a team that certmon does not serve goes no further than here, whatever it is: no listener need ask. Slack
 * would tell the person "dispatch failed"; certmon tells what is so.
 */
import type { App, BlockAction } from '@slack/bolt';
import { z } from 'zod';
import type { Listening, Whisper } from './listeners.ts';
import { fromClick } from './incoming.ts';
import type { Origin, SlackTeams } from './teams.ts';
import { escapeText } from './text.ts';
import { within } from './within.ts';

/** Of the 3 s that Slack waits; the inbox wants most of them. */
const ADMIT_WITHIN_MS = 1_500;
const SLOW =
  'certmon could not look up this workspace in time, so this was not accepted and nothing is done. Try again in a minute.';

/** They tell of the end of what is looked up here. */
const OF_ITSELF: readonly unknown[] = ['app_uninstalled', 'tokens_revoked'];

const id = z.string().min(1);
/** Of everything that Slack sends, what says where it comes from. */
const sent = z.looseObject({
  type: z.string().optional(),
  command: z.string().optional(),
  team_id: id.nullish().catch(undefined),
  enterprise_id: id.nullish().catch(undefined),
  is_enterprise_install: z.union([z.boolean(), z.string()]).optional().catch(undefined),
  team: z.object({ id }).nullish().catch(undefined),
  enterprise: z.object({ id }).nullish().catch(undefined),
  user: z.object({ team_id: id }).nullish().catch(undefined),
  view: z.object({ app_installed_team_id: id }).nullish().catch(undefined),
  event: z.object({ type: z.string() }).nullish().catch(undefined),
  authorizations: z
    .array(
      z.object({ team_id: id.nullish(), enterprise_id: id.nullish(), is_enterprise_install: z.boolean().optional() }),
    )
    .nullish()
    .catch(undefined),
});

/** The team in which certmon is installed comes first: where organisations share a channel, others are named beside it. */
export function originOf(body: unknown): Origin {
  const read = sent.safeParse(body);
  if (!read.success) return { teamId: '', enterpriseId: undefined, isEnterpriseInstall: false };
  const { view, team_id, team, user, enterprise_id, enterprise, is_enterprise_install, authorizations } = read.data;
  const [authorization] = authorizations ?? [];
  return {
    teamId: view?.app_installed_team_id ?? authorization?.team_id ?? team_id ?? team?.id ?? user?.team_id ?? '',
    enterpriseId: authorization?.enterprise_id ?? enterprise_id ?? enterprise?.id ?? undefined,
    isEnterpriseInstall:
      authorization?.is_enterprise_install ?? (is_enterprise_install === true || is_enterprise_install === 'true'),
  };
}

export function registerGate(app: App, teams: Pick<SlackTeams, 'admit'>, listening: Listening, whisper: Whisper): void {
  app.use(async ({ body, next, ...more }) => {
    const { event, command } = sent.safeParse(body).data ?? {};
    // Before the start and at the end nothing is taken from anybody; the listeners say so.
    if (listening.hear === undefined || OF_ITSELF.includes(event?.type)) return next();
    const admitted = await within(
      ADMIT_WITHIN_MS,
      teams.admit(originOf(body)).then((refusal) => ({ refusal })),
    );
    const refusal = admitted === undefined ? SLOW : admitted.refusal;
    if (refusal === undefined) return next();
    const ack = 'ack' in more ? (more.ack as (answer?: unknown) => Promise<void>) : undefined;
    if (command !== undefined) {
      await ack?.({ response_type: 'ephemeral', text: escapeText(refusal) });
      return;
    }
    await ack?.();
    const click = clickIn(body);
    if (click !== undefined) await whisper(fromClick(click, click.actions[0] as never, '', new Date()), refusal);
  });
}

/** What has a place to be answered at. */
function clickIn(body: unknown): BlockAction | undefined {
  const click = body as Partial<BlockAction>;
  return click.type === 'block_actions' && Array.isArray(click.actions) && typeof click.response_url === 'string'
    ? (body as BlockAction)
    : undefined;
}
