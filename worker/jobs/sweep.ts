import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { AttemptRow, JobRow } from '../db/rows.ts';
import { attempts, jobs } from '../db/tables/jobs.ts';
import { workspaces } from '../db/tables/workspaces.ts';
import { sweepStorage } from '../storage/uploads/clean-up.ts';
import { errorText } from '../error-text.ts';
import { sweepCredentials } from '../storage/destinations/rotate-credentials.ts';
import { endAttempt, type Loss } from './end-attempt.ts';
import { sweepTransfers } from '../transfers/start-due-transfers.ts';
import { ring } from '../doorbell/ring.ts';

/** Expired leases that are read at once, and read again at most so often: the next sweep is a minute away. */
const BATCH_ROWS = 50;
const MAX_BATCHES = 20;

/** What nobody else would notice: attempts whose lease has ended, leftovers in storage, files that wait for a destination, work that is due unrung, credentials under an old key. */
export async function sweep(ctx: Ctx): Promise<void> {
  await sweepLeases(ctx);
  // Leftovers may lie in a storage that hangs: nothing else waits for them.
  await sweepTransfers(ctx);
  await sweepStorage(ctx);
  if (await isWorkDue(ctx)) await ring(ctx);
  await sweepCredentials(ctx);
}

async function sweepLeases(ctx: Ctx): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const rows = await expiredLeases(ctx);
    for (const row of rows) await endExpired(ctx, row);
    if (rows.length < BATCH_ROWS) return;
  }
}

interface Expired {
  job: JobRow;
  attempt: AttemptRow | null;
}

function expiredLeases(ctx: Ctx): Promise<Expired[]> {
  return ctx.db
    .select({ job: jobs, attempt: attempts })
    .from(jobs)
    .leftJoin(attempts, and(eq(attempts.jobId, jobs.id), eq(attempts.attempt, jobs.attempt)))
    .where(and(eq(jobs.status, 'processing'), lte(jobs.leaseUntil, ctx.now())))
    .orderBy(asc(jobs.leaseUntil))
    .limit(BATCH_ROWS);
}

/** An attempt that was never known to begin costs nothing. One bad row must not keep the sweep from the others. */
async function endExpired(ctx: Ctx, { job, attempt }: Expired): Promise<void> {
  // A heartbeat may have renewed the lease since it was read.
  const guard = lte(jobs.leaseUntil, ctx.now());
  const loss: Loss =
    attempt?.acceptedAt === null
      ? { outcome: 'undelivered', guard }
      : { outcome: 'expired', failure: { code: 'downloader_lost' }, guard };
  try {
    await endAttempt(ctx, job, loss);
  } catch (error) {
    ctx.log.error('sweep.lease_failed', { jobId: job.id, error: errorText(error) });
  }
}

async function isWorkDue(ctx: Ctx): Promise<boolean> {
  const [due] = await ctx.db
    .select({ one: sql`1` })
    .from(workspaces)
    .where(sql`next_due_at IS NOT NULL AND running < max_concurrent AND next_due_at <= ${ctx.now()}`)
    .limit(1);
  return due !== undefined;
}
