/**
 * The inbox: what is heard is kept in the database before the platform is told "received", and done once (design,
 * section 5).
 *
 *   hear ── accept (one insert, 1 s) ──▶ run ── execute, commit with markApplied ──▶ answer ──▶ finish
 *                                         ▲
 *   resume ── claim what nobody holds ────┘   after a crash, and what consoles that joined this process accepted
 *
 * A lease says who runs a row, and is renewed while it runs. A process that dies lets it run out; the next one runs the
 * row again, or, where the change was committed already, only says so. A reply that could not be stored because the
 * database went away after it was given is kept here and stored later, so that nobody is answered twice.
 */
import { DatabaseAwayError, RunLostError } from '../core/errors.ts';
import type { Acceptance, Incoming } from '../core/inbox.ts';
import type { InboxItem, Store } from '../core/ports.ts';
import type { PlatformName } from '../core/workspace.ts';
import type { Commit, MonitoringDeps } from '../monitoring/deps.ts';
import { MAX_TEXT_CHARS } from './command.ts';
import type { Execute } from './execute.ts';
import { faultFields } from './fault.ts';
import type { Reply } from './message.ts';
import { pause } from './pause.ts';
import type { ChatPlatform, Hear, Heard } from './platform.ts';
import { code, command, message, text, undone } from './reply.ts';

export interface InboxOptions {
  readonly deps: Pick<MonitoringDeps, 'clock' | 'log'> & { readonly store: Pick<Store, 'inbox' | 'transaction'> };
  readonly execute: Execute;
  readonly platforms: readonly ChatPlatform[];
  /** Platforms that are not here whose commands are run here all the same: consoles that joined this process. */
  readonly servesAlso?: readonly PlatformName[];
  /** A command has run: there may be something to say. */
  readonly onDone?: () => void;
  readonly leaseMs?: number;
  /** How long a joined console waits for the running certmon's answer. */
  readonly remoteWaitMs?: number;
}

export interface Inbox {
  /** Keeps it, and then runs it in this process. */
  readonly hear: Hear;
  /** Keeps it for the certmon that owns the data directory, and waits for its answer. */
  readonly hearRemotely: Hear;
  /**
   * Begins to run what others left or handed over, and returns; to be called again and again. While there is such work
   * it looks by itself more often: somebody sits at a console that joined.
   *
   * @throws {DatabaseAwayError}
   */
  resume(): Promise<void>;
  /** Hears nothing more, lets what runs come to its end for `deadlineMs`, then cuts it off for the next process. */
  stop(deadlineMs: number): Promise<void>;
}

const ACCEPT_WITHIN_MS = 1_000;
const REPLY_POLL_MS = 100;
const LIVELY_POLL_MS = 100;
/** After the last find it is left to `resume` again. */
const LIVELY_FOR_MS = 5_000;
const CLAIMED_AT_ONCE = 10;
/** After being cut off a command has this long to notice. */
const CUT_OFF_MS = 500;

const AWAY = 'certmon cannot reach its database, so this was not accepted and nothing is done. Try again in a minute.';
const SLOW =
  'certmon could not keep this within a second, so it was not accepted and nothing is done. Try again in a minute.';
const OWNER_AWAY =
  'The certmon that owns the data directory does not answer: it has ended, or was stopped. This was not accepted and nothing is done. Start one, or open the console again.';
const STOPPING = 'certmon is shutting down, so this was not accepted and nothing is done. Try again in a minute.';
type NotKept = Readonly<Record<Extract<Acceptance, { readonly accepted: false }>['reason'], string>>;

const NOT_KEPT: NotKept = { 'database-away': AWAY, 'too-slow': SLOW };
/** A console that joined reaches the database through the process that owns it: what is away is that one. */
const NOT_KEPT_BY_OWNER: NotKept = { 'database-away': OWNER_AWAY, 'too-slow': OWNER_AWAY };
const TOO_LONG = `This is too long, so it was not accepted: ${String(MAX_TEXT_CHARS)} characters are the most that is read at once.`;

export function createInbox(options: InboxOptions): Inbox {
  const { deps, execute, platforms } = options;
  const { store, clock, log } = deps;
  const served = [...new Set([...platforms.map(({ platform }) => platform), ...(options.servesAlso ?? [])])];
  const leaseMs = options.leaseMs ?? 30_000;
  const remoteWaitMs = options.remoteWaitMs ?? 10 * 60_000;
  const cutOff = new AbortController();
  const running = new Set<Promise<void>>();
  /** Rows that run here: one whose lease ran out while the database was away is not begun a second time. */
  const active = new Set<string>();
  /** Answered, but not yet stored as such, by row. */
  const unfinished = new Map<string, unknown>();
  let isStopping = false;
  let livelyUntil: number | undefined;
  const stopping = new AbortController();

  function platformOf(name: PlatformName): ChatPlatform | undefined {
    return platforms.find((platform) => platform.platform === name);
  }

  async function accept(incoming: Incoming, lease: number): Promise<Acceptance | { readonly refused: string }> {
    if (isStopping) return { refused: STOPPING };
    if (incoming.text.length > MAX_TEXT_CHARS) return { refused: TOO_LONG };
    const receivedAt = clock.now();
    const deadline = new Date(receivedAt.getTime() + ACCEPT_WITHIN_MS);
    const acceptance = store.inbox.accept(incoming, receivedAt, deadline, lease);
    const late = Symbol('late');
    const timer = timeout(ACCEPT_WITHIN_MS);
    try {
      const first = await Promise.race([acceptance, timer.passed.then(() => late)]);
      if (typeof first !== 'symbol') return first;
    } catch (error) {
      if (!(error instanceof DatabaseAwayError)) throw error;
      log.warn({ platform: incoming.platform, ...faultFields(error) }, 'command was not accepted');
      return { accepted: false, reason: 'database-away' };
    } finally {
      timer.clear();
    }
    void track(withdraw(acceptance));
    return { accepted: false, reason: 'too-slow' };
  }

  /** The person was told "not accepted": a row that was written in time after all must not run. */
  async function withdraw(acceptance: Promise<Acceptance>): Promise<void> {
    try {
      const result = await acceptance;
      if (result.accepted && result.isNew) await finish(result.id, undefined);
    } catch (error) {
      log.warn(faultFields(error), 'command accepted too late could not be withdrawn');
    }
  }

  async function heard(
    incoming: Incoming,
    lease: number,
    texts: NotKept,
    run: (id: string, token: string | undefined) => Promise<void>,
  ): Promise<Heard> {
    let result: Awaited<ReturnType<typeof accept>>;
    try {
      result = await accept(incoming, lease);
    } catch (error) {
      log.error({ platform: incoming.platform, ...faultFields(error) }, 'command could not be accepted');
      return { accepted: false, message: texts['database-away'] };
    }
    if ('refused' in result) return { accepted: false, message: result.refused };
    if (!result.accepted) return { accepted: false, message: texts[result.reason] };
    const { id, isNew, token } = result;
    if (!isNew) return { accepted: true, isNew, run: () => Promise.resolve() };
    return { accepted: true, isNew, run: () => track(run(id, token)) };
  }

  /** `stop` waits for it; it never rejects. */
  function track(work: Promise<void>): Promise<void> {
    const safe = work
      .catch((error: unknown) => {
        log.error(faultFields(error), 'inbox work failed');
      })
      .finally(() => running.delete(safe));
    running.add(safe);
    return safe;
  }

  async function runItem({ id, token, incoming, wasApplied }: InboxItem): Promise<void> {
    if (active.has(id) || unfinished.has(id)) return;
    active.add(id);
    const stopRenewing = renew(id, token);
    try {
      const reply = wasApplied ? doneBefore(incoming) : await execute(incoming, commitFor(id, token), cutOff.signal);
      const platform = platformOf(incoming.platform);
      await platform?.answer(incoming, reply);
      await finish(id, reply);
    } catch (error) {
      // It ran for too long without a sign of life, and another has it.
      if (error instanceof RunLostError) log.warn({ inboxId: id }, 'command was taken over by another run');
      // Cut off by `stop`: the row stays for the next process.
      else if (!cutOff.signal.aborted) throw error;
    } finally {
      active.delete(id);
      stopRenewing();
      options.onDone?.();
    }
  }

  /** What a command changes, and that it was done, are committed together. */
  function commitFor(id: string, token: string): Commit {
    return (work) =>
      store.transaction(async (stores) => {
        const result = await work(stores);
        if (!(await stores.inbox.markApplied(id, token))) throw new RunLostError(`command ${id} is run by another`);
        return result;
      });
  }

  function renew(id: string, token: string): () => void {
    const timer = setInterval(() => {
      store.inbox.renewLease(id, token, new Date(clock.now().getTime() + leaseMs)).catch((error: unknown) => {
        log.warn({ inboxId: id, ...faultFields(error) }, 'lease of a running command was not renewed');
      });
    }, leaseMs / 3);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }

  async function finish(id: string, reply: unknown): Promise<void> {
    try {
      await store.inbox.finish(id, reply ?? null, clock.now());
    } catch (error) {
      if (!(error instanceof DatabaseAwayError)) throw error;
      unfinished.set(id, reply ?? null);
      log.warn({ inboxId: id, ...faultFields(error) }, 'answered command could not be stored as done yet');
    }
  }

  async function finishLeftOvers(): Promise<void> {
    for (const [id, reply] of unfinished) {
      await store.inbox.finish(id, reply, clock.now());
      unfinished.delete(id);
    }
  }

  /** Whether there was any. */
  async function claim(): Promise<boolean> {
    await finishLeftOvers();
    const items = await store.inbox.claimUnfinished(served, clock.now(), CLAIMED_AT_ONCE, leaseMs);
    for (const item of items) void track(runItem(item));
    return items.length > 0;
  }

  async function beLively(): Promise<void> {
    try {
      while (livelyUntil !== undefined && performance.now() < livelyUntil && !stopping.signal.aborted) {
        await pause(LIVELY_POLL_MS, stopping.signal);
        if (await claim()) livelyUntil = performance.now() + LIVELY_FOR_MS;
      }
    } catch (error) {
      // `resume` meets it too, and tells.
      if (!(error instanceof DatabaseAwayError)) throw error;
    } finally {
      livelyUntil = undefined;
    }
  }

  async function awaitReply(id: string, incoming: Incoming): Promise<void> {
    const until = performance.now() + remoteWaitMs;
    while (performance.now() < until && !cutOff.signal.aborted) {
      const stored = await storedReply(id);
      if (stored !== undefined) {
        await platformOf(incoming.platform)?.answer(
          incoming,
          isReply(stored.reply) ? stored.reply : doneBefore(incoming),
        );
        return;
      }
      await pause(REPLY_POLL_MS, cutOff.signal);
    }
    await platformOf(incoming.platform)?.answer(incoming, noAnswerYet());
  }

  async function storedReply(id: string): Promise<{ readonly reply: unknown } | undefined> {
    try {
      return await store.inbox.replyTo(id);
    } catch (error) {
      if (error instanceof DatabaseAwayError) return undefined;
      throw error;
    }
  }

  return {
    hear: (incoming) =>
      heard(incoming, leaseMs, NOT_KEPT, (id, token = '') => runItem({ id, token, incoming, wasApplied: false })),
    hearRemotely: (incoming) => heard(incoming, 0, NOT_KEPT_BY_OWNER, (id) => awaitReply(id, incoming)),
    async resume() {
      if (isStopping || livelyUntil !== undefined || !(await claim())) return;
      livelyUntil = performance.now() + LIVELY_FOR_MS;
      void track(beLively());
    },
    async stop(deadlineMs) {
      isStopping = true;
      stopping.abort();
      const timer = timeout(deadlineMs);
      await Promise.race([Promise.all(running), timer.passed]);
      timer.clear();
      if (running.size === 0) return;
      log.warn({ commands: running.size }, 'commands were cut off at the end of the drain');
      cutOff.abort();
      const last = timeout(CUT_OFF_MS);
      await Promise.race([Promise.all(running), last.passed]);
      last.clear();
    },
  };
}

/** Whether it was done or refused is not known any more, so no program is told that it was done. */
function doneBefore(incoming: Incoming): Reply {
  return undone({
    message: message('neutral', 'This was handled before certmon restarted', [
      text(['You asked for ', code(incoming.text.split('\n')[0]?.slice(0, 200) ?? '')]),
      text('It was done or refused, and is not done again; what was said to it is lost.'),
      text(['How things stand now: ', command('list'), ', ', command('incidents')]),
    ]),
  });
}

function noAnswerYet(): Reply {
  return undone({
    message: message('warning', 'No answer yet from the certmon that runs on this data directory', [
      text('Your command is kept, and is done as soon as it can be. Is the other process well?'),
    ]),
  });
}

/** Ours, read back: another version of certmon may have written it. */
function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null || !('ok' in value) || !('message' in value)) return false;
  const { ok, message: said } = value;
  return typeof ok === 'boolean' && typeof said === 'object' && said !== null && 'title' in said && 'blocks' in said;
}

function timeout(ms: number): { readonly passed: Promise<void>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return {
    passed,
    clear: () => {
      clearTimeout(timer);
    },
  };
}
