/** Lets one begin in each turn of the event loop, in the order asked. */
export interface Turns {
  take(): Promise<void>;
}

/**
 * A thread that begins a thousand handshakes at once is late for all of them, and each looks like a server that does not
 * answer. In each turn of the loop all that has come in is dealt with before the next one begins, so what is under way
 * never outgrows what the thread can do; those who wait for a silent peer cost nothing and hold nobody back.
 */
export function createTurns(): Turns {
  let last = Promise.resolve();
  return {
    take() {
      last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
      return last;
    },
  };
}
