import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../auth/attempt-token.ts';
import type { Ctx } from '../context.ts';
import type { CompletedReport, Directive, ReportAnswer } from '../contract/report.ts';
import type { JobRow } from '../db/rows.ts';
import { artifacts, jobs, placements } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { afterEnd } from './end-attempt.ts';
import { findJob, owns, readTokenOf } from './attempt.ts';
import { costMicrodollars } from './cost.ts';
import { finish, isOwnedBy } from './moves.ts';

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
  const bytes = await storedBytes(ctx, ref);
  const job = bytes === 0 ? null : await finishCompleted(ctx, ref, bytes, report);
  if (!job) return { directive: await whyNotCompleted(ctx, ref) };
  ctx.log.info('job.completed', { jobId, attempt: ref.attempt, bytes });
  await afterEnd(ctx, ref);
  return { directive: 'continue' };
}

function finishCompleted(
  ctx: Ctx,
  ref: AttemptRef,
  bytes: number,
  { warnings }: CompletedReport,
): Promise<JobRow | null> {
  return finish(ctx, ref, {
    status: 'completed',
    guard: isOwnedBy(ref, false),
    end: { outcome: 'completed' },
    bytes,
    microdollars: costMicrodollars(bytes, ctx.config.PRICE_PER_MB_USD),
    values: { bytesDone: bytes, bytesTotal: bytes, warnings: withWarnings(warnings) },
  });
}

/** Adds to what storage has already warned of, each sentence once. */
function withWarnings(warnings: string[]): SQL {
  return sql`(SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(coalesce(${jobs.warnings}, '[]')) UNION SELECT value FROM json_each(${JSON.stringify(warnings)})))`;
}

/** Size of the files of the attempt that are stored; one that is stored twice counts once. */
async function storedBytes(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<number> {
  const rows = await ctx.db
    .selectDistinct({ id: artifacts.id, sizeBytes: artifacts.sizeBytes })
    .from(placements)
    .innerJoin(artifacts, eq(artifacts.id, placements.artifactId))
    .where(
      and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.status, 'stored')),
    );
  return rows.reduce((sum, row) => sum + (row.sizeBytes ?? 0), 0);
}

async function whyNotCompleted(ctx: Ctx, ref: AttemptRef): Promise<Directive> {
  const job = await findJob(ctx, ref.jobId);
  if (job?.status === 'completed' && job.attempt === ref.attempt) return 'continue';
  if (!job || !owns(job, ref)) return 'stale';
  if (job.cancelRequestedAt !== null) return 'cancel';
  throw new AppError('invalid_request', 'The attempt has stored nothing yet.');
}
