import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Installation } from '../../src/core/installation.ts';
import type { Store } from '../../src/core/ports.ts';
import { createSecretBox, SecretBoxError } from '../../src/store/secret-box.ts';
import { createStore } from '../../src/store/store.ts';
import { NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { addChannel, defaultTenant } from '../helpers/stored.ts';

const KEY = 'a-secret-key-of-thirty-two-chars';
const NEW_KEY = 'another-key-of-thirty-two-chars!';
const ANN = { externalId: 'U0ANN', name: 'Ann' };
const later = (ms: number) => new Date(NOW.getTime() + ms);

const ofTeam = (parts: Partial<Installation> = {}): Omit<Installation, 'version'> => ({
  platform: 'slack',
  key: 'T1',
  isOrganisation: false,
  name: 'Example',
  installedBy: ANN,
  installedAt: NOW,
  tokens: { accessToken: 'xoxb-1', refresh: undefined },
  ...parts,
});
const rotating = (accessToken = 'xoxe.xoxb-1') => ({
  accessToken,
  refresh: { token: `xoxe-${accessToken}`, expiresAt: later(3_600_000) },
});

describeOnBothEngines('installations', (test) => {
  const withKeys = (...keys: string[]): Store => createStore(test().database, undefined, createSecretBox(keys));
  const stored = async ({ database }: TestDatabase): Promise<string> =>
    JSON.stringify(await database.pool.execute(sql`select * from installations`));

  it.each([
    ['good for ever', ofTeam().tokens],
    ['that ends', rotating()],
  ])('keeps a token %s, and no word of it is readable in the database', async (_, tokens) => {
    const { installations } = withKeys(KEY);
    await installations.install(ofTeam({ tokens }), 'T1');
    expect(await installations.find('slack', 'T1')).toEqual({ ...ofTeam({ tokens }), version: 1 });
    expect(await installations.ofTeam('slack', 'T1')).toEqual({ ...ofTeam({ tokens }), version: 1 });
    expect(await stored(test())).not.toMatch(/xox/);
  });

  it('takes no token without a key', async () => {
    const { installations } = test().store;
    await expect(installations.install(ofTeam(), 'T1')).rejects.toThrow(SecretBoxError);
    expect(await installations.find('slack', 'T1')).toBeUndefined();
  });

  it('a sealed token put into another row is refused', async () => {
    const { installations } = withKeys(KEY);
    await installations.install(ofTeam(), 'T1');
    await installations.install(ofTeam({ key: 'T2', tokens: { accessToken: 'xoxb-2', refresh: undefined } }), 'T2');
    await test().database.pool.execute(
      sql`update installations set sealed_tokens = (select sealed_tokens from installations where key = 'T2') where key = 'T1'`,
    );
    await expect(installations.find('slack', 'T1')).rejects.toThrow('another row');
  });

  describe('a team', () => {
    it('gets a workspace of its own with the built-in profiles, whose admin is who installed', async () => {
      const store = withKeys(KEY);
      const first = await defaultTenant(test());
      await store.installations.install(ofTeam(), 'T1');
      await store.installations.install(ofTeam({ key: 'T2' }), 'T2');
      const [one, two] = await Promise.all(['T1', 'T2'].map((team) => store.workspaces.findConnection('slack', team)));
      expect(new Set([first.workspaceId, one?.workspaceId, two?.workspaceId]).size).toBe(3);
      const profiles = await store.profiles.list(one?.workspaceId ?? '');
      expect(profiles.map(({ name }) => name)).toEqual(['Aggressive', 'Minimal', 'Standard']);
      expect(await store.workspaces.roleOf(one?.workspaceId ?? '', { platform: 'slack', ...ANN })).toBe('admin');
      expect(await store.workspaces.roleOf(first.workspaceId, { platform: 'slack', ...ANN })).toBeUndefined();
    });

    it('gets one, however often it is installed at once', async () => {
      const store = withKeys(KEY);
      await Promise.all(Array.from({ length: 8 }, () => store.installations.install(ofTeam(), 'T1')));
      const made = await test().database.pool.execute(sql`select id from workspaces where name like 'slack %'`);
      expect(made).toHaveLength(1);
    });

    it('that has a workspace keeps it, and nobody becomes its admin by installing', async () => {
      const store = withKeys(KEY);
      const { workspaceId } = await defaultTenant(test());
      await store.workspaces.ensureConnection(workspaceId, 'slack', 'T1');
      await store.installations.install(ofTeam(), 'T1');
      expect(await store.workspaces.findConnection('slack', 'T1')).toMatchObject({ workspaceId });
      expect(await store.workspaces.roleOf(workspaceId, { platform: 'slack', ...ANN })).toBeUndefined();
    });

    it('of an organisation is served by its installation, apart from its sisters', async () => {
      const store = withKeys(KEY);
      const org = ofTeam({ key: 'E1', isOrganisation: true });
      await store.installations.install(org, undefined);
      expect(await store.installations.ofTeam('slack', 'T1')).toBeUndefined();
      const one = await store.installations.connectTeam(org, 'T1');
      const two = await store.installations.connectTeam(org, 'T2');
      expect(one.workspaceId).not.toBe(two.workspaceId);
      expect(await store.installations.ofTeam('slack', 'T1')).toMatchObject({ key: 'E1', isOrganisation: true });
      expect(await store.installations.connectTeam(org, 'T1')).toEqual(one);
    });
  });

  describe('removed', () => {
    it('is gone, its channels are dead with the reason, and those of others are not', async () => {
      const store = withKeys(KEY);
      const tenant = await defaultTenant(test());
      await store.installations.install(ofTeam(), 'T1');
      const connection = await store.installations.connectTeam(ofTeam(), 'T1');
      const { workspaceId } = connection;
      const channel = await addChannel(store, { workspaceId, connection }, 'ops');

      expect(await store.installations.remove('slack', 'T1', later(1), 'certmon was removed')).toBe(true);
      expect(await store.installations.ofTeam('slack', 'T1')).toBeUndefined();
      expect(await store.channels.find(workspaceId, channel.id)).toMatchObject({ deadReason: 'certmon was removed' });
      expect(await store.channels.find(tenant.workspaceId, tenant.channel.id)).toMatchObject({ deadReason: undefined });
      expect(await store.installations.remove('slack', 'T1', later(1), 'again')).toBe(false);

      await store.installations.install(ofTeam({ installedAt: later(2) }), 'T1');
      expect(await store.workspaces.findConnection('slack', 'T1')).toEqual(connection);
      expect(await store.channels.find(workspaceId, channel.id)).toMatchObject({ deadReason: undefined });
    });

    it('leaves a channel in which something waits to its delivery, which tells the admins', async () => {
      const store = withKeys(KEY);
      await store.installations.install(ofTeam(), 'T1');
      const connection = await store.installations.connectTeam(ofTeam(), 'T1');
      const { workspaceId } = connection;
      const [busy, idle] = await Promise.all(
        ['busy', 'idle'].map((name) => addChannel(store, { workspaceId, connection }, name)),
      );
      const notice = { kind: 'notice', severity: 'info', title: 'A test', lines: [] } as const;
      await store.outbox.queueNotice(workspaceId, busy?.id ?? '', notice, NOW);
      await store.installations.remove('slack', 'T1', later(1), 'certmon was removed');
      expect(await store.channels.find(workspaceId, busy?.id ?? '')).toMatchObject({ deadReason: undefined });
      expect(await store.channels.find(workspaceId, idle?.id ?? '')).toMatchObject({
        deadReason: 'certmon was removed',
      });
    });

    it('comes back to every team of an organisation', async () => {
      const store = withKeys(KEY);
      const org = ofTeam({ key: 'E1', isOrganisation: true });
      await store.installations.install(org, undefined);
      await store.installations.connectTeam(org, 'T1');
      await store.installations.remove('slack', 'E1', later(1), 'certmon was removed');
      await store.installations.install(org, undefined);
      expect(await store.installations.ofTeam('slack', 'T1')).toMatchObject({ key: 'E1' });
    });

    it('is not what was installed after it', async () => {
      const { installations } = withKeys(KEY);
      await installations.install(ofTeam({ installedAt: later(1_000) }), 'T1');
      expect(await installations.remove('slack', 'T1', NOW, 'late news')).toBe(false);
      expect(await installations.find('slack', 'T1')).toBeDefined();
    });
  });

  describe('new tokens', () => {
    it('are got by one of many, and by another when that one does not come back', async () => {
      const { installations } = withKeys(KEY);
      await installations.install(ofTeam({ tokens: rotating() }), 'T1');
      const read = await installations.find('slack', 'T1');
      if (read === undefined) throw new Error('it is not there');
      const claimed = await Promise.all(
        Array.from({ length: 8 }, () => installations.claimRefresh(read, NOW, later(30_000))),
      );
      expect(claimed.filter(Boolean)).toHaveLength(1);
      expect(await installations.claimRefresh(read, later(29_999), later(60_000))).toBe(false);
      expect(await installations.claimRefresh(read, later(30_000), later(60_000))).toBe(true);
    });

    it('are saved once, and not over what was installed meanwhile', async () => {
      const { installations } = withKeys(KEY);
      await installations.install(ofTeam({ tokens: rotating() }), 'T1');
      const read = await installations.find('slack', 'T1');
      if (read === undefined) throw new Error('it is not there');
      expect(await installations.saveTokens(read, rotating('xoxe.xoxb-2'))).toBe(true);
      expect(await installations.find('slack', 'T1')).toMatchObject({ version: 2, tokens: rotating('xoxe.xoxb-2') });
      expect(await installations.saveTokens(read, rotating('xoxe.xoxb-3'))).toBe(false);
      expect(await installations.claimRefresh(read, later(60_000), later(90_000))).toBe(false);
    });
  });

  describe('keys', () => {
    it('rotate: what is old is sealed anew once, and opens without the old key', async () => {
      await withKeys(KEY).installations.install(ofTeam({ tokens: rotating() }), 'T1');
      const both = withKeys(NEW_KEY, KEY).installations;
      expect(await both.find('slack', 'T1')).toMatchObject({ tokens: rotating() });
      expect(await both.reseal()).toEqual({ resealed: 1, unreadable: [] });
      expect(await both.reseal()).toEqual({ resealed: 0, unreadable: [] });
      expect(await withKeys(NEW_KEY).installations.find('slack', 'T1')).toMatchObject({ tokens: rotating() });
    });

    it('that are lost are told by what they leave unreadable', async () => {
      await withKeys(KEY).installations.install(ofTeam(), 'T1');
      const { installations } = withKeys(NEW_KEY);
      expect(await installations.reseal()).toEqual({ resealed: 0, unreadable: ['T1'] });
      await expect(installations.find('slack', 'T1')).rejects.toThrow('which CERTMON_SECRET_KEY does not hold');
    });
  });
});
