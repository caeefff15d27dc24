/** Once for a whole run: one PostgreSQL for all files, and a folder for what they share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the server; each file makes a database of its own there. */
    postgresUrl: string;
    /** A folder of this run. */
    runDirectory: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  const runDirectory = await mkdtemp(join(tmpdir(), 'certmon-run-'));
  project.provide('postgresUrl', server.url);
  project.provide('runDirectory', runDirectory);
  return async () => {
    await server.remove();
    await rm(runDirectory, { recursive: true, force: true });
  };
}
