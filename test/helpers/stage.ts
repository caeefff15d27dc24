/** The use cases on a real store, with a prober that sees what the test says, and a clock that the test moves. */
import { readOwnCas } from '../../src/probe/own-cas.ts';
import { randomUUID } from 'node:crypto';
import type { AlertContent } from '../../src/core/alert.ts';
import type { Endpoint, Monitor } from '../../src/core/monitor.ts';
import type { Observation } from '../../src/core/observation.ts';
import type {
  Delivery,
  DeliveryOutcome,
  LeasedMonitor,
  Log,
  Messenger,
  ProbeRequest,
  QuietCheck,
  Store,
} from '../../src/core/ports.ts';
import type { Channel, Connection, Person } from '../../src/core/workspace.ts';
import { checkLeased } from '../../src/monitoring/check.ts';
import type { CheckOutcome } from '../../src/monitoring/check.ts';
import type { Commit, MonitoringDeps } from '../../src/monitoring/deps.ts';
import { createDispatcher } from '../../src/monitoring/dispatch.ts';
import type { Dispatcher } from '../../src/monitoring/dispatch.ts';
import { readDossiers } from '../../src/monitoring/dossier.ts';
import { addMonitor } from '../../src/monitoring/monitors.ts';
import { endpoint, NOW, observation } from './builders.ts';

export const QUIET: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
export const ANN: Person = { platform: 'console', externalId: 'ann', name: 'Ann' };
export const NEVER = new AbortController().signal;

/** What a platform was given, and what it answers: sent, unless the test says otherwise. */
export interface Heard {
  readonly how: Delivery['how']['type'];
  readonly channel: string;
  readonly content: AlertContent;
  readonly mayRepeat: boolean;
}

export interface Stage {
  readonly deps: MonitoringDeps;
  readonly store: Store;
  readonly workspaceId: string;
  readonly connection: Connection;
  /** Where monitors are added. */
  readonly channel: Channel;
  readonly commit: Commit;
  readonly heard: Heard[];
  readonly messenger: Messenger;
  readonly dispatcher: Dispatcher;
  readonly requests: ProbeRequest[];
  /** From now on the prober sees this. */
  sees(seen: Partial<Observation> | ((request: ProbeRequest) => Observation)): void;
  /** The next deliveries end so, one each. */
  answers(...outcomes: DeliveryOutcome[]): void;
  passes(ms: number): void;
  ensureChannel(name: string): Promise<Channel>;
  add(overrides?: Partial<Endpoint>, groupIds?: readonly string[]): Promise<Monitor>;
}

/** Checks a claimed monitor as the round does. */
export async function checkClaimed(
  deps: MonitoringDeps,
  lease: LeasedMonitor,
  signal: AbortSignal,
): Promise<CheckOutcome | undefined> {
  const { monitor } = lease;
  const { store, clock } = deps;
  const dossier = (await readDossiers(store, monitor.workspaceId, [monitor], clock.now())).get(monitor.id);
  if (dossier === undefined) throw new Error(`nothing is on record of ${monitor.id}`);
  const recordQuiet = async (check: QuietCheck) => (await store.checks.recordQuiet([check])).has(monitor.id);
  return checkLeased(deps, { lease, dossier }, recordQuiet, undefined, signal);
}

export async function setStage(store: Store): Promise<Stage> {
  const workspace = await store.workspaces.ensureDefault();
  const connection = await store.workspaces.ensureConnection(workspace.id, 'console', 'local');
  const ensureChannel = (name: string): Promise<Channel> =>
    store.channels.ensure(workspace.id, { connectionId: connection.id, externalId: name, name, isPrivateChat: false });
  const channel = await ensureChannel('here');
  const [profile] = (await store.profiles.list(workspace.id)).filter((one) => one.name === 'Standard');
  if (profile === undefined) throw new Error('no Standard profile');

  let now = NOW;
  let look: (request: ProbeRequest) => Observation = () => observation();
  const requests: ProbeRequest[] = [];
  const heard: Heard[] = [];
  const outcomes: DeliveryOutcome[] = [];
  let posted = 0;

  const messenger: Messenger = {
    platform: 'console',
    paceMs: 0,
    goesStale: true,
    deliver({ how, channel: to, content, mayRepeat }) {
      heard.push({ how: how.type, channel: to.name, content, mayRepeat });
      posted += 1;
      return Promise.resolve(outcomes.shift() ?? { type: 'sent', messageId: `message-${String(posted)}` });
    },
  };
  const deps: MonitoringDeps = {
    store,
    readCas: readOwnCas,
    prober: {
      observe(request) {
        requests.push(request);
        return Promise.resolve({ ...look(request), checkedAt: now });
      },
    },
    clock: { now: () => now },
    log: QUIET,
    random: () => 0,
    newUuid: randomUUID,
  };
  const commit: Commit = (work) => store.transaction(work);
  return {
    deps,
    store,
    workspaceId: workspace.id,
    connection,
    channel,
    commit,
    heard,
    messenger,
    dispatcher: createDispatcher(deps, { messengers: [messenger], concurrency: 8 }),
    requests,
    sees(seen) {
      look = typeof seen === 'function' ? seen : () => observation(seen);
    },
    answers(...next) {
      outcomes.push(...next);
    },
    passes(ms) {
      now = new Date(now.getTime() + ms);
    },
    ensureChannel,
    async add(overrides = {}, groupIds = []) {
      const wish = {
        endpoint: endpoint(overrides),
        name: undefined,
        profileId: profile.id,
        groupIds,
        tags: [],
        channelId: channel.id,
        by: ANN,
      };
      const outcome = await addMonitor(deps, workspace.id, wish, commit, NEVER);
      if (outcome.type !== 'added') throw new Error(`not added: ${outcome.type}`);
      return outcome.monitor;
    },
  };
}
