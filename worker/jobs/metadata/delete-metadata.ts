/** Deletes a metadata job for good. What stays until the job is forgotten is an empty row. */
import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { MetadataKind } from '../../contract/job.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { ledger } from '../../db/tables/ledger.ts';
import { AppError } from '../../errors.ts';
import { deleteDeliveries } from '../imports/delete-deliveries.ts';
import { EMPTY_JOB } from '../imports/delete-import.ts';
import { findEndedJob } from '../imports/find-ended-job.ts';

/**
 * Deletes an ended job of this kind with its result, and what webhooks were told about it. AppError `job_not_found` or
 * `job_not_ended`.
 */
export async function deleteMetadata(
  ctx: Ctx,
  { kind, ...ref }: { workspaceId: string; jobId: string; kind: MetadataKind },
): Promise<void> {
  const job = await findEndedJob(ctx, { ...ref, kind });
  // Every statement after the first depends on what it did.
  const deleted = ctx.db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, job.id), isNotNull(jobs.deletedAt)));
  const [rows] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({ ...EMPTY_JOB, deletedAt: ctx.now() })
      .where(and(eq(jobs.id, job.id), isNull(jobs.deletedAt)))
      .returning({ id: jobs.id }),
    ctx.db.update(attempts).set({ errorDetail: null }).where(inArray(attempts.jobId, deleted)),
    ctx.db
      .update(ledger)
      .set({ host: null })
      .where(and(eq(ledger.workspaceId, job.workspaceId), inArray(ledger.jobId, deleted))),
    ...deleteDeliveries(ctx, job, deleted),
  ]);
  // A parallel call has deleted it.
  if (rows.length === 0) throw new AppError('job_not_found');
  ctx.log.info('metadata.deleted', { jobId: job.id });
}
