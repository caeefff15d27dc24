/**
 * A year in minutes, and what had to come of it. Starts a PostgreSQL of its own.
 *
 *   npm run simulate -- [--monitors 1000] [--days 400] [--seed 1]
 *
 * Prints what was sent by kind; ends with 1 where anything was told that should not have been, or was not that should.
 */
import { parseArgs } from 'node:util';
import { connectToServer } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createDatabase, startPostgres } from '../../test/helpers/postgres-server.ts';
import { simulate } from './simulation.ts';
import type { Result } from './simulation.ts';
import { instant } from './time.ts';

const SHOWN = 20;

const { values } = parseArgs({
  options: {
    monitors: { type: 'string', default: '1000' },
    days: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
  },
});

function print({ numbers, violations }: Result, seconds: number, cpuSeconds: number): void {
  const { sent, people, ...rest } = numbers;
  console.log('\nwhat happened');
  for (const [name, value] of Object.entries(rest)) console.log(`  ${name.padEnd(28)}${String(value).padStart(10)}`);
  console.log('\nwhat was sent');
  for (const [name, value] of Object.entries(sent)) console.log(`  ${name.padEnd(28)}${String(value).padStart(10)}`);
  console.log('\nwhat people did');
  for (const [name, value] of Object.entries(people)) console.log(`  ${name.padEnd(28)}${String(value).padStart(10)}`);
  const rss = process.resourceUsage().maxRSS / 1024;
  console.log(
    `\n${seconds.toFixed(1)} s, ${(numbers.looks / seconds).toFixed(0)} checks/s, ` +
      `${cpuSeconds.toFixed(1)} s of CPU time here, ${rss.toFixed(0)} MB at most`,
  );
  if (violations.length === 0) {
    console.log('all that had to be told was told in time, once and in one place, and nothing else was');
    return;
  }
  const byRule = new Map<string, number>();
  for (const { rule } of violations) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  console.log(`\n${String(violations.length)} VIOLATIONS`);
  for (const [rule, count] of byRule) console.log(`  ${rule.padEnd(28)}${String(count).padStart(10)}`);
  for (const { rule, text, atMs } of violations.slice(0, SHOWN)) console.log(`\n${instant(atMs)} ${rule}: ${text}`);
}

const server = await startPostgres();
try {
  const database = connectToServer(await createDatabase(server.url));
  try {
    await migrate(database);
    const started = performance.now();
    const result = await simulate(database, {
      monitors: Number(values.monitors),
      days: Number(values.days),
      seed: values.seed,
      onProgress: (text) => {
        console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
      },
    });
    const { user, system } = process.cpuUsage();
    print(result, (performance.now() - started) / 1000, (user + system) / 1e6);
    process.exitCode = result.violations.length === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
} finally {
  await server.remove();
}
