/** Recipes from a number: the same number, the same recipe, on every machine. */
import { MUTATIONS } from './mutate.ts';
import type { Mutation, Recipe } from './mutate.ts';

/** Recipe number `at` of the run with this seed, for the target of this name. */
export function recipeOf(seed: number, target: string, at: number): Recipe {
  let hash = seed ^ Math.imul(at + 1, 0x9e3779b1);
  for (const character of target) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  const next = mulberry32(hash);
  const below = (limit: number): number => Math.floor(next() * limit);
  const mutations = Array.from({ length: below(7) }, (): Mutation => ({
    // Of whole elements more often: other changes rarely leave BER that can be read.
    kind: below(3) === 0 ? 'element' : (MUTATIONS[below(MUTATIONS.length)] ?? 'flip'),
    at: below(65_536),
    to: below(65_536),
    size: below(256),
    value: below(256),
  }));
  const pieces = below(3) === 0 ? [] : Array.from({ length: 1 + below(4) }, () => (below(2) === 0 ? 0 : below(40)));
  return { seed: below(65_536), mutations, pieces };
}

/** Tommy Ettinger's generator of 32 bits: numbers from 0 to below 1. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
