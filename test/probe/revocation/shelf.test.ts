import { beforeEach, describe, expect, it } from 'vitest';
import { RevocationError } from '../../../src/probe/revocation/error.ts';
import { createShelf } from '../../../src/probe/revocation/shelf.ts';
import type { Dated, Shelf } from '../../../src/probe/revocation/shelf.ts';
import { HOUR_MS } from '../../helpers/revocation.ts';

const start = new Date('2026-11-24T12:00:00Z');
const inHours = (hours: number): Date => new Date(start.getTime() + hours * HOUR_MS);
const never = new AbortController().signal;

let loads: string[];
let shelf: Shelf<Dated>;

beforeEach(() => {
  loads = [];
  shelf = createShelf({ entries: 3, bytes: 100 });
});

function take(key: string, { size = 10, now = start, ends = inHours(48) } = {}) {
  const load = (): Promise<Dated> => {
    loads.push(key);
    return Promise.resolve({ thisUpdate: now, nextUpdate: ends, size });
  };
  return shelf.get(key, load, now, never);
}

describe('what is kept', () => {
  it('is so many at most: what was used longest ago goes first', async () => {
    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await take(key);
    expect(loads).toEqual(['a', 'b', 'c', 'd', 'b']);
  });

  it('is so many bytes at most, and one that takes the place of another is counted once', async () => {
    await take('a', { size: 60 });
    await take('b', { size: 40 });
    await take('a');
    expect(loads).toEqual(['a', 'b']);
    await take('a', { size: 60, now: inHours(47), ends: inHours(90) });
    await take('b');
    expect(loads).toEqual(['a', 'b', 'a']);
    await take('c', { size: 1 });
    await take('b');
    await take('a', { now: inHours(48) });
    expect(loads).toEqual(['a', 'b', 'a', 'c', 'a']);
  });

  it('may be remembered until a newer one is looked for', async () => {
    expect((await take('a')).until).toEqual(inHours(12));
    expect((await take('b', { ends: inHours(2) })).until).toEqual(inHours(1));
  });
});

it('a mistake of ours is thrown, a failure is a RevocationError, and the next try is anew', async () => {
  const fails = (error: Error) => shelf.get('a', () => Promise.reject(error), start, never);
  await expect(fails(new TypeError('ours'))).rejects.toThrow(TypeError);
  await expect(fails(new RevocationError('theirs'))).rejects.toThrow('theirs');
  await expect(take('a')).rejects.toThrow('theirs');
  expect(loads).toEqual([]);
  await take('a', { now: inHours(1) });
  expect(loads).toEqual(['a']);
});
