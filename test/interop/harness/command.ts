/** The command itself, in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProbeReport } from '../../../src/core/probe-report.ts';
import type { Listener } from './service.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const WITHIN_MS = 50_000;

interface Ran {
  readonly code: number | null;
  readonly report: ProbeReport;
}

export function runCommand(host: string, { service, serverName }: Listener, caFile: string): Promise<Ran> {
  const words = ['probe', host, service.protocol, '--sni', serverName, '--ca', caFile, '--ca-only', '--json'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: WITHIN_MS,
    });
    let out = '';
    let noise = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (noise += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (out.startsWith('{')) resolve({ code, report: JSON.parse(out) as ProbeReport });
      else reject(new Error(`certmon probe exited with ${String(code)} and no report\n${noise}`));
    });
  });
}
