import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Member } from '../../src/core/incident.ts';
import { toSid } from '../../src/core/sid.ts';
import { incident, inDays, member } from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { defaultTenant } from '../helpers/stored.ts';

/** More than as many rows as PostgreSQL takes parameters for, at ten a row (its protocol counts them with 16 bits). */
const MANY = 7_000;

describeOnBothEngines('an incident with very many members', (test) => {
  it('is kept whole, and a check that changes one of them writes that one', async () => {
    const { store, database } = test();
    const { workspaceId } = await defaultTenant(test());
    const members = Array.from({ length: MANY }, (_, index): Member =>
      member({ monitorId: `CM${String(index).padStart(6, '0')}` }),
    );
    const one = incident({ id: toSid('incident', randomUUID()), workspaceId, members });
    await store.incidents.insert(workspaceId, one);
    expect(await store.incidents.find(workspaceId, one.id)).toEqual(one);

    const versions = () =>
      database.pool.execute<{ monitor_id: string; xmin: string }>(
        sql`select monitor_id, xmin::text from incident_members order by monitor_id`,
      );
    const before = await versions();
    const [first, second, ...rest] = members;
    if (first === undefined || second === undefined) throw new Error('there are many');
    const worse: Member = { ...second, severity: 'critical', since: inDays(-0.5) };
    expect(await store.incidents.replace(workspaceId, { ...one, members: [worse, ...rest] })).toBe(true);
    const after = await versions();
    const written = after.filter((row, index) => row.xmin !== before[index]?.xmin);
    expect(written.map((row) => row.monitor_id)).toEqual([first.monitorId, second.monitorId]);
    const now = await store.incidents.find(workspaceId, one.id);
    expect(now?.members).toEqual([...rest, worse]);
  });
});
