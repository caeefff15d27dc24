/**
 * What Slack says of certmon's tokens, for `certmon doctor`: calls that change nothing (auth.test, apps.connections.open),
 * and what the headers of an answer tell besides (docs.slack.dev, "Web API": `x-oauth-scopes`). Not by the library's
 * client, which keeps the headers to itself.
 */
import { counted } from '../../core/counted.ts';
import { fault, skipped, warning, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import { quote } from '../../core/quote.ts';
import { detailOf } from './bolt-log.ts';
import { OPTIONAL_SCOPES, SCOPES } from './scopes.ts';

export interface ExaminedSlack {
  /** `undefined` where every workspace has its own, from its installation. */
  readonly botToken: string | undefined;
  /** Of Socket Mode. */
  readonly appToken: string | undefined;
  readonly apiUrl: string | undefined;
}

export interface SlackExamination {
  readonly diagnoses: readonly Diagnosis[];
  /** How far this machine's clock is ahead of Slack's, to the second; `undefined` where Slack did not say. */
  readonly aheadMs: number | undefined;
}

const TOKEN = 'Slack token';
const GRANTED = 'Slack scopes';
const SOCKET = 'Socket Mode';

const SLACK_API = 'https://slack.com/api/';
const TIMEOUT_MS = 8_000;
/** Slack's `Date` is cut to the second. */
const HALF_A_SECOND_MS = 500;

const INSTALL_AGAIN =
  'Install the app again at https://api.slack.com/apps (Install App), and start certmon with the SLACK_BOT_TOKEN shown there.';
const NEW_APP_TOKEN =
  'Under Basic Information of the app make an app-level token with the scope connections:write, and start certmon with it as SLACK_APP_TOKEN.';

export async function examineSlack(settings: ExaminedSlack, signal: AbortSignal): Promise<SlackExamination> {
  const { botToken, appToken } = settings;
  const apiUrl = settings.apiUrl ?? SLACK_API;
  const [bot, socket] = await Promise.all([
    botToken === undefined ? undefined : ask(apiUrl, 'auth.test', botToken, signal),
    appToken === undefined ? undefined : ask(apiUrl, 'apps.connections.open', appToken, signal),
  ]);
  return {
    diagnoses: [
      ...(bot === undefined ? [] : [ofToken(bot), ofScopes(bot)]),
      ...(socket === undefined ? [] : [ofSocket(socket)]),
    ],
    aheadMs: aheadIn(bot) ?? aheadIn(socket),
  };
}

type Answer =
  | {
      readonly type: 'answered';
      readonly body: Readonly<Record<string, unknown>>;
      readonly scopes: string | undefined;
      readonly aheadMs: number | undefined;
    }
  | { readonly type: 'away'; readonly reason: string };

async function ask(apiUrl: string, method: string, token: string, signal: AbortSignal): Promise<Answer> {
  try {
    const [asked, askedAt] = [performance.now(), Date.now()];
    const response = await fetch(new URL(method, apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const middle = askedAt + (performance.now() - asked) / 2;
    const body = bodyOf(await response.text());
    if (body === undefined) {
      return { type: 'away', reason: `what answers there is not Slack's API (status ${String(response.status)})` };
    }
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      type: 'answered',
      body,
      scopes: response.headers.get('x-oauth-scopes') ?? undefined,
      aheadMs: Number.isNaN(date) ? undefined : middle - date - HALF_A_SECOND_MS,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    // `fetch` says only that it failed; its cause says why.
    return { type: 'away', reason: detailOf([error instanceof Error ? (error.cause ?? error) : error]) };
  }
}

function bodyOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'ok' in body ? { ...body } : undefined;
  } catch {
    // A proxy's page.
    return undefined;
  }
}

function away(check: string, reason: string): Diagnosis {
  return fault(
    check,
    `Slack cannot be reached: ${reason}.`,
    'Let this machine reach https://slack.com on port 443. Alerts wait meanwhile, for a day at most.',
  );
}

function ofToken(answer: Answer): Diagnosis {
  if (answer.type === 'away') return away(TOKEN, answer.reason);
  const { body } = answer;
  if (body.ok !== true) {
    const error = textIn(body, 'error');
    if (error === 'ratelimited') {
      return warning(TOKEN, 'Slack asks to wait before it says anything.', 'Run certmon doctor again in a minute.');
    }
    return fault(TOKEN, `Slack refuses SLACK_BOT_TOKEN: ${error}.`, INSTALL_AGAIN);
  }
  return well(
    TOKEN,
    `Slack knows it as ${quote(textIn(body, 'user'))} in the workspace ${quote(textIn(body, 'team'))} (${textIn(body, 'team_id')}).`,
  );
}

function ofScopes(answer: Answer): Diagnosis {
  if (answer.type === 'away' || answer.body.ok !== true)
    return skipped(GRANTED, 'Not asked, since the token is no good.');
  if (answer.scopes === undefined) return skipped(GRANTED, 'Slack did not say which ones are granted.');
  const granted = new Set(answer.scopes.split(',').map((scope) => scope.trim()));
  const missing = SCOPES.filter(({ name }) => !granted.has(name));
  const leftOut = OPTIONAL_SCOPES.filter(({ name }) => !granted.has(name));
  if (missing.length === 0) {
    const optional = leftOut.map(({ name, without }) => ` Without the optional ${name}: ${without}`).join('');
    return well(GRANTED, `All ${String(SCOPES.length)} that certmon needs are granted.${optional}`);
  }
  const message = `${counted(missing.length, 'scope')} missing. ${missing.map(({ name, without }) => `${name}: ${without}`).join(' ')}`;
  const remedy =
    'Add what is missing under OAuth & Permissions of the app, Bot Token Scopes, or paste what certmon manifest slack prints as its App Manifest; then install the app again.';
  return missing.some(({ isVital }) => isVital) ? fault(GRANTED, message, remedy) : warning(GRANTED, message, remedy);
}

function ofSocket(answer: Answer): Diagnosis {
  if (answer.type === 'away') return away(SOCKET, answer.reason);
  // What it opens is a place to connect to, which nobody does.
  if (answer.body.ok === true) return well(SOCKET, 'Slack lets certmon connect with SLACK_APP_TOKEN.');
  const error = textIn(answer.body, 'error');
  if (error === 'ratelimited') {
    return warning(SOCKET, 'Slack asks to wait before it says anything.', 'Run certmon doctor again in a minute.');
  }
  return fault(SOCKET, `Slack refuses SLACK_APP_TOKEN: ${error}.`, NEW_APP_TOKEN);
}

function aheadIn(answer: Answer | undefined): number | undefined {
  return answer?.type === 'answered' ? answer.aheadMs : undefined;
}

function textIn(body: Readonly<Record<string, unknown>>, field: string): string {
  const value = body[field];
  return typeof value === 'string' ? value : 'unknown';
}
