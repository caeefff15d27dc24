import { getEventListeners } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createConsolePlatform } from '../../../src/chat/console/adapter.ts';
import type { ConsolePlatform, ConsoleSettings } from '../../../src/chat/console/adapter.ts';
import type { Reply } from '../../../src/chat/message.ts';
import type { Hear } from '../../../src/chat/platform.ts';
import type { HeadAlert } from '../../../src/core/alert.ts';
import type { Incoming } from '../../../src/core/inbox.ts';
import type { Delivery } from '../../../src/core/ports.ts';

const HEAD: HeadAlert = {
  kind: 'head',
  incident: { id: `CI${'1'.repeat(32)}`, number: 17 },
  severity: 'critical',
  status: 'open',
  acknowledgedBy: undefined,
  mentions: [],
  monitorIds: [`CM${'2'.repeat(32)}`],
  title: 'mail.example.com: certificate expired',
  problems: ['It has expired.'],
  nextStep: 'Renew it.',
  facts: [],
  hosts: [],
  state: [],
  actions: ['acknowledge'],
};

function delivery(overrides: Partial<Delivery> = {}): Delivery {
  return {
    rowId: '1',
    channel: {
      id: 'c1',
      workspaceId: 'w',
      connectionId: 'x',
      platform: 'console',
      teamId: 'local',
      externalId: '#ops',
      name: 'ops',
      isPrivateChat: false,
      deadReason: undefined,
    },
    content: HEAD,
    how: { type: 'post' },
    mayRepeat: false,
    ...overrides,
  };
}

function replyOf(title: string): Reply {
  return {
    ok: true,
    message: { tone: 'good', title, blocks: [], actions: [] },
    audience: 'person',
    monitors: [],
    incident: undefined,
    status: undefined,
    probe: undefined,
  };
}

interface Bench {
  readonly input: PassThrough;
  readonly platform: ConsolePlatform;
  readonly heard: Incoming[];
  readonly written: () => string;
  /** Resolves once what was written holds `text`. */
  readonly until: (text: string) => Promise<void>;
}

const open: ConsolePlatform[] = [];

afterEach(async () => {
  for (const platform of open.splice(0)) await platform.stop();
});

async function openConsole(
  overrides: Partial<ConsoleSettings> = {},
  answer: (incoming: Incoming) => Promise<Reply | undefined> = (incoming) =>
    Promise.resolve(replyOf(`done ${incoming.text}`)),
): Promise<Bench> {
  const input = new PassThrough();
  const output = new PassThrough();
  let written = '';
  const watchers = new Set<() => void>();
  output.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    for (const watcher of [...watchers]) watcher();
  });
  const heard: Incoming[] = [];
  const platform = createConsolePlatform({
    input,
    output,
    isTerminal: false,
    hasColour: false,
    isJson: false,
    personName: 'ann',
    historyFile: undefined,
    demo: undefined,
    ...overrides,
  });
  open.push(platform);
  const hear: Hear = (incoming) => {
    heard.push(incoming);
    return Promise.resolve({
      accepted: true,
      isNew: true,
      run: async () => {
        const reply = await answer(incoming);
        if (reply !== undefined) await platform.answer(incoming, reply);
      },
    });
  };
  await platform.start(hear);
  return {
    input,
    platform,
    heard,
    written: () => written,
    until: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!written.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}

describe('in a pipe', () => {
  it('lines run one after the other, in order, and the end comes after the last answer', async () => {
    let running = 0;
    const { input, platform, heard, written } = await openConsole({}, async (incoming) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return replyOf(`done ${incoming.text}`);
    });
    input.end('first\n\n  second\r\nthird');
    await platform.ended;
    expect(written()).toBe('done first\ndone   second\ndone third\n');
    expect(heard.map((incoming) => incoming.answerTo.line)).toEqual([1, 3, 4]);
  });

  it('a thousand lines are all answered', async () => {
    const { input, platform, written } = await openConsole();
    input.end(Array.from({ length: 1_000 }, (_, index) => `l${String(index)}\n`).join(''));
    await platform.ended;
    expect(written().split('\n')).toHaveLength(1_001);
  });

  it('what is heard says who, where and which line, and is unique', async () => {
    const { input, platform, heard } = await openConsole();
    const other = await openConsole();
    input.end('group map ops #Alerts\nack #17\n');
    other.input.end('x\n');
    await Promise.all([platform.ended, other.platform.ended]);
    expect(heard[0]).toMatchObject({
      platform: 'console',
      teamId: 'local',
      person: { externalId: 'ann', name: 'ann' },
      conversation: { externalId: 'console', name: 'console', isPrivateChat: true },
      text: 'group map ops #Alerts',
      mentions: [{ token: '#Alerts', kind: 'channel', externalId: '#alerts', name: 'Alerts' }],
    });
    const ids = [...heard, ...other.heard].map((incoming) => incoming.externalId);
    expect(new Set(ids).size).toBe(3);
  });

  it('exit ends it, and what comes after is not done', async () => {
    const { input, platform, heard } = await openConsole();
    input.write('one\nexit\ntwo\n');
    await platform.ended;
    expect(heard.map((incoming) => incoming.text)).toEqual(['one']);
  });

  it('what was not accepted is told with the line it belongs to', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
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
    await platform.start(() => Promise.resolve({ accepted: false, message: 'The database is away.' }));
    input.end('list\n');
    await platform.ended;
    expect(JSON.parse(String(output.read()))).toMatchObject({
      type: 'reply',
      inReplyTo: 1,
      ok: false,
      text: 'The database is away.',
    });
  });

  it('a reply to another console is not shown', async () => {
    const { platform, heard, input, written } = await openConsole({}, () => Promise.resolve(undefined));
    input.end('list\n');
    await platform.ended;
    const [incoming] = heard;
    if (incoming === undefined) throw new Error('nothing was heard');
    await platform.answer({ ...incoming, answerTo: { run: 'another', line: 1 } }, replyOf('not for you'));
    expect(written()).toBe('');
  });

  it('a demo is left to the grammar', async () => {
    const told: string[] = [];
    const { input, platform } = await openConsole(
      {
        demo: () => {
          told.push('story');
          return Promise.resolve();
        },
      },
      (incoming) => {
        told.push(incoming.text);
        return Promise.resolve(undefined);
      },
    );
    input.end('a\ndemo\nb\n');
    await platform.ended;
    expect(told).toEqual(['a', 'demo', 'b']);
  });

  it.each([
    { line: 'exit now', says: 'exit takes nothing more.' },
    { line: 'demo fast', says: 'demo takes nothing more.' },
    { line: '/certmon list', says: 'Not done.\n  Here without /certmon: list' },
    { line: '/certmon', says: 'Not done.\n  Here without /certmon: help' },
    { line: 'help QUIT', says: 'quit: leave the console, as exit does' },
  ])('$line is answered by the console', async ({ line, says }) => {
    const { input, platform, heard, written } = await openConsole();
    input.end(`${line}\n`);
    await platform.ended;
    expect([written(), heard]).toEqual([`${says}\n`, []]);
  });

  it('a fault in one line is told, and the next one runs', async () => {
    const { input, platform, written } = await openConsole({}, (incoming) =>
      incoming.text === 'bad' ? Promise.reject(new Error('boom')) : Promise.resolve(replyOf('good')),
    );
    input.end('bad\nfine\n');
    await platform.ended;
    expect(written()).toBe('certmon could not do this: a fault of its own\ngood\n');
  });

  it.each([
    { code: 'EPIPE', logged: [] },
    { code: 'EIO', logged: ['console output failed'] },
  ])('a reader that is gone ($code) ends it', async ({ code, logged }) => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write failed'), { code }));
      },
    });
    const warned: string[] = [];
    const input = new PassThrough();
    const platform = createConsolePlatform(
      {
        input,
        output,
        isTerminal: false,
        hasColour: false,
        isJson: false,
        personName: 'ann',
        historyFile: undefined,
        demo: undefined,
      },
      {
        debug: () => undefined,
        warn: (_fields, said) => warned.push(said),
        error: (_fields, said) => warned.push(said),
      },
    );
    await platform.start((incoming) =>
      Promise.resolve({ accepted: true, isNew: true, run: () => platform.answer(incoming, replyOf('x')) }),
    );
    input.write('list\n');
    await platform.ended;
    expect(warned).toEqual(logged);
    const outcome = await platform.deliver(delivery(), new AbortController().signal);
    expect(outcome.type).toBe('retry');
  });
});

describe('alerts', () => {
  const signal = new AbortController().signal;

  it('come as they happen, with their channel', async () => {
    const { platform, written } = await openConsole();
    expect(await platform.deliver(delivery(), signal)).toMatchObject({ type: 'sent' });
    expect(written()).toBe(
      '[#ops] Critical #17: mail.example.com: certificate expired\n  It has expired.\n  Next step: Renew it.\n  You can say: ack #17\n',
    );
  });

  it('an edit shows only what stands now', async () => {
    const { platform, written } = await openConsole();
    const content: HeadAlert = { ...HEAD, state: ['Acknowledged by Ann'] };
    await platform.deliver(delivery({ content, how: { type: 'edit', headId: 'h' } }), signal);
    expect(written()).toBe('[#ops] Critical #17: mail.example.com: certificate expired\n  Acknowledged by Ann\n');
  });

  it('an edit that says nothing new but that time has passed is not shown', async () => {
    const { platform, written } = await openConsole();
    const edit = (content: HeadAlert) =>
      platform.deliver(delivery({ content, how: { type: 'edit', headId: 'h' } }), signal);
    await platform.deliver(delivery(), signal);
    const before = written();
    expect(await edit({ ...HEAD, title: 'mail.example.com: certificate expired 2 days ago' })).toMatchObject({
      type: 'sent',
    });
    expect(written()).toBe(before);
    await edit({ ...HEAD, state: ['Acknowledged by Ann'] });
    await edit({ ...HEAD, state: ['Acknowledged by Ann'] });
    expect(written()).toBe(
      `${before}[#ops] Critical #17: mail.example.com: certificate expired\n  Acknowledged by Ann\n`,
    );
  });

  it('each message has an id of its own, and none is taken once it is closed', async () => {
    const { platform } = await openConsole();
    const first = await platform.deliver(delivery(), signal);
    const second = await platform.deliver(delivery(), signal);
    expect(first.type === 'sent' && second.type === 'sent' && first.messageId !== second.messageId).toBe(true);
    await platform.stop();
    expect(await platform.deliver(delivery(), signal)).toEqual({ type: 'retry', reason: 'no console is open' });
  });

  it('leave nothing behind on the signal they came with', async () => {
    const { platform } = await openConsole();
    const signal = new AbortController().signal;
    for (let count = 0; count < 3; count += 1) await platform.deliver(delivery(), signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('a reader that stalls holds back nobody else', async () => {
    const output = new Writable({ highWaterMark: 1, write: () => undefined });
    const { platform } = await openConsole({ output });
    const stalled = new AbortController();
    const sending = platform.deliver(delivery(), stalled.signal);
    stalled.abort();
    expect(await sending).toMatchObject({ type: 'sent' });
  });

  it('are still shown after the end of stdin', async () => {
    const { input, platform, written } = await openConsole();
    input.end();
    await platform.ended;
    expect(await platform.deliver(delivery(), signal)).toMatchObject({ type: 'sent' });
    expect(written()).toContain('Critical #17');
  });
});

describe('as JSON', () => {
  it('a reply is one line with every field', async () => {
    const { input, platform, written } = await openConsole({ isJson: true }, () =>
      Promise.resolve({
        ...replyOf('a\u001b[2J\u009b\u202eb'),
        incident: { number: 17, severity: 'critical', acknowledgedBy: 'Ann\u202e\u009b' },
        status: 'open',
        monitors: ['CM1'],
      }),
    );
    input.end('\nack #17\n');
    await platform.ended;
    expect(written()).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(written())).toEqual({
      type: 'reply',
      inReplyTo: 2,
      channel: 'console',
      incident: '#17',
      severity: 'critical',
      status: 'open',
      acknowledgedBy: 'Ann\u202e\u009b',
      text: 'a<U+001B>[2J<U+009B><U+202E>b',
      ok: true,
      monitors: ['CM1'],
      probe: null,
    });
  });

  it.each([
    { how: { type: 'post' }, type: 'head' },
    { how: { type: 'edit', headId: 'h' }, type: 'edit' },
    { how: { type: 'reply', headId: 'h' }, type: 'thread' },
  ] as const)('an alert that is a $how.type is a $type', async ({ how, type }) => {
    const { platform, written } = await openConsole({ isJson: true });
    await platform.deliver(delivery({ how }), new AbortController().signal);
    expect(JSON.parse(written())).toEqual({
      type,
      inReplyTo: null,
      channel: '#ops',
      incident: '#17',
      severity: 'critical',
      status: 'open',
      acknowledgedBy: null,
      text: 'Critical #17: mail.example.com: certificate expired\n  It has expired.\n  Next step: Renew it.',
      ok: true,
      monitors: [`CM${'2'.repeat(32)}`],
      probe: null,
    });
  });

  it('a notice is a head without an incident', async () => {
    const { platform, written } = await openConsole({ isJson: true });
    const content = { kind: 'notice', severity: 'warning', title: 'Checks are late', lines: [] } as const;
    await platform.deliver(delivery({ content }), new AbortController().signal);
    expect(JSON.parse(written())).toMatchObject({
      type: 'head',
      incident: null,
      status: null,
      severity: 'warning',
      text: 'Checks are late',
    });
  });
});

describe('at a terminal', () => {
  it('greets, prompts, and puts the line being typed back under an alert', async () => {
    const { input, platform, until, written } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    expect(written()).toContain('help lists all commands');
    input.write('sho');
    await until('sho');
    const before = written().length;
    await platform.deliver(delivery(), new AbortController().signal);
    const shown = written().slice(before);
    expect(shown.indexOf('Critical #17')).toBeGreaterThan(-1);
    expect(shown.lastIndexOf('certmon> sho')).toBeGreaterThan(shown.indexOf('You can say'));
  });

  it('a line that goes over several rows is cleared, and nothing of the alert is', async () => {
    const output = Object.assign(new PassThrough(), { columns: 30 });
    let shown = '';
    output.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const { input, platform, until } = await openConsole({ isTerminal: true, output });
    // To its begin and back to its end: readline has then counted its rows.
    input.write(`show ${'x'.repeat(60)}\u0001\u0005`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await until('').then(() => shown)).toContain('x'.repeat(60));
    shown = '';
    await platform.deliver(delivery(), new AbortController().signal);
    const [before = '', after = ''] = shown.split('Critical #17');
    // Two rows up, and cleared from there on; after the alert the cursor only goes up to the end of what is typed.
    expect(before).toContain('\u001b[2A\u001b[1G\u001b[0J');
    expect(after).toContain('x'.repeat(60));
    expect(after.slice(0, after.indexOf('certmon> '))).not.toContain('\u001b[2A');
  });

  it('completes names and flags', async () => {
    const { input, until } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    input.write('unsn\t');
    await until('unsnooze ');
    input.write('\u0015add h smtp --pro\t');
    await until('--profile ');
  });

  it('Ctrl-C drops what was typed, and at an empty prompt it ends with a hint', async () => {
    const { input, platform, heard, until } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    input.write('remove everything\u0003list\r');
    await until('done list');
    expect(heard.map((incoming) => incoming.text)).toEqual(['list']);
    input.write('\u0003');
    await platform.ended;
    await until('Left the console.');
  });

  it('Ctrl-D ends it with the same words', async () => {
    const { input, platform, until } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    input.write('\u0004');
    await platform.ended;
    await until('Left the console.');
  });

  it('exit leaves with the same words, once', async () => {
    const { input, platform, until, written } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    input.write('exit\r');
    await platform.ended;
    await until('Left the console.');
    expect(written().split('Left the console.')).toHaveLength(2);
  });

  it('help lists what the console adds', async () => {
    const { input, until } = await openConsole({ isTerminal: true }, () =>
      Promise.resolve({
        ...replyOf('All'),
        message: { tone: 'neutral', title: 'All', blocks: [{ type: 'list', items: ['list: monitors'] }], actions: [] },
      }),
    );
    await until('certmon> ');
    input.write('help\r');
    await until('- list: monitors\n  - demo: ');
    await until('  - exit: leave the console');
  });

  it.each(['Ctrl-C', 'stop'] as const)('%s ends the demo', async (how) => {
    let signal: AbortSignal | undefined;
    const { input, platform, until, heard, written } = await openConsole({
      isTerminal: true,
      demo: (told) => {
        signal = told;
        return new Promise((_resolve, reject) => {
          told.addEventListener('abort', () => {
            reject(new Error('ended'));
          });
        });
      },
    });
    await until('certmon> ');
    input.write('demo\r');
    while (signal === undefined) await new Promise((resolve) => setImmediate(resolve));
    if (how === 'stop') {
      await platform.stop();
      expect(signal.aborted).toBe(true);
      return;
    }
    input.write('\u0003');
    input.write('list\r');
    await until('done list');
    expect(heard.map((incoming) => incoming.text)).toEqual(['list']);
    expect(written()).not.toMatch(/Left the console|fault of its own/);
  });

  it('pasted lines are commands of their own', async () => {
    const { input, until, heard } = await openConsole({ isTerminal: true });
    await until('certmon> ');
    input.write('add a.example https\radd b.example https\r');
    await until('done add b.example https');
    expect(heard.map((incoming) => incoming.text)).toEqual(['add a.example https', 'add b.example https']);
  });

  it('history makes its directory, for its owner alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'certmon-console-'));
    try {
      const historyFile = join(directory, 'not', 'there', 'history');
      const { input, platform, until } = await openConsole({ isTerminal: true, historyFile });
      await until('certmon> ');
      input.write('list\r');
      await until('done list');
      await platform.stop();
      expect(await readFile(historyFile, 'utf8')).toBe('list\n');
      expect((await stat(join(directory, 'not', 'there'))).mode & 0o777).toBe(0o700);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('history is there after the next start, the newest first', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'certmon-console-'));
    try {
      const historyFile = join(directory, 'history');
      await writeFile(
        historyFile,
        `${Array.from({ length: 1_200 }, (_, index) => `old ${String(index)}`).join('\n')}\n`,
      );
      const first = await openConsole({ isTerminal: true, historyFile });
      await first.until('certmon> ');
      first.input.write('show newest\r');
      await first.until('done show newest');
      await first.platform.stop();
      const kept = (await readFile(historyFile, 'utf8')).trimEnd().split('\n');
      expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_001, 'old 200', 'show newest']);

      const second = await openConsole({ isTerminal: true, historyFile });
      await second.until('certmon> ');
      second.input.write('\u001b[A\r');
      await second.until('done show newest');
      expect(second.heard.map((incoming) => incoming.text)).toEqual(['show newest']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
