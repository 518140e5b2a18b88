import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { JobStatus } from '../../contract/job.ts';
import { jobs } from './jobs.ts';
import { time } from './time.ts';

/** The bill: one row for each job that ended. Failed and canceled jobs cost nothing. */
export const ledger = sqliteTable(
  'ledger',
  {
    id: text('id').primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    workspaceId: text('workspace_id').notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    bytes: integer('bytes').notNull(),
    microdollars: integer('microdollars').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [uniqueIndex('ledger_job').on(t.jobId), index('ledger_workspace').on(t.workspaceId, t.createdAt)],
);
