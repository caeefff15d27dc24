import { ProbeError } from './errors.ts';

/** The time one probe has. When it is over, or the caller gives up, `signal` aborts and everything that waits ends. */
export interface Deadline {
  /** Its reason is a `ProbeError` with `timeout`, or the reason of the caller's signal. */
  readonly signal: AbortSignal;
  /** Says what is being waited for, for the message of a timeout: `TLS handshake`. */
  step(name: string): void;
  /** Stops this clock while `work` runs, which gets `ms` of its own: out of one purse, which all of them share. */
  withBudget<T>(ms: number, work: () => Promise<T>): Promise<T>;
  /** Whoever starts a deadline clears it. */
  clear(): void;
}

export function startDeadline(ms: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  let step = 'connecting';
  let timer: NodeJS.Timeout | undefined;
  let endsAt = 0;
  let spentMs = 0;

  /** @param ofMs what was promised, for the message: `leftMs` is what is left of it. */
  const start = (leftMs: number, ofMs: number): void => {
    endsAt = performance.now() + leftMs;
    timer = setTimeout(
      () => controller.abort(new ProbeError('timeout', `no answer within ${seconds(ofMs)} (${step})`)),
      leftMs,
    );
  };
  const onCallerAbort = (): void => controller.abort(caller.reason);

  if (caller.aborted) onCallerAbort();
  else caller.addEventListener('abort', onCallerAbort, { once: true });
  start(ms, ms);

  return {
    signal: controller.signal,
    step(name) {
      step = name;
    },
    async withBudget(budgetMs, work) {
      const startedAt = performance.now();
      const leftMs = Math.max(0, endsAt - startedAt);
      clearTimeout(timer);
      start(Math.max(0, budgetMs - spentMs), budgetMs);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
        spentMs += performance.now() - startedAt;
        if (!controller.signal.aborted) start(leftMs, ms);
      }
    },
    clear() {
      clearTimeout(timer);
      caller.removeEventListener('abort', onCallerAbort);
    },
  };
}

/** Rejects with the signal's reason when it aborts; `promise` may go on, unheard. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`;
}
