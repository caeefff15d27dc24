import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOW } from '../helpers/builders.ts';
import { withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { addMonitors, defaultTenant } from '../helpers/stored.ts';

/** On PostgreSQL alone: the embedded database has one session, and whatever is begun there is ended before the next. */
describe('what another is at', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await withStore('postgresql');
  });
  afterAll(() => test.close());

  it('holds no claim up: the rest is claimed at once', async () => {
    const { store } = test;
    const tenant = await defaultTenant(test);
    const [locked, ...others] = await addMonitors(store, tenant, 4);
    await store.transaction(async (stores) => {
      await stores.monitors.lock(tenant.workspaceId, locked?.id ?? '');
      const claimed = await store.monitors.claimDue(NOW, 9, 60_000);
      expect(claimed.map(({ monitor }) => monitor.id).sort()).toEqual(others.map(({ id }) => id).sort());
    });
    expect(await store.monitors.claimDue(NOW, 9, 60_000)).toHaveLength(1);
  });
});
