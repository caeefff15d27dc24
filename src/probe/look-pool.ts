/**
 * Threads that look: a handshake is a millisecond of one core, and there is more than one. Each has contexts of its own;
 * which address may be looked at, and how often, is settled before a look is handed over.
 */
import type { Worker } from 'node:worker_threads';
import type { ConnectionCode } from '../core/finding.ts';
import { startThread } from '../thread.ts';
import { reasonOf } from './deadline.ts';
import { ProbeError, UnreachedError } from './errors.ts';
import type { Look, LookRequest } from './look.ts';
import type { Looker } from './looker.ts';

export interface LookThreadData {
  readonly processPem: string;
}

export type LookThreadHears =
  | { readonly type: 'look'; readonly id: number; readonly request: LookRequest }
  | { readonly type: 'abort'; readonly id: number };

export type LookThreadSays =
  | { readonly type: 'look'; readonly id: number; readonly look: Look }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: ConnectionCode;
      readonly message: string;
      readonly isUnreached: boolean;
    }
  | { readonly type: 'fault'; readonly id: number; readonly message: string };

interface Waiting {
  readonly resolve: (look: Look) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** Ends it, and every look in it. */
  readonly stop: (error: Error) => void;
}

export interface Patience {
  /** Beyond the time that a look may take by itself. */
  readonly lateMs: number;
  /** From an abort until the caller waits no longer. */
  readonly abortMs: number;
}

/** A look keeps its own time, a greeting's 3.5 times its time-out included: whoever is this late cannot. */
const LONGEST_FACTOR = 4.5;
const PATIENCE: Patience = { lateMs: 30_000, abortMs: 3000 };

/**
 * Threads are started when they are first needed, and anew where one ended. One that is stuck, and so ends no look in time,
 * is ended, and all of its looks with it.
 */
export function createLookPool(processPem: string, count: number, patience: Patience = PATIENCE): Looker {
  const threads: (Thread | undefined)[] = Array.from({ length: count }, () => undefined);
  let lastId = 0;

  const start = (slot: number): Thread => {
    const worker = startThread('look-thread', import.meta.url, { processPem } satisfies LookThreadData);
    const stop = (error: Error): void => {
      end(error);
      void worker.terminate();
    };
    const thread: Thread = { worker, waiting: new Map(), stop };
    threads[slot] = thread;
    const end = (error: Error): void => {
      if (threads[slot] === thread) threads[slot] = undefined;
      for (const { reject } of thread.waiting.values()) reject(error);
      thread.waiting.clear();
    };
    worker.on('message', (answers: readonly LookThreadSays[]) => {
      for (const says of answers) settle(thread, says);
    });
    worker.on('error', (error) => end(new Error('a probing thread failed', { cause: error })));
    worker.on('messageerror', (error) =>
      stop(new Error('a probing thread said what cannot be read', { cause: error })),
    );
    worker.on('exit', () => end(new Error('a probing thread ended')));
    // A prober that nobody closes keeps no process alive.
    worker.unref();
    return thread;
  };

  /** The one with the least to do; an idle slot is started only where all others are busy. */
  const leastBusy = (): Thread => {
    let best: { slot: number; load: number } = { slot: 0, load: Infinity };
    for (const [slot, thread] of threads.entries()) {
      const load = thread === undefined ? 0.5 : thread.waiting.size;
      if (load < best.load) best = { slot, load };
    }
    return threads[best.slot] ?? start(best.slot);
  };

  return {
    look(request, signal) {
      if (signal.aborted) return Promise.reject(reasonOf(signal));
      const thread = leastBusy();
      const { worker, waiting, stop } = thread;
      lastId += 1;
      const id = lastId;
      return new Promise<Look>((resolve, reject) => {
        const isStuck = (): void => stop(new Error('a probing thread was stuck'));
        const clock = setTimeout(isStuck, LONGEST_FACTOR * request.timeoutMs + patience.lateMs).unref();
        let leave: NodeJS.Timeout | undefined;
        const onAbort = (): void => {
          leave = setTimeout(() => settle(thread, { type: 'fault', id, message: 'no answer' }), patience.abortMs);
          worker.postMessage({ type: 'abort', id } satisfies LookThreadHears);
        };
        const done = (): void => {
          clearTimeout(clock);
          clearTimeout(leave);
          signal.removeEventListener('abort', onAbort);
          if (waiting.size === 0) worker.unref();
        };
        waiting.set(id, {
          resolve(look) {
            done();
            resolve(look);
          },
          reject(error) {
            done();
            reject(signal.aborted ? reasonOf(signal) : error);
          },
        });
        worker.ref();
        signal.addEventListener('abort', onAbort, { once: true });
        worker.postMessage({ type: 'look', id, request } satisfies LookThreadHears);
      });
    },
    async close() {
      await Promise.all(threads.flatMap((thread) => thread?.worker.terminate() ?? []));
    },
  };
}

function settle({ waiting }: Thread, says: LookThreadSays): void {
  const one = waiting.get(says.id);
  if (one === undefined) return;
  waiting.delete(says.id);
  switch (says.type) {
    case 'look':
      one.resolve(says.look);
      return;
    case 'failed':
      one.reject(new (says.isUnreached ? UnreachedError : ProbeError)(says.code, says.message));
      return;
    case 'fault':
      one.reject(new Error(`a probing thread failed: ${says.message}`));
      return;
  }
}
