import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { jobs } from './jobs.ts';
import { time } from './time.ts';

/** The outbox: what webhooks are told. Each kind of job names its event types in `worker/jobs/kinds/`. A job has at most one event of a type. */
export const events = sqliteTable(
  'events',
  {
    id: text('id').notNull(),
    workspaceId: text('workspace_id').notNull(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    type: text('type').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.type] })],
);
