/** What is older than a workspace keeps it goes, a small batch at a time. */
import type { MonitoringDeps } from './deps.ts';
import type { Task } from './schedule.ts';

const EVERY_MS = 3_600_000;
/** Every result is read for it. */
const CERTIFICATES_EVERY_MS = 24 * 3_600_000;
const AT_ONCE = 500;

/** One batch a tick while there is more, then nothing for an hour. */
export function retentionTask({ store, clock, log }: MonitoringDeps): Task {
  let next = 0;
  let nextCertificates = 0;
  return {
    name: 'retention',
    async run() {
      if (performance.now() < next) return;
      const old = await store.transaction((stores) => stores.retention.removeOld(clock.now(), AT_ONCE));
      if (old !== undefined && old.removed > 0) log.debug({ removed: old.removed }, 'old records were removed');
      if (old?.isMore === true) return;
      next = performance.now() + EVERY_MS;
      if (performance.now() < nextCertificates) return;
      nextCertificates = performance.now() + CERTIFICATES_EVERY_MS;
      await store.transaction((stores) => stores.retention.removeUnnamedCertificates(clock.now(), AT_ONCE));
    },
  };
}
