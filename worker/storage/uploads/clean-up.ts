/** Removes what ended attempts left behind, and what has outlived its retention. Never touches a live attempt. */
import { and, asc, eq, gt, inArray, isNotNull, lte, or, sql } from 'drizzle-orm';
import type { Ctx } from '../../context.ts';
import type { JobRow, PlacementRow } from '../../db/rows.ts';
import { placements } from '../../db/tables/artifacts.ts';
import { jobs } from '../../db/tables/jobs.ts';
import { owns } from '../../attempts/live-attempt.ts';
import { discardUpload } from './discard-upload.ts';
import { errorText } from '../../error-text.ts';

/** Rows that one statement of the sweep looks at: D1 binds at most 100 values, R2 deletes at most 1,000 keys in a call. */
const BATCH_ROWS = 90;
/** Batches of one sweep; what is left over waits for the next, a minute later. */
const MAX_BATCHES = 20;

/**
 * Aborts the unfinished uploads of an ended attempt and deletes its objects in service storage.
 * Does nothing to a live attempt, nor to the objects of a completed job. Never throws: what fails is logged, and swept later.
 */
export async function cleanUpAttempt(ctx: Ctx, { jobId, attempt }: { jobId: string; attempt: number }) {
  try {
    const job = await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, jobId) });
    if (!job || owns(job, { jobId, attempt })) return;
    const rows = await ctx.db.query.placements.findMany({
      where: and(
        eq(placements.jobId, jobId),
        eq(placements.attempt, attempt),
        inArray(placements.status, ['open', 'completing', 'stored']),
      ),
    });
    for (const row of rows) if (isLeftOver(row, job)) await discardUpload(ctx, row);
  } catch (error) {
    ctx.log.error('storage.clean_up_failed', { jobId, attempt, error: errorText(error) });
  }
}

/**
 * Unfinished uploads always. Of stored objects only what no completed job shows: in service storage, and in a customer's
 * bucket when the job was canceled (a retry would overwrite it, a failed job's file is complete).
 */
function isLeftOver(row: PlacementRow, job: JobRow): boolean {
  if (row.status !== 'stored') return true;
  if (row.destinationId !== null) return job.status === 'canceled';
  return !(job.status === 'completed' && job.attempt === row.attempt);
}

/** Uploads that nobody will finish, then objects whose time is over. Bounded; never throws. */
export async function sweepStorage(ctx: Ctx): Promise<void> {
  for (const sweep of [sweepUnfinished, sweepExpired]) {
    try {
      await sweep(ctx);
    } catch (error) {
      ctx.log.error('storage.sweep_failed', { sweep: sweep.name, error: errorText(error) });
    }
  }
}

async function sweepUnfinished(ctx: Ctx): Promise<void> {
  let after = { createdAt: -1, id: '' };
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await unfinishedOfDeadAttempts(ctx, after);
    for (const row of rows) await discardUpload(ctx, row);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH_ROWS) return;
    after = last;
  }
}

async function unfinishedOfDeadAttempts(
  ctx: Ctx,
  after: { createdAt: number; id: string },
): Promise<PlacementRow[]> {
  const rows = await ctx.db
    .select({ placement: placements })
    .from(placements)
    .innerJoin(jobs, eq(jobs.id, placements.jobId))
    .where(
      and(
        inArray(placements.status, ['open', 'completing']),
        or(
          gt(placements.createdAt, after.createdAt),
          and(eq(placements.createdAt, after.createdAt), gt(placements.id, after.id)),
        ),
        sql`NOT (${jobs.status} = 'processing' AND ${jobs.attempt} = ${placements.attempt})`,
      ),
    )
    .orderBy(asc(placements.createdAt), asc(placements.id))
    .limit(BATCH_ROWS);
  return rows.map((row) => row.placement);
}

async function sweepExpired(ctx: Ctx): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await ctx.db.query.placements.findMany({
      where: and(
        eq(placements.status, 'stored'),
        isNotNull(placements.expiresAt),
        lte(placements.expiresAt, ctx.now()),
      ),
      orderBy: asc(placements.expiresAt),
      limit: BATCH_ROWS,
    });
    if (rows.length === 0) return;
    // The object first: a row that says "expired" promises that nothing is stored any more.
    await ctx.media.delete(rows.map((row) => row.key));
    await ctx.db
      .update(placements)
      .set({ status: 'expired' })
      .where(
        and(
          inArray(
            placements.id,
            rows.map((row) => row.id),
          ),
          eq(placements.status, 'stored'),
        ),
      );
  }
}
