/**
 * Gathers what is to be written at about the same time, and writes it together: what comes while a write is under way
 * waits for the next one, and nothing waits for company where none is under way.
 */

/**
 * @param write settles all of them; where it throws, every one of them is rejected with that.
 * @param most in one write.
 */
export function gathering<T, R>(
  write: (items: readonly T[]) => Promise<readonly R[]>,
  most: number,
): (item: T) => Promise<R> {
  interface Waiting {
    readonly item: T;
    resolve(result: R): void;
    reject(error: unknown): void;
  }
  let waiting: Waiting[] = [];
  let isWriting = false;

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const now = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const results = await write(now.map(({ item }) => item));
        for (const [index, one] of now.entries()) one.resolve(results[index] as R);
      } catch (error) {
        for (const one of now) one.reject(error);
      }
    }
    isWriting = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (isWriting) return;
      isWriting = true;
      // Those that are ready in the same turn go together.
      setImmediate(() => void writeAll());
    });
}
