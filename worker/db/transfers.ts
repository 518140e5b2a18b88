/** The table of wishes that imports be in a destination. Beside schema.ts, whose length is at its limit. */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../contract/codes.ts';
import { jobs } from './schema.ts';

/** `fallback` is tried until it is stored or the copy ends, `migration` until a refusal for good, `request` once. */
export type TransferReason = 'fallback' | 'migration' | 'request';
/** waiting ⇄ running → stored | failed. Only a running one has a store job that is alive. */
export type TransferStatus = 'waiting' | 'running' | 'stored' | 'failed';

/**
 * One row for an import and a destination that it shall be in, which is what keeps two store jobs of both from
 * running at once. Moves to `running` and out of it in the same batch as its store job.
 */
export const transfers = sqliteTable(
  'transfers',
  {
    importId: text('import_id')
      .notNull()
      .references(() => jobs.id),
    destinationId: text('destination_id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    reason: text('reason').$type<TransferReason>().notNull(),
    status: text('status').$type<TransferStatus>().notNull(),
    /** The store job that runs, or ran last. */
    storeJobId: text('store_job_id'),
    /** The latest migration that asked for it. */
    migrationId: text('migration_id'),
    /** When a waiting one is tried. */
    nextAt: integer('next_at').notNull(),
    /** Why the last try failed. */
    errorCode: text('error_code').$type<Code>(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.destinationId] }),
    index('transfers_waiting')
      .on(t.workspaceId, t.nextAt)
      .where(sql`status = 'waiting'`),
    index('transfers_running')
      .on(t.workspaceId)
      .where(sql`status = 'running'`),
    index('transfers_destination')
      .on(t.destinationId)
      .where(sql`status = 'waiting'`),
    index('transfers_store_job')
      .on(t.storeJobId)
      .where(sql`store_job_id IS NOT NULL`),
    index('transfers_migration')
      .on(t.workspaceId, t.migrationId)
      .where(sql`migration_id IS NOT NULL`),
  ],
);
