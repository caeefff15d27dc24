/** Commands as a person sends them, down to a real PostgreSQL; only the network and the clock are made up. */
import { readOwnCas } from '../../../src/probe/own-cas.ts';
import { eq } from 'drizzle-orm';
import { afterAll } from 'vitest';
import { createExecutor } from '../../../src/chat/execute.ts';
import { PLAIN, renderMessage } from '../../../src/chat/console/render.ts';
import type { Reply } from '../../../src/chat/message.ts';
import type { Incoming, Mention } from '../../../src/core/inbox.ts';
import type { Observation } from '../../../src/core/observation.ts';
import type { Store } from '../../../src/core/ports.ts';
import { BUILT_IN_PROFILES } from '../../../src/core/profile.ts';
import { toSid } from '../../../src/core/sid.ts';
import type { MonitoringDeps } from '../../../src/monitoring/deps.ts';
import { channels, outbox, workspaces } from '../../../src/store/schema.ts';
import { NOW, certificate, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { emptyTables, withStore } from '../../helpers/databases.ts';
import type { TestDatabase } from '../../helpers/databases.ts';

export interface Bench {
  readonly store: Store;
  readonly workspaceId: string;
  readonly deps: MonitoringDeps;
  /** What the services look like from now on, by host; others are well. */
  readonly services: Map<string, Observation>;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
  readonly send: (text: string, overrides?: Partial<Incoming>) => Promise<Reply>;
  /** The same, as the text that a console would show. */
  readonly say: (text: string, overrides?: Partial<Incoming>) => Promise<string>;
  /** What waits to be said, in order: the channel's name and the kind. */
  readonly queued: () => Promise<readonly (readonly [string, string])[]>;
  /** A workspace of its own for that team of Slack. */
  readonly otherWorkspace: (teamId: string) => Promise<string>;
  /** Moves the clock on. */
  readonly later: (ms: number) => void;
}

let opening: Promise<TestDatabase> | undefined;
afterAll(async () => (await opening)?.close());

/** One database a file; every bench begins with empty tables and the workspace `default`. */
export async function bench(): Promise<Bench> {
  opening ??= withStore('postgresql');
  const { store, database } = await opening;
  await emptyTables(database);
  const { id: workspaceId } = await store.workspaces.ensureDefault();
  const services = new Map<string, Observation>();
  const logged: Bench['logged'] = [];
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields });
  let uuid = 0;
  let now = NOW;
  const deps: MonitoringDeps = {
    store,
    readCas: readOwnCas,
    prober: {
      observe: ({ endpoint }, at) =>
        Promise.resolve({ ...(services.get(endpoint.host) ?? wellObservation(endpoint.host)), checkedAt: at }),
    },
    clock: { now: () => now },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    random: () => 0.5,
    newUuid: () => `${String((uuid += 1)).padStart(4, '0')}0000-0000-4000-8000-000000000000`,
  };
  const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve(workspaceId) });
  const send: Bench['send'] = (text, overrides) =>
    execute(incoming(text, overrides), (work) => store.transaction(work), new AbortController().signal);
  return {
    store,
    workspaceId,
    deps,
    services,
    logged,
    send,
    say: async (text, overrides) => renderMessage((await send(text, overrides)).message, PLAIN),
    queued: async () => {
      const rows = await database.pool
        .select({ channel: channels.name, kind: outbox.kind })
        .from(outbox)
        .innerJoin(channels, eq(channels.id, outbox.channelId))
        .orderBy(outbox.id);
      return rows.map(({ channel, kind }) => [channel, kind] as const);
    },
    otherWorkspace: async (teamId) => {
      const id = `workspace-of-${teamId}`;
      await database.pool.insert(workspaces).values({ id, name: id });
      for (const profile of BUILT_IN_PROFILES) {
        await store.profiles.add(id, { ...profile, id: toSid('profile', deps.newUuid()) });
      }
      await store.workspaces.ensureConnection(id, 'slack', teamId);
      return id;
    },
    later: (ms) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

export function incoming(text: string, overrides: Partial<Incoming> = {}): Incoming {
  return {
    platform: 'console',
    externalId: 'run:1',
    teamId: 'local',
    person: { externalId: 'ann', name: 'Ann' },
    conversation: { externalId: 'console', name: 'console', isPrivateChat: true },
    text,
    mentions: (text.match(/#[a-z]\w*/g) ?? []).map((token): Mention => ({
      token,
      kind: 'channel',
      externalId: token,
      name: token.slice(1),
    })),
    answerTo: {},
    ...overrides,
  };
}

export function wellObservation(host: string, days = 60): Observation {
  const leaf = certificate({
    subject: `CN=${host}`,
    notAfter: inDays(days),
    subjectAltNames: [{ type: 'dns', value: host }],
  });
  return observation({ addresses: [servingLeaf(leaf)] });
}

/** A name that gives no address. */
export const NO_ADDRESS: Observation = observation({
  resolution: { outcome: 'dns-failure', detail: 'queryA ENOTFOUND' },
  addresses: [],
});
