import { describe, expect, it } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { defaultTenant } from '../helpers/stored.ts';

/** A promise, and what resolves it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describeOnBothEngines('transaction', (test) => {
  it('keeps all of it, or nothing', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const names = async () => (await store.groups.list(workspaceId)).map((group) => group.name);
    await store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG1', 'a');
      await stores.groups.add(workspaceId, 'CG2', 'b');
    });
    expect(await names()).toEqual(['a', 'b']);
    const mistake = new Error('a mistake of ours');
    const failed = store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG3', 'c');
      throw mistake;
    });
    await expect(failed).rejects.toBe(mistake);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('sees what it wrote itself, and gives back what the work gives back', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const found = await store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG1', 'a');
      return stores.groups.findByName(workspaceId, 'a');
    });
    expect(found?.id).toBe('CG1');
  });

  it('shows nothing to others before it is done', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const written = gate();
    const other = test().connect();
    try {
      const work = store.transaction(async (stores) => {
        await stores.groups.add(workspaceId, 'CG1', 'a');
        written.open();
      });
      await written.passed;
      // On the embedded database the other waits until the transaction is over: it sees all, or nothing, never a part.
      const seen = await createStore(other).groups.list(workspaceId);
      await work;
      expect([[], ['a']]).toContainEqual(seen.map((group) => group.name));
      expect(await store.groups.list(workspaceId)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  it.each(['40001', '40P01'])('is done again, from the start, where the database says %s', async (code) => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    let tries = 0;
    await store.transaction(async (stores) => {
      tries += 1;
      await stores.groups.add(workspaceId, `CG${String(tries)}`, 'a');
      if (tries < 3) throw failure(code);
    });
    expect(tries).toBe(3);
    expect(await store.groups.list(workspaceId)).toMatchObject([{ id: 'CG3' }]);
  });

  it('is given up after some tries', async () => {
    let tries = 0;
    const work = test().store.transaction(() => {
      tries += 1;
      return Promise.reject(failure('40001'));
    });
    await expect(work).rejects.toMatchObject({ code: '40001' });
    expect(tries).toBe(5);
  });

  it('is not done again for a mistake of ours, and is not taken for the database being away', async () => {
    let tries = 0;
    const work = test().store.transaction(async (stores) => {
      tries += 1;
      await stores.groups.add('no such workspace', 'CG1', 'a');
    });
    await expect(work).rejects.not.toMatchObject({ code: 'database-away' });
    expect(tries).toBe(1);
  });

  it('fails as a whole where the work goes on after a statement that failed', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const work = store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG1', 'a');
      await stores.groups.add('no such workspace', 'CG2', 'b').catch(() => undefined);
      return 'well';
    });
    await expect(work).rejects.toThrow();
    expect(await store.groups.list(workspaceId)).toEqual([]);
  });

  it('takes several statements at once', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    await store.transaction(async (stores) => {
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => stores.groups.add(workspaceId, `CG-${name}`, name)));
    });
    expect(await store.groups.list(workspaceId)).toHaveLength(5);
  });

  it('is served though there are more of them than connections', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        store.transaction(async (stores) => {
          await stores.groups.add(workspaceId, `CG${String(index)}`, `group ${String(index)}`);
        }),
      ),
    );
    expect(await store.groups.list(workspaceId)).toHaveLength(40);
  });

  it('of two that lock two things in another order ends for both', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const other = `${workspaceId}-other`;
    const locks = [
      [workspaceId, other],
      [other, workspaceId],
    ];
    const done = await Promise.all(
      locks.map(([first = '', second = '']) =>
        store.transaction(async (stores) => {
          await stores.incidents.lockAll(first);
          await stores.workspaces.findConnection('slack', 'T1');
          await stores.incidents.lockAll(second);
          return true;
        }),
      ),
    );
    expect(done).toEqual([true, true]);
  });
});

describeOnBothEngines('the time', (test) => {
  describe('of the database', () => {
    it('is the instant of the question, to the millisecond', async () => {
      const before = Date.now();
      const time = await test().store.databaseTime();
      expect(time.getTime()).toBeGreaterThanOrEqual(before - 1);
      expect(time.getTime()).toBeLessThanOrEqual(Date.now() + 1);
    });
  });
});

/** As the driver gives PostgreSQL's own (manual, appendix A), under drizzle's. */
function failure(code: string): Error {
  return new Error('a statement failed', { cause: Object.assign(new Error('as asked'), { code }) });
}
