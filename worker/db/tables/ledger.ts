/** Money: what ended jobs cost, and what workspaces have paid. Rows are added and never changed. */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../../contract/codes.ts';
import type { JobKind, JobStatus } from '../../contract/job.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** The bill: one row for each job that ended, which outlives the row of the job. Failed and canceled jobs cost nothing. Triggers add it up in `workspaces`. */
export const ledger = sqliteTable(
  'ledger',
  {
    id: text('id').notNull(),
    jobId: text('job_id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    bytes: integer('bytes').notNull(),
    /** What the job costs, without its free bytes. */
    microdollars: integer('microdollars').notNull(),
    createdAt: time('created_at').notNull(),
    /** The part of `bytes` that the free allowance covers. */
    freeBytes: integer('free_bytes').notNull().default(0),
    /** Whether the balance pays for the job. False while BILLING is off. */
    isBilled: integer('is_billed', { mode: 'boolean' }).notNull().default(false),
    /** A trigger copies kind, host and code from the job when an earlier version of the service writes the row. */
    kind: text('kind').$type<JobKind>(),
    /** The API key that made the job; null for jobs that the service makes. */
    keyId: text('key_id'),
    /** The name of the destination that has the file; null for service storage. */
    destination: text('destination'),
    /** The host of the source; null once the import is deleted. */
    host: text('host'),
    /** Of a failed job. */
    code: text('code').$type<Code>(),
    /** Whether the ID of the job does not tell when it ended to within a day. True for rows of earlier versions. */
    isLate: integer('is_late', { mode: 'boolean' }).notNull().default(true),
  },
  (t) => [
    // A job has one bill. A trigger refuses one for another workspace than that of the job.
    primaryKey({ columns: [t.workspaceId, t.jobId] }),
    // GET /usage finds the other rows of a range of days by the IDs of their jobs.
    index('ledger_late')
      .on(t.workspaceId, t.createdAt)
      .where(sql`is_late = 1`),
  ],
);

/** A row for each payment, in microdollars. A correction is a negative one. A trigger adds them up in `workspaces`. */
export const credits = sqliteTable(
  'credits',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    microdollars: integer('microdollars').notNull(),
    /** What the operator noted, such as the number of an invoice. */
    note: text('note').notNull().default(''),
    createdAt: time('created_at').notNull(),
  },
  // The payments of a workspace, for npm run credit.
  (t) => [index('credits_workspace').on(t.workspaceId, t.createdAt)],
);
