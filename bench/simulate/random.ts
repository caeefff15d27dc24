/**
 * Chance that a seed decides: the same seed gives the same year. Each subject has a stream of its own, so that one story
 * more changes nothing in the others, and what concurrency reorders takes nothing from a stream that others read.
 */
import { createHash } from 'node:crypto';

export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  between(least: number, most: number): number;
  pick<T>(values: readonly T[]): T;
  chance(share: number): boolean;
  /** An independent stream, the same for the same name. */
  fork(name: string): Random;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for a story. */
export function seeded(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const random: Random = {
    next,
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    between: (least, most) => least + next() * (most - least),
    pick(values) {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new RangeError('nothing to pick from');
      return value;
    },
    chance: (share) => next() < share,
    fork: (name) => seeded(`${seed}/${name}`),
  };
  return random;
}

/** From 0 up to 1, by seed and number alone: whoever asks first or last at one instant gets the same. */
export function chanceAt(seed: string, number: number): number {
  return seeded(`${seed}@${String(number)}`).next();
}
