import { isNotNull, isNull, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { channels, inbox, monitors } from './schema.ts';

/**
 * Ends every lease at once: for the owner of the embedded database, when it opens it. Nobody else can hold one then, and
 * what a killed process held need not wait for its leases to run out.
 */
export async function endLeases({ pool }: Database): Promise<void> {
  await pool
    .update(channels)
    .set({ freeAt: sql`'epoch'`, leaseToken: null })
    .where(isNotNull(channels.leaseToken));
  await pool
    .update(monitors)
    .set({ claimableAt: sql`${monitors.nextCheckAt}`, leaseToken: null })
    .where(isNotNull(monitors.leaseToken));
  await pool
    .update(inbox)
    .set({ leaseUntil: sql`${inbox.receivedAt}` })
    .where(isNull(inbox.finishedAt));
}
