/** Commands as a person sends them, down to the use cases and an in-memory store; only the network is made up. */
import { createExecutor } from '../../../src/chat/execute.ts';
import { PLAIN, renderMessage } from '../../../src/chat/console/render.ts';
import type { Reply } from '../../../src/chat/message.ts';
import type { Incoming, Mention } from '../../../src/core/inbox.ts';
import type { Observation } from '../../../src/core/observation.ts';
import type { MonitoringDeps } from '../../../src/monitoring/deps.ts';
import { NOW, certificate, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { memoryStore } from '../../helpers/memory-store.ts';
import type { MemoryStore } from '../../helpers/memory-store.ts';

export interface Bench {
  readonly store: MemoryStore;
  readonly deps: MonitoringDeps;
  /** What the services look like from now on, by host; others are well. */
  readonly services: Map<string, Observation>;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
  readonly send: (text: string, overrides?: Partial<Incoming>) => Promise<Reply>;
  /** The same, as the text that a console would show. */
  readonly say: (text: string, overrides?: Partial<Incoming>) => Promise<string>;
}

export function bench(): Bench {
  const store = memoryStore(() => NOW);
  const services = new Map<string, Observation>();
  const logged: Bench['logged'] = [];
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields });
  let uuid = 0;
  const deps: MonitoringDeps = {
    store,
    prober: {
      observe: ({ endpoint }) => Promise.resolve(services.get(endpoint.host) ?? wellObservation(endpoint.host)),
    },
    clock: { now: () => NOW },
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    random: () => 0.5,
    newUuid: () => `${String((uuid += 1)).padStart(4, '0')}0000-0000-4000-8000-000000000000`,
  };
  const execute = createExecutor(deps, { workspaceOf: () => Promise.resolve('workspace') });
  const send: Bench['send'] = (text, overrides) =>
    execute(incoming(text, overrides), (work) => store.transaction(work), new AbortController().signal);
  return {
    store,
    deps,
    services,
    logged,
    send,
    say: async (text, overrides) => renderMessage((await send(text, overrides)).message, PLAIN),
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
