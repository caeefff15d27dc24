/** The worker thread that holds the embedded database: PGlite computes on its own thread, and nothing else waits for it. */
import { chmodSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { createEmbeddedServer } from './embedded-server.ts';

/** What the thread is started with. */
export interface EmbeddedWorkerData {
  readonly databaseDirectory: string;
  readonly socketPath: string;
}

/** What it says: it listens, or it could not; and, once told to close, that all is on disk. */
export type EmbeddedWorkerSays =
  { readonly type: 'listening' } | { readonly type: 'failed'; readonly message: string } | { readonly type: 'closed' };

const { databaseDirectory, socketPath } = workerData as EmbeddedWorkerData;
const say = (message: EmbeddedWorkerSays): void => {
  parentPort?.postMessage(message);
};

try {
  const database = await PGlite.create({ dataDir: databaseDirectory });
  const server = createEmbeddedServer(database);
  server.once('error', (error) => {
    say({ type: 'failed', message: error.message });
  });
  server.listen(socketPath, () => {
    // The directory may have been made by somebody else, open to all; whoever may write the socket may read everything.
    chmodSync(socketPath, 0o600);
    say({ type: 'listening' });
  });
  parentPort?.once('message', () => {
    server.close();
    database.close().then(
      () => {
        say({ type: 'closed' });
      },
      (error: unknown) => {
        say({ type: 'failed', message: wordsOf(error) });
      },
    );
  });
} catch (error) {
  say({ type: 'failed', message: wordsOf(error) });
}

/** ENOSPC as WASI numbers it. */
const DISK_FULL = 51;

/** What the file system in WebAssembly throws is no `Error`, and names its cause by a number at most. */
function wordsOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  const number = typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  return number === DISK_FULL
    ? 'its disk is full; make room, or set CERTMON_DATA_DIR to another'
    : `its files cannot be used (error ${String(number)})`;
}
