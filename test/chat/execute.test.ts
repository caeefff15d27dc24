import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../src/chat/execute.ts';
import { DatabaseAwayError } from '../../src/core/errors.ts';
import type { Commit } from '../../src/monitoring/deps.ts';
import { bench, incoming } from './commands/bench.ts';

const RUNNING = new AbortController().signal;

const broken =
  (error: Error): Commit =>
  () =>
    Promise.reject(error);

describe('what goes wrong while a command is done', () => {
  it('the database is away: said so, and what that means for what was asked', async () => {
    const { deps, logged, workspaceId } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspaceId) });
    const away = broken(new DatabaseAwayError('connection refused'));
    const reply = await execute(incoming('group add ops'), away, RUNNING);
    expect(reply).toMatchObject({
      ok: false,
      message: {
        tone: 'critical',
        title: 'certmon cannot reach its database',
        blocks: [{ text: 'What you asked for may or may not have been done: look before you send it again.' }, {}],
      },
    });
    expect(logged.map(({ level }) => level)).toEqual(['warn']);
  });

  it('a command that only reads says that nothing was changed', async () => {
    const { deps, workspaceId } = await bench();
    const store = {
      ...deps.store,
      monitors: { ...deps.store.monitors, count: () => Promise.reject(new DatabaseAwayError('connection refused')) },
    };
    const execute = createExecutor({ ...deps, store }, { workspaceOf: () => Promise.resolve(workspaceId) });
    const reply = await execute(incoming('list'), (work) => store.transaction(work), RUNNING);
    expect(reply.message.blocks[0]).toEqual({ type: 'text', text: 'Nothing was changed.' });
  });

  it('a fault of our own is told with the id that stands in the log, and nothing of it', async () => {
    const { deps, logged, workspaceId } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspaceId) });
    const reply = await execute(incoming('group add ops'), broken(new Error('secret inner words')), RUNNING);
    const [entry] = logged;
    expect(logged).toHaveLength(1);
    expect(entry).toMatchObject({ level: 'error', message: 'command failed', fields: { command: 'group add' } });
    const { errorId } = entry?.fields as { errorId: string };
    expect(errorId).toMatch(/^[0-9a-f]{8}$/);
    expect(JSON.stringify(reply)).toContain(errorId);
    expect(JSON.stringify(reply)).not.toContain('secret');
  });

  it('a fault in reading the command is a reply too', async () => {
    const { deps, logged, workspaceId } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspaceId) });
    const broken = Object.defineProperty(incoming('list'), 'text', {
      get: () => {
        throw new Error('no text');
      },
    });
    const reply = await execute(broken, (work) => deps.store.transaction(work), RUNNING);
    expect(reply).toMatchObject({ ok: false, message: { blocks: [{ text: 'Nothing was changed.' }, {}] } });
    expect(logged.map(({ message }) => message)).toEqual(['command failed']);
  });

  it('cut off by the end of the process, it gives no reply', async () => {
    const { deps, workspaceId } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspaceId) });
    const ended = new AbortController();
    ended.abort();
    await expect(execute(incoming('group add ops'), broken(new Error('aborted')), ended.signal)).rejects.toThrow(
      'aborted',
    );
  });
});

describe('who asks', () => {
  it('a team nobody connected gets nothing done', async () => {
    const { deps, store, workspaceId } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(undefined) });
    const reply = await execute(
      incoming('group add ops', { teamId: 'T9' }),
      (work) => store.transaction(work),
      RUNNING,
    );
    expect(reply).toMatchObject({
      ok: false,
      message: { title: 'certmon does not know this team, so nothing was done.' },
    });
    expect(await store.groups.list(workspaceId)).toEqual([]);
  });

  it('a team is connected once', async () => {
    const { deps, store, workspaceId } = await bench();
    let asked = 0;
    const execute = createExecutor(deps, {
      workspaceOf: () => {
        asked += 1;
        return Promise.resolve(workspaceId);
      },
    });
    await execute(incoming('list'), (work) => store.transaction(work), RUNNING);
    await execute(incoming('list'), (work) => store.transaction(work), RUNNING);
    expect(asked).toBe(1);
  });

  it('a wrong command reaches no database', async () => {
    const { deps, store } = await bench();
    const execute = createExecutor(deps, { workspaceOf: () => Promise.reject(new Error('asked')) });
    expect(await execute(incoming('lst'), (work) => store.transaction(work), RUNNING)).toMatchObject({ ok: false });
  });
});
