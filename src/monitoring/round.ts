/**
 * The round: claims due monitors in one statement, reads what is on record of them, checks as many at once as it may,
 * records each. Any number of processes do this on one database; a lease that is renewed while a check runs keeps them
 * apart.
 */
import { DatabaseAwayError } from '../core/errors.ts';
import type { Monitor } from '../core/monitor.ts';
import type { LeasedMonitor, QuietCheck } from '../core/ports.ts';
import { checkLeased, LeaseLostError } from './check.ts';
import type { MonitoringDeps } from './deps.ts';
import { readDossiers } from './dossier.ts';
import type { Dossier } from './dossier.ts';
import { gathering } from './gather.ts';
import type { NetworkWatch } from './network.ts';
import type { DueMonitor } from './quiet-check.ts';

export interface RoundOptions {
  /** Checks at once in this process. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** Says which tries count; absent, all do. */
  readonly network?: NetworkWatch;
  /** Called after a check that changed incidents was recorded: there is something to say. */
  readonly onNews: () => void;
}

export interface Round {
  /** Claims and starts what is due, as far as there is room. */
  tick(): Promise<void>;
  /** Resolves once nothing is due and nothing runs. */
  settled(): Promise<void>;
  /** Starts nothing more; what runs is cut off and given back to be done again. */
  stop(): Promise<void>;
}

/** In one statement; the more there are, the longer each waits. */
const QUIET_AT_ONCE = 50;

export function createRound(deps: MonitoringDeps, options: RoundOptions): Round {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let claiming: Promise<number> | undefined;

  const claim = async (): Promise<number> => {
    const room = options.concurrency - running.size;
    if (room <= 0 || stopping.signal.aborted) return 0;
    const leases = await deps.store.monitors.claimDue(deps.clock.now(), room, options.leaseMs);
    for (const due of await withDossiers(leases)) {
      const work = run(due).finally(() => {
        running.delete(work);
      });
      running.add(work);
    }
    return leases.length;
  };

  /** One that was removed meanwhile is left out; where nothing can be read, the leases run out by themselves. */
  const withDossiers = async (leases: readonly LeasedMonitor[]): Promise<DueMonitor[]> => {
    const now = deps.clock.now();
    const ofWorkspace = new Map<string, Monitor[]>();
    for (const { monitor } of leases) {
      const monitors = ofWorkspace.get(monitor.workspaceId) ?? [];
      ofWorkspace.set(monitor.workspaceId, [...monitors, monitor]);
    }
    const dossiers = new Map<string, Dossier>();
    for (const [workspaceId, monitors] of ofWorkspace) {
      for (const [id, dossier] of await readDossiers(deps.store, workspaceId, monitors, now)) dossiers.set(id, dossier);
    }
    return leases.flatMap((lease) => {
      const dossier = dossiers.get(lease.monitor.id);
      return dossier === undefined ? [] : [{ lease, dossier }];
    });
  };

  const recordQuiet = gathering(async (checks: readonly QuietCheck[]) => {
    const recorded = await deps.store.checks.recordQuiet(checks);
    return checks.map(({ lease }) => recorded.has(lease.monitor.id));
  }, QUIET_AT_ONCE);

  const claimOnce = (): Promise<number> => {
    claiming ??= claim().finally(() => {
      claiming = undefined;
    });
    return claiming;
  };

  /** Never rejects: one monitor's trouble is not another's. */
  const run = async (due: DueMonitor): Promise<void> => {
    const { lease } = due;
    const { monitor, token } = lease;
    const { workspaceId, id } = monitor;
    const renewal = setInterval(() => {
      const until = new Date(deps.clock.now().getTime() + options.leaseMs);
      deps.store.monitors.renewLease(workspaceId, id, token, until).catch((error: unknown) => {
        deps.log.warn({ monitorId: id, err: error }, 'lease not renewed');
      });
    }, options.leaseMs / 3);
    try {
      const outcome = await checkLeased(deps, due, recordQuiet, options.network, stopping.signal);
      if (outcome === undefined) return;
      const { status, daysLeft } = outcome.monitor;
      deps.log.debug({ monitorId: id, status, daysLeft }, 'monitor checked');
      if (outcome.hasNews) options.onNews();
    } catch (error) {
      await afterFailure(lease, error);
    } finally {
      clearInterval(renewal);
    }
  };

  const afterFailure = async ({ monitor, token }: LeasedMonitor, error: unknown): Promise<void> => {
    if (error instanceof LeaseLostError) {
      deps.log.info({ monitorId: monitor.id }, 'lease lost');
      return;
    }
    if (stopping.signal.aborted) {
      await deps.store.monitors.releaseLease(monitor.workspaceId, monitor.id, token).catch((cause: unknown) => {
        deps.log.warn({ monitorId: monitor.id, err: cause }, 'lease not given back');
      });
      return;
    }
    // The lease runs out by itself: the monitor is claimed again then, not at once and for ever.
    if (error instanceof DatabaseAwayError) deps.log.warn({ monitorId: monitor.id, err: error }, 'check not recorded');
    else deps.log.error({ monitorId: monitor.id, err: error }, 'check failed');
  };

  return {
    async tick() {
      await claimOnce();
    },
    async settled() {
      while ((await claimOnce()) > 0 || running.size > 0) await Promise.all(running);
    },
    async stop() {
      stopping.abort();
      await claiming?.catch(() => 0);
      await Promise.all(running);
    },
  };
}
