import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { and, eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Monitor, MonitorStatus } from '../../src/core/monitor.ts';
import { PROTOCOL_TOKENS } from '../../src/core/protocol.ts';
import { toSid } from '../../src/core/sid.ts';
import { filterText } from '../../src/core/tag-filter.ts';
import type { TagFilter } from '../../src/core/tag-filter.ts';
import { filterCondition } from '../../src/store/filter-sql.ts';
import { profileRow } from '../../src/store/profiles.ts';
import { monitors, profiles } from '../../src/store/schema.ts';
import { DAY_MS, NOW, profile } from '../helpers/builders.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { filters, STATUSES } from '../helpers/filters.ts';
import { fits } from '../helpers/plain-filter.ts';
import type { FilterSubject } from '../helpers/plain-filter.ts';
import { addMonitor, defaultTenant, otherTenant } from '../helpers/stored.ts';
import type { Tenant } from '../helpers/stored.ts';

/** Words that look alike, differ in case, or mean something to SQL, to LIKE or to the driver. */
const TAGS = ['env:prod', 'ENV:Prod', 'env:prod2', 'mail', 'MAIL', 'état', 'ÉTAT', 'İ', 'i', 'ß', 'ΣΑΣ', 'σας'];
const NAMES = ['ops', 'Ops', "o'ps", 'a%', 'a_', 'ab', '100%', 'x\\', '${x}', '$1', '"q"', 'Ünter', 'ÜNTER', ''];
const HOSTS = [
  'mail.example.com',
  'mx.example.com',
  'www.example.org',
  'a_b.example.com',
  'axb.example.com',
  '192.0.2.1',
];
const PATTERNS = [
  '*',
  '*.example.com',
  'm?*',
  'a_b.*',
  '?x.example.com',
  'mail.example.com',
  '*%*',
  '*!*',
  '192.*',
  '**',
  '*a*e*',
];

const words = {
  tag: fc.constantFrom(...TAGS, 'none', "'; drop table monitors; --", '%', '_'.repeat(500)),
  name: fc.oneof(fc.constantFrom(...NAMES, 'nul\0', ''), fc.string({ unit: 'binary', maxLength: 20 })),
  pattern: fc.oneof(fc.constantFrom(...PATTERNS), fc.stringMatching(/^[a-z*?.%_!\\]{1,8}$/)),
};

interface Wanted {
  readonly host: string;
  readonly protocol: (typeof PROTOCOL_TOKENS)[number];
  readonly tags: readonly string[];
  readonly groups: readonly number[];
  readonly profile: number;
  readonly status: MonitorStatus;
  /** Days until its end, with a part of one. */
  readonly end: number | undefined;
}

const wantedMonitors = fc.array(
  fc.record<Wanted>({
    host: fc.constantFrom(...HOSTS),
    protocol: fc.constantFrom(...PROTOCOL_TOKENS),
    tags: fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 }),
    groups: fc.uniqueArray(fc.nat({ max: NAMES.length }), { maxLength: 3 }),
    profile: fc.nat({ max: NAMES.length }),
    status: fc.constantFrom(...STATUSES),
    end: fc.option(fc.oneof(fc.integer({ min: -3, max: 60 }), fc.double({ min: -3, max: 60, noNaN: true })), {
      nil: undefined,
    }),
  }),
  { minLength: 40, maxLength: 40 },
);

describeOnBothEngines('a tag filter in SQL', (test) => {
  const idsThatFit = async ({ workspaceId }: Tenant, filter: TagFilter): Promise<string[]> => {
    const rows = await test()
      .database.pool.select({ id: monitors.id })
      .from(monitors)
      .where(and(eq(monitors.workspaceId, workspaceId), filterCondition(workspaceId, filter, NOW)));
    return rows.map((row) => row.id).sort();
  };

  it('means what the plain evaluator says, whatever is asked of whatever monitors', async () => {
    const tenant = await defaultTenant(test());
    const subjects = await furnish(test(), tenant);
    await fc.assert(
      fc.asyncProperty(filters(words), async (filter) => {
        const expected = subjects.filter((subject) => fits(filter, subject, NOW)).map(({ monitor }) => monitor.id);
        expect(await idsThatFit(tenant, filter), filterText(filter)).toEqual(expected.sort());
      }),
      { numRuns: 400 },
    );
    expect(await idsThatFit(tenant, { type: 'host', pattern: '*' })).toHaveLength(subjects.length);
  });

  it('finds nothing of another workspace, by any word they share', async () => {
    const mine = await defaultTenant(test());
    const theirs = await otherTenant(test());
    const { store } = test();
    for (const tenant of [mine, theirs]) {
      const groupId = toSid('contact-group', randomUUID());
      await store.groups.add(tenant.workspaceId, groupId, 'ops');
      await addMonitor(store, tenant, { tags: ['mail'], groupIds: [groupId] });
    }
    for (const filter of [
      { type: 'tag', tag: 'mail' },
      { type: 'group', name: 'ops' },
      { type: 'profile', name: mine.profile.name },
    ] as const) {
      const mineFit = await idsThatFit(mine, filter);
      expect(mineFit, filterText(filter)).toHaveLength(1);
      expect(await idsThatFit(theirs, filter), filterText(filter)).not.toEqual(mineFit);
    }
  });
});

/** Forty random monitors, with the groups and profiles they name. */
async function furnish({ store, database }: TestDatabase, tenant: Tenant): Promise<FilterSubject[]> {
  const { workspaceId } = tenant;
  const groups: { id: string; name: string }[] = [];
  const named: { id: string; name: string }[] = [];
  for (const name of NAMES) {
    const group = await store.groups.add(workspaceId, toSid('contact-group', randomUUID()), name);
    if (group === undefined) continue;
    groups.push(group);
    const own = profile({
      id: toSid('profile', randomUUID()),
      name: name.replaceAll('\0', '\uFFFD'),
      isBuiltIn: false,
    });
    await database.pool.insert(profiles).values(profileRow(workspaceId, own));
    named.push(own);
  }
  const subjects: FilterSubject[] = [];
  const [wanted = []] = fc.sample(wantedMonitors, { numRuns: 1, seed: 7 });
  for (const [index, one] of wanted.entries()) {
    const its = one.groups.flatMap((at) => groups[at] ?? []);
    const itsProfile = named[one.profile] ?? tenant.profile;
    const monitor = await addMonitor(
      store,
      { ...tenant, profile: { ...tenant.profile, id: itsProfile.id } },
      {
        endpoint: { host: one.host, port: 1_000 + index, protocol: one.protocol },
        tags: one.tags,
        groupIds: its.map((group) => group.id),
      },
    );
    const expiresAt = one.end === undefined ? undefined : new Date(NOW.getTime() + one.end * DAY_MS);
    // Days left as they were at a check long ago: what counts is the instant.
    const update = { status: one.status, expiresAt, daysLeft: 999, failing: undefined, served: undefined };
    await store.monitors.update(workspaceId, monitor.id, { ...update, lastCheckedAt: NOW, nextCheckAt: NOW });
    const stored: Monitor = { ...monitor, status: one.status, expiresAt };
    subjects.push({ monitor: stored, profile: itsProfile.name, groups: its.map((group) => group.name) });
  }
  return subjects;
}
