import { loadStoreConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { openStore } from '../store/open.ts';

/** `certmon migrate`: brings the database up to date and ends. `start` does the same by itself. */
export async function runMigrate(
  env: NodeJS.ProcessEnv,
  stdout: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<number> {
  const config = loadStoreConfig(env, 'warn');
  const opened = await openStore(
    { databaseUrl: config.databaseUrl, dataDirectory: config.dataDirectory, mayJoin: false },
    createLog(config.logLevel, process.stderr),
    signal,
  );
  await opened.close();
  stdout.write('The database is up to date.\n');
  return 0;
}
