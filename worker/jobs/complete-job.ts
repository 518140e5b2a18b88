import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../attempts/attempt-token.ts';
import type { Ctx } from '../context.ts';
import type { CompletedReport, Directive, ReportAnswer } from '../contract/downloader/report.ts';
import type { JobKind } from '../contract/job.ts';
import type { JobRow } from '../db/rows.ts';
import { artifacts, placements } from '../db/tables/artifacts.ts';
import { jobs } from '../db/tables/jobs.ts';
import { AppError } from '../errors.ts';
import { recordPublicAccess } from '../storage/connection/record-public-access.ts';
import { afterEnd } from './end-attempt.ts';
import { findJob, owns, readTokenOf } from '../attempts/live-attempt.ts';
import { costMicrodollars } from './cost.ts';
import { finish, isOwnedBy } from './transitions.ts';
import { hurryOthers } from '../transfers/transfer-rows.ts';

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
  const stored = await readStored(ctx, ref);
  const job = stored === null ? null : await finishCompleted(ctx, ref, stored, report);
  if (!job) return { directive: await whyNotCompleted(ctx, ref) };
  ctx.log.info('job.completed', { jobId, attempt: ref.attempt, bytes: stored?.bytes });
  if (job.kind === 'store') await hurryOthers(ctx, jobId);
  await afterEnd(ctx, job);
  ctx.background(recordPublicAccess(ctx, ref));
  return { directive: 'continue' };
}

function finishCompleted(
  ctx: Ctx,
  ref: AttemptRef,
  { kind, bytes }: Stored,
  { warnings }: CompletedReport,
): Promise<JobRow | null> {
  return finish(ctx, ref, {
    status: 'completed',
    guard: isOwnedBy(ref, false),
    end: { outcome: 'completed' },
    // An import has paid for its file already: storing it elsewhere is free.
    ...(kind !== 'store' && { bytes, microdollars: costMicrodollars(bytes, ctx.config.PRICE_PER_MB_USD) }),
    values: { bytesDone: bytes, bytesTotal: bytes, warnings: withWarnings(warnings) },
  });
}

/** Adds to what storage has already warned of, each sentence once. */
function withWarnings(warnings: string[]): SQL {
  return sql`(SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(coalesce(${jobs.warnings}, '[]')) UNION SELECT value FROM json_each(${JSON.stringify(warnings)})))`;
}

interface Stored {
  kind: JobKind;
  bytes: number;
}

/** What the attempt has stored, null without anything; a file that is stored twice counts once. */
async function readStored(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<Stored | null> {
  const rows = await ctx.db
    .selectDistinct({ kind: jobs.kind, id: artifacts.id, sizeBytes: artifacts.sizeBytes })
    .from(placements)
    .innerJoin(artifacts, eq(artifacts.id, placements.artifactId))
    .innerJoin(jobs, eq(jobs.id, placements.jobId))
    .where(
      and(eq(placements.jobId, jobId), eq(placements.attempt, attempt), eq(placements.status, 'stored')),
    );
  const bytes = rows.reduce((sum, row) => sum + (row.sizeBytes ?? 0), 0);
  return rows[0] && bytes > 0 ? { kind: rows[0].kind, bytes } : null;
}

async function whyNotCompleted(ctx: Ctx, ref: AttemptRef): Promise<Directive> {
  const job = await findJob(ctx, ref.jobId);
  if (job?.status === 'completed' && job.attempt === ref.attempt) return 'continue';
  if (!job || !owns(job, ref)) return 'stale';
  if (job.cancelRequestedAt !== null) return 'cancel';
  throw new AppError('invalid_request', 'The attempt has stored nothing yet.');
}
