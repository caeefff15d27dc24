import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import type { Messenger } from '../../src/core/ports.ts';
import { createDispatcher } from '../../src/monitoring/dispatch.ts';
import { createRound } from '../../src/monitoring/round.ts';
import { createDatabaseClock } from '../../src/monitoring/clock.ts';
import { certificate, DAY_MS, HOUR_MS, inDays, observation, servingLeaf } from '../helpers/builders.ts';
import { withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { ANN, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';
import { actOnIncident } from '../../src/monitoring/incidents.ts';
import { checkNow } from '../../src/monitoring/check.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('time is up');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const expired = certificate({ notBefore: inDays(-90), notAfter: inDays(-1) });
const expiring = certificate({ notBefore: inDays(-345), notAfter: inDays(20) });

let database: TestDatabase;
let stage: Stage;

beforeAll(async () => {
  database = await withStore('postgresql');
});

beforeEach(async () => {
  await database.database.pool.execute(sql`truncate workspaces, inbox cascade`);
  stage = await setStage(database.store);
});

afterAll(() => database.close());

const drained = async (): Promise<string[]> => {
  stage.heard.length = 0;
  await stage.dispatcher.drain();
  return stage.heard.map(({ how, content }) => `${how} ${content.kind}`);
};

describe('the dispatcher', () => {
  it('what a rate limit delays is said later, in order, and nothing is lost', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    stage.answers({ type: 'retry', reason: 'rate limited', afterMs: 30 * SECOND_MS });

    expect(await drained()).toEqual(['post head']);
    stage.passes(29 * SECOND_MS);
    expect(await drained()).toEqual([]);
    stage.passes(SECOND_MS);
    expect(await drained()).toEqual(['post head', 'reply thread']);
  });

  it('backs off further each time while the platform says nothing of when', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();

    for (const waitS of [1, 2, 4]) {
      stage.answers({ type: 'retry', reason: 'no answer' });
      expect(await drained()).toEqual(['post head']);
      stage.passes(waitS * SECOND_MS - 1);
      expect(await drained()).toEqual([]);
      stage.passes(1);
    }
    expect(await drained()).toEqual(['post head', 'reply thread']);
  });

  it('a head is edited once for many changes by machines, after ten seconds', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const one = await stage.add();
    await drained();

    stage.passes(HOUR_MS);
    stage.sees({ addresses: [servingLeaf(expiring, { address: '192.0.2.11' })] });
    const round = createRound(stage.deps, { concurrency: 1, leaseMs: 60_000, onNews: () => undefined });
    await round.settled();
    stage.sees({ addresses: [servingLeaf(expiring, { address: '192.0.2.12' })] });
    stage.passes(HOUR_MS);
    await round.settled();
    await round.stop();

    expect(one.status).toBe('expiring');
    stage.passes(10 * SECOND_MS);
    expect((await drained()).filter((said) => said === 'edit head')).toHaveLength(1);
  });

  it("a person's change is shown at once", async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    await stage.add();
    await drained();
    const [incident] = await stage.store.incidents.listOpen(stage.workspaceId, 1);

    await actOnIncident(stage.deps, stage.workspaceId, incident?.id ?? '', { type: 'acknowledge' }, ANN, stage.commit);

    expect(await drained()).toEqual(['edit head', 'reply thread']);
  });

  it('a head that was deleted is posted anew, and the replies go under it', async () => {
    stage.sees({ addresses: [servingLeaf(expiring)] });
    const monitor = await stage.add();
    await drained();
    stage.passes(5 * DAY_MS);
    stage.answers({ type: 'head-gone' });

    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);

    const [first, ...then] = await drained();
    expect(['edit head', 'reply thread']).toContain(first);
    expect(then).toEqual(['post head', 'reply thread']);
  });

  it('a dead channel keeps what is to be said until it lives again, and holds back no other', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    stage.answers({ type: 'dead-channel', reason: 'is_archived', remedy: 'unarchive it' });
    expect(await drained()).toEqual(['post head']);
    stage.passes(HOUR_MS);
    expect(await drained()).toEqual([]);
    expect(await stage.store.channels.find(stage.workspaceId, stage.channel.id)).toMatchObject({
      deadReason: 'is_archived: unarchive it',
    });

    await stage.ensureChannel('here');
    // Nobody has seen the cause for an hour: it is looked at first, and here nobody looks.
    expect(await drained()).toEqual([]);
    stage.passes(2 * MINUTE_MS);
    expect(await drained()).toEqual(['post head', 'reply thread']);
  });

  it('a dead channel is told to the admins with the remedy, and what is open to the fallback channel', async () => {
    const { store, workspaceId } = stage;
    const [admins, fallback] = [await stage.ensureChannel('admins'), await stage.ensureChannel('fallback')];
    await store.workspaces.changeSettings(workspaceId, { adminChannelId: admins.id, fallbackChannelId: fallback.id });
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    stage.answers({ type: 'dead-channel', reason: '#here is archived', remedy: 'unarchive #here' });

    expect((await drained()).sort()).toEqual(['post head', 'post head', 'post notice']);

    const notice = stage.heard.map(({ content }) => content).find((content) => content.kind === 'notice');
    expect(notice).toMatchObject({
      title: 'No alert can be sent to #here any more',
      lines: [
        'The platform says: #here is archived.',
        'What to do: unarchive #here. Then write group map GROUP #here for a group that leads there, and what waits is sent.',
        'Until then open incidents are told in #fallback.',
      ],
    });
    expect(stage.heard.map(({ channel }) => channel).sort()).toEqual(['admins', 'fallback', 'here']);
  });

  it('what was never told and is over is no news', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    const monitor = await stage.add();
    stage.sees({});
    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);

    expect(await drained()).toEqual([]);
    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('what was seen too long ago is looked at again before it is told: as it is then, or not at all', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    const monitor = await stage.add();
    stage.passes(6 * MINUTE_MS);
    expect(await drained()).toEqual([]);
    const due = await stage.store.monitors.claimDue(stage.deps.clock.now(), 9, SECOND_MS);
    expect(due.map((one) => one.monitor.id)).toEqual([monitor.id]);

    stage.sees({});
    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);
    stage.passes(5 * SECOND_MS);
    expect(await drained()).toEqual([]);
    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('what is still so once it was looked at again is told', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    const monitor = await stage.add();
    stage.passes(6 * MINUTE_MS);
    expect(await drained()).toEqual([]);
    stage.passes(SECOND_MS);
    await checkNow(stage.deps, stage.workspaceId, monitor.id, stage.commit, NEVER);
    stage.passes(5 * SECOND_MS);
    expect(await drained()).toEqual(['post head', 'reply thread']);
  });

  it('what the platform refuses is given up, and its replies with it', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    stage.answers({ type: 'refused', reason: 'invalid_blocks' });

    expect(await drained()).toEqual(['post head']);
    stage.passes(DAY_MS);
    expect(await drained()).toEqual([]);
    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('what could not be said for a day is given up', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    const reason = { type: 'retry', reason: 'no answer' } as const;
    // Queued by the database's clock, which is not the stage's.
    await database.database.pool.execute(
      sql`update outbox set queued_at = ${stage.deps.clock.now().toISOString()}::timestamptz`,
    );
    stage.answers(reason);
    await drained();
    stage.passes(DAY_MS + SECOND_MS);
    await drained();
    stage.passes(2 * MINUTE_MS);
    stage.answers(reason);
    await drained();

    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('a message whose sender was cut off is sent again with a warning that it may repeat', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    const [claimed] = await stage.store.outbox.claim(['console'], stage.deps.clock.now(), 10, 60 * SECOND_MS);
    expect(claimed).toMatchObject({ wasCutOff: false });

    expect(await drained()).toEqual([]);
    stage.passes(60 * SECOND_MS);
    await drained();

    expect(stage.heard.map(({ mayRepeat }) => mayRepeat)).toEqual([true, false]);
  });

  it('a slow channel holds back no other, not even for what is said meanwhile', async () => {
    const slow = await stage.ensureChannel('slow');
    const say = (id: string, title: string) =>
      stage.store.outbox.queueNotice(
        stage.workspaceId,
        id,
        { kind: 'notice', severity: 'warning', title, lines: [] },
        stage.deps.clock.now(),
      );
    let finish = (): void => undefined;
    const told: string[] = [];
    const messenger: Messenger = {
      ...stage.messenger,
      async deliver({ channel, content }) {
        told.push(content.title);
        if (channel.name === 'slow')
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        return { type: 'sent', messageId: content.title };
      },
    };
    const dispatcher = createDispatcher(stage.deps, { messengers: [messenger], concurrency: 8 });
    await say(slow.id, 'slow');
    await say(stage.channel.id, 'first');
    const drained = dispatcher.drain();
    await until(() => told.includes('first'));

    await say(stage.channel.id, 'second');
    dispatcher.wake();
    await until(() => told.includes('second'));
    finish();

    expect(await drained).toBe(3);
    expect(told).toHaveLength(3);
  });

  it('a head that is gone again and again is given up', async () => {
    stage.sees({ addresses: [servingLeaf(expired)] });
    await stage.add();
    stage.answers(
      { type: 'sent', messageId: '1' },
      ...Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? { type: 'head-gone' as const } : { type: 'sent' as const, messageId: String(index) },
      ),
    );

    const said = await drained();

    expect(said.filter((one) => one === 'post head').length).toBeLessThanOrEqual(3);
    expect(await stage.store.outbox.countWaiting()).toBe(0);
  });

  it('two dispatchers on one database say nothing twice', async () => {
    // Each is expired, and for another name: two incidents each.
    stage.sees(({ endpoint }) => observation({ addresses: [servingLeaf({ ...expired, fingerprint: endpoint.host })] }));
    await Promise.all(Array.from({ length: 10 }, (_, index) => stage.add({ host: `h${String(index)}.example.com` })));
    const second = createDispatcher(stage.deps, { messengers: [stage.messenger], concurrency: 8 });
    stage.heard.length = 0;

    await Promise.all([stage.dispatcher.drain(), second.drain(), stage.dispatcher.drain()]);
    await Promise.all([stage.dispatcher.drain(), second.drain()]);

    const told = stage.heard.map(
      ({ how, content }) => `${how} ${content.kind === 'notice' ? '' : String(content.incident.number)}`,
    );
    expect(new Set(told).size).toBe(told.length);
    expect(told.filter((one) => one.startsWith('post'))).toHaveLength(20);
  });
});

describe('the round', () => {
  it('two rounds check each due monitor once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => stage.add({ host: `h${String(index)}.example.com` })));
    stage.passes(2 * HOUR_MS);
    stage.requests.length = 0;
    const rounds = [1, 2].map(() =>
      createRound(stage.deps, { concurrency: 4, leaseMs: 60_000, onNews: () => undefined }),
    );

    await Promise.all(rounds.map((round) => round.settled()));
    await Promise.all(rounds.map((round) => round.stop()));

    expect(stage.requests.map((request) => request.endpoint.host).sort()).toEqual(
      Array.from({ length: 20 }, (_, index) => `h${String(index)}.example.com`).sort(),
    );
  });

  it('what runs at a stop is given back, due at once', async () => {
    await stage.add();
    stage.passes(2 * HOUR_MS);
    let started = (): void => undefined;
    const hasStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const deps = {
      ...stage.deps,
      prober: {
        observe: (_: unknown, __: Date, signal: AbortSignal) =>
          new Promise<never>((_resolve, reject) => {
            started();
            signal.addEventListener('abort', () => {
              reject(new Error('cut off'));
            });
          }),
      },
    };
    const round = createRound(deps, { concurrency: 1, leaseMs: 60_000, onNews: () => undefined });
    await round.tick();
    await hasStarted;

    await round.stop();

    expect(await stage.store.monitors.claimDue(stage.deps.clock.now(), 10, 1_000)).toHaveLength(1);
  });
});

describe("the database's clock", () => {
  it('runs on from the last setting, whatever the host says', async () => {
    let asked = 0;
    const clock = createDatabaseClock({
      databaseTime: () => {
        asked += 1;
        return Promise.resolve(new Date('2030-01-01T00:00:00Z'));
      },
    });
    await clock.set();

    const since = clock.now().getTime() - Date.parse('2030-01-01T00:00:00Z');

    expect(asked).toBe(1);
    expect(since).toBeGreaterThanOrEqual(0);
    expect(since).toBeLessThan(1_000);
  });
});
