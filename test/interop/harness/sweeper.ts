/**
 * For when the tests themselves are killed: a shell beside them that is told every process group, sees its input end with
 * them, and then kills the groups and takes the folder away. PR_SET_PDEATHSIG would not do: a daemon that changes its
 * user loses it (prctl(2)).
 */
import { spawn } from 'node:child_process';

export interface Sweeper {
  watch(group: number): void;
  /** Nothing is left to sweep. */
  dismiss(): Promise<void>;
}

const SCRIPT = `while read -r group; do groups="$groups -$group"; done
kill -KILL $groups 2>/dev/null
rm -rf -- "$1"`;

export function startSweeper(directory: string): Sweeper {
  // A group of its own: Ctrl-C ends the tests and not the sweeper.
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sweeper', directory], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  return {
    watch(group) {
      child.stdin.write(`${group}\n`);
    },
    dismiss() {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
