/** Completes a job whose attempt has stored its files: because the attempt reports it, or because its report was lost. */
import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import { isOwnedBy } from '../../attempts/fence.ts';
import type { Ctx } from '../../context.ts';
import type { ArtifactRow, JobRow, LiveAttempt } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { isArtifactOfPlacement } from '../../db/upload-keys.ts';
import { kindOf } from '../kinds/kinds.ts';
import { finish, prepareFinish, type Finish, type PreparedEnd } from './transitions.ts';

/**
 * SQL that holds when the attempt stored its media and every other file that it announced. Such an attempt must not run
 * again: under `storageConflict` a second run meets the object of the first.
 */
export function hasStoredAll({ jobId, attempt }: AttemptRef): SQL {
  const files = sql`SELECT 1 FROM ${artifacts} AS file WHERE file.job_id = ${jobId} AND file.attempt = ${attempt}`;
  const isStored = sql`EXISTS (SELECT 1 FROM ${placements} AS place WHERE place.job_id = file.job_id AND place.attempt = file.attempt
    AND place.artifact_id = file.id AND place.status = 'stored')`;
  return sql`(EXISTS (${files} AND file.role = 'media' AND ${isStored}) AND NOT EXISTS (${files} AND NOT ${isStored}))`;
}

interface Completion {
  ref: AttemptRef;
  warnings: string[];
  /** What must be true beside the ownership of the job. */
  guard?: SQL | undefined;
}

/**
 * Ends the job as completed, with the bill for what the attempt stored. Null when the attempt stored nothing, no longer
 * owns the job, is being canceled, or `guard` does not hold.
 */
export async function completeStored(ctx: Ctx, { ref, warnings, guard }: Completion): Promise<JobRow | null> {
  const { job, bytes, title } = await readStored(ctx, ref);
  if (!job || bytes === 0) return null;
  return finish(ctx, completed(ctx, { job, bytes, title, warnings }, and(isOwnedBy(ref, false), guard)));
}

interface StoredJob {
  job: JobRow;
  bytes: number;
  title: string | null;
  warnings: string[];
}

function completed(ctx: Ctx, { job, bytes, title, warnings }: StoredJob, guard: SQL | undefined): Finish {
  return {
    job,
    status: 'completed',
    guard,
    attemptEnd: { outcome: 'completed' },
    bill: kindOf(job).bill(ctx.config, bytes),
    title,
    values: { bytesDone: bytes, bytesTotal: bytes, warnings: withWarnings(warnings) },
  };
}

/**
 * The end of the job in the batch that records its last file as stored. It ends nothing if the attempt has another file: then the bill is not
 * known yet.
 */
export function endWithFile(
  ctx: Ctx,
  { live: { job, attempt }, artifact, isOnlyUpload, sizeBytes, warnings }: LastFile,
): PreparedEnd {
  const ref = { jobId: job.id, attempt };
  const isOnly = sql`NOT EXISTS (SELECT 1 FROM ${artifacts} AS other
    WHERE other.job_id = ${job.id} AND other.attempt = ${attempt} AND other.id <> ${artifact.id})`;
  return prepareFinish(ctx, {
    ...completed(
      ctx,
      { job, bytes: sizeBytes, title: artifact.title, warnings },
      and(isOwnedBy(ref, false), hasStoredAll(ref), isOnly),
    ),
    isOnlyUpload,
  });
}

interface LastFile {
  live: LiveAttempt;
  /** The media of the attempt. */
  artifact: ArtifactRow;
  /** Whether the attempt has begun no other upload. */
  isOnlyUpload: boolean;
  sizeBytes: number;
  warnings: string[];
}

/** Adds the warnings to those of the job, each sentence once. */
function withWarnings(warnings: string[]): SQL {
  return sql`(SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(coalesce(${jobs.warnings}, '[]')) UNION SELECT value FROM json_each(${JSON.stringify(warnings)})))`;
}

interface Stored {
  job: JobRow | undefined;
  /** The size of all files that the attempt stored. A file that is stored in two places counts once. */
  bytes: number;
  /** Of the media. */
  title: string | null;
}

async function readStored(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<Stored> {
  const [job, files] = await ctx.db.batch([
    ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) }),
    ctx.db
      .selectDistinct({
        id: artifacts.id,
        sizeBytes: artifacts.sizeBytes,
        role: artifacts.role,
        title: artifacts.title,
      })
      .from(placements)
      .innerJoin(artifacts, isArtifactOfPlacement())
      .where(
        and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.status, 'stored')),
      ),
  ]);
  const bytes = files.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return { job, bytes, title: files.find(({ role }) => role === 'media')?.title ?? null };
}
