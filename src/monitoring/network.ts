/**
 * Whether it is our own network that fails (design, section 5). Where at least 10 different hosts were tried within 2
 * minutes and more than 80 % failed before any TLS byte, some that were well last are tried at once. If those fail too,
 * the fault is ours: until one try succeeds, none counts against a server.
 *
 * Each process knows of its own network alone, and begins anew when it starts.
 */
import type { NoticeAlert } from '../core/alert.ts';
import type { ConnectionCode } from '../core/finding.ts';
import { instantText, spanText } from '../core/instant-text.ts';
import type { Monitor } from '../core/monitor.ts';
import { isRead } from '../core/observation.ts';
import type { Observation } from '../core/observation.ts';
import { tellAdmins } from './admins.ts';
import type { MonitoringDeps } from './deps.ts';
import { observe, profileOf } from './look.ts';

const WINDOW_MS = 120_000;
const HOSTS_AT_LEAST = 10;
const FAILED_SHARE = 0.8;
const TRIED_AT_ONCE = 10;

/** A server that spoke, or began TLS, shows that the network is there; so does a policy of ours. */
const BEFORE_TLS: readonly ConnectionCode[] = ['dns-failure', 'unreachable', 'refused', 'reset', 'timeout', 'no-route'];

export interface NetworkWatch {
  /** Whether a scheduled try says something of the server. Where that is in doubt, it waits for those tried at once. */
  counts(monitor: Monitor, observation: Observation, signal: AbortSignal): Promise<boolean>;
}

interface Try {
  readonly at: number;
  readonly hasFailed: boolean;
  readonly workspaceId: string;
}

/** @param onNotice the admins are told: there is something to say. */
export function createNetworkWatch(deps: MonitoringDeps, onNotice: () => void): NetworkWatch {
  /** The last try of each host, the oldest first, and how many of them failed. */
  const tries = new Map<string, Try>();
  let failing = 0;
  let down: { readonly since: Date; readonly workspaceIds: readonly string[] } | undefined;
  let trying: Promise<boolean> | undefined;
  /** Those tried at once were there: they are not tried again so soon. */
  let cleared = -Infinity;

  const forget = (host: string): void => {
    if (tries.get(host)?.hasFailed === true) failing -= 1;
    tries.delete(host);
  };

  const remember = (host: string, one: Try): void => {
    forget(host);
    tries.set(host, one);
    if (one.hasFailed) failing += 1;
    for (const [oldest, { at }] of tries) {
      if (at > one.at - WINDOW_MS && at <= one.at) break;
      forget(oldest);
    }
  };

  const tellAll = async (workspaceIds: readonly string[], notice: NoticeAlert): Promise<void> => {
    for (const workspaceId of workspaceIds) {
      await deps.store.transaction((stores) => tellAdmins(deps, stores, workspaceId, notice));
    }
    onNotice();
  };

  /** Whether what was well last fails too. */
  const isOurs = async (signal: AbortSignal): Promise<boolean> => {
    const well = await deps.store.monitors.lastSeenWell(TRIED_AT_ONCE);
    const look = async (monitor: Monitor): Promise<Observation> =>
      observe(deps, monitor, await profileOf(deps.store, monitor), undefined, 'all', signal);
    const seen = await Promise.all(well.map(look));
    const failed = seen.filter(failedBeforeTls).length;
    deps.log.warn({ tried: seen.length, failed }, 'many hosts failed, those that were well last were tried');
    return failed > FAILED_SHARE * seen.length;
  };

  const tryWell = async (signal: AbortSignal): Promise<boolean> => {
    const isDown = await isOurs(signal);
    const now = deps.clock.now();
    if (!isDown) {
      cleared = now.getTime();
      return false;
    }
    down = { since: now, workspaceIds: [...new Set([...tries.values()].map((one) => one.workspaceId))] };
    await tellAll(down.workspaceIds, downNotice(now, failing, tries.size));
    return true;
  };

  const isInDoubt = (now: number): boolean =>
    tries.size >= HOSTS_AT_LEAST && failing > FAILED_SHARE * tries.size && now - cleared >= WINDOW_MS;

  return {
    async counts(monitor, observation, signal) {
      const now = deps.clock.now();
      const hasFailed = failedBeforeTls(observation);
      remember(monitor.endpoint.host, { at: now.getTime(), hasFailed, workspaceId: monitor.workspaceId });
      if (!hasFailed) {
        if (down !== undefined) {
          const { since, workspaceIds } = down;
          down = undefined;
          for (const host of tries.keys()) forget(host);
          await tellAll(workspaceIds, upNotice(since, now));
        }
        return true;
      }
      if (down !== undefined) return false;
      if (trying === undefined && !isInDoubt(now.getTime())) return true;
      trying ??= tryWell(signal).finally(() => {
        trying = undefined;
      });
      return !(await trying);
    },
  };
}

function failedBeforeTls({ resolution, addresses }: Observation): boolean {
  if (resolution.outcome === 'dns-failure') return true;
  return addresses.every((address) => !isRead(address) && BEFORE_TLS.includes(address.outcome));
}

function downNotice(now: Date, failed: number, tried: number): NoticeAlert {
  return {
    kind: 'notice',
    severity: 'critical',
    title: "certmon's own network seems to be down",
    lines: [
      `Within the last 2 minutes ${String(failed)} of ${String(tried)} hosts failed before any TLS byte, and so did those that were well last, tried at once at ${instantText(now)}.`,
      'Failures do not count against the monitors until a try succeeds; nobody is alerted of them meanwhile.',
      'Next step: look at the network, the firewall and the DNS resolver of the machine that certmon runs on.',
    ],
  };
}

function upNotice(since: Date, now: Date): NoticeAlert {
  return {
    kind: 'notice',
    severity: 'info',
    title: "certmon's own network is back",
    lines: [
      `A try succeeded at ${instantText(now)}, after ${spanText(now.getTime() - since.getTime())}: failures count again.`,
    ],
  };
}
