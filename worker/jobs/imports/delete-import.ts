/** Deletes an import for good. What stays until the job is forgotten is an empty row. */
import { and, eq, inArray, isNotNull, isNull, or, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow } from '../../db/rows.ts';
import { artifacts, placements } from '../../db/tables/artifacts.ts';
import { destinations } from '../../db/tables/destinations.ts';
import { importDestinations, importWords } from '../../db/tables/import-lists.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { ledger } from '../../db/tables/ledger.ts';
import { transfers } from '../../db/tables/transfers.ts';
import { isVisibleJob } from '../../db/visible-job.ts';
import { AppError } from '../../errors.ts';
import { errorText } from '../../error-text.ts';
import { deleteObjects } from '../../storage/copies/delete-file.ts';
import { deleteDeliveries } from './delete-deliveries.ts';
import { findEndedJob } from './find-ended-job.ts';
import { wordsOf, wordsOfUrl } from './search-words.ts';

/** Columns of a job that are about something, emptied: those that may not be null get a value that says nothing. */
export const EMPTY_JOB = {
  request: { url: 'about:blank' },
  title: null,
  sourceHost: null,
  sourceReason: null,
  warnings: null,
  errorDetail: null,
  metadata: null,
} as const;
const EMPTY_ARTIFACT = { title: '', uploader: null, sourceId: null, facts: null, details: null } as const;

/**
 * Deletes an ended import, its store jobs, and its file in service storage. Objects in a customer's bucket stay. The batch
 * hides and empties the rows; an object that cannot be deleted now is deleted by the next sweep. AppError `job_not_found`,
 * `job_not_ended`, or `store_in_progress` while a job stores the file in a bucket.
 */
export async function deleteImport(ctx: Ctx, ref: { workspaceId: string; jobId: string }): Promise<void> {
  const job = await findEndedJob(ctx, { ...ref, kind: 'import' });
  if (!(await emptyRows(ctx, job))) throw await whyNotDeleted(ctx, ref);
  ctx.log.info('import.deleted', { jobId: job.id });
  try {
    await deleteObjects(ctx, job.id);
  } catch (error) {
    ctx.log.error('storage.delete_failed', { jobId: job.id, error: errorText(error) });
  }
}

async function emptyRows(ctx: Ctx, job: JobRow): Promise<boolean> {
  const isOfImport = or(eq(jobs.id, job.id), eq(jobs.storeOf, job.id));
  const isStoring = sql`EXISTS (SELECT 1 FROM ${transfers} WHERE ${transfers.importId} = ${job.id} AND ${transfers.status} = 'running')`;
  // Every statement after the first depends on what it did.
  const deleted = ctx.db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(isOfImport, isNotNull(jobs.deletedAt)));
  const isDeleted = sql`EXISTS ${deleted}`;
  const [rows] = await ctx.db.batch([
    ctx.db
      .update(jobs)
      .set({ ...EMPTY_JOB, deletedAt: ctx.now() })
      .where(and(isOfImport, isNull(jobs.deletedAt), sql`NOT ${isStoring}`))
      .returning({ id: jobs.id }),
    ctx.db.update(attempts).set({ errorDetail: null }).where(inArray(attempts.jobId, deleted)),
    ctx.db
      .update(ledger)
      .set({ host: null })
      .where(and(eq(ledger.workspaceId, job.workspaceId), inArray(ledger.jobId, deleted))),
    ctx.db.update(artifacts).set(EMPTY_ARTIFACT).where(inArray(artifacts.jobId, deleted)),
    ctx.db
      .update(placements)
      .set({ expiresAt: ctx.now() })
      .where(and(inArray(placements.jobId, deleted), isInService())),
    ctx.db.delete(placements).where(and(inArray(placements.jobId, deleted), hasNothingToRemove())),
    ...deleteDeliveries(ctx, job, deleted),
    ctx.db.delete(transfers).where(and(eq(transfers.importId, job.id), isDeleted)),
    ctx.db.delete(importWords).where(and(isWordOf(job), isDeleted)),
    ctx.db.delete(importDestinations).where(and(isSentFrom(ctx, job), isDeleted)),
  ]);
  return rows.length > 0;
}

/** Its object is deleted soon, then its row. */
function isInService(): SQL | undefined {
  return and(eq(placements.status, 'stored'), isNull(placements.destinationId));
}

/** Uploads that are not finished keep their rows until their leftovers are removed. */
function hasNothingToRemove(): SQL | undefined {
  const isInBucket = and(eq(placements.status, 'stored'), isNotNull(placements.destinationId));
  return or(isInBucket, inArray(placements.status, ['aborted', 'expired']));
}

function isWordOf({ id, workspaceId, request, title }: JobRow): SQL | undefined {
  const words = JSON.stringify([...wordsOfUrl(request.url), ...wordsOf(title ?? '')]);
  return and(
    eq(importWords.workspaceId, workspaceId),
    sql`${importWords.word} IN (SELECT value FROM json_each(${words}))`,
    eq(importWords.importId, id),
  );
}

function isSentFrom(ctx: Ctx, { id, workspaceId }: JobRow): SQL | undefined {
  const own = ctx.db
    .select({ id: destinations.id })
    .from(destinations)
    .where(eq(destinations.workspaceId, workspaceId));
  return and(inArray(importDestinations.destinationId, own), eq(importDestinations.importId, id));
}

async function whyNotDeleted(ctx: Ctx, ref: { workspaceId: string; jobId: string }): Promise<AppError> {
  const [running] = await ctx.db
    .select({ storeJobId: transfers.storeJobId })
    .from(transfers)
    .innerJoin(jobs, eq(jobs.id, transfers.importId))
    .where(and(isVisibleJob(ref), eq(transfers.status, 'running')));
  if (!running) return new AppError('job_not_found');
  return new AppError('store_in_progress', `Job ${running.storeJobId} still stores the file of this import.`);
}
