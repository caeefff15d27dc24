/** `npm run fuzz`: so many inputs over all targets in turn. What it finds is printed with what makes it again. */
import { Worker } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import { recipeOf } from './recipes.ts';
import { inputOf, tryRecipe } from './target.ts';
import type { Target } from './target.ts';
import { createTargets } from './targets.ts';

const HELP = `npm run fuzz -- [--runs N] [--seed S] [--only TARGET] [--at N]

Hands changed inputs to everything that reads what a peer, a file or a person wrote.

  --runs N        inputs in all, 100000 if not given
  --seed S        where the changes come from; any number if not given
  --only TARGET   of one target only
  --at N          just the input of this number

A find is printed with the command that makes it again, and the exit code is 1; it is 2 for wrong options.
Ctrl-C ends it at once; what was found until then has been printed.
`;

const PROGRESS_MS = 10_000;
const MOST_GROWTH_MIB = 256;
const MOST_HEX = 2000;

interface Plan {
  readonly runs: number;
  readonly seed: number;
  readonly only: string | undefined;
  readonly at: number | undefined;
}

/** What the person who runs it gave wrong. */
class UsageError extends Error {}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rssMib = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);

/** `undefined`: help is wanted. */
function readPlan(): Plan | undefined {
  const { runs, seed, only, at, help } = readOptions();
  if (help === true) return undefined;
  return {
    runs: wholeNumber('--runs', runs ?? '100000'),
    seed: wholeNumber('--seed', seed ?? String(Math.floor(Math.random() * 1_000_000))),
    only,
    at: at === undefined ? undefined : wholeNumber('--at', at),
  };
}

function readOptions(): {
  readonly runs?: string;
  readonly seed?: string;
  readonly only?: string;
  readonly at?: string;
  readonly help?: boolean;
} {
  try {
    return parseArgs({
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        at: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Up to what a recipe is made from: 32 bits, signed. */
function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`${option} takes a whole number of up to nine digits, not '${text}'`);
  return Number(text);
}

function chosen(all: readonly Target[], only: string | undefined): readonly Target[] {
  const targets = all.filter(({ name }) => only === undefined || name === only);
  if (targets.length > 0) return targets;
  throw new UsageError(`no target is called '${String(only)}'; it is one of ${all.map(({ name }) => name).join(', ')}`);
}

const commandFor = (target: string, seed: number, at: number | string): string =>
  `npm run fuzz -- --only ${target} --seed ${seed} --at ${at}`;

function sayFind(target: Target, seed: number, at: number, error: unknown): void {
  const input = inputOf(target, recipeOf(seed, target.name, at)).toString('hex');
  say(`\n${target.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  say(`input: ${input.length > MOST_HEX ? `${input.slice(0, MOST_HEX)}… (${input.length / 2} bytes)` : input}`);
  say(`again: ${commandFor(target.name, seed, at)}\n`);
}

async function main(): Promise<void> {
  const plan = readPlan();
  if (plan === undefined) return void process.stdout.write(HELP);
  const { seed } = plan;
  const targets = chosen(await createTargets(), plan.only);
  const each = plan.at === undefined ? Math.ceil(plan.runs / targets.length) : 1;
  const first = plan.at ?? 0;
  const place = new Int32Array(new SharedArrayBuffer(8));
  const watchdog = watch(targets, seed, place);
  say(`seed ${seed}, ${targets.length} targets, ${each} inputs each, ${rssMib()} MiB`);

  let total = 0;
  let finds = 0;
  let saidAt = performance.now();
  let warmMib: number | undefined;
  for (const [index, target] of targets.entries()) {
    const startedAt = performance.now();
    let isFound = false;
    let at = first;
    for (; at < first + each && !isFound; at += 1) {
      place.set([index, at]);
      try {
        await tryRecipe(target, recipeOf(seed, target.name, at));
      } catch (error) {
        isFound = true;
        sayFind(target, seed, at, error);
      }
      if (performance.now() - saidAt > PROGRESS_MS) {
        saidAt = performance.now();
        say(`… ${target.name}, input ${at}, ${rssMib()} MiB`);
      }
    }
    warmMib ??= rssMib();
    total += at - first;
    if (isFound) finds += 1;
    const tookS = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${target.name.padEnd(20)} ${String(at - first).padStart(8)} inputs ${tookS.padStart(7)} s  ${rssMib()} MiB`);
  }
  await watchdog.terminate();
  const growth = rssMib() - (warmMib ?? 0);
  say(`${total} inputs in all, seed ${seed}, ${finds} finds, ${growth} MiB more than after the first target`);
  if (growth > MOST_GROWTH_MIB) say('memory is not flat');
  if (finds > 0 || growth > MOST_GROWTH_MIB) process.exitCode = 1;
}

/** Ends the process where one input holds it up: nothing else can. */
function watch(targets: readonly Target[], seed: number, place: Int32Array<SharedArrayBuffer>): Worker {
  const commands = targets.map(({ name }) => commandFor(name, seed, ''));
  const watchdog = new Worker(new URL('./watchdog.mjs', import.meta.url), {
    workerData: { place: place.buffer, commands },
  });
  watchdog.unref();
  return watchdog;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
