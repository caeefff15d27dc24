/**
 * A story as a person at the console lives it: lines typed, time that passes, services that change; and the transcript of
 * what was printed. Store, grammar, round, dispatcher and console are the real ones; the network and the clock are
 * made up.
 */
import { readOwnCas } from '../../src/probe/own-cas.ts';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { sql } from 'drizzle-orm';
import { createConsolePlatform } from '../../src/chat/console/adapter.ts';
import { createExecutor } from '../../src/chat/execute.ts';
import type { Observation } from '../../src/core/observation.ts';
import type { ProbeRequest } from '../../src/core/ports.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import { createDispatcher } from '../../src/monitoring/dispatch.ts';
import { attend } from '../../src/monitoring/attend.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { emptyTables } from './databases.ts';
import type { TestDatabase } from './databases.ts';
import { nextDue } from './next-due.ts';
import { QUIET } from './stage.ts';

export interface Story {
  /** A line at the console, and what comes of it at once. */
  type(line: string): Promise<void>;
  /** Lets time pass: everything that falls due is done when it falls due. */
  pass(span: string): Promise<void>;
  /** What the service at `host` looks like from now on. */
  serve(host: string, look: (now: Date) => Observation): void;
  now(): Date;
  /** What was typed and printed since the last call, with the time before each part that time passed for. */
  told(): string;
  end(): Promise<void>;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LEASE_MS = 120_000;
const CHECK_INTERVAL_MS = 6 * 3_600_000;
/** A story that never comes to rest is a fault. */
const MOST_STEPS = 20_000;

/** @param everyMs how often monitors are checked: hours of checks between two events are of no interest, and take time. */
export async function tellStory(
  { store, database }: TestDatabase,
  begin: Date,
  everyMs = CHECK_INTERVAL_MS,
): Promise<Story> {
  await emptyTables(database);
  const workspace = await store.workspaces.ensureDefault();
  await database.pool.execute(sql`update profiles set check_interval_ms = ${everyMs}`);
  let now = begin;
  const services = new Map<string, (now: Date) => Observation>();
  const deps: MonitoringDeps = {
    store,
    readCas: readOwnCas,
    prober: {
      observe({ endpoint }: ProbeRequest, at) {
        const look = services.get(endpoint.host);
        if (look === undefined) throw new Error(`the story has no service at ${endpoint.host}`);
        return Promise.resolve({ ...look(at), checkedAt: at });
      },
    },
    clock: { now: () => now },
    log: QUIET,
    random: () => 0,
    newUuid: randomUUID,
  };

  const input = new PassThrough();
  const output = new PassThrough();
  let transcript = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    transcript += text;
  });
  const platform = createConsolePlatform({
    input,
    output,
    isTerminal: false,
    hasColour: false,
    isJson: false,
    personName: 'ann',
    historyFile: undefined,
    demo: undefined,
  });
  const dispatcher = createDispatcher(deps, { messengers: [platform], concurrency: 4 });
  const round = createRound(deps, { concurrency: 16, leaseMs: LEASE_MS, onNews: () => undefined });
  const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspace.id) });
  // Not through the inbox, whose deadline the database's own clock judges: the story's clock is made up.
  let answered = (): void => undefined;
  await platform.start((incoming) =>
    Promise.resolve({
      accepted: true,
      isNew: true,
      async run() {
        const reply = await execute(incoming, (work) => store.transaction(work), new AbortController().signal);
        await platform.answer(incoming, reply);
        answered();
      },
    }),
  );

  const settle = async (): Promise<void> => {
    await round.settled();
    while ((await attend(deps)) > 0);
    await dispatcher.drain();
  };

  return {
    async type(line) {
      transcript += `> ${line}\n`;
      const done = new Promise<void>((resolve) => {
        answered = resolve;
      });
      input.write(`${line}\n`);
      await done;
      await settle();
    },
    async pass(span) {
      const [, count = '', unit = ''] = /^(\d+)\s*([smhd])$/.exec(span) ?? [];
      const end = new Date(now.getTime() + Number(count) * (UNIT_MS[unit] ?? Number.NaN));
      for (let steps = 0; ; steps += 1) {
        if (steps > MOST_STEPS) throw new Error('the story does not come to rest');
        const due = await nextDue(database);
        if (due === undefined || due > end) break;
        if (due > now) now = due;
        const before = transcript.length;
        await settle();
        if (transcript.length > before) {
          transcript = `${transcript.slice(0, before)}-- ${now.toISOString().slice(0, 16).replace('T', ' ')}\n${transcript.slice(before)}`;
        }
      }
      now = end;
    },
    serve(host, look) {
      services.set(host, look);
    },
    now: () => now,
    told() {
      const said = transcript.replaceAll(/(?<=^|[^0-9a-zA-Z])C[MIPGF][0-9a-f]{32}/g, (sid) => `${sid.slice(0, 2)}…`);
      transcript = '';
      return said.trimEnd();
    },
    async end() {
      await round.stop();
      await dispatcher.stop(1_000);
      await platform.stop();
    },
  };
}
