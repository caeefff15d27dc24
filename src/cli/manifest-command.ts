/** `certmon manifest slack`: the manifest on standard output, ready to paste; what to do with it on standard error. */
import { slackManifest } from '../chat/slack/manifest.ts';
import type { ManifestWishes } from '../chat/slack/manifest.ts';
import { parsed, refused } from '../core/errors.ts';
import type { Parsed } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { quote } from '../core/quote.ts';
import { parsePublicUrl } from '../public-url.ts';
import { createPen } from './output.ts';
import type { Output } from './output.ts';

export interface ManifestIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
}

export const MANIFEST_USAGE = `certmon manifest prints what a chat platform wants to know of its app.

  certmon manifest slack [--url URL] [--socket] [--oauth]

  --url URL   where Slack reaches certmon, such as https://certmon.example.com; CERTMON_PUBLIC_URL if not given
  --socket    for Socket Mode, in which certmon calls Slack and needs no address of its own
  --oauth     to be installed in many workspaces, with tokens that rotate; goes without saying where SLACK_CLIENT_ID
              is set

The manifest goes to standard output: paste it at https://api.slack.com/apps, Create New App, From a manifest, JSON.
`;

const USAGE_ERROR = 64;
const FLAGS = ['--url', '--socket', '--oauth'] as const;

interface Wishes {
  readonly url: string | undefined;
  readonly isSocketMode: boolean;
  readonly isForMany: boolean;
}

export async function runManifest(words: readonly string[], { env, stdout, stderr }: ManifestIo): Promise<number> {
  const [out, notes] = [createPen(stdout), createPen(stderr)];
  if (words.includes('--help') || words.includes('-h') || words[0] === 'help') {
    await out.write(MANIFEST_USAGE);
    return 0;
  }
  const made = make(words, env);
  if (!made.ok) {
    await notes.write(`certmon manifest: ${made.problem.message}\n\n${MANIFEST_USAGE}`);
    return USAGE_ERROR;
  }
  await notes.write(notesOn(made.value));
  await out.write(`${JSON.stringify(slackManifest(made.value), undefined, 2)}\n`);
  return 0;
}

function make(words: readonly string[], env: NodeJS.ProcessEnv): Parsed<ManifestWishes> {
  const read = readWords(words);
  if (!read.ok) return read;
  const { isSocketMode } = read.value;
  const isForMany = read.value.isForMany || (env.SLACK_CLIENT_ID ?? '') !== '';
  const [name, given] =
    read.value.url === undefined ? ['CERTMON_PUBLIC_URL', env.CERTMON_PUBLIC_URL ?? ''] : ['--url', read.value.url];
  if (given === '') {
    // Even then browsers come back from Slack to somewhere.
    if (isSocketMode && !isForMany) return parsed({ publicUrl: undefined, isSocketMode, isForMany });
    return refused(
      isForMany
        ? 'installs by OAuth lead back to an address of certmon; give it with --url or CERTMON_PUBLIC_URL'
        : 'where does Slack reach certmon? Give the address with --url or CERTMON_PUBLIC_URL, or --socket if nowhere',
    );
  }
  const url = parsePublicUrl(given);
  return url.ok
    ? parsed({ publicUrl: url.value, isSocketMode, isForMany })
    : refused(`${name}: ${url.problem.message}`);
}

function readWords(words: readonly string[]): Parsed<Wishes> {
  const [platform, ...flags] = words;
  if (platform === 'teams') return refused('this version has no app for Teams yet');
  if (platform !== 'slack') {
    return refused(platform === undefined ? 'of which platform?' : `there is no platform ${quote(platform)}`);
  }
  let url: string | undefined;
  let isSocketMode = false;
  let isForMany = false;
  for (let index = 0; index < flags.length; index += 1) {
    const flag = flags[index] ?? '';
    if (flag === '--socket') isSocketMode = true;
    else if (flag === '--oauth') isForMany = true;
    else if (flag.startsWith('--url=')) url = flag.slice('--url='.length);
    else if (flag === '--url') {
      index += 1;
      url = flags[index];
      if (url === undefined) return refused('--url wants an address behind it');
    } else {
      const meant = nearest(flag, FLAGS, 2);
      return refused(`${quote(flag)} is not understood${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    }
  }
  return parsed({ url, isSocketMode, isForMany });
}

function notesOn({ publicUrl, isSocketMode, isForMany }: ManifestWishes): string {
  const url = publicUrl ?? '';
  const notes = [
    'Paste it at https://api.slack.com/apps: Create New App, From a manifest, JSON. Then install the app.',
    isSocketMode
      ? 'Socket Mode: under Basic Information make an app-level token with the scope connections:write, and set it as SLACK_APP_TOKEN.'
      : `Start certmon with the secrets of the app where Slack reaches it as ${url}, then let Slack verify the Request URL on the App Manifest page.`,
    isForMany
      ? `Tokens rotate, which cannot be switched off again. Others install the app at ${url}/slack/install.`
      : 'Tokens do not rotate, so the one that you copy into SLACK_BOT_TOKEN stays good. For many workspaces add --oauth.',
  ];
  if (url.startsWith('http:')) notes.push(`Slack itself cannot reach ${url}: it is for an emulator on this machine.`);
  return notes.map((note) => `${note}\n`).join('');
}
