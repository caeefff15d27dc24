/** Worker threads, from source as from `dist/`. */
import { Worker } from 'node:worker_threads';

/**
 * Starts the module `name` (without its ending) that lies beside the module at `base`, an `import.meta.url`. From source
 * the thread needs the loader that the main thread has, and takes it only by a program of its own.
 */
export function startThread(name: string, base: string, workerData: unknown): Worker {
  if (!base.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, base), { workerData });
  const source = new URL(`./${name}.ts`, base).href;
  const program = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(source)}); });`;
  return new Worker(program, { eval: true, workerData });
}
