import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createInbox } from '../../src/chat/inbox.ts';
import type { Inbox, InboxOptions } from '../../src/chat/inbox.ts';
import { MAX_TEXT_CHARS } from '../../src/chat/command.ts';
import type { Execute } from '../../src/chat/execute.ts';
import type { Reply } from '../../src/chat/message.ts';
import type { ChatPlatform, Heard } from '../../src/chat/platform.ts';
import { done, message } from '../../src/chat/reply.ts';
import { DatabaseAwayError } from '../../src/core/errors.ts';
import type { Incoming } from '../../src/core/inbox.ts';
import { memoryInbox } from '../helpers/memory-inbox.ts';
import type { MemoryInbox } from '../helpers/memory-inbox.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function incoming(overrides: Partial<Incoming> = {}): Incoming {
  return {
    platform: 'console',
    externalId: 'run:1',
    teamId: 'local',
    person: { externalId: 'ann', name: 'Ann' },
    conversation: { externalId: 'console', name: 'console', isPrivateChat: true },
    text: 'pause mail',
    mentions: [],
    answerTo: {},
    ...overrides,
  };
}

interface Bench {
  readonly memory: MemoryInbox;
  readonly answers: string[];
  readonly executed: string[];
  /** Moves the database's clock. */
  readonly later: (ms: number) => void;
  readonly open: (options?: Partial<InboxOptions>) => Inbox;
}

/** By default a command changes something, and answers `did …`. */
function bench(execute?: Execute): Bench {
  let offset = 0;
  const now = (): Date => new Date(Date.now() + offset);
  const memory = memoryInbox(now);
  const answers: string[] = [];
  const executed: string[] = [];
  const platform: ChatPlatform = {
    platform: 'console',
    paceMs: 0,
    goesStale: false,
    routes: [],
    start: () => Promise.resolve(),
    answer: (_incoming, reply) => {
      answers.push(reply.message.title);
      return Promise.resolve();
    },
    deliver: () => Promise.resolve({ type: 'refused', reason: 'not asked here' }),
    stop: () => Promise.resolve(),
  };
  const run: Execute =
    execute ??
    (async ({ text }, commit) => {
      await commit(() => Promise.resolve());
      return replyOf(`did ${text}`);
    });
  return {
    memory,
    answers,
    executed,
    later: (ms) => {
      offset += ms;
    },
    open: (options) =>
      createInbox({
        deps: { store: memory.store, clock: { now }, log: SILENT },
        execute: (heard, commit, signal) => {
          executed.push(heard.text);
          return run(heard, commit, signal);
        },
        platforms: [platform],
        ...options,
      }),
  };
}

function replyOf(title: string): Reply {
  return done({ message: message('good', title) });
}

/** As the store's driver throws it. */
function statementError(text: string): Error {
  return Object.assign(new Error(text), { query: 'insert', params: ['pause mail'] });
}

function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

async function runAll(heard: Heard): Promise<void> {
  if (!heard.accepted) throw new Error(heard.message);
  await heard.run();
}

/** Until `is`, looked at between turns of the event loop. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('hearing', () => {
  it('is kept first, then done, answered and finished, once', async () => {
    const { memory, answers, executed, open } = bench();
    let doneCount = 0;
    const inbox = open({ onDone: () => (doneCount += 1) });
    const heard = await inbox.hear(incoming());
    expect([memory.rows.length, executed]).toEqual([1, []]);
    await runAll(heard);
    expect(answers).toEqual(['did pause mail']);
    expect(doneCount).toBe(1);
    expect(memory.rows[0]).toMatchObject({ wasApplied: true, finished: { reply: { ok: true } } });

    const again = await inbox.hear(incoming());
    expect(again).toMatchObject({ accepted: true, isNew: false });
    await runAll(again);
    expect(executed).toEqual(['pause mail']);
  });

  it('is refused while the database is away', async () => {
    const { memory, executed, open } = bench();
    memory.isAway = true;
    const heard = await open().hear(incoming());
    expect(heard).toMatchObject({ accepted: false, message: textWith('cannot reach its database') });
    expect(executed).toEqual([]);
  });

  it.each([
    { what: 'away', error: new DatabaseAwayError('gone', { cause: statementError('params: pause mail') }) },
    { what: 'at fault', error: statementError('insert … params: pause mail') },
  ])('what was typed is in no log where the database is $what', async ({ error }) => {
    const { memory, open } = bench();
    const logged: string[] = [];
    const log = (fields: object, said: string): void => {
      const { err, ...rest } = fields as { err?: unknown };
      logged.push(`${said} ${JSON.stringify(rest)} ${inspect(err)}`);
    };
    const store = {
      ...memory.store,
      inbox: { ...memory.store.inbox, accept: () => Promise.reject(error) },
    };
    const inbox = open({
      deps: { store, clock: { now: () => new Date() }, log: { debug: log, info: log, warn: log, error: log } },
    });
    expect(await inbox.hear(incoming())).toMatchObject({ accepted: false });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('reason');
    expect(logged[0]).not.toContain('pause mail');
  });

  it('what took more than a second was not accepted, and is never run', async () => {
    const { memory, executed, open, later } = bench();
    memory.acceptTakesMs = 1_200;
    const inbox = open();
    const heard = await inbox.hear(incoming());
    expect(heard).toMatchObject({ accepted: false, message: textWith('within a second') });
    await until(() => memory.rows[0]?.finished !== undefined);
    later(3_600_000);
    await inbox.resume();
    await inbox.stop(1_000);
    expect(executed).toEqual([]);
  });

  it('too long a text is refused before it is stored', async () => {
    const { memory, open } = bench();
    const heard = await open().hear(incoming({ text: 'x'.repeat(MAX_TEXT_CHARS + 1) }));
    expect(heard).toMatchObject({ accepted: false, message: textWith('100000 characters') });
    expect(memory.rows).toEqual([]);
  });

  it('the database went away after the answer: it is stored later, and not answered twice', async () => {
    const { memory, answers, open, later } = bench((heard) => {
      memory.isAway = true;
      return Promise.resolve(replyOf(`did ${heard.text}`));
    });
    const inbox = open();
    await runAll(await inbox.hear(incoming()));
    expect(answers).toEqual(['did pause mail']);
    await expect(inbox.resume()).rejects.toThrow('the database is away');
    memory.isAway = false;
    later(3_600_000);
    await inbox.resume();
    expect(answers).toEqual(['did pause mail']);
    expect(memory.rows[0]?.finished).toMatchObject({ reply: { ok: true } });
  });
});

describe('what others left', () => {
  it('is run when its lease is over, and not before', async () => {
    const { answers, open, later } = bench();
    await open().hear(incoming());
    const second = open();
    await second.resume();
    await second.stop(1_000);
    expect(answers).toEqual([]);
    later(31_000);
    const third = open();
    await third.resume();
    await third.stop(1_000);
    expect(answers).toEqual(['did pause mail']);
  });

  it('is not committed by a run that stalled and was taken over, which answers nothing either', async () => {
    let letGo: () => void = () => undefined;
    const stall = new Promise<void>((resolve) => (letGo = resolve));
    const committed: string[] = [];
    let runs = 0;
    const { memory, answers, open, later } = bench(async (_, commit) => {
      const run = `run ${String((runs += 1))}`;
      if (runs === 1) await stall;
      await commit(() => Promise.resolve(committed.push(run)));
      return replyOf(run);
    });
    // Its timers stand still with it: the lease is not renewed.
    const stalled = open({ leaseMs: 86_400_000 });
    const first = runAll(await stalled.hear(incoming()));
    later(86_500_000);
    const next = open();
    await next.resume();
    await next.stop(1_000);
    expect(answers).toEqual(['run 2']);
    letGo();
    await first;
    expect(answers).toEqual(['run 2']);
    expect(memory.rows[0]).toMatchObject({ finished: { reply: { message: { title: 'run 2' } } } });
  });

  it.each([
    { servesAlso: undefined, does: [] },
    { servesAlso: ['slack'], does: ['did pause mail'] },
  ] as const)('of a platform that this process has not is left alone, unless it serves it', async (given) => {
    const { memory, executed, open } = bench();
    await memory.store.inbox.accept(incoming({ platform: 'slack' }), new Date(), new Date(Date.now() + 1_000), 0);
    const inbox = open(given.servesAlso === undefined ? {} : { servesAlso: given.servesAlso });
    await inbox.resume();
    await inbox.stop(1_000);
    expect(executed).toHaveLength(given.does.length);
  });

  it('is not done again where it was committed: only that is said', async () => {
    const { memory, answers, executed, open, later } = bench();
    await open().hear(incoming());
    await memory.store.inbox.markApplied('1', '1-first');
    later(31_000);
    const next = open();
    await next.resume();
    await next.stop(1_000);
    expect(executed).toEqual([]);
    expect(answers).toEqual(['This was handled before certmon restarted']);
    expect(memory.rows[0]?.finished).toMatchObject({ reply: { ok: false } });
    expect(JSON.stringify(memory.rows[0]?.finished)).toContain('incidents');
  });

  it('a command that runs keeps its lease', async () => {
    let release: (reply: Reply) => void = () => undefined;
    const { memory, executed, open } = bench(
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const inbox = open({ leaseMs: 60 });
    const heard = await inbox.hear(incoming());
    const first = memory.rows[0]?.leaseUntil ?? 0;
    const running = runAll(heard);
    await until(() => (memory.rows[0]?.leaseUntil ?? 0) > first);
    await inbox.resume();
    release(replyOf('x'));
    await running;
    expect(executed).toEqual(['pause mail']);
  });
});

it('a row whose lease ran out while the database was away is not begun a second time', async () => {
  let release: (reply: Reply) => void = () => undefined;
  const { executed, answers, open, later } = bench(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  const inbox = open();
  const running = runAll(await inbox.hear(incoming()));
  later(3_600_000);
  await inbox.resume();
  release(replyOf('once'));
  await running;
  await inbox.stop(1_000);
  expect([executed, answers]).toEqual([['pause mail'], ['once']]);
});

describe('a console that joined', () => {
  it('hands over, and shows the answer of the one that runs', async () => {
    const { answers, open } = bench();
    const joined = open({ execute: () => Promise.reject(new Error('must not run here')) });
    const owner = open({ platforms: [], servesAlso: ['console'] });
    const waiting = runAll(await joined.hearRemotely(incoming()));
    await owner.resume();
    await waiting;
    expect(answers).toEqual(['did pause mail']);
    // Somebody sits there: the next one does not wait for `resume`.
    await runAll(await joined.hearRemotely(incoming({ externalId: 'run:2', text: 'pause www' })));
    expect(answers).toEqual(['did pause mail', 'did pause www']);
    await owner.stop(1_000);
  });

  it('is told whose absence it is where the owner is gone', async () => {
    const { memory, open } = bench();
    memory.isAway = true;
    expect(await open().hearRemotely(incoming())).toMatchObject({
      accepted: false,
      message: textWith('The certmon that owns the data directory does not answer'),
    });
  });

  it('is told where no answer comes', async () => {
    const { answers, open } = bench();
    await runAll(await open({ remoteWaitMs: 250 }).hearRemotely(incoming()));
    expect(answers).toEqual(['No answer yet from the certmon that runs on this data directory']);
  });
});

describe('stopping', () => {
  it('waits for what runs, and accepts nothing new', async () => {
    let release: (reply: Reply) => void = () => undefined;
    const { answers, open } = bench(
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const inbox = open();
    const running = runAll(await inbox.hear(incoming()));
    const stopped = inbox.stop(5_000);
    expect(await inbox.hear(incoming({ externalId: 'run:2' }))).toMatchObject({
      accepted: false,
      message: textWith('shutting down'),
    });
    release(replyOf('finished in time'));
    await Promise.all([running, stopped]);
    expect(answers).toEqual(['finished in time']);
  });

  it('cuts off at the deadline, and leaves the row for the next process', async () => {
    const { memory, answers, executed, open, later } = bench(
      (_incoming, _commit, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('cut off'));
          });
        }),
    );
    const inbox = open();
    const running = runAll(await inbox.hear(incoming()));
    await inbox.stop(20);
    await running;
    expect(answers).toEqual([]);
    expect(memory.rows[0]).toMatchObject({ wasApplied: false, finished: undefined });
    later(31_000);
    const next = open();
    await next.resume();
    await next.stop(20);
    expect(executed).toEqual(['pause mail', 'pause mail']);
  });
});
