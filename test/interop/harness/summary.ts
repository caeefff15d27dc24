/** Once for a whole run: at its end, after the results, what was not tested and why. */
import { DAEMON_NAMES, lackOf } from './requirements.ts';

export function setup(): () => void {
  return () => {
    const lacks = DAEMON_NAMES.flatMap((daemon) => lackOf(daemon) ?? []);
    const summary = lacks.length === 0 ? ['every daemon was there'] : lacks;
    process.stderr.write(`\n${summary.map((line) => `interop: ${line}\n`).join('')}`);
  };
}
