import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is held, in bytes, after a collection, which vitest's processes allow nobody to ask for otherwise. */
export function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
