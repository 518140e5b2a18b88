/**
 * Artifacts (the files that jobs produce) and placements (where each file is stored). Their keys begin with the attempt, and no
 * index has the IDs: look rows up by job and attempt.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Code } from '../../contract/codes.ts';
import type { MediaDetails } from '../../contract/choice/differences.ts';
import type { PartDigest } from '../../contract/downloader/upload-plan.ts';
import type { ArtifactRole, MediaFacts } from '../../contract/media.ts';
import type { SourceWay } from '../../contract/job.ts';
import { jobs } from './jobs.ts';
import { time } from './time.ts';

/** A file that an attempt produced. Size, checksums and facts are set when its upload completes. */
export const artifacts = sqliteTable(
  'artifacts',
  {
    id: text('id').notNull(),
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
    /** Null for files of downloaders before these details. */
    details: text('details', { mode: 'json' }).$type<MediaDetails>(),
    createdAt: time('created_at').notNull(),
    /** The site's own id of the item, and its publisher. Null for direct files. */
    sourceId: text('source_id'),
    uploader: text('uploader'),
    /** How the attempt reads its source. The next statement that writes the job copies it there. */
    sourceWay: text('source_way').$type<SourceWay>(),
    sourceReason: text('source_reason'),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt, t.role] })],
);

/** open → completing → stored → expired. `aborted`: the upload was given up and removed, or cannot be removed. */
export type PlacementStatus = 'open' | 'completing' | 'stored' | 'aborted' | 'expired';

/**
 * How an upload reaches its storage. `relay`: its parts pass through the Worker into service storage. `direct`: they go
 * to service storage by R2's S3 API. `s3`: they go to the bucket of a destination.
 */
export type PlacementVia = 'relay' | 'direct' | 's3';

/** One artifact in one storage. `destinationId` is null for service storage. */
export const placements = sqliteTable(
  'placements',
  {
    id: text('id').notNull(),
    /** An artifact of the same attempt. */
    artifactId: text('artifact_id').notNull(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id),
    attempt: integer('attempt').notNull(),
    destinationId: text('destination_id'),
    status: text('status').$type<PlacementStatus>().notNull(),
    kind: text('kind').$type<'single' | 'multipart'>().notNull(),
    partSizeBytes: integer('part_size_bytes').notNull(),
    /** The digest that each part is checked with. Fixed when the upload starts. */
    digest: text('digest').$type<PartDigest>().notNull().default('crc32'),
    bucket: text('bucket').notNull(),
    key: text('key').notNull(),
    uploadId: text('upload_id'),
    /** The object's URL at the customer's provider. Null for service storage, whose links are signed at each read. */
    url: text('url'),
    etag: text('etag'),
    errorCode: text('error_code').$type<Code>(),
    errorDetail: text('error_detail'),
    createdAt: time('created_at').notNull(),
    storedAt: time('stored_at'),
    /** When service storage deletes the object. */
    expiresAt: time('expires_at'),
    /** Until when a running call has the right to complete the upload; it renews this. Null when none runs. */
    completingUntil: time('completing_until'),
    via: text('via').$type<PlacementVia>().notNull().default('relay'),
    /** An upload to another one of several destinations, of the bytes that the attempt reads for the primary upload. */
    isSecondary: integer('is_secondary', { mode: 'boolean' }).notNull().default(false),
    /** The attempt ended before the upload, or the job was canceled after it. Triggers set it: never write it. */
    isLeft: integer('is_left', { mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.jobId, t.attempt, t.id] }),
    // Finds the names that this service has already used in a bucket.
    index('placements_object')
      .on(t.destinationId, t.bucket, t.key)
      .where(sql`destination_id IS NOT NULL`),
    // Finds uploads that ended attempts have not finished.
    index('placements_left')
      .on(t.createdAt)
      .where(sql`is_left = 1 AND status IN ('open', 'completing')`),
    index('placements_retention')
      .on(t.expiresAt)
      .where(sql`status = 'stored' AND expires_at IS NOT NULL`),
  ],
);
