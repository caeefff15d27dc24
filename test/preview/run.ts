/**
 * `npm run preview:slack [FOLDER]`: what certmon says in Slack, drawn as pages to look at; and as pictures where a
 * Chromium is installed (`CHROMIUM` names it). For whoever changes how messages look; no test needs it.
 */
import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { photograph, writePage } from './page.ts';
import { playScenes } from './scenes.ts';

const BROWSERS = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const folder = resolve(process.argv[2] ?? 'data/preview');
await mkdir(folder, { recursive: true });
const browser = await firstThere(BROWSERS);
for (const { name, body } of await playScenes()) {
  const page = join(folder, `${name}.html`);
  await writePage(page, name, body);
  if (browser !== undefined) await photograph(browser, page, join(folder, `${name}.png`));
}
process.stdout.write(
  `${folder}: pages${browser === undefined ? '; no Chromium was found for pictures' : ' and pictures'}\n`,
);

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths.filter((one) => one !== '')) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
