import { expect, it } from 'vitest';
import type { AuditEntry } from '../../src/core/audit.ts';
import { HOUR_MS, NOW } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { defaultTenant, otherTenant } from '../helpers/stored.ts';

const BOB = { platform: 'slack', externalId: 'U1', name: 'Bob' } as const;
const before = (ms: number): Date => new Date(NOW.getTime() - ms);

const entry = (overrides: Partial<AuditEntry> = {}): AuditEntry => ({
  at: before(1),
  by: BOB,
  place: '#ops',
  action: 'added',
  subject: { kind: 'monitor', id: 'CM1', label: 'mail.example.com:25' },
  detail: '',
  ...overrides,
});

describeOnBothEngines('the new targets of a person', (test) => {
  const targetsOf = (workspaceId: string) =>
    test().store.transaction((stores) => stores.audit.newTargets(workspaceId, BOB, before(HOUR_MS)));

  it.each<{ title: string; given: Partial<AuditEntry>; counts: boolean }>([
    { title: 'what was added', given: {}, counts: true },
    { title: 'what was moved to another host', given: { action: 'moved' }, counts: true },
    { title: 'what was added under another name of theirs', given: { by: { ...BOB, name: 'Robert' } }, counts: true },
    { title: 'what was added just within the hour', given: { at: before(HOUR_MS - 1) }, counts: true },
    { title: 'what was added an hour ago', given: { at: before(HOUR_MS) }, counts: false },
    { title: 'what was removed', given: { action: 'removed' }, counts: false },
    { title: 'a profile', given: { subject: { kind: 'profile', id: 'CP1', label: 'mine' } }, counts: false },
    { title: 'what another added', given: { by: { ...BOB, externalId: 'U2' } }, counts: false },
    {
      title: 'what the same id of another platform added',
      given: { by: { ...BOB, platform: 'teams' } },
      counts: false,
    },
  ])('$title: $counts', async ({ given, counts }) => {
    const { workspaceId } = await defaultTenant(test());
    const one = entry(given);
    await test().store.audit.add(workspaceId, one);

    expect(await targetsOf(workspaceId)).toEqual(counts ? [one.at] : []);
  });

  it('are those of one workspace, oldest first', async () => {
    const [one, other] = [await defaultTenant(test()), await otherTenant(test())];
    for (const ms of [2, 3, 1]) await test().store.audit.add(one.workspaceId, entry({ at: before(ms) }));

    expect(await targetsOf(one.workspaceId)).toEqual([before(3), before(2), before(1)]);
    expect(await targetsOf(other.workspaceId)).toEqual([]);
  });
});
