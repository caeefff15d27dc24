/** The thread that `look-pool.ts` starts: looks at what it is told to, and says what it saw. */
import { parentPort, workerData } from 'node:worker_threads';
import { ProbeError, UnreachedError } from './errors.ts';
import type { LookThreadData, LookThreadHears, LookThreadSays } from './look-pool.ts';
import { createLooker } from './looker.ts';

const port = parentPort;
if (port === null) throw new Error('this module is the program of a worker thread');

const { processPem } = workerData as LookThreadData;
const looker = createLooker(processPem);
const underWay = new Map<number, AbortController>();

port.on('message', (heard: LookThreadHears) => {
  if (heard.type === 'abort') {
    underWay.get(heard.id)?.abort(new Error('aborted'));
    return;
  }
  const { id, request } = heard;
  const controller = new AbortController();
  underWay.set(id, controller);
  void looker
    .look(request, controller.signal)
    .then(
      (look): LookThreadSays => ({ type: 'look', id, look }),
      (error: unknown) => failureOf(id, error),
    )
    .then((says) => {
      underWay.delete(id);
      answer(says);
    });
});

let answers: LookThreadSays[] = [];

/** What is ready in one turn of the loop goes together: to wake the other thread costs as much as a good part of a look. */
function answer(says: LookThreadSays): void {
  if (answers.length === 0) {
    setImmediate(() => {
      const all = answers;
      answers = [];
      port?.postMessage(all);
    });
  }
  answers.push(says);
}

function failureOf(id: number, error: unknown): LookThreadSays {
  if (error instanceof ProbeError) {
    const isUnreached = error instanceof UnreachedError;
    return { type: 'failed', id, code: error.code, message: error.message, isUnreached };
  }
  return { type: 'fault', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
