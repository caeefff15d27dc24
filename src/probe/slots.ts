import { reasonOf } from './deadline.ts';

/** Lets at most `limit` holders of one key go on at once; the others wait in line. */
export interface Slots {
  /** Resolves with what gives the slot back, to be called once. Rejects with the signal's reason if it aborts first. */
  take(key: string, signal: AbortSignal): Promise<() => void>;
}

export function createSlots(limit: number): Slots {
  const lines = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();

  const giveBack = (key: string): void => {
    const line = lines.get(key);
    if (line === undefined) return;
    const next = line.waiting.shift();
    if (next !== undefined) next();
    else if (line.taken === 1) lines.delete(key);
    else line.taken -= 1;
  };

  return {
    async take(key, signal) {
      if (signal.aborted) throw reasonOf(signal);
      const line = lines.get(key) ?? { taken: 0, waiting: [] };
      lines.set(key, line);
      if (line.taken < limit) {
        line.taken += 1;
        return () => giveBack(key);
      }
      await new Promise<void>((resolve, reject) => {
        const go = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          line.waiting.splice(line.waiting.indexOf(go), 1);
          reject(reasonOf(signal));
        };
        line.waiting.push(go);
        signal.addEventListener('abort', leave, { once: true });
      });
      return () => giveBack(key);
    },
  };
}
