/** Looks at addresses: in this thread, or in threads of its own. What is asked and answered is plain data. */
import { createContexts } from './contexts.ts';
import { lookAt } from './look.ts';
import type { Look, LookRequest } from './look.ts';
import { createTurns } from './turns.ts';

export interface Looker {
  /** @throws {ProbeError} if no leaf could be read, an `UnreachedError` if nothing was connected to; or the reason of `signal`, if it aborts. */
  look(request: LookRequest, signal: AbortSignal): Promise<Look>;
  /** Nothing may be under way any more. */
  close(): Promise<void>;
}

/** @param processPem the CAs that every profile trusts unless it says "only". */
export function createLooker(processPem: string): Looker {
  const contexts = createContexts(processPem);
  const turns = createTurns();
  return {
    async look(request, signal) {
      await turns.take();
      return lookAt(request, contexts, signal);
    },
    close: () => Promise.resolve(),
  };
}
