/** Batches: imports that one request started, and playlists whose entries are imported. */
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { PlaylistSource } from '../../contract/api/batches/batch-request.ts';
import type { ImportOptions } from '../../contract/api/import-request.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** Triggers derive the five counters from the jobs of the batch: never write them. */
export const batches = sqliteTable(
  'batches',
  {
    /** The batch of a playlist has the id of the job that reads the playlist. */
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    /** Null for a batch of URLs. */
    playlist: text('playlist', { mode: 'json' }).$type<PlaylistSource>(),
    /** What all entries of the playlist ask for. The items of a batch of URLs have it in their requests. */
    options: text('options', { mode: 'json' }).$type<ImportOptions>(),
    /** Entries that the playlist has, as far as it was read. Those that the filters leave out have no job. */
    entriesFound: integer('entries_found'),
    /** Where the end of the batch is announced. */
    webhookUrl: text('webhook_url'),
    /** The batch whose failed items this one imports again. */
    retryOf: text('retry_of'),
    queued: integer('queued').notNull().default(0),
    processing: integer('processing').notNull().default(0),
    completed: integer('completed').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    canceled: integer('canceled').notNull().default(0),
    cancelRequestedAt: time('cancel_requested_at'),
    /** Id of the transition that ended its last job. */
    terminalId: text('terminal_id'),
    createdAt: time('created_at').notNull(),
    finishedAt: time('finished_at'),
  },
  // The list of batches, newest first.
  (t) => [index('batches_list').on(t.workspaceId, t.id)],
);
