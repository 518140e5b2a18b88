/** Transfers: files of finished imports that must be copied to a destination. */
import { sql } from 'drizzle-orm';
import { index, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../../contract/codes.ts';
import { jobs } from './jobs.ts';
import { time } from './time.ts';

/** `fallback` is retried until the file is stored or the copy expires, `migration` until a permanent error; `request` is tried once. */
export type TransferReason = 'fallback' | 'migration' | 'request';
/** waiting ⇄ running → stored | failed. Only a running transfer has an unfinished store job. */
export type TransferStatus = 'waiting' | 'running' | 'stored' | 'failed';

/**
 * One row for each import and destination, so that two store jobs never copy the same import to the same destination
 * at once. A transfer enters and leaves `running` in the batch that inserts or ends its store job.
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
    /** The running store job, or the last one. */
    storeJobId: text('store_job_id'),
    /** The latest migration that includes this transfer. */
    migrationId: text('migration_id'),
    /** When a waiting transfer is tried next. */
    nextAt: time('next_at').notNull(),
    /** The error of the last try. */
    errorCode: text('error_code').$type<Code>(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.destinationId] }),
    index('transfers_waiting')
      .on(t.workspaceId, t.nextAt)
      .where(sql`status = 'waiting'`),
    index('transfers_running')
      .on(t.workspaceId)
      .where(sql`status = 'running'`),
    // Finds the files that a destination refused and that are due later.
    index('transfers_refused')
      .on(t.destinationId, t.errorCode, t.nextAt)
      .where(sql`status = 'waiting'`),
    index('transfers_store_job')
      .on(t.storeJobId)
      .where(sql`store_job_id IS NOT NULL`),
    index('transfers_migration')
      .on(t.workspaceId, t.migrationId)
      .where(sql`migration_id IS NOT NULL`),
  ],
);
