import type { Ctx } from '../../context.ts';
import type { MetadataKind } from '../../contract/job.ts';
import type { JobRow } from '../../db/rows.ts';
import { isVisibleJob } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';
import { findSilence } from '../find-silence.ts';

/** A metadata job, and since when no downloader answers while it waits for one (unix milliseconds), else null. */
export interface MetadataDetails {
  job: JobRow;
  noDownloaderSince: number | null;
}

/** A job of this kind and workspace. AppError `job_not_found`, also for a job of another kind. */
export async function getMetadata(
  ctx: Ctx,
  { kind, ...ref }: { workspaceId: string; jobId: string; kind: MetadataKind },
): Promise<MetadataDetails> {
  const job = await ctx.db.query.jobs.findFirst({ where: isVisibleJob(ref, [kind]) });
  if (!job) throw new AppError('job_not_found');
  return readMetadata(ctx, job);
}

/** The same for a row that was read already. */
export async function readMetadata(ctx: Ctx, job: JobRow): Promise<MetadataDetails> {
  const noDownloaderSince = job.status === 'queued' ? await findSilence(ctx, { pages: job.isPage }) : null;
  return { job, noDownloaderSince };
}
