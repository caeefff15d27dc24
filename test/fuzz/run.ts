/**
 * `npm run fuzz -- [--runs N] [--seed S] [--only TARGET] [--at N]`: so many inputs over all targets in turn, 100,000 if
 * not said otherwise. A find is printed with what makes it again, and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { recipeOf } from './recipes.ts';
import { inputOf, tryRecipe } from './target.ts';
import type { Target } from './target.ts';
import { createTargets } from './targets.ts';

const PROGRESS_MS = 10_000;
const MOST_GROWTH_MIB = 256;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    only: { type: 'string' },
    /** Just the one input of this number. */
    at: { type: 'string' },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rssMib = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);

interface Find {
  readonly target: Target;
  readonly at: number;
  readonly error: unknown;
}

async function main(): Promise<void> {
  const seed = Number(values.seed);
  const all = await createTargets();
  const targets = all.filter(({ name }) => values.only === undefined || name === values.only);
  if (targets.length === 0) throw new Error(`no such target: it is one of ${all.map(({ name }) => name).join(', ')}`);
  const each = values.at === undefined ? Math.ceil(Number(values.runs) / targets.length) : 1;
  const first = Number(values.at ?? 0);
  if (!Number.isSafeInteger(seed + each + first)) throw new Error('--runs, --seed and --at are whole numbers');

  const finds: Find[] = [];
  let total = 0;
  let saidAt = performance.now();
  let warmMib: number | undefined;
  for (const target of targets) {
    const startedAt = performance.now();
    let find: Find | undefined;
    let count = 0;
    for (let at = first; at < first + each && find === undefined; at += 1) {
      try {
        await tryRecipe(target, recipeOf(seed, target.name, at));
      } catch (error) {
        find = { target, at, error };
      }
      count += 1;
      total += 1;
      if (performance.now() - saidAt > PROGRESS_MS) {
        saidAt = performance.now();
        say(`… ${total} inputs, ${target.name}, ${rssMib()} MiB`);
      }
    }
    warmMib ??= rssMib();
    if (find !== undefined) finds.push(find);
    const tookS = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${target.name.padEnd(20)} ${String(count).padStart(8)} inputs ${tookS.padStart(7)} s  ${rssMib()} MiB`);
  }
  const growth = rssMib() - (warmMib ?? 0);
  say(`${total} inputs in all, seed ${seed}, ${finds.length} finds, ${growth} MiB more than after the first target`);
  for (const { target, at, error } of finds) {
    say(`\n${target.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    say(
      `input: ${inputOf(target, recipeOf(seed, target.name, at))
        .toString('hex')
        .slice(0, 2000)}`,
    );
    say(`again: npm run fuzz -- --only ${target.name} --seed ${seed} --at ${at}`);
  }
  if (growth > MOST_GROWTH_MIB) say('memory is not flat');
  if (finds.length > 0 || growth > MOST_GROWTH_MIB) process.exitCode = 1;
}

await main();
