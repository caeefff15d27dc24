/** A process that wants data directories, for tests that need several: a JSON line out for each line in. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { own } from '../../src/store/data-directory-lock.ts';
import type { Ownership } from '../../src/store/data-directory-lock.ts';

const CHURN_TIMES = 25;

const owned = new Map<string, Extract<Ownership, { isOwner: true }>>();

/** Owns it many times, each time for a moment. @returns how often somebody else owned it too. */
async function churn(directory: string, times: number): Promise<number> {
  const held = join(directory, 'held');
  let clashes = 0;
  for (let done = 0; done < times;) {
    const ownership = await own(directory);
    if (!ownership.isOwner) continue;
    await writeFile(held, '', { flag: 'wx' }).catch(() => (clashes += 1));
    await rm(held, { force: true });
    await ownership.release();
    done += 1;
  }
  return clashes;
}

async function answer(word: string, directory: string): Promise<unknown> {
  if (word === 'churn') return churn(directory, CHURN_TIMES);
  if (word === 'release') {
    await owned.get(directory)?.release();
    return {};
  }
  const ownership = await own(directory);
  if (!ownership.isOwner) return ownership;
  owned.set(directory, ownership);
  await ownership.publish(`${directory}/socket`);
  return { isOwner: true };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', directory = ''] = JSON.parse(line) as string[];
  process.stdout.write(`${JSON.stringify(await answer(word, directory))}\n`);
}
