import { describe, expect, it } from 'vitest';
import type { Acceptance, Incoming } from '../../src/core/inbox.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { defaultTenant } from '../helpers/stored.ts';

const LEASE_MS = 30_000;
const ALL = ['slack', 'teams', 'console'] as const;

const incoming = (overrides: Partial<Incoming> = {}): Incoming => ({
  platform: 'slack',
  externalId: 'command-1',
  teamId: 'T1',
  person: { externalId: 'U1', name: 'Ann' },
  conversation: { externalId: 'C1', name: 'ops', isPrivateChat: false },
  text: 'list',
  mentions: [{ token: '<#C2>', kind: 'channel', externalId: 'C2', name: 'mail' }],
  answerTo: { responseUrl: 'https://hooks.example/1', line: 3, isForm: false, trigger: null },
  ...overrides,
});

describeOnBothEngines('inbox', (test) => {
  const inbox = () => test().store.inbox;
  /** The deadline is judged by the database's own clock. */
  const inFuture = (ms: number): Date => new Date(Date.now() + ms);

  const accept = (one: Incoming, receivedAt: Date, leaseMs: number): Promise<Acceptance> =>
    inbox().accept(one, receivedAt, inFuture(60_000), leaseMs);

  const tokenOf = (acceptance: Acceptance): string => {
    if (!acceptance.accepted || acceptance.token === undefined) throw new Error('it was to be ours');
    return acceptance.token;
  };

  const idOf = (acceptance: Acceptance): string => {
    if (!acceptance.accepted) throw new Error('it was to be accepted');
    return acceptance.id;
  };

  describe('accept', () => {
    it('keeps a command once, however often and by however many it is given', async () => {
      const now = new Date();
      const results = await Promise.all(Array.from({ length: 8 }, () => accept(incoming(), now, LEASE_MS)));
      expect(new Set(results.map(idOf)).size).toBe(1);
      expect(results.filter((result) => result.accepted && result.isNew)).toHaveLength(1);
      expect(await accept(incoming({ text: 'another text' }), now, 0)).toEqual({
        accepted: true,
        isNew: false,
        id: results.map(idOf)[0],
      });
      await inbox().finish(results.map(idOf)[0] ?? '', null, now);
      expect(await accept(incoming(), now, 0)).toMatchObject({ accepted: true, isNew: false });
    });

    it.each([
      ['another command', { externalId: 'command-2' }],
      ['the same id on another platform', { platform: 'teams' }],
    ] as const)('takes %s for another', async (_, overrides) => {
      const now = new Date();
      const ids = [await accept(incoming(), now, 0), await accept(incoming(overrides), now, 0)].map(idOf);
      expect(new Set(ids).size).toBe(2);
    });

    it('keeps nothing once the deadline has passed by the clock of the database, and never runs it', async () => {
      const now = new Date();
      expect(await inbox().accept(incoming(), now, new Date(now.getTime() - 1_000), 0)).toEqual({
        accepted: false,
        reason: 'too-slow',
      });
      expect(await inbox().claimUnfinished(ALL, inFuture(1e9), 9, LEASE_MS)).toEqual([]);
      expect(await accept(incoming(), now, 0)).toMatchObject({ accepted: true, isNew: true });
    });

    it('gives back what was heard, hostile text in what PostgreSQL can keep', async () => {
      const heard = incoming({
        text: 'add "a\u0000b" \u202E\uD83D\uDE00',
        person: { externalId: 'U1', name: 'A\u0000' },
      });
      await accept(heard, new Date(), 0);
      const [item] = await inbox().claimUnfinished(ALL, new Date(), 9, LEASE_MS);
      expect(item?.incoming).toEqual({
        ...heard,
        text: 'add "a\uFFFDb" \u202E\uD83D\uDE00',
        person: { externalId: 'U1', name: 'A\uFFFD' },
      });
    });

    it("does not fail where the platform's own id is hostile", async () => {
      const heard = incoming({ externalId: 'nul\u0000' });
      const id = idOf(await accept(heard, new Date(), 0));
      expect(await accept(heard, new Date(), 0)).toEqual({ accepted: true, isNew: false, id });
    });
  });

  describe('claimUnfinished', () => {
    it('gives what nobody holds, oldest first, at most as many as asked for', async () => {
      const now = new Date();
      for (const [index, age] of [2, 3, 1].entries()) {
        const one = incoming({ externalId: `command-${String(index)}`, text: `${String(age)} s old` });
        await accept(one, new Date(now.getTime() - age * 1_000), 0);
      }
      const first = await inbox().claimUnfinished(ALL, now, 2, LEASE_MS);
      expect(first.map((item) => item.incoming.text)).toEqual(['3 s old', '2 s old']);
      expect(first.map((item) => item.wasApplied)).toEqual([false, false]);
      const rest = await inbox().claimUnfinished(ALL, now, 2, LEASE_MS);
      expect(rest.map((item) => item.incoming.text)).toEqual(['1 s old']);
      expect(await inbox().claimUnfinished(ALL, now, 2, LEASE_MS)).toEqual([]);
    });

    it('leaves a command to whoever accepted it, until the lease ends', async () => {
      const now = new Date();
      await accept(incoming(), now, LEASE_MS);
      expect(await inbox().claimUnfinished(ALL, new Date(now.getTime() + LEASE_MS - 1), 9, LEASE_MS)).toEqual([]);
      expect(await inbox().claimUnfinished(ALL, new Date(now.getTime() + LEASE_MS), 9, LEASE_MS)).toHaveLength(1);
    });

    it('leaves a command whose lease is renewed', async () => {
      const now = new Date();
      const mine = await accept(incoming(), now, LEASE_MS);
      await inbox().renewLease(idOf(mine), tokenOf(mine), new Date(now.getTime() + 2 * LEASE_MS));
      expect(await inbox().claimUnfinished(ALL, new Date(now.getTime() + LEASE_MS), 9, LEASE_MS)).toEqual([]);
    });

    it('leaves the commands of other platforms to whoever has them', async () => {
      const now = new Date();
      await accept(incoming(), now, 0);
      await accept(incoming({ externalId: 'command-2', platform: 'console' }), now, 0);
      const platforms = (items: readonly { incoming: Incoming }[]) => items.map((item) => item.incoming.platform);
      expect(platforms(await inbox().claimUnfinished(['console', 'teams'], now, 9, LEASE_MS))).toEqual(['console']);
      expect(platforms(await inbox().claimUnfinished(ALL, now, 9, LEASE_MS))).toEqual(['slack']);
    });

    it('takes it from whoever held it: that run commits nothing more, and cannot keep it', async () => {
      const now = new Date();
      const stalled = await accept(incoming(), now, LEASE_MS);
      const id = idOf(stalled);
      const later = new Date(now.getTime() + LEASE_MS);
      const [taken] = await inbox().claimUnfinished(ALL, later, 9, LEASE_MS);
      expect(await inbox().markApplied(id, tokenOf(stalled))).toBe(false);
      await inbox().renewLease(id, tokenOf(stalled), new Date(later.getTime() + 9 * LEASE_MS));
      const [again] = await inbox().claimUnfinished(ALL, new Date(later.getTime() + LEASE_MS), 9, LEASE_MS);
      expect(again).toMatchObject({ id, wasApplied: false });
      expect(await inbox().markApplied(id, taken?.token ?? '')).toBe(false);
      expect(await inbox().markApplied(id, again?.token ?? '')).toBe(true);
    });

    it('shares out what is left among many, and gives nothing twice', async () => {
      const now = new Date();
      for (let index = 0; index < 40; index += 1) {
        await accept(incoming({ externalId: `command-${String(index)}` }), now, 0);
      }
      const claimed = (
        await Promise.all(Array.from({ length: 8 }, () => inbox().claimUnfinished(ALL, now, 10, LEASE_MS)))
      ).flat();
      claimed.push(...(await inbox().claimUnfinished(ALL, now, 40, LEASE_MS)));
      expect(claimed).toHaveLength(40);
      expect(new Set(claimed.map((item) => item.id)).size).toBe(40);
    });
  });

  describe('the end', () => {
    it('comes with the reply, which whoever waits elsewhere can read; nobody runs it again', async () => {
      const now = new Date();
      const id = idOf(await accept(incoming(), now, 0));
      expect(await inbox().replyTo(id)).toBeUndefined();
      await inbox().finish(id, { ok: true, text: 'a\u0000b', list: [1, null] }, now);
      expect(await inbox().replyTo(id)).toEqual({ reply: { ok: true, text: 'a\uFFFDb', list: [1, null] } });
      expect(await inbox().claimUnfinished(ALL, inFuture(1e9), 9, LEASE_MS)).toEqual([]);
    });

    it.each([
      ['null', null],
      ['text', 'done'],
      ['a number', 0],
      ['false', false],
    ])('keeps a reply that is %s', async (_, reply) => {
      const id = idOf(await accept(incoming(), new Date(), 0));
      await inbox().finish(id, reply, new Date());
      expect(await inbox().replyTo(id)).toEqual({ reply });
    });

    it('has no reply for a row that is not there', async () => {
      expect(await inbox().replyTo('unknown')).toBeUndefined();
    });
  });

  it('knows of a command that was cut off whether what it changes was committed', async () => {
    const { store } = test();
    const { workspaceId } = await defaultTenant(test());
    const now = new Date();
    const done = await accept(incoming({ externalId: 'done' }), now, 1);
    const undone = await accept(incoming({ externalId: 'undone' }), now, 1);
    await store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG1', 'kept');
      await stores.inbox.markApplied(idOf(done), tokenOf(done));
    });
    const cutOff = store.transaction(async (stores) => {
      await stores.groups.add(workspaceId, 'CG2', 'lost');
      await stores.inbox.markApplied(idOf(undone), tokenOf(undone));
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    const items = await inbox().claimUnfinished(ALL, new Date(now.getTime() + 1), 9, LEASE_MS);
    expect(new Map(items.map((item) => [item.id, item.wasApplied]))).toEqual(
      new Map([
        [idOf(done), true],
        [idOf(undone), false],
      ]),
    );
    expect((await store.groups.list(workspaceId)).map((group) => group.name)).toEqual(['kept']);
  });
});
