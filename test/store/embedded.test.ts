import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectoryError } from '../../src/store/data-directory-lock.ts';
import { openStore } from '../../src/store/open.ts';
import type { OpenStore } from '../../src/store/open.ts';
import { dataDirectory } from '../helpers/databases.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { silentLog } from './silent-log.ts';

let directory: string;
const children: Child[] = [];
const stores: OpenStore[] = [];

beforeEach(async () => {
  directory = await dataDirectory();
});

afterEach(async () => {
  for (const opened of stores.splice(0)) await opened.close();
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await rm(directory, { recursive: true, force: true });
});

async function openHere(path = directory, mayJoin = false): Promise<OpenStore> {
  const opened = await openStore(
    { databaseUrl: undefined, dataDirectory: path, mayJoin },
    silentLog,
    new AbortController().signal,
  );
  stores.push(opened);
  return opened;
}

/** With its store open; the first thing it said is whether it joined. */
async function startWriter(path = directory): Promise<Child & { joined: boolean }> {
  const child = startChild('./store-process.ts', path);
  children.push(child);
  const { joined } = (await child.next()) as { joined: boolean };
  return { ...child, joined };
}

/** The ids of pairs that a process said are stored. */
function told(child: Child): string[] {
  return child.said.flatMap((one) => (Array.isArray(one) ? (one as string[]) : []));
}

/** What is stored, and whether each row holds its own words. */
async function stored(opened: OpenStore): Promise<string[]> {
  const items = await opened.store.inbox.claimUnfinished(
    ['slack', 'teams', 'console'],
    new Date(Date.now() + 3_600_000),
    100_000,
    1,
  );
  for (const { incoming } of items) expect(incoming.text).toBe(`said by ${incoming.externalId}`);
  return items.map(({ incoming }) => incoming.externalId);
}

describe('the embedded database', () => {
  it('is written by its owner and by others that joined at the same time, and nothing is lost or mixed up', async () => {
    const owner = await startWriter();
    const joined = await startWriter();
    expect([owner.joined, joined.joined]).toEqual([false, true]);
    const writers = [owner, joined];
    for (const [index, writer] of writers.entries()) writer.tell('write', String(index), '60');
    await Promise.all(writers.map((writer) => writer.untilSaid(1 + 60 + 1)));
    const all = await stored(await openHere(directory, true));
    expect([...all].sort()).toEqual(writers.flatMap(told).sort());
    expect(all).toHaveLength(2 * 60 * 2);
  });

  it('goes on when one that joined is killed in the middle of a transaction, and has nothing of it', async () => {
    const owner = await startWriter();
    const joined = await startWriter();
    expect(await joined.ask('hang')).toBe('done');
    owner.tell('write', 'owner', '5');
    await joined.kill();
    await owner.untilSaid(1 + 5 + 1);
    expect((await stored(await openHere(directory, true))).sort()).toEqual(told(owner).sort());
  });

  it('has everything that was told to be stored, however often its owner is killed in the middle', async () => {
    const all: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const both = await Promise.all([startWriter(), startWriter()]);
      for (const [index, writer] of both.entries()) writer.tell('write', `${String(round)}.${String(index)}`, '100000');
      await Promise.all(both.map((writer) => writer.untilSaid(20)));
      await both.find((writer) => !writer.joined)?.kill();
      await both.find((writer) => writer.joined)?.kill();
      all.push(...both.flatMap(told));
    }
    const found = new Set(await stored(await openHere()));
    expect(all.filter((id) => !found.has(id))).toEqual([]);
    // Of what was not told either half of a transaction is there, or none.
    const halves = [...found].filter((id) => Number(id.split('-')[1]) % 2 === 1);
    expect(halves.filter((id) => !found.has(id.replace(/[ab]$/, (half) => (half === 'a' ? 'b' : 'a'))))).toEqual([]);
  });

  it('is refused to a second owner, and can be joined', async () => {
    const owner = await openHere();
    expect(owner.joined).toBe(false);
    for (const name of ['socket', 'database']) {
      expect((await stat(join(directory, name))).mode & 0o077, `others may use ${name}`).toBe(0);
    }
    const refusal: unknown = await openHere().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataDirectoryError);
    expect(String(refusal)).toContain(`owns the data directory ${directory}`);
    const joined = await openHere(directory, true);
    expect(joined.joined).toBe(true);
    expect(await joined.store.workspaces.ensureDefault()).toEqual(await owner.store.workspaces.ensureDefault());
  });

  it('works in a data directory with a long path, for those that join too', async () => {
    const long = join(directory, 'x'.repeat(150 - directory.length - 1));
    await mkdir(long);
    await rename(join(directory, 'database'), join(long, 'database'));
    expect(long).toHaveLength(150);
    const owner = await openHere(long);
    const joined = await startWriter(long);
    expect(joined.joined).toBe(true);
    joined.tell('write', 'joined', '2');
    await joined.untilSaid(1 + 2 + 1);
    expect((await stored(owner)).sort()).toEqual(told(joined).sort());
  });

  it('passes to the next owner with all that is in it, and no lease of the one before holds anything up', async () => {
    const first = await openHere();
    const { store } = first;
    const now = await store.databaseTime();
    const incoming = {
      platform: 'console',
      externalId: '1',
      teamId: 'local',
      text: 'list',
      mentions: [],
      answerTo: {},
    } as const;
    const person = { externalId: 'ann', name: 'Ann' };
    const conversation = { externalId: 'ops', name: 'ops', isPrivateChat: false };
    const deadline = new Date(now.getTime() + 60_000);
    await store.inbox.accept({ ...incoming, person, conversation }, now, deadline, 3_600_000);
    expect(await store.inbox.claimUnfinished(['slack', 'teams', 'console'], now, 5, 1)).toEqual([]);
    await first.close();
    const second = await openHere();
    expect(await second.store.inbox.claimUnfinished(['slack', 'teams', 'console'], now, 5, 1)).toHaveLength(1);
  });
});
