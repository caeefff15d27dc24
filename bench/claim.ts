/**
 * What a claim costs, by how many monitors there are: it must cost the same (design, section 9). Starts a PostgreSQL of its
 * own.
 *
 *   npx tsx bench/claim.ts
 */
import { sql } from 'drizzle-orm';
import { connectToServer } from '../src/store/database.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { createStore } from '../src/store/store.ts';
import { createDatabase, startPostgres } from '../test/helpers/postgres-server.ts';

const SIZES = [1_000, 100_000, 1_000_000];
const CLAIM = 100;
const ROUNDS = 20;
const WARM_UP = 5;
const LEASE_MS = 60_000;
const FILL_AT_ONCE = 50_000;

/** Half of them are due, from an hour ago on; the rest within the next hour. */
async function fill(database: Database, monitors: number): Promise<void> {
  const store = createStore(database);
  const { id: workspaceId } = await store.workspaces.ensureDefault();
  const connection = await store.workspaces.ensureConnection(workspaceId, 'console', 'local');
  const channel = await store.channels.ensure(workspaceId, {
    connectionId: connection.id,
    externalId: 'ops',
    name: 'ops',
    isPrivateChat: false,
  });
  const profile = await store.profiles.findByName(workspaceId, 'Standard');
  if (profile === undefined) throw new Error('the workspace has no profile Standard');
  // In parts, each within the time that a statement has.
  for (let first = 1; first <= monitors; first += FILL_AT_ONCE) {
    await database.pool.execute(sql`
    insert into monitors (id, workspace_id, host, display_host, host_kind, port, protocol, server_name, direct, profile_id,
                          added_in_channel_id, added_by, created_at, status, next_check_at, claimable_at)
    select 'CM' || md5(n::text), ${workspaceId}, host, host, 'name', 443, 'https', host, false, ${profile.id},
           ${channel.id}, 'bench', now(), 'valid', due, due
      from (select n, 'host-' || n || '.example.com' as host, now() + (random() * 2 - 1) * interval '1 hour' as due
              from generate_series(${first}::int, ${Math.min(monitors, first + FILL_AT_ONCE - 1)}::int) n) made
  `);
  }
  await database.pool.execute(sql`vacuum analyze monitors`);
}

/** Of `ROUNDS` claims, in ms; what was claimed is given back in between. */
async function timesOf(database: Database): Promise<number[]> {
  const store = createStore(database);
  const times: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const now = await store.databaseTime();
    const started = performance.now();
    const claimed = await store.monitors.claimDue(now, CLAIM, LEASE_MS);
    if (round >= 0) times.push(performance.now() - started);
    if (claimed.length !== CLAIM) throw new Error(`${String(claimed.length)} were claimed`);
    for (const { monitor, token } of claimed) await store.monitors.releaseLease(monitor.workspaceId, monitor.id, token);
  }
  return times.sort((a, b) => a - b);
}

const server = await startPostgres();
try {
  console.log(`a claim of ${String(CLAIM)}, ${String(ROUNDS)} times\n`);
  console.log('  monitors   median ms      best     worst');
  for (const size of SIZES) {
    const database = connectToServer(await createDatabase(server.url));
    try {
      await migrate(database);
      await fill(database, size);
      const times = await timesOf(database);
      const shown = [times[Math.floor(ROUNDS / 2)], times[0], times.at(-1)].map((ms) =>
        (ms ?? 0).toFixed(1).padStart(10),
      );
      console.log(`${String(size).padStart(10)}  ${shown.join('')}`);
    } finally {
      await database.close();
    }
  }
} finally {
  await server.remove();
}
