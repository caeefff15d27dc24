/** Two people who want at the same instant what only one of them can have. On PostgreSQL, where both are under way. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExecutor } from '../../../src/chat/execute.ts';
import type { Execute } from '../../../src/chat/execute.ts';
import { PLAIN, renderMessage } from '../../../src/chat/console/render.ts';
import type { Commit } from '../../../src/monitoring/deps.ts';
import { emptyTables, withStore } from '../../helpers/databases.ts';
import type { TestDatabase } from '../../helpers/databases.ts';
import { inOrder } from '../../helpers/in-order.ts';
import { NEVER, setStage } from '../../helpers/stage.ts';
import type { Stage } from '../../helpers/stage.ts';
import { incoming } from './bench.ts';

describe('of two at once', () => {
  let test: TestDatabase;
  let stage: Stage;
  let execute: Execute;
  beforeAll(async () => {
    test = await withStore('postgresql');
  });
  beforeEach(async () => {
    await emptyTables(test.database);
    stage = await setStage(test.store);
    execute = createExecutor(stage.deps, { workspaceOf: () => Promise.resolve(stage.workspaceId) });
  });
  afterAll(() => test.close());

  const saying = (text: string) => async (commit: Commit) => {
    const reply = await execute(incoming(text), commit, NEVER);
    return { ok: reply.ok, said: renderMessage(reply.message, PLAIN).split('\n')[0] };
  };

  it('that would close a circle of escalations the second is refused', async () => {
    for (const name of ['a', 'b']) await saying(`group add ${name}`)(stage.commit);

    const answers = await inOrder(
      test,
      saying('group edit a --escalate b --after 30m'),
      saying('group edit b --escalate a --after 30m'),
    );

    expect(answers).toEqual([
      { ok: true, said: 'Changed contact group a' },
      { ok: false, said: 'That would escalate in a circle: b → a → b.' },
    ]);
    const groups = await stage.store.groups.list(stage.workspaceId);
    expect(groups.map(({ name, escalation }) => [name, escalation !== undefined])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  it('that move a monitor to one place the second is told which stands there', async () => {
    const [one, two] = [await stage.add({ serverName: 'one.example' }), await stage.add({ serverName: 'two.example' })];

    const answers = await inOrder(
      test,
      saying(`edit ${one.id} --sni three.example`),
      saying(`edit ${two.id} --sni three.example`),
    );

    expect(answers).toMatchObject([
      { ok: true, said: expect.stringContaining('Changed') as string },
      { ok: false, said: expect.stringContaining('is watched there already, so nothing was changed') as string },
    ]);
    const monitors = await stage.store.monitors.listByIds(stage.workspaceId, [one.id, two.id]);
    expect(monitors.map(({ endpoint }) => endpoint.serverName).sort()).toEqual(['three.example', 'two.example']);
  });

  it('that add and move a monitor to one place the second is told which stands there', async () => {
    const moved = await stage.add({ serverName: 'one.example' });

    const answers = await inOrder(
      test,
      saying('add mail.example.com smtp --sni two.example'),
      saying(`edit ${moved.id} --sni two.example`),
    );

    expect(answers).toMatchObject([
      { ok: true, said: expect.stringContaining('Added') as string },
      { ok: false, said: expect.stringContaining('is watched there already, so nothing was changed') as string },
    ]);
  });
});
