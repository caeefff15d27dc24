/**
 * The pages by which an admin of a Slack workspace installs certmon there (docs.slack.dev, "Installing with OAuth"):
 *
 *   /slack/install ──▶ slack.com/oauth/v2/authorize ──▶ /slack/oauth_redirect ──▶ oauth.v2.access ──▶ kept, and said
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, DatabaseAwayError } from '../../core/errors.ts';
import type { Log } from '../../core/ports.ts';
import { visible } from '../../core/quote.ts';
import type { HttpRoute } from '../platform.ts';
import { createSlackApi } from './call.ts';
import type { CallFailure } from './call.ts';
import { createInstallState } from './install-state.ts';
import { OAUTH_REDIRECT_PATH } from './manifest.ts';
import type { Granted, Oauth, OauthSettings } from './oauth.ts';
import { sendPage } from './page.ts';
import type { Page } from './page.ts';
import { COMMAND } from './plain.ts';
import { SCOPES } from './scopes.ts';
import type { SlackServices } from './tokens.ts';
import { within } from './within.ts';

const SLACK_API = 'https://slack.com/api/';
export const INSTALL_PATH = '/slack/install';
const MAX_CODE_CHARS = 500;
const NAME_WITHIN_MS = 3_000;

/** The browser's code is at fault, and not certmon's settings (docs.slack.dev, oauth.v2.access, "Errors"). */
const CODE_REFUSED = new Set(['invalid_code', 'code_already_used', 'code_expired', 'oauth_authorization_url_mismatch']);

export interface InstallSettings extends OauthSettings {
  /** Where people and Slack reach certmon, without a slash at its end. */
  readonly publicUrl: string;
}

export function installRoutes(
  settings: InstallSettings,
  oauth: Oauth,
  services: () => SlackServices | undefined,
  log: Log,
): HttpRoute[] {
  const backUrl = new URL(settings.publicUrl + OAUTH_REDIRECT_PATH);
  const again = { text: 'Begin again', url: settings.publicUrl + INSTALL_PATH };
  const state = createInstallState(settings.clientSecret, backUrl);

  const authorizeUrl = (stateValue: string): string => {
    // Beside the API, also where that is another Slack's or an emulator's.
    const url = new URL('../oauth/v2/authorize', settings.apiUrl ?? SLACK_API);
    url.search = new URLSearchParams({
      client_id: settings.clientId,
      scope: SCOPES.map(({ name }) => name).join(','),
      redirect_uri: backUrl.href,
      state: stateValue,
    }).toString();
    return url.href;
  };

  const comeBack = async (request: IncomingMessage): Promise<Page> => {
    const query = queryOf(request);
    const there = services();
    if (there === undefined) return page(503, 'certmon is just starting', ['Nothing was installed.'], again);
    const now = there.clock.now();
    const checked = state.check(query.get('state'), request.headers.cookie, now);
    if (checked !== 'ok') return notBegunHere(checked, again);
    const code = query.get('code') ?? '';
    if (code === '' || code.length > MAX_CODE_CHARS) return denied(query.get('error') ?? '', again);
    const got = await oauth.exchange(code, backUrl.href, now);
    if (!got.ok) {
      log.warn({ failure: got.failure }, 'slack did not let certmon be installed');
      return refused(got.failure, again);
    }
    await keep(there, got.value, now);
    return welcome(got.value);
  };

  const keep = async (there: SlackServices, granted: Granted, now: Date): Promise<void> => {
    const { place, isOrganisation, tokens, installedBy } = granted;
    const name = await within(NAME_WITHIN_MS, nameOf(tokens.accessToken, installedBy));
    await there.installations.install(
      {
        platform: 'slack',
        key: place.id,
        isOrganisation,
        name: place.name,
        installedBy: { externalId: installedBy, name: name ?? installedBy },
        installedAt: now,
        tokens,
      },
      isOrganisation ? undefined : place.id,
    );
    log.info({ key: place.id, name: place.name, installedBy }, 'certmon was installed in slack');
  };

  /** As people write it; the id where Slack does not say. */
  const nameOf = async (accessToken: string, member: string): Promise<string> => {
    const called = await createSlackApi(accessToken, settings.apiUrl, log).call('users.info', { user: member });
    const user = called.ok ? (called.result.user as { readonly name?: unknown } | undefined) : undefined;
    return typeof user?.name === 'string' && user.name !== '' ? user.name : member;
  };

  return [
    {
      path: INSTALL_PATH,
      handle: onlyGet((_, response) => {
        const made = state.make(services()?.clock.now() ?? new Date());
        sendPage(response, begin(authorizeUrl(made.state)), made.cookie);
      }),
    },
    {
      path: OAUTH_REDIRECT_PATH,
      handle: onlyGet((request, response) => {
        comeBack(request)
          .catch((error: unknown) => {
            if (error instanceof DatabaseAwayError) log.warn({ reason: error.message }, 'slack installation not kept');
            else log.error({ err: error }, 'slack installation not kept');
            return notKept(error, again);
          })
          .then((answer) => {
            sendPage(response, answer, state.goneCookie);
          })
          .catch((error: unknown) => {
            log.error({ err: error }, 'page not sent');
            response.destroy();
          });
      }),
    },
  ];
}

type Link = NonNullable<Page['link']>;

function page(status: number, title: string, paragraphs: readonly string[], link?: Link): Page {
  return { status, title, paragraphs, ...(link === undefined ? {} : { link }) };
}

function begin(url: string): Page {
  return page(
    200,
    'Install certmon in your Slack workspace',
    [
      'certmon watches the TLS certificates of your services, and tells your team in Slack before they run out.',
      'Slack asks you next which workspace it is for, and shows what certmon may do there: hear its slash command, post messages, and see who is a member, an admin or a guest. It reads no messages.',
      'Then you come back here. Slack may ask an admin of your workspace to approve it first.',
    ],
    { text: 'Go on to Slack', url },
  );
}

function welcome({ place, isOrganisation, appId }: Granted): Page {
  const name = visible(place.name);
  return page(
    200,
    `certmon is installed in ${name}`,
    [
      isOrganisation
        ? `It works in every workspace of ${name} that an admin of the organisation adds it to: type ${COMMAND} add www.example.com https in any channel there.`
        : `Go to Slack, and type in any channel: ${COMMAND} add www.example.com https`,
      'Who installed it first, and the admins of the Slack workspace, are admins of certmon there.',
    ],
    isOrganisation || appId === undefined
      ? undefined
      : {
          text: 'Open Slack',
          url: `https://slack.com/app_redirect?${new URLSearchParams({ app: appId, team: place.id }).toString()}`,
        },
  );
}

function notBegunHere(why: 'expired' | 'wrong', again: Link): Page {
  return why === 'expired'
    ? page(400, 'This took too long', ['Nothing was installed: the way through Slack is good for ten minutes.'], again)
    : page(
        400,
        'This did not begin in this browser',
        ['Nothing was installed. Begin and end in the same browser, with cookies allowed for this page.'],
        again,
      );
}

function denied(error: string, again: Link): Page {
  return error === 'access_denied'
    ? page(403, 'Nothing was installed', ['It was cancelled in Slack, or an admin there did not allow it.'], again)
    : page(400, 'Nothing was installed', [`Slack says: ${visible(error.slice(0, 100)) || 'nothing'}.`], again);
}

function refused(failure: CallFailure, again: Link): Page {
  if (failure.type !== 'refused') {
    return page(502, 'Slack does not answer', ['Nothing was installed. Try again in a minute.'], again);
  }
  return CODE_REFUSED.has(failure.code)
    ? page(400, 'Nothing was installed', ['This page was opened before, or too late: each time is good once.'], again)
    : page(500, 'Nothing was installed', [
        `Slack refuses certmon itself (${failure.code}). Whoever runs certmon finds it in the log; SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and the redirect URL of the Slack app have to fit.`,
      ]);
}

function notKept(error: unknown, again: Link): Page {
  const why = error instanceof DatabaseAwayError ? 'certmon cannot reach its database.' : 'Its log says more.';
  return error instanceof AppError
    ? page(503, 'certmon could not keep this', [`It is not installed. ${why} Try again in a minute.`], again)
    : page(500, 'Something went wrong in certmon', [`It is not installed. ${why}`], again);
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
}

function onlyGet(handle: HttpRoute['handle']): HttpRoute['handle'] {
  return (request, response: ServerResponse) => {
    request.resume();
    if (request.method === 'GET') handle(request, response);
    else response.writeHead(405, { allow: 'GET' }).end();
  };
}
