/**
 * Watches from a thread of its own over one that fuzzes, since an input that never comes to its end lets nothing else run
 * there. In plain JavaScript: on Node 20 `tsx` does not reach the threads of a process.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { workerData } from 'node:worker_threads';

const STANDARD_OUTPUT = 1;
/** A target's own limit is a second. */
const MOST_MS = 20_000;

/** The number of the target and that of the input, which only go up. */
const place = new Int32Array(workerData.place);
let last = '';

setInterval(() => {
  const [target, at] = place;
  const now = `${target} ${at}`;
  if (now === last) {
    writeSync(STANDARD_OUTPUT, `\nan input has no end\nagain: ${workerData.commands[target]}${at}\n`);
    // The one signal that needs nothing of the thread that is held up.
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, MOST_MS);
