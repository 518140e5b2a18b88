import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import { isOwnedBy } from '../attempts/fence.ts';
import type { Ctx } from '../context.ts';
import type { CompletedReport, Directive, ReportAnswer } from '../contract/downloader/report.ts';
import type { JobRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';
import { recordPublicAccess } from '../storage/connection/record-public-access.ts';
import { afterEnd } from './end-attempt.ts';
import { findJob, owns, readTokenOf } from '../attempts/live-attempt.ts';
import { kindOf } from './kinds/kinds.ts';
import { finish } from './transitions.ts';

/**
 * The attempt says that everything is stored. AppError `invalid_request` when this Worker stored nothing for it,
 * `unauthorized` or `stale` for its token. A repeated report is answered like the first and changes nothing.
 */
export async function completeJob(
  ctx: Ctx,
  token: string,
  jobId: string,
  report: CompletedReport,
): Promise<ReportAnswer> {
  const ref = await readTokenOf(ctx, token, jobId);
  const { job, bytes } = await readStored(ctx, ref);
  if (!job || bytes === 0) return { directive: whyNotCompleted(job, ref) };
  const completed = await finishCompleted(ctx, { job, ref, bytes, report });
  if (!completed) return { directive: whyNotCompleted(await findJob(ctx, jobId), ref) };
  ctx.log.info('job.completed', { jobId, attempt: ref.attempt, bytes });
  await afterEnd(ctx, completed);
  ctx.background(recordPublicAccess(ctx, ref));
  return { directive: 'continue' };
}

function finishCompleted(
  ctx: Ctx,
  { job, ref, bytes, report }: { job: JobRow; ref: AttemptRef; bytes: number; report: CompletedReport },
): Promise<JobRow | null> {
  return finish(ctx, {
    job,
    status: 'completed',
    guard: isOwnedBy(ref, false),
    attemptEnd: { outcome: 'completed' },
    bill: kindOf(job).bill(ctx.config, bytes),
    values: { bytesDone: bytes, bytesTotal: bytes, warnings: withWarnings(report.warnings) },
  });
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
}

async function readStored(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<Stored> {
  const [job, files] = await ctx.db.batch([
    ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) }),
    ctx.db
      .selectDistinct({ id: artifacts.id, sizeBytes: artifacts.sizeBytes })
      .from(placements)
      .innerJoin(artifacts, eq(artifacts.id, placements.artifactId))
      .where(
        and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.status, 'stored')),
      ),
  ]);
  return { job, bytes: files.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0) };
}

function whyNotCompleted(job: JobRow | undefined, ref: AttemptRef): Directive {
  if (job?.status === 'completed' && job.attempt === ref.attempt) return 'continue';
  if (!job || !owns(job, ref)) return 'stale';
  if (job.cancelRequestedAt !== null) return 'cancel';
  throw new AppError('invalid_request', 'The attempt has stored nothing yet.');
}
