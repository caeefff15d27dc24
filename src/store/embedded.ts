/**
 * The embedded database: PGlite in a worker thread, behind a Unix socket, so that it is reached like any server. The
 * socket has no password: it lies in a directory that only its owner may enter.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../thread.ts';
import { DataDirectoryError } from './data-directory-lock.ts';
import type { EmbeddedWorkerData, EmbeddedWorkerSays } from './embedded-worker.ts';

export interface EmbeddedDatabase {
  readonly socketPath: string;
  /** Everything is on disk once it resolves. Connections must be closed before. */
  close(): Promise<void>;
  /** Ends it as it stands. */
  kill(): Promise<void>;
}

/** `sun_path` of a Unix socket holds 108 bytes with its end (Linux, unix(7)); other systems a little less. */
const LONGEST_SOCKET_PATH = 100;
const CLOSE_DEADLINE_MS = 5_000;

/** Opens the database under `dataDirectory`, which must be locked by the caller. A fresh one takes some seconds to make. */
export async function openEmbedded(dataDirectory: string): Promise<EmbeddedDatabase> {
  const databaseDirectory = join(dataDirectory, 'database');
  await mkdir(databaseDirectory, { recursive: true, mode: 0o700 });
  const { socketPath, removeSocket } = await placeSocket(dataDirectory);
  const worker = startThread('embedded-worker', import.meta.url, {
    databaseDirectory,
    socketPath,
  } satisfies EmbeddedWorkerData);
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  try {
    const said = await nextWord(worker);
    if (said.type === 'failed') {
      throw new DataDirectoryError(
        `the embedded database in ${databaseDirectory} could not be opened: ${said.message}`,
      );
    }
  } catch (error) {
    await worker.terminate();
    await removeSocket();
    throw error;
  }
  return {
    socketPath,
    async kill() {
      await worker.terminate();
    },
    async close() {
      const word = nextWord(worker);
      worker.postMessage('close');
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_DEADLINE_MS);
      });
      // What does not close in time is ended: the database survives the end of its process at any instant.
      await Promise.race([word.catch(() => undefined), ended, late]);
      clearTimeout(timer);
      await worker.terminate();
      await removeSocket();
    },
  };
}

function nextWord(worker: Worker): Promise<EmbeddedWorkerSays> {
  return new Promise((resolve, reject) => {
    const off = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (said: EmbeddedWorkerSays): void => {
      off();
      resolve(said);
    };
    const onError = (error: Error): void => {
      off();
      reject(error);
    };
    const onExit = (code: number): void => {
      off();
      reject(new Error(`the embedded database's thread ended with ${String(code)}`));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}

/** In the data directory; where its path is too long for a socket, in a private directory of the system's for such. */
async function placeSocket(dataDirectory: string): Promise<{ socketPath: string; removeSocket: () => Promise<void> }> {
  const usual = join(dataDirectory, 'socket');
  if (Buffer.byteLength(usual) <= LONGEST_SOCKET_PATH) {
    await rm(usual, { force: true });
    return { socketPath: usual, removeSocket: () => rm(usual, { force: true }) };
  }
  const directory = await mkdtemp(join(tmpdir(), 'certmon-'));
  return {
    socketPath: join(directory, 'socket'),
    removeSocket: () => rm(directory, { recursive: true, force: true }),
  };
}
