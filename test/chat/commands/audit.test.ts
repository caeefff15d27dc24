import { describe, expect, it } from 'vitest';
import type { AuditEntry, AuditSubjectKind } from '../../../src/core/audit.ts';
import { inDays, observation, servingLeaf, certificate } from '../../helpers/builders.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';

const said = ({ by, action, subject, detail, place }: AuditEntry): string =>
  [by.name, action, subject.label, detail, place].join('|');

async function entriesOf({ store, workspaceId }: Bench, kind: AuditSubjectKind, id: string): Promise<string[]> {
  return (await store.audit.of(workspaceId, { kind, id }, 99)).map(said);
}

const IN_OPS = { conversation: { externalId: 'C1', name: 'ops', isPrivateChat: false } };

describe('the audit', () => {
  it('says who did what to a monitor, where, newest first, and outlives it', async () => {
    const one = await bench();
    const added = await one.send('add mail.example.com smtp', IN_OPS);
    const [id = ''] = added.monitors;
    await one.send('pause mail.example.com');
    await one.send('pause mail.example.com');
    await one.send('resume mail.example.com');
    await one.send('remove mail.example.com');
    expect(await entriesOf(one, 'monitor', id)).toEqual([
      'Ann|removed|mail.example.com:25||a private chat',
      'Ann|resumed|mail.example.com:25||a private chat',
      'Ann|paused|mail.example.com:25||a private chat',
      'Ann|added|mail.example.com:25||#ops',
    ]);
  });

  it('says who did what to an incident, and nothing of what was refused', async () => {
    const one = await bench();
    one.services.set('old.example', observation({ addresses: [servingLeaf(certificate({ notAfter: inDays(-1) }))] }));
    await one.send('add old.example https');
    for (const line of ['ack #1', 'ack #1', 'unack #1', 'snooze #1 4h', 'unsnooze #1', 'unsnooze #1'])
      await one.send(line);
    const incident = await one.store.incidents.findByNumber(one.workspaceId, 1);
    expect(await entriesOf(one, 'incident', incident?.id ?? '')).toEqual([
      'Ann|ended the silence of|#1||a private chat',
      'Ann|silenced|#1|until 2026-11-24 16:00 UTC|a private chat',
      'Ann|unacknowledged|#1||a private chat',
      'Ann|acknowledged|#1||a private chat',
    ]);
  });

  it('says who did what to a contact group', async () => {
    const one = await bench();
    for (const line of ['group add ops', 'group map ops #alerts', 'group map ops #alerts', 'group unmap ops #alerts']) {
      await one.send(line);
    }
    const group = await one.store.groups.findByName(one.workspaceId, 'ops');
    expect(await entriesOf(one, 'contact-group', group?.id ?? '')).toEqual([
      'Ann|unmapped|ops|from #alerts|a private chat',
      'Ann|mapped|ops|to #alerts|a private chat',
      'Ann|made|ops||a private chat',
    ]);
  });

  it('is undone with the change', async () => {
    const one = await bench();
    const cutOff = one.store.transaction(async (stores) => {
      const by = { platform: 'console', externalId: 'ann', name: 'Ann' } as const;
      const subject = { kind: 'settings', id: one.workspaceId, label: 'settings' } as const;
      const entry = { at: one.deps.clock.now(), by, place: '#ops', action: 'set', subject, detail: '' };
      await stores.audit.add(one.workspaceId, entry);
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    expect(await entriesOf(one, 'settings', one.workspaceId)).toEqual([]);
  });
});
