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
        say({ type: 'failed', message: String(error) });
      },
    );
  });
} catch (error) {
  say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}
