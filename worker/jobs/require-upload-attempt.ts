import { desc, and, eq } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import { requireLiveAttempt, requireOwner } from '../attempts/live-attempt.ts';
import type { Ctx } from '../context.ts';
import type { Feature } from '../contract/downloader/features.ts';
import type { ArtifactRow, JobRow, LiveAttempt, PlacementRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import type { UploadAttempt } from '../storage/uploads/upload-rules.ts';
import { AppError } from '../errors.ts';
import { kindOf } from './kinds/kinds.ts';

/** An attempt as a call names it, and what its downloader understands. */
export interface Caller {
  ref: AttemptRef;
  features: ReadonlySet<Feature>;
}

/** The attempt with its job and the upload rules of that job. AppErrors as in `requireLiveAttempt`, and `invalid_request` when its kind stores nothing. */
export async function requireUploadAttempt(ctx: Ctx, { ref, features }: Caller): Promise<UploadAttempt> {
  return withRules(await requireLiveAttempt(ctx, ref), features);
}

/** A job with the files of one of its attempts and their uploads, the newest first. */
export interface AttemptFiles {
  job: JobRow | undefined;
  files: ArtifactRow[];
  uploads: PlacementRow[];
}

/** Reads everything about the uploads of an attempt, in one call of D1. */
export async function readAttemptFiles(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<AttemptFiles> {
  const [[job], files, uploads] = await ctx.db.batch([
    ctx.db.select().from(jobs).where(eq(jobs.id, jobId)),
    ctx.db
      .select()
      .from(artifacts)
      .where(and(eq(artifacts.jobId, jobId), eq(artifacts.attempt, attempt))),
    ctx.db
      .select()
      .from(placements)
      .where(and(eq(placements.jobId, jobId), eq(placements.attempt, attempt)))
      .orderBy(desc(placements.createdAt), desc(placements.id)),
  ]);
  return { job, files, uploads };
}

/** The same as `requireUploadAttempt`, of a job that was read. */
export function ownerOf({ job }: AttemptFiles, { ref, features }: Caller): UploadAttempt {
  return withRules(requireOwner(job, ref), features);
}

function withRules(live: LiveAttempt, features: ReadonlySet<Feature>): UploadAttempt {
  const rules = kindOf(live.job).uploads;
  if (!rules) throw new AppError('invalid_request', 'This kind of job stores no file.');
  return { ...live, rules, features };
}
