import { describe, expect, it } from 'vitest';
import { slackManifest } from '../../src/chat/slack/manifest.ts';
import { runManifest } from '../../src/cli/manifest-command.ts';
import { HeardOutput } from '../helpers/heard-output.ts';

async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new HeardOutput(), new HeardOutput()];
  const code = await runManifest(words, { env, stdout, stderr });
  return { code, out: stdout.text, err: stderr.text };
}

const AT = 'https://certmon.example.com';
const OTHER = 'https://other.example.com';

describe('certmon manifest slack', () => {
  it.each([
    { words: ['slack', '--url', AT], env: {}, means: [AT, false, false] },
    { words: ['slack', `--url=${AT}`], env: {}, means: [AT, false, false] },
    { words: ['slack'], env: { CERTMON_PUBLIC_URL: AT }, means: [AT, false, false] },
    { words: ['slack', '--url', AT], env: { CERTMON_PUBLIC_URL: OTHER }, means: [AT, false, false] },
    { words: ['slack', '--url', `${AT}/below/`], env: {}, means: [`${AT}/below`, false, false] },
    { words: ['slack', '--socket'], env: {}, means: [undefined, true, false] },
    { words: ['slack', '--socket'], env: { CERTMON_PUBLIC_URL: AT }, means: [AT, true, false] },
    { words: ['slack', '--oauth', '--url', AT], env: {}, means: [AT, false, true] },
    { words: ['slack', '--url', AT], env: { SLACK_CLIENT_ID: '1.2' }, means: [AT, false, true] },
    { words: ['slack', '--url', 'http://127.0.0.1:3000'], env: {}, means: ['http://127.0.0.1:3000', false, false] },
  ] as const)('$words with $env is the manifest alone', async ({ words, env, means }) => {
    const [url, isSocketMode, isForMany] = means;
    const { code, out, err } = await run(words, env);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(slackManifest({ publicUrl: url, isSocketMode, isForMany }));
    expect(err).toContain('From a manifest');
  });

  it.each([
    { words: [], why: 'of which platform?' },
    { words: ['teams'], why: 'no app for Teams yet' },
    { words: ['slak'], why: "no platform 'slak'" },
    { words: ['slack'], why: '--url or CERTMON_PUBLIC_URL' },
    { words: ['slack', '--socket', '--oauth'], why: 'installs by OAuth lead back' },
    { words: ['slack', '--url'], why: '--url wants an address' },
    { words: ['slack', '--sockt'], why: 'did you mean --socket?' },
    { words: ['slack', '--url', 'http://certmon.example.com'], why: '--url:' },
    { words: ['slack'], env: { CERTMON_PUBLIC_URL: 'certmon' }, why: 'CERTMON_PUBLIC_URL:' },
  ])('$words is refused: $why', async ({ words, env, why }) => {
    const { code, out, err } = await run(words, env);
    expect([code, out]).toEqual([64, '']);
    expect(err.split('\n')[0]).toContain(why);
    expect(err).toContain('certmon manifest slack [--url URL]');
  });

  it('tells of itself', async () => {
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('--socket') as string,
    });
  });
});
