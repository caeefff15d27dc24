/**
 * The clockwork: one short tick in UTC. Every due time is in the database, so a tick that is missed, late or comes in a
 * burst loses nothing. node-schedule gives the tick and no more: it fires missed ticks at once after a stall, and a job
 * that rejects would end the process, so the overlap guard and the catch are ours.
 */
import schedule from 'node-schedule';
import { DatabaseAwayError } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';

/** Every second. */
const TICK = '* * * * * *';

export interface Task {
  readonly name: string;
  run(): Promise<unknown>;
}

export interface Schedule {
  stop(): Promise<void>;
}

/** @param onDatabase told when the database goes away, and when it is back. */
export function startSchedule(tasks: readonly Task[], log: Log, onDatabase: (isAway: boolean) => void): Schedule {
  const running = new Map<string, Promise<void>>();
  /** Tasks whose last run found the database away: it is back only when each of them has run. */
  const withoutDatabase = new Set<string>();

  const runTask = async (task: Task): Promise<void> => {
    try {
      await task.run();
      if (withoutDatabase.delete(task.name) && withoutDatabase.size === 0) {
        log.warn({}, 'database is back');
        onDatabase(false);
      }
    } catch (error) {
      if (!(error instanceof DatabaseAwayError)) {
        log.error({ task: task.name, err: error }, 'scheduled task failed');
        return;
      }
      if (withoutDatabase.size === 0) {
        log.warn({ task: task.name, reason: error.message }, 'database is away, checks pause until it is back');
        onDatabase(true);
      }
      withoutDatabase.add(task.name);
    } finally {
      running.delete(task.name);
    }
  };

  const job = schedule.scheduleJob('certmon tick', { rule: TICK, tz: 'Etc/UTC' }, () => {
    for (const task of tasks) if (!running.has(task.name)) running.set(task.name, runTask(task));
  }) as schedule.Job | null;
  if (job === null) throw new Error('the tick could not be scheduled');
  job.on('error', (error: unknown) => {
    log.error({ err: error }, 'tick failed');
  });

  return {
    async stop() {
      job.cancel();
      await Promise.all(running.values());
    },
  };
}
