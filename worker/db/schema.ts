/**
 * Every table. Times are unix milliseconds, sizes bytes. Only this folder builds tables.
 * The counters on `workspaces` are kept by the triggers of migration 0001, in the same statement that moves a job.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { Code } from '../contract/codes.ts';
import type { Versions } from '../contract/downloader/command.ts';
import type { ImportRequest } from '../contract/api/import-request.ts';
import type { AttemptOutcome, JobKind, JobStage, JobStatus, SourceWay } from '../contract/job.ts';
import type { ArtifactRole, MediaFacts } from '../contract/media.ts';
import type { LearnedFacts, ServerSideEncryption } from './destination-columns.ts';
import type { PartDigest } from '../contract/downloader/upload-plan.ts';

const time = (name: string) => integer(name, { mode: 'number' });

/** A tenant. `running`, `queued` and `nextDueAt` are derived from its jobs by triggers: never write them. */
export const workspaces = sqliteTable(
  'workspaces',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    maxConcurrent: integer('max_concurrent').notNull(),
    running: integer('running').notNull().default(0),
    queued: integer('queued').notNull().default(0),
    /** When its next queued job is due; null when none is queued. */
    nextDueAt: time('next_due_at'),
    createdAt: time('created_at').notNull(),
  },
  (t) => [
    // What claimNext walks: only workspaces that may run something, those that run least first.
    index('workspaces_claimable')
      .on(t.running, t.nextDueAt)
      .where(sql`next_due_at IS NOT NULL AND running < max_concurrent`),
  ],
);

/** Only the SHA-256 of a key is kept. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    name: text('name').notNull(),
    hash: text('hash').notNull(),
    lastFour: text('last_four').notNull(),
    createdAt: time('created_at').notNull(),
    revokedAt: time('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash)],
);

/** A customer's bucket. The credentials are AES-256-GCM records bound to workspace, destination and field. */
export const destinations = sqliteTable(
  'destinations',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id')
      .notNull()
      .references(() => workspaces.id),
    name: text('name').notNull(),
    isDefault: integer('is_default', { mode: 'boolean' }).notNull(),
    endpoint: text('endpoint'),
    region: text('region').notNull(),
    bucket: text('bucket').notNull(),
    defaultPathPrefix: text('default_path_prefix'),
    storageClass: text('storage_class'),
    acl: text('acl'),
    sse: text('sse', { mode: 'json' }).$type<ServerSideEncryption>(),
    tags: text('tags', { mode: 'json' }).$type<Record<string, string>>(),
    metadata: text('metadata', { mode: 'json' }).$type<Record<string, string>>(),
    expectedBucketOwner: text('expected_bucket_owner'),
    /** Base of the links handed out, in place of the provider's own. */
    publicBaseUrl: text('public_base_url'),
    /** Links are presigned for so long, in seconds; null: plain links. */
    presignedUrlSeconds: integer('presigned_url_seconds'),
    addressing: text('addressing').$type<'auto' | 'path' | 'virtual'>().notNull().default('auto'),
    fallback: text('fallback').$type<'service' | 'none'>().notNull().default('service'),
    /** Buckets that a request may name; null: any. */
    allowedBuckets: text('allowed_buckets', { mode: 'json' }).$type<string[]>(),
    /** What the provider's own answers taught; forgotten when endpoint, bucket or keys change. */
    learned: text('learned', { mode: 'json' }).$type<LearnedFacts>(),
    sessionToken: text('session_token'),
    accessKeyId: text('access_key_id').notNull(),
    secretAccessKey: text('secret_access_key').notNull(),
    accessKeyIdLastFour: text('access_key_id_last_four').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('destinations_name').on(t.workspaceId, t.name),
    uniqueIndex('destinations_default')
      .on(t.workspaceId)
      .where(sql`is_default = 1`),
  ],
);

/** `attempt` is the fence of every guarded statement, `failures` the retry budget that is used up. */
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
    /** Of a `store` job: the import whose file it stores. */
    storeOf: text('store_of'),
    attempt: integer('attempt').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    slot: text('slot'),
    /** Not claimed before this time. */
    runAfter: time('run_after').notNull(),
    leaseUntil: time('lease_until'),
    cancelRequestedAt: time('cancel_requested_at'),
    bytesDone: integer('bytes_done').notNull().default(0),
    bytesTotal: integer('bytes_total'),
    sourceWay: text('source_way').$type<SourceWay>(),
    sourceReason: text('source_reason'),
    warnings: text('warnings', { mode: 'json' }).$type<string[]>(),
    /** Its destination kept files out of service storage and was deleted under it: the job keeps to that. */
    keepsOutOfService: integer('keeps_out_of_service', { mode: 'boolean' }).notNull().default(false),
    /** The last failure; also that of a retried attempt while the job is queued again. */
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
    costMicrodollars: integer('cost_microdollars'),
    /** Names the one transition that ended the job; ledger and event rows are inserted only under it. */
    terminalId: text('terminal_id'),
    createdAt: time('created_at').notNull(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
  },
  (t) => [
    index('jobs_queue')
      .on(t.workspaceId, t.runAfter, t.id)
      .where(sql`status = 'queued'`),
    index('jobs_leases')
      .on(t.leaseUntil)
      .where(sql`status = 'processing'`),
    index('jobs_slots')
      .on(t.slot)
      .where(sql`status = 'processing'`),
    index('jobs_list').on(t.workspaceId, t.id),
    index('jobs_store_of')
      .on(t.storeOf)
      .where(sql`store_of IS NOT NULL`),
  ],
);

/** One row a claim. `acceptedAt` is set once the downloader is known to have begun: from then on a crash costs a failure. */
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
    /** When each stage was first reported. */
    resolvingAt: time('resolving_at'),
    downloadingAt: time('downloading_at'),
    mergingAt: time('merging_at'),
    uploadingAt: time('uploading_at'),
    verifyingAt: time('verifying_at'),
    endedAt: time('ended_at'),
    outcome: text('outcome').$type<AttemptOutcome>(),
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt] })],
);

/** A file that an attempt brought. Size, checksums and facts are known once it is complete. */
export const artifacts = sqliteTable(
  'artifacts',
  {
    id: text('id').primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    role: text('role').$type<ArtifactRole>().notNull(),
    title: text('title').notNull(),
    extension: text('extension').notNull(),
    contentType: text('content_type').notNull(),
    sizeBytes: integer('size_bytes'),
    crc32: text('crc32'),
    sha256: text('sha256'),
    facts: text('facts', { mode: 'json' }).$type<MediaFacts>(),
    createdAt: time('created_at').notNull(),
    /** What the site calls the item and who published it; null for direct files. */
    sourceId: text('source_id'),
    uploader: text('uploader'),
  },
  (t) => [uniqueIndex('artifacts_role').on(t.jobId, t.attempt, t.role)],
);

/** open → completing → stored → expired; or aborted, once nothing of the upload is left behind (or it cannot be removed). */
export type PlacementStatus = 'open' | 'completing' | 'stored' | 'aborted' | 'expired';

/** One artifact at one place. `destinationId` is null for service storage. */
export const placements = sqliteTable(
  'placements',
  {
    id: text('id').primaryKey(),
    artifactId: text('artifact_id')
      .notNull()
      .references(() => artifacts.id),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    destinationId: text('destination_id'),
    status: text('status').$type<PlacementStatus>().notNull(),
    kind: text('kind').$type<'single' | 'multipart'>().notNull(),
    partSizeBytes: integer('part_size_bytes').notNull(),
    /** How its parts are checked: fixed when the upload begins, whatever is learned of the provider meanwhile. */
    digest: text('digest').$type<PartDigest>().notNull().default('crc32'),
    bucket: text('bucket').notNull(),
    key: text('key').notNull(),
    uploadId: text('upload_id'),
    /** The object's URL at the customer's provider; links of service storage are signed at each read. */
    url: text('url'),
    etag: text('etag'),
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
    createdAt: time('created_at').notNull(),
    storedAt: time('stored_at'),
    /** When service storage deletes the object. */
    expiresAt: time('expires_at'),
  },
  (t) => [
    index('placements_job').on(t.jobId, t.attempt),
    // Which names this service has used in a bucket.
    index('placements_object')
      .on(t.destinationId, t.bucket, t.key)
      .where(sql`destination_id IS NOT NULL`),
    index('placements_unfinished')
      .on(t.createdAt)
      .where(sql`status IN ('open', 'completing')`),
    index('placements_retention')
      .on(t.expiresAt)
      .where(sql`status = 'stored' AND expires_at IS NOT NULL`),
  ],
);

/** The bill: one row for every job that ended; failed and canceled ones cost nothing. */
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

/** The outbox: `import.completed`, `import.failed`, `import.canceled`. */
export const events = sqliteTable(
  'events',
  {
    id: text('id').primaryKey(),
    workspaceId: text('workspace_id').notNull(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    type: text('type').notNull(),
    createdAt: time('created_at').notNull(),
  },
  (t) => [uniqueIndex('events_once').on(t.jobId, t.type)],
);

/** What each place of the fleet last said of itself. */
export const slots = sqliteTable('slots', {
  slot: text('slot').primaryKey(),
  capacity: integer('capacity').notNull(),
  versions: text('versions', { mode: 'json' }).$type<Versions>().notNull(),
  lastSeenAt: time('last_seen_at').notNull(),
});
