import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The demo in a process of its own, on a temporary data directory of its own, telling its story on this terminal.
 * Resolves when that process is gone; an aborted `signal` tells it to stop, and it still cleans up after itself.
 */
export async function runDemoBeside(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, 'demo'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
    killSignal: 'SIGTERM',
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      // Node tells of the abort at once: the process is waited for all the same.
      if (error.name !== 'AbortError') reject(error);
    });
    child.once('exit', () => {
      resolve();
    });
  });
}
