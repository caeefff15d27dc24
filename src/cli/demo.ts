import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The demo in a process of its own, on a temporary data directory of its own, telling its story on this terminal. */
export async function runDemoBeside(): Promise<void> {
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, 'demo'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      resolve();
    });
  });
}
