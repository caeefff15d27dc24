import { applyAll, inPieces } from './mutate.ts';
import type { Recipe } from './mutate.ts';

/** What is fuzzed. `run` throws where an input ends in anything but what it may end in. */
export interface Target {
  readonly name: string;
  /** Inputs as they should be, which mutations start from. */
  readonly seeds: readonly Buffer[];
  /** What the language of the inputs is made of. */
  readonly words: readonly Buffer[];
  run(input: Buffer, pieces: readonly Buffer[]): Promise<void> | void;
}

/** However an input looks, it is done with in this time: what takes longer holds up everybody else's probes. */
const MOST_MS = 1000;

/** The input that `recipe` makes for `target`. */
export function inputOf(target: Target, recipe: Recipe): Buffer {
  const seed = target.seeds[recipe.seed % target.seeds.length] ?? Buffer.alloc(0);
  return applyAll(seed, recipe.mutations, target.words);
}

/** @throws {Error} what the target makes of it, or that it took too long. */
export async function tryRecipe(target: Target, recipe: Recipe): Promise<void> {
  const input = inputOf(target, recipe);
  const startedAt = performance.now();
  await target.run(input, inPieces(input, recipe.pieces));
  const tookMs = performance.now() - startedAt;
  if (tookMs > MOST_MS) throw new Error(`${target.name} took ${Math.round(tookMs)} ms over ${input.length} bytes`);
}
