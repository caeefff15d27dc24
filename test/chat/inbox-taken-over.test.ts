import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInbox } from '../../src/chat/inbox.ts';
import { done, message } from '../../src/chat/reply.ts';
import { withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { QUIET } from '../helpers/stage.ts';
import { defaultTenant } from '../helpers/stored.ts';
import { incoming } from './commands/bench.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await withStore('postgresql');
});
afterAll(() => test.close());

it.each([
  { by: 'nobody', then: { groups: ['late'], isAnswered: true } },
  { by: 'another run', then: { groups: [], isAnswered: false } },
])('a command that was taken over by $by meanwhile', async ({ by, then }) => {
  const { store } = test;
  const { workspaceId } = await defaultTenant(test);
  let letGo = (): void => undefined;
  const stall = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const inbox = createInbox({
    deps: { store, clock: { now: () => new Date() }, log: QUIET },
    execute: async (_, commit) => {
      await stall;
      await commit((stores) => stores.groups.add(workspaceId, 'CG1', 'late'));
      return done({ message: message('good', 'did it') });
    },
    platforms: [],
    servesAlso: ['console'],
  });
  const heard = await inbox.hear(incoming('group add late', { externalId: `run: ${by}` }));
  if (!heard.accepted) throw new Error(heard.message);
  const run = heard.run();
  const [taken] =
    by === 'nobody' ? [] : await store.inbox.claimUnfinished(['console'], new Date(Date.now() + 3_600_000), 1, 60_000);
  letGo();
  await run;

  expect((await store.groups.list(workspaceId)).map(({ name }) => name)).toEqual(then.groups);
  // Whoever took it finds it as if nothing had been done, and answers it.
  const isAnswered = taken === undefined || (await store.inbox.replyTo(taken.id)) !== undefined;
  expect(isAnswered).toBe(then.isAnswered);
  await inbox.stop(1_000);
  await store.groups.remove(workspaceId, 'CG1');
});
