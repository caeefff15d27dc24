import { afterEach, describe, expect, it } from 'vitest';
import { examineSlack } from '../../../src/chat/slack/examine.ts';
import { OPTIONAL_SCOPES, SCOPES } from '../../../src/chat/slack/scopes.ts';
import { startScriptedSlack } from '../../helpers/scripted-slack.ts';
import type { ScriptedAnswer, ScriptedSlack } from '../../helpers/scripted-slack.ts';
import { NEVER } from '../../helpers/stage.ts';

const BOT = 'xoxb-secret-of-the-bot';
const APP = 'xapp-secret-of-the-app';
const KNOWN = { ok: true, team: 'Example', team_id: 'T1', user: 'certmon', url: 'https://example.slack.com/' };
const all = [...SCOPES, ...OPTIONAL_SCOPES].map(({ name }) => name);
const granted = (scopes: readonly string[]) => ({ 'x-oauth-scopes': scopes.join(',') });
const without = (...names: readonly string[]) => all.filter((name) => !names.includes(name));

let slack: ScriptedSlack | undefined;
afterEach(() => slack?.close());

async function examine(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  tokens: { botToken?: string; appToken?: string } = { botToken: BOT },
) {
  slack = await startScriptedSlack(answers);
  const { diagnoses, aheadMs } = await examineSlack(
    { botToken: undefined, appToken: undefined, ...tokens, apiUrl: slack.apiUrl },
    NEVER,
  );
  return { diagnoses, aheadMs, of: (check: string) => diagnoses.find((one) => one.check === check) };
}

describe('the token of the bot', () => {
  it('that Slack knows is well, with the team and the name', async () => {
    const { of } = await examine({ 'auth.test': { body: KNOWN, headers: granted(all) } });
    expect(of('Slack token')).toMatchObject({
      outcome: 'well',
      message: expect.stringMatching(/'certmon'.*'Example' \(T1\)/) as string,
    });
    expect(slack?.asked).toEqual([{ method: 'auth.test', authorization: `Bearer ${BOT}` }]);
  });

  it.each(['invalid_auth', 'token_revoked', 'account_inactive', 'token_expired'])(
    'that Slack refuses with %s is a fault, and nothing is said of scopes',
    async (error) => {
      const { of } = await examine({ 'auth.test': { body: { ok: false, error } } });
      expect(of('Slack token')).toMatchObject({
        outcome: 'fault',
        message: expect.stringMatching(error) as string,
        remedy: expect.stringMatching(/Install the app/) as string,
      });
      expect(of('Slack scopes')).toMatchObject({ outcome: 'skipped' });
    },
  );

  it.each([
    ['nobody', {}, /cannot be reached/],
    ['a proxy', { 'auth.test': { status: 502, body: '<html>Bad gateway</html>' } }, /not Slack's API \(status 502\)/],
  ] as const)('is no worse where %s answers', async (_, answers, why) => {
    const { of } = await examine(answers);
    expect(of('Slack token')).toMatchObject({
      outcome: 'fault',
      message: expect.stringMatching(why) as string,
      remedy: expect.stringMatching(/slack\.com/) as string,
    });
  });

  it('is not blamed for a limit of Slack’s', async () => {
    const { of } = await examine({ 'auth.test': { status: 429, body: { ok: false, error: 'ratelimited' } } });
    expect(of('Slack token')).toMatchObject({ outcome: 'warning' });
  });

  it('shows a hostile name of a team as text', async () => {
    const { of } = await examine({
      'auth.test': { body: { ...KNOWN, team: 'a\u202e\u001b[31m' }, headers: granted(all) },
    });
    expect(of('Slack token')?.message).toContain('a<U+202E><U+001B>[31m');
  });
});

describe('the scopes', () => {
  it.each([
    ['all', all, 'well', /^All 4/],
    ['all but the optional', without('channels:history', 'groups:history'), 'well', /optional channels:history: After/],
    ['no chat:write', without('chat:write'), 'fault', /^1 scope missing\. chat:write: No alert can be sent\.$/],
    ['no commands', without('commands'), 'fault', /commands: The command/],
    ['no chat:write.public', without('chat:write.public'), 'warning', /invited/],
    [
      'no users:read and no chat:write.public',
      without('users:read', 'chat:write.public'),
      'warning',
      /^2 scopes missing/,
    ],
  ] as const)('%s granted', async (_, scopes, outcome, message) => {
    const { of } = await examine({ 'auth.test': { body: KNOWN, headers: granted(scopes) } });
    expect(of('Slack scopes')).toMatchObject({ outcome, message: expect.stringMatching(message) as string });
  });

  it('that Slack does not name are not judged', async () => {
    const { of } = await examine({ 'auth.test': { body: KNOWN } });
    expect(of('Slack scopes')).toMatchObject({ outcome: 'skipped' });
  });
});

describe('the token of Socket Mode', () => {
  it('that opens a connection is well, and where to is told to nobody', async () => {
    const { of, diagnoses } = await examine(
      { 'apps.connections.open': { body: { ok: true, url: 'wss://wss.slack.com/link?ticket=secret-ticket' } } },
      { appToken: APP },
    );
    expect(of('Socket Mode')).toMatchObject({ outcome: 'well' });
    expect(slack?.asked).toEqual([{ method: 'apps.connections.open', authorization: `Bearer ${APP}` }]);
    expect(JSON.stringify(diagnoses)).not.toMatch(/ticket|xapp-/);
  });

  it.each(['invalid_auth', 'not_allowed_token_type', 'missing_scope'])(
    'that is refused with %s is a fault',
    async (error) => {
      const { of } = await examine({ 'apps.connections.open': { body: { ok: false, error } } }, { appToken: APP });
      expect(of('Socket Mode')).toMatchObject({
        outcome: 'fault',
        message: expect.stringMatching(error) as string,
        remedy: expect.stringMatching(/connections:write/) as string,
      });
    },
  );
});

describe('the clock', () => {
  it.each([0, 90_000, -400_000])('of Slack tells how far ours is ahead: %d ms', async (offMs) => {
    const date = new Date(Date.now() - offMs).toUTCString();
    const { aheadMs } = await examine({ 'auth.test': { body: KNOWN, headers: { date } } });
    expect(Math.abs((aheadMs ?? Number.NaN) - offMs)).toBeLessThan(2_000);
  });

  it('is told by a refusal too', async () => {
    const { aheadMs } = await examine({ 'auth.test': { body: { ok: false, error: 'invalid_auth' } } });
    expect(Math.abs(aheadMs ?? Number.NaN)).toBeLessThan(2_000);
  });
});
