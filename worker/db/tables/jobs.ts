/** Jobs and the attempts to run them. */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../../contract/codes.ts';
import type { ImportRequest } from '../../contract/api/import-request.ts';
import type { SourceMetadata } from '../../contract/downloader/metadata.ts';
import type { AttemptOutcome, JobKind, JobStage, JobStatus, SourceWay } from '../../contract/job.ts';
import { time } from './time.ts';
import { workspaces } from './workspaces.ts';

/** When an attempt first reported each stage. */
const stageTimes = {
  resolvingAt: time('resolving_at'),
  downloadingAt: time('downloading_at'),
  mergingAt: time('merging_at'),
  uploadingAt: time('uploading_at'),
  verifyingAt: time('verifying_at'),
};

/** `attempt` numbers the attempts and fences every guarded statement. `failures` counts against the retry budget. */
export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    kind: text('kind').$type<JobKind>().notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    stage: text('stage').$type<JobStage>(),
    request: text('request', { mode: 'json' }).$type<ImportRequest>().notNull(),
    retryOf: text('retry_of'),
    /** The import whose file this job stores. Null for every kind of job except `store`. */
    storeOf: text('store_of'),
    attempt: integer('attempt').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    slot: text('slot'),
    /** Not claimed before this time. The end of all time for a job that runs alone, which is never due in the common queue. */
    runAfter: time('run_after').notNull(),
    leaseUntil: time('lease_until'),
    cancelRequestedAt: time('cancel_requested_at'),
    bytesDone: integer('bytes_done').notNull().default(0),
    bytesTotal: integer('bytes_total'),
    sourceWay: text('source_way').$type<SourceWay>(),
    sourceReason: text('source_reason'),
    /** The source cannot be read by ranges: the next attempt sends one plain GET. */
    sourceOneConnection: integer('source_one_connection', { mode: 'boolean' }).notNull().default(false),
    /** A slot for files has found that the source is a page: only a slot for pages takes the job. */
    isPage: integer('is_page', { mode: 'boolean' }).notNull().default(false),
    warnings: text('warnings', { mode: 'json' }).$type<string[]>(),
    /** True when the job must not use service storage: its destination forbade it and was deleted later. */
    keepsOutOfService: integer('keeps_out_of_service', { mode: 'boolean' }).notNull().default(false),
    /** The last failure. Also set while the job is queued again for a retry. */
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
    costMicrodollars: integer('cost_microdollars'),
    /**
     * Id of the transition that ended the job. The rows of the end (ledger, event, …) are inserted only under it. Of a running job: the
     * transition that ended the job whose place it has taken.
     */
    terminalId: text('terminal_id'),
    createdAt: time('created_at').notNull(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
    /** Attempts that ended together with their downloader, or for lack of memory. */
    crashes: integer('crashes').notNull().default(0),
    /** When its progress was last written, and when somebody last read it while it ran. */
    progressAt: time('progress_at'),
    readAt: time('read_at'),
    /** Until when a request waits for its end, or did. */
    waitedUntil: time('waited_until'),
    /** When a job that runs alone is due: it then waits for a slot in which nothing else runs. */
    aloneAfter: time('alone_after'),
    /** Of the file of a completed job. */
    title: text('title'),
    /** The host of an import's URL, without `www.`. */
    sourceHost: text('source_host'),
    /** The result of a job that describes its source. */
    metadata: text('metadata', { mode: 'json' }).$type<SourceMetadata>(),
    /** The API key whose request made the job; null for jobs that the service makes. */
    createdBy: text('created_by'),
    /** The size of the file while its cost is kept free in the balance: between the check before it is stored and the end. */
    heldBytes: integer('held_bytes'),
    /** A deleted import is hidden from every client. Its row stays until its time is over, without what it was about. */
    deletedAt: time('deleted_at'),
    /**
     * About the last attempt: when it was claimed, when a downloader was first known to run it, and when each stage was first reported.
     * After `acceptedAt`, a crash counts as a failure.
     */
    claimedAt: time('claimed_at'),
    acceptedAt: time('accepted_at'),
    ...stageTimes,
    /** The slot of the attempt that completed the job. */
    completedIn: text('completed_in'),
    /** The batch that the import is an item of, and its place there, from 0. Null for a single import. */
    batchId: text('batch_id'),
    batchIndex: integer('batch_index'),
  },
  (t) => [
    // The next job of a workspace, for claims and for the triggers: pages wait apart from everything else, and items of batches
    // apart from single jobs, which claims take first.
    index('jobs_queue')
      .on(t.workspaceId, t.isPage, sql`(batch_id IS NULL)`, t.runAfter, t.id)
      .where(sql`status = 'queued'`),
    // The items of a batch in their order, which is that of their ids.
    index('jobs_batch')
      .on(t.batchId, t.id)
      .where(sql`batch_id IS NOT NULL`),
    // Serves the sweep, which reserves a slot for each of them.
    index('jobs_alone')
      .on(t.aloneAfter)
      .where(sql`status = 'queued' AND alone_after IS NOT NULL`),
    // The running jobs of a slot, and all running jobs, among which the sweep looks for leases that have ended.
    index('jobs_slots')
      .on(t.slot)
      .where(sql`status = 'processing'`),
    // The list of imports, newest first: those of one status, of which all are merged, and those of one host.
    index('jobs_list_by_status')
      .on(t.workspaceId, t.status, t.id)
      .where(sql`kind = 'import' AND deleted_at IS NULL`),
    index('jobs_list_by_host')
      .on(t.workspaceId, t.sourceHost, t.id)
      .where(sql`kind = 'import' AND deleted_at IS NULL`),
    // Counts the unfinished metadata jobs of a workspace for the limit of its plan.
    index('jobs_unfinished_metadata')
      .on(t.workspaceId)
      .where(sql`kind IN ('metadata', 'basic_metadata') AND status IN ('queued', 'processing')`),
    index('jobs_store_of')
      .on(t.storeOf)
      .where(sql`store_of IS NOT NULL`),
  ],
);

/** One row for each attempt that has ended, but for the one that completed its job. While an attempt runs, and after it has completed its job, the row of the job has these columns. */
export const attempts = sqliteTable(
  'attempts',
  {
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    slot: text('slot').notNull(),
    claimedAt: time('claimed_at').notNull(),
    acceptedAt: time('accepted_at'),
    ...stageTimes,
    endedAt: time('ended_at'),
    outcome: text('outcome').$type<AttemptOutcome>(),
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt] })],
);
