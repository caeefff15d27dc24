import { randomUUID } from 'node:crypto';
import { and, desc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { MonitorStatus } from '../core/monitor.ts';
import type { LeasedMonitor, MonitorStore, MonitorUpdate } from '../core/ports.ts';
import { at, storable, storableJson } from './database.ts';
import type { Executor } from './database.ts';
import { addGroups, addTags, monitorEdits } from './monitor-edits.ts';
import { monitorQueries } from './monitor-queries.ts';
import { monitorReports } from './monitor-reports.ts';
import { selectMonitors, toMonitor } from './monitor-row.ts';
import { monitors } from './schema.ts';

export function monitorStore(db: Executor): MonitorStore {
  const select = () => selectMonitors(db);
  const one = (workspaceId: string, id: string) => and(eq(monitors.workspaceId, workspaceId), eq(monitors.id, id));
  const leased = (workspaceId: string, id: string, token: string) =>
    and(one(workspaceId, id), eq(monitors.leaseToken, token));

  return {
    ...monitorQueries(db),
    ...monitorEdits(db),
    ...monitorReports(db),

    async add(workspaceId, monitor, now) {
      const { endpoint } = monitor;
      const [row] = await db
        .insert(monitors)
        .values({
          id: monitor.id,
          workspaceId,
          name: monitor.name === undefined ? null : storable(monitor.name),
          ...endpoint,
          profileId: monitor.profileId,
          addedInChannelId: monitor.addedInChannelId,
          addedBy: monitor.addedBy,
          createdAt: now,
          status: 'pending',
          nextCheckAt: now,
          claimableAt: now,
        })
        .onConflictDoNothing()
        .returning();
      if (row === undefined) {
        const duplicate = await this.findByEndpoint(workspaceId, endpoint);
        if (duplicate === undefined)
          throw new Error(`monitor ${monitor.id} could not be added, and none is in its place`);
        return { duplicateOf: duplicate };
      }
      const monitorId = row.id;
      await addGroups(db, workspaceId, monitorId, monitor.groupIds);
      await addTags(db, workspaceId, monitorId, monitor.tags);
      const added = await this.find(workspaceId, monitorId);
      if (added === undefined) throw new Error(`monitor ${monitorId} vanished while it was being added`);
      return { added };
    },

    async find(workspaceId, id) {
      const [row] = await select().where(one(workspaceId, id));
      return row === undefined ? undefined : toMonitor(row);
    },

    async lock(workspaceId, id) {
      // NO KEY: rows that refer to the monitor may be written meanwhile, by whoever holds the incidents' lock.
      const [row] = await select().where(one(workspaceId, id)).for('no key update', { of: monitors });
      return row === undefined ? undefined : toMonitor(row);
    },

    async findByEndpoint(workspaceId, { host, port, protocol, serverName }) {
      const [row] = await select().where(
        and(
          eq(monitors.workspaceId, workspaceId),
          eq(monitors.host, host),
          eq(monitors.port, port),
          eq(monitors.protocol, protocol),
          eq(monitors.serverName, serverName),
        ),
      );
      return row === undefined ? undefined : toMonitor(row);
    },

    async listByIds(workspaceId, ids) {
      if (ids.length === 0) return [];
      const rows = await select().where(and(eq(monitors.workspaceId, workspaceId), inArray(monitors.id, [...ids])));
      return rows.map(toMonitor);
    },

    async notCheckedSince(workspaceId, ids, since) {
      if (ids.length === 0) return [];
      const rows = await db
        .select({ id: monitors.id })
        .from(monitors)
        .where(
          and(
            eq(monitors.workspaceId, workspaceId),
            inArray(monitors.id, [...ids]),
            eq(monitors.paused, false),
            or(isNull(monitors.lastCheckedAt), lt(monitors.lastCheckedAt, since)),
          ),
        );
      return rows.map(({ id }) => id);
    },

    async checkSoon(workspaceId, ids, now) {
      if (ids.length === 0) return;
      await db
        .update(monitors)
        .set({ nextCheckAt: now, claimableAt: now })
        .where(
          and(
            eq(monitors.workspaceId, workspaceId),
            inArray(monitors.id, [...ids]),
            isNull(monitors.leaseToken),
            gt(monitors.nextCheckAt, now),
          ),
        );
    },

    async setPaused(workspaceId, id, paused, status, nextCheckAt) {
      await db
        .update(monitors)
        .set({
          paused,
          status,
          nextCheckAt,
          claimableAt: nextCheckAt,
          leaseToken: null,
          failingTries: null,
          failingOf: null,
        })
        .where(one(workspaceId, id));
    },

    async remove(workspaceId, id) {
      await db.delete(monitors).where(one(workspaceId, id));
    },

    async update(workspaceId, id, update) {
      const claimableAt = sql`case when ${monitors.leaseToken} is null then ${at(update.nextCheckAt)} else ${monitors.claimableAt} end`;
      await db
        .update(monitors)
        .set({ ...updateRow(update), claimableAt })
        .where(one(workspaceId, id));
    },

    async claimDue(now, limit, leaseMs) {
      const token = randomUUID();
      const leaseUntil = new Date(now.getTime() + leaseMs);
      const claimed = await db.execute<{ id: string; workspace_id: string }>(sql`
        with due as materialized (
          select workspace_id, id, claimable_at as due_at from ${monitors}
           where not paused and claimable_at <= ${at(now)}
           order by claimable_at
           limit ${limit}
           for no key update skip locked
        ), claimed as (
          update ${monitors} set claimable_at = ${at(leaseUntil)}, lease_token = ${token}
            from due where ${monitors}.workspace_id = due.workspace_id and ${monitors}.id = due.id
          returning ${monitors}.workspace_id, ${monitors}.id, due.due_at
        )
        select id, workspace_id from claimed order by due_at, id
      `);
      if (claimed.length === 0) return [];
      const rows = await select().where(
        and(
          inArray(monitors.workspaceId, [...new Set(claimed.map((row) => row.workspace_id))]),
          inArray(
            monitors.id,
            claimed.map((row) => row.id),
          ),
          eq(monitors.leaseToken, token),
        ),
      );
      const order = new Map(claimed.map((row, index) => [row.id, index]));
      return rows
        .sort((a, b) => (order.get(a.monitor.id) ?? 0) - (order.get(b.monitor.id) ?? 0))
        .map((row): LeasedMonitor => ({ monitor: toMonitor(row), token, leaseUntil }));
    },

    async updateLeased(workspaceId, id, token, update) {
      const rows = await db
        .update(monitors)
        .set({ ...updateRow(update), claimableAt: update.nextCheckAt, leaseToken: null })
        .where(leased(workspaceId, id, token))
        .returning({ id: monitors.id });
      return rows.length > 0;
    },

    async renewLease(workspaceId, id, token, until) {
      const rows = await db
        .update(monitors)
        .set({ claimableAt: until })
        .where(leased(workspaceId, id, token))
        .returning({ id: monitors.id });
      return rows.length > 0;
    },

    async releaseLease(workspaceId, id, token) {
      await db
        .update(monitors)
        .set({ claimableAt: sql`${monitors.nextCheckAt}`, leaseToken: null })
        .where(leased(workspaceId, id, token));
    },

    async setServed(workspaceId, id, served) {
      await db
        .update(monitors)
        .set({ served: served === undefined ? null : storableJson(served) })
        .where(one(workspaceId, id));
    },

    async lastSeenWell(limit) {
      const well = db
        .selectDistinctOn([monitors.host], { id: monitors.id, lastCheckedAt: monitors.lastCheckedAt })
        .from(monitors)
        .where(
          and(
            eq(monitors.paused, false),
            inArray(monitors.status, ['valid', 'expiring', 'expired'] satisfies MonitorStatus[]),
            isNull(monitors.failingTries),
          ),
        )
        .orderBy(monitors.host, desc(monitors.lastCheckedAt))
        .as('well');
      const rows = await select()
        .innerJoin(well, eq(well.id, monitors.id))
        .orderBy(desc(well.lastCheckedAt))
        .limit(limit);
      return rows.map(toMonitor);
    },

    async dueSinceClockWentBack(now) {
      const rows = await db
        .update(monitors)
        .set({ nextCheckAt: now, claimableAt: now, leaseToken: null })
        .where(gt(monitors.lastCheckedAt, now))
        .returning({ id: monitors.id });
      return rows.length;
    },
  };
}

function updateRow(update: MonitorUpdate) {
  return {
    status: update.status,
    daysLeft: update.daysLeft ?? null,
    expiresAt: update.expiresAt ?? null,
    failingTries: update.failing?.tries ?? null,
    failingOf: update.failing?.of ?? null,
    lastCheckedAt: update.lastCheckedAt,
    nextCheckAt: update.nextCheckAt,
    served: update.served === undefined ? null : storableJson(update.served),
  };
}
