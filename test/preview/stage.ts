/**
 * What certmon would say in Slack: the real store, commands, round and dispatcher, on a clock and services that a scene
 * makes up; what they hand to the platform is rendered as the Slack adapter does.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertMessage } from '../../src/chat/alert-message.ts';
import { createExecutor } from '../../src/chat/execute.ts';
import { renderMessage, renderReply } from '../../src/chat/slack/render.ts';
import type { Incoming } from '../../src/core/inbox.ts';
import type { Observation } from '../../src/core/observation.ts';
import type { Log, Messenger } from '../../src/core/ports.ts';
import { attend } from '../../src/monitoring/attend.ts';
import type { MonitoringDeps } from '../../src/monitoring/deps.ts';
import { createDispatcher } from '../../src/monitoring/dispatch.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { readOwnCas } from '../../src/probe/own-cas.ts';
import { connectToSocket } from '../../src/store/database.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createStore } from '../../src/store/store.ts';
import { nextDue } from '../helpers/next-due.ts';
import type { DrawnMessage } from './draw.ts';

export interface PreviewStage {
  /** A command in #ops, and its answer. */
  say(line: string, person?: string): Promise<DrawnMessage>;
  pass(ms: number): Promise<void>;
  serve(host: string, look: (now: Date) => Observation): void;
  /** The head of an incident as it stands now, by the number. */
  head(number: number): DrawnMessage;
  /** The replies under it, oldest first. */
  thread(number: number): readonly DrawnMessage[];
  close(): Promise<void>;
}

const QUIET: Log = { debug: ignore, info: ignore, warn: complain, error: complain };
const TEAM = 'T0PREVIEW';
const OPS = { externalId: 'C0OPS', name: 'ops', isPrivateChat: false };
/** A scene that never comes to rest is a fault. */
const MOST_STEPS = 5_000;

function ignore(): void {
  return undefined;
}

function complain(fields: object, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}

export async function setPreviewStage(begin: Date): Promise<PreviewStage> {
  const directory = await mkdtemp(join(tmpdir(), 'certmon-preview-'));
  const embedded = await openEmbedded(directory);
  const database = connectToSocket(embedded.socketPath);
  await migrate(database);
  const store = createStore(database);
  const workspace = await store.workspaces.ensureDefault();

  let now = begin;
  const services = new Map<string, (now: Date) => Observation>();
  const posts = new Map<string, { readonly incident: number; drawn: DrawnMessage }>();
  const replies: { readonly headId: string; readonly drawn: DrawnMessage }[] = [];

  const drawn = (blocks: readonly unknown[], more: Partial<DrawnMessage> = {}): DrawnMessage => ({
    from: 'certmon',
    at: timeText(now),
    blocks,
    ...more,
  });
  const messenger: Messenger = {
    platform: 'slack',
    paceMs: 0,
    goesStale: true,
    deliver({ how, content }) {
      const said = alertMessage(content);
      const { blocks } =
        how.type === 'reply' ? renderReply(said, content.kind === 'thread' && content.broadcast) : renderMessage(said);
      const messageId = how.type === 'edit' ? how.headId : `m${String(posts.size + replies.length)}`;
      if (how.type === 'reply') replies.push({ headId: how.headId, drawn: drawn(blocks) });
      else {
        const before = posts.get(messageId)?.drawn;
        const incident = content.kind === 'notice' ? 0 : content.incident.number;
        posts.set(messageId, {
          incident,
          drawn: drawn(blocks, before === undefined ? {} : { at: before.at, isEdited: true }),
        });
      }
      return Promise.resolve({ type: 'sent', messageId });
    },
  };
  const deps: MonitoringDeps = {
    store,
    readCas: readOwnCas,
    prober: {
      observe({ endpoint }, at) {
        const look = services.get(endpoint.host);
        if (look === undefined) throw new Error(`the scene has no service at ${endpoint.host}`);
        return Promise.resolve({ ...look(at), checkedAt: at });
      },
    },
    clock: { now: () => now },
    log: QUIET,
    random: () => 0,
    newUuid: randomUUID,
  };
  const dispatcher = createDispatcher(deps, { messengers: [messenger], concurrency: 4 });
  const round = createRound(deps, { concurrency: 16, leaseMs: 120_000, onNews: ignore });
  const execute = createExecutor(deps, {
    workspaceOf: () => Promise.resolve(workspace.id),
    admins: [{ platform: 'slack', externalId: 'U0ANN' }],
  });
  const settle = async (): Promise<void> => {
    await round.settled();
    while ((await attend(deps)) > 0);
    await dispatcher.drain();
  };
  const find = (number: number) => [...posts].find(([, { incident }]) => incident === number);

  return {
    async say(text, person = 'Ann') {
      const incoming: Incoming = {
        platform: 'slack',
        externalId: randomUUID(),
        teamId: TEAM,
        person: { externalId: `U0${person.toUpperCase()}`, name: person },
        conversation: OPS,
        text,
        mentions: [],
        answerTo: {},
      };
      const reply = await execute(incoming, (work) => store.transaction(work), new AbortController().signal);
      const answer = drawn(renderMessage(reply.message).blocks, { isPrivate: reply.audience === 'person' });
      await settle();
      return answer;
    },
    async pass(ms) {
      const end = new Date(now.getTime() + ms);
      for (let steps = 0; steps < MOST_STEPS; steps += 1) {
        const due = await nextDue(database);
        if (due === undefined || due > end) {
          now = end;
          return;
        }
        if (due > now) now = due;
        await settle();
      }
      throw new Error('the scene does not come to rest');
    },
    serve(host, look) {
      services.set(host, look);
    },
    head(number) {
      const [id, post] = find(number) ?? [];
      if (post === undefined) throw new Error(`there is no head of #${String(number)}`);
      const count = replies.filter(({ headId }) => headId === id).length;
      return { ...post.drawn, ...(count === 0 ? {} : { replies: count }) };
    },
    thread(number) {
      const [id] = find(number) ?? [];
      return replies.filter(({ headId }) => headId === id).map((reply) => reply.drawn);
    },
    async close() {
      await round.stop();
      await dispatcher.stop(1_000);
      await database.close();
      await embedded.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function timeText(at: Date): string {
  return at.toISOString().slice(11, 16);
}
