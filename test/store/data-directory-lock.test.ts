import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataDirectoryError, own } from '../../src/store/data-directory-lock.ts';
import type { Ownership } from '../../src/store/data-directory-lock.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';

type Owned = Extract<Ownership, { isOwner: true }>;

let parent: string;
let directory: string;
const children: Child[] = [];
const owned: Owned[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'certmon-lock-'));
  directory = join(parent, 'data');
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await Promise.all(owned.splice(0).map((ownership) => ownership.release()));
  await rm(parent, { recursive: true, force: true });
});

function startLocker(): Child {
  const child = startChild('./lock-process.ts');
  children.push(child);
  return child;
}

async function ownHere(path = directory): Promise<Ownership> {
  const ownership = await own(path);
  if (ownership.isOwner) owned.push(ownership);
  return ownership;
}

/** A lock that says this of its owner, made just now. */
async function lockOf(owner: object, path = directory): Promise<string> {
  await mkdir(path, { recursive: true });
  const lock = join(path, 'owner.7.json');
  await writeFile(lock, JSON.stringify(owner));
  return lock;
}

/** What we ourselves write: a lock that is alive until a test changes it. */
async function myLock(): Promise<Record<string, unknown>> {
  const elsewhere = join(parent, 'elsewhere');
  await ownHere(elsewhere);
  const [name = ''] = await readdir(elsewhere);
  return JSON.parse(await readFile(join(elsewhere, name), 'utf8')) as Record<string, unknown>;
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the owner of a data directory', () => {
  it('is one: a second is told of the first, and where its database listens', async () => {
    const first = startLocker();
    expect(await first.ask('own', directory)).toEqual({ isOwner: true });
    expect(await ownHere()).toEqual({ isOwner: false, pid: first.pid, socketPath: `${directory}/socket` });
  });

  it('is one within a process too', async () => {
    expect(await ownHere()).toMatchObject({ isOwner: true });
    expect(await ownHere()).toMatchObject({ isOwner: false, pid: process.pid });
  });

  it('that was killed is followed by the next', async () => {
    const first = startLocker();
    await first.ask('own', directory);
    await first.kill();
    expect(await ownHere()).toMatchObject({ isOwner: true });
  });

  it('that gives the directory back is followed at once, though its process lives on', async () => {
    const first = startLocker();
    for (let round = 0; round < 3; round += 1) {
      expect(await first.ask('own', directory)).toEqual({ isOwner: true });
      await first.ask('release', directory);
      const mine = await ownHere();
      expect(mine).toMatchObject({ isOwner: true });
      if (mine.isOwner) await mine.release();
    }
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('is one of eight that race for it, whether nobody, a dead or a careful owner had it before', async () => {
    const racers = Array.from({ length: 8 }, startLocker);
    await Promise.all(racers.map((racer) => racer.ask('release', directory)));
    const dead = { ...(await myLock()), pid: await deadPid() };
    for (let round = 0; round < 45; round += 1) {
      const path = join(parent, `round-${String(round)}`);
      if (round % 3 === 0) await lockOf(dead, path);
      if (round % 3 === 1) await lockOf({ ...dead, released: true }, path);
      // Late ones still ask for the place of the dead one, when its follower already sits there.
      const answers = await Promise.all(racers.map((racer) => racer.ask('own', path)));
      expect(answers.filter((answer) => (answer as Ownership).isOwner)).toHaveLength(1);
      expect((await readdir(path)).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    }
  });

  it('is one at any instant, where eight take it from each other all the time', async () => {
    const racers = Array.from({ length: 8 }, startLocker);
    const clashes = await Promise.all(racers.map((racer) => racer.ask('churn', directory)));
    expect(clashes).toEqual(racers.map(() => 0));
  });

  it('that was taken for dead is told so once it wakes, and does not take the directory back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      const mine = await ownHere();
      const lost = vi.fn();
      if (mine.isOwner) mine.whenLost(lost);
      const other = { ...(await myLock()), host: 'elsewhere', pid: 4 };
      const lock = await lockOf(other);
      vi.advanceTimersByTime(20_000);
      await vi.waitFor(() => {
        expect(lost).toHaveBeenCalledOnce();
      });
      if (mine.isOwner) await mine.release();
      expect(JSON.parse(await readFile(lock, 'utf8'))).toEqual(other);
      expect(await ownHere()).toMatchObject({ isOwner: false, pid: 4 });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a lock', () => {
  it('of a process that lives is respected, but not where its id went to another process', async () => {
    const mine = await myLock();
    await lockOf(mine);
    expect(await ownHere()).toMatchObject({ isOwner: false });
    await lockOf({ ...mine, startedAt: '1' });
    expect(await ownHere()).toMatchObject({ isOwner: true });
  });

  it('of a process that ended, though nobody waited for it, is taken over', async () => {
    const mother = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = Number(((await once(createInterface({ input: mother.stdout }), 'line')) as string[])[0]);
      await vi.waitFor(async () => {
        expect(await readFile(`/proc/${String(pid)}/stat`, 'latin1')).toMatch(/\) Z /);
      });
      expect(() => process.kill(pid, 0)).not.toThrow();
      await lockOf({ ...(await myLock()), pid, startedAt: '' });
      expect(await ownHere()).toMatchObject({ isOwner: true });
    } finally {
      mother.kill('SIGKILL');
    }
  });

  it('of another host is respected while it is touched, and taken over half a minute later', async () => {
    const lock = await lockOf({ ...(await myLock()), host: 'elsewhere', pid: 4 });
    expect(await ownHere()).toMatchObject({ isOwner: false, pid: 4 });
    const before = (ms: number): Date => new Date(Date.now() - ms);
    await utimes(lock, before(20_000), before(20_000));
    expect(await ownHere()).toMatchObject({ isOwner: false, pid: 4 });
    await utimes(lock, before(31_000), before(31_000));
    expect(await ownHere()).toMatchObject({ isOwner: true });
  });

  it('of ours is touched while we live', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      await ownHere();
      const [name = ''] = await readdir(directory);
      const lock = join(directory, name);
      await utimes(lock, 0, 0);
      const other = async (): Promise<Ownership> => {
        await writeFile(lock, JSON.stringify({ ...JSON.parse(await readFile(lock, 'utf8')), host: 'elsewhere' }));
        return ownHere();
      };
      await utimes(lock, 0, 0);
      vi.advanceTimersByTime(5_000);
      await vi.waitFor(async () => {
        expect((await other()).isOwner).toBe(false);
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(['', 'null', '{', '[]', '"x"', '{}', '{"pid":"1"}', '{"pid":0}', '{"pid":-1}', '{"pid":1.5}', '\u0000'])(
    'that holds %j is nobody’s',
    async (text) => {
      await mkdir(directory);
      await writeFile(join(directory, 'owner.7.json'), text);
      expect(await ownHere()).toMatchObject({ isOwner: true });
    },
  );
});

describe('a directory that cannot be used', () => {
  it.each([
    ['a file in its place', () => directory, 'is not a directory'],
    ['a file on the way to it', () => join(directory, 'data'), 'is not a directory'],
    ['a file system that takes none', () => '/proc/certmon', 'cannot be made there'],
  ])('since it is %s is named, with the remedy', async (_, path, why) => {
    await writeFile(directory, '');
    const error: unknown = await own(path()).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DataDirectoryError);
    expect(String(error)).toContain(`the data directory ${path()} ${why}`);
    expect(String(error)).toContain('CERTMON_DATA_DIR');
  });

  it.each([
    ['made', () => join(directory, 'data')],
    ['written', () => directory],
  ])('since it cannot be %s by this user is named, with the remedy', async (_, path) => {
    await mkdir(directory);
    await chmod(directory, 0o555);
    await chmod(parent, 0o755);
    const restore = asNobody();
    try {
      await expect(own(path())).rejects.toThrow(
        `the data directory ${path()} cannot be written by this user; give it to the user that runs certmon`,
      );
    } finally {
      restore();
      await chmod(directory, 0o755);
    }
  });
});

/** root may write anywhere: then it does not act as root for a while. */
function asNobody(): () => void {
  if (process.geteuid?.() !== 0) return () => undefined;
  process.seteuid?.(65_534);
  return () => process.seteuid?.(0);
}
