/** From a line on stdin to the line on stdout, with the real store, inbox and use cases; only the probed services are made up. */
import { readOwnCas } from '../../../src/probe/own-cas.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createConsolePlatform } from '../../../src/chat/console/adapter.ts';
import { createExecutor } from '../../../src/chat/execute.ts';
import { createInbox } from '../../../src/chat/inbox.ts';
import type { Inbox } from '../../../src/chat/inbox.ts';
import type { Observation } from '../../../src/core/observation.ts';
import { createDatabaseClock } from '../../../src/monitoring/clock.ts';
import type { MonitoringDeps } from '../../../src/monitoring/deps.ts';
import { createDispatcher } from '../../../src/monitoring/dispatch.ts';
import { openStore } from '../../../src/store/open.ts';
import type { OpenStore } from '../../../src/store/open.ts';
import { DAY_MS, certificate, intermediate, observation, readAddress, root } from '../../helpers/builders.ts';

interface Line {
  readonly type: string;
  readonly inReplyTo: number | null;
  readonly channel: string;
  readonly incident: string | null;
  readonly status: string | null;
  readonly acknowledgedBy: string | null;
  readonly text: string;
  readonly ok: boolean;
  readonly monitors: readonly string[];
  readonly probe: { readonly daysLeft: number } | null;
}

/** Each starts a database of its own, twice. */
const PATIENCE_MS = 120_000;

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const services = new Map<string, number>();
let directory = '';
let opened: OpenStore[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-whole-way-'));
  services.clear();
});

afterEach(async () => {
  for (const store of opened.reverse()) await store.close();
  opened = [];
  await rm(directory, { recursive: true, force: true });
});

/** A trusted chain whose leaf has so many days left. */
function seen(host: string, days: number, now: Date): Observation {
  const from = (count: number): Date => new Date(now.getTime() + count * DAY_MS);
  const leaf = certificate({
    subject: `CN=${host}`,
    notBefore: from(days - 90),
    notAfter: from(days + 0.5),
    subjectAltNames: [{ type: 'dns', value: host }],
  });
  const issuer = intermediate({ notBefore: from(-400), notAfter: from(1_800) });
  const anchor = root({ notBefore: from(-1_000), notAfter: from(5_000) });
  return observation({
    checkedAt: now,
    addresses: [readAddress({ chain: [leaf, issuer], path: [leaf, issuer, anchor] })],
  });
}

async function openDeps(mayJoin: boolean): Promise<MonitoringDeps> {
  const open = await openStore(
    { databaseUrl: undefined, dataDirectory: directory, mayJoin },
    SILENT,
    new AbortController().signal,
  );
  opened.push(open);
  const clock = createDatabaseClock(open.store);
  await clock.set();
  return {
    store: open.store,
    readCas: readOwnCas,
    prober: {
      observe: ({ endpoint }, now) => Promise.resolve(seen(endpoint.host, services.get(endpoint.host) ?? 60, now)),
    },
    clock,
    log: SILENT,
    random: () => 0.5,
    newUuid: randomUUID,
  };
}

/** Pipes a script through a console of its own, and gives back what it printed. */
async function pipe(
  deps: MonitoringDeps,
  script: readonly string[],
  how: 'hear' | 'hearRemotely' = 'hear',
): Promise<Line[]> {
  const input = new PassThrough();
  const output = new PassThrough();
  let printed = '';
  output.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const platform = createConsolePlatform({
    input,
    output,
    isTerminal: false,
    hasColour: false,
    isJson: true,
    personName: 'ann',
    historyFile: undefined,
    demo: undefined,
  });
  const dispatcher = createDispatcher(deps, { messengers: [platform], concurrency: 4 });
  const inbox = inboxOf(deps, [platform]);
  await platform.start(inbox[how]);
  input.end(script.join('\n'));
  await platform.ended;
  await dispatcher.drain();
  await inbox.stop(1_000);
  await dispatcher.stop(1_000);
  await platform.stop();
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function inboxOf(deps: MonitoringDeps, platforms: Parameters<typeof createInbox>[0]['platforms']): Inbox {
  const execute = createExecutor(deps, {
    workspaceOf: async () => (await deps.store.workspaces.ensureDefault()).id,
  });
  return createInbox({ deps, execute, platforms, servesAlso: ['console'] });
}

it('a script tells the whole story, and all of it is there after a restart', { timeout: PATIENCE_MS }, async () => {
  services.set('old.example.com', -2);
  const script = [
    'group add ops',
    'group map ops #alerts',
    'add mail.example.com smtp --name "Mail Berlin" --group ops --tag env:prod',
    'add old.example.com https --group OPS',
    'list',
    'show "mail berlin"',
    'show MAIL.example.com.',
    'incidents',
    'incidents #1',
    'ack #1',
    'ack #1',
    'snooze #1 4h',
    'unsnooze #1',
    'unack 1',
    'add old.example.com https',
    'group add Ops',
    'group show ops',
    'pause "Mail Berlin"',
    'resume "Mail Berlin"',
    'snooze #1 until-next-threshold',
    'ack #2',
    'show old.exampel.com',
  ];
  const lines = await pipe(await openDeps(false), script);
  const replies = lines.filter((line) => line.type === 'reply');
  expect(replies.map(({ inReplyTo, ok, text }) => [inReplyTo, ok, text.split('\n')[0]])).toEqual([
    [1, true, 'Made contact group ops'],
    [2, true, 'The alerts of ops go to #alerts'],
    [3, true, 'Added Mail Berlin (mail.example.com:25 smtp): valid, 60 days left'],
    [4, true, 'Added old.example.com:443 https: expired'],
    [5, true, '2 monitors: 1 expired, 1 valid'],
    [6, true, 'Mail Berlin (mail.example.com:25 smtp): valid, 60 days left'],
    [7, true, 'Mail Berlin (mail.example.com:25 smtp): valid, 60 days left'],
    [8, true, '1 open incident, 1 critical'],
    [9, true, expect.stringMatching(/^Critical #1: old\.example\.com: certificate expired/)],
    [10, true, 'Acknowledged #1'],
    [11, false, expect.stringMatching(/^You have acknowledged #1 already since /)],
    [12, true, expect.stringMatching(/^#1 is silent until /)],
    [13, true, '#1 is no longer silent'],
    [14, true, '#1 is no longer acknowledged'],
    [15, false, 'old.example.com:443 https is watched already, so nothing was added.'],
    [16, false, "There is a contact group 'Ops' already."],
    [17, true, 'Contact group ops'],
    [18, true, 'Paused Mail Berlin (mail.example.com:25 smtp)'],
    [19, true, 'Resumed Mail Berlin (mail.example.com:25 smtp)'],
    [20, false, 'No threshold is left ahead of #1, so its silence would not end.'],
    [21, false, 'There is no incident #2.'],
    [22, false, "There is no monitor 'old.exampel.com'."],
  ]);
  expect(replies[3]).toMatchObject({ status: 'expired', probe: { daysLeft: -2 } });
  const alerts = lines.filter((line) => line.type !== 'reply');
  expect(alerts[0]).toMatchObject({ type: 'head', channel: '#alerts', incident: '#1', status: 'open' });
  const thread = alerts.filter(({ type }) => type === 'thread').map(({ text }) => text);
  const told = ['Fingerprint', 'ann acknowledged', 'ann silenced', 'ann ended the silence', 'ann took'];
  expect(thread.map((text, index) => text.includes(told[index] ?? ''))).toEqual(told.map(() => true));

  for (const store of opened.splice(0)) await store.close();
  services.set('old.example.com', 60);
  const after = await pipe(await openDeps(false), ['check old.example.com', 'remove "Mail Berlin"', 'list']);
  expect(after.filter(({ type }) => type === 'reply').map(({ text }) => text.split('\n')[0])).toEqual([
    'Checked old.example.com:443 https: valid, 60 days left',
    'Removed Mail Berlin (mail.example.com:25 smtp)',
    '1 monitor: 1 valid',
  ]);
  expect(after.find(({ type, incident }) => type === 'thread' && incident === '#1')?.text).toContain('Resolved');
});

it('a console that joined has its commands done by the owner', { timeout: PATIENCE_MS }, async () => {
  const owner = await openDeps(false);
  const owning = inboxOf(owner, []);
  const joined = await openDeps(true);
  expect(opened.map((store) => store.joined)).toEqual([false, true]);
  const said = pipe(joined, ['add a.example.com https', 'list', 'lst'], 'hearRemotely');
  const over = new AbortController();
  void said.finally(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    await owning.resume();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await said).map(({ inReplyTo, ok, text }) => [inReplyTo, ok, text.split('\n')[0]])).toEqual([
    [1, true, 'Added a.example.com:443 https: valid, 60 days left'],
    [2, true, '1 monitor: 1 valid'],
    [3, false, "Not done: there is no command 'lst'."],
  ]);
  await owning.stop(1_000);
});

it('hostile text is stored and shown without harm', { timeout: PATIENCE_MS }, async () => {
  const lines = await pipe(await openDeps(false), [
    'add a.example.com https --name "<!channel> *x* \u202e\u001b[2J; drop table monitors"',
    'list',
    'show "\'; --"',
    'show "%"',
    'show _',
    'group add a\u0000b',
    'show "\u0000"',
  ]);
  expect(lines.map(({ ok }) => ok)).toEqual([true, true, false, false, false, false, false]);
  expect(lines[0]?.text).toContain('<!channel> *x* <U+202E><U+001B>[2J; drop table monitors');
});
