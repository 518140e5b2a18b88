/** Gives the place of a job that ends to the next one, in the answer to the call that ends it: without a message, a look at the fleet and a dispatch. */
import { sql, type SQL } from 'drizzle-orm';
import type { AttemptRef } from '../../attempts/attempt-token.ts';
import type { Ctx } from '../../context.ts';
import type { NextRequest, SignedCommand } from '../../contract/downloader/claim.ts';
import { fleetSlots } from '../../contract/downloader/slot-names.ts';
import type { JobRow } from '../../db/rows.ts';
import { attempts, jobs } from '../../db/tables/jobs.ts';
import { ring } from '../../doorbell/ring.ts';
import { errorText } from '../../error-text.ts';
import { runsAlone } from '../alone/crashes.ts';
import { claimStatement } from '../claim-next.ts';
import { makeCommand, takeBack } from '../dispatch-job.ts';
import { logClaim } from './begin-attempt.ts';

/** The downloader of this slot takes a job in place of one that ends. */
export interface Successor {
  slot: string;
  next: NextRequest;
}

/** Null when the slot has left the fleet, or its downloader fetches its jobs. */
export function successorIn(
  { config }: Ctx,
  { slot, next }: { slot: string | null; next: NextRequest | undefined },
): Successor | null {
  return slot !== null && next && fleetSlots(config).includes(slot) ? { slot, next } : null;
}

/**
 * The statement that claims the job, as `claimNext` does, in the batch that ends the other one. It returns the job, and claims
 * nothing unless `isEnded` selects one. Its row names the transition until it ends, so that a repeated call finds it. A downloader that asks has promised to run the job, so a crash counts from then on.
 */
export function claimSuccessor(
  ctx: Ctx,
  { slot, next }: Successor,
  { isEnded, terminalId }: { isEnded: SQL | undefined; terminalId: string },
) {
  const jobsPerSlot = Math.min(next.capacity, ctx.config.JOBS_PER_SLOT);
  const claim = { slot, jobsPerSlot, kinds: next.kinds, inPlaceOf: terminalId };
  return claimStatement(ctx, claim, sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${isEnded})`);
}

/**
 * Whether nothing else can start because `ended` has ended. A job that ran alone leaves several places. A workspace that has reached its limit may
 * have its next job for a slot of another sort.
 */
export function takesAllThatIsFree({ config }: Ctx, ended: JobRow, next: JobRow): boolean {
  return !runsAlone(ended) && (config.PAGE_SLOTS === 0 || next.workspaceId === ended.workspaceId);
}

/** The dispatch of a job that was claimed so. Null, and the job is back in the queue, when it cannot be made. */
export async function handOver(ctx: Ctx, slot: string, job: JobRow): Promise<SignedCommand | null> {
  logClaim(ctx, job);
  return signed(ctx, slot, job);
}

/** The dispatch that the call that ended this attempt has answered with, for a repeated call: the answer may have been lost. */
export async function handOverAgain(ctx: Ctx, ref: AttemptRef): Promise<SignedCommand | null> {
  const job = await findSuccessor(ctx, ref);
  return job && signed(ctx, job.slot ?? '', job);
}

/** Puts the job that the call that ended this attempt has claimed back into the queue: its downloader did not wait for the answer. */
export async function recallSuccessor(ctx: Ctx, ref: AttemptRef): Promise<void> {
  const job = await findSuccessor(ctx, ref);
  if (job) await giveBack(ctx, job);
}

async function findSuccessor(ctx: Ctx, { jobId, attempt }: AttemptRef): Promise<JobRow | null> {
  const own = sql`coalesce((SELECT completed_in FROM ${jobs} AS own WHERE own.id = ${jobId} AND own.attempt = ${attempt}),
    (SELECT slot FROM ${attempts} AS own WHERE own.job_id = ${jobId} AND own.attempt = ${attempt}))`;
  const transition = sql`(SELECT terminal_id FROM ${jobs} AS ended WHERE ended.id = ${jobId})`;
  const [row] = await ctx.db
    .select({ job: jobs })
    .from(jobs)
    .where(
      sql`${jobs.slot} = ${own} AND ${jobs.status} = 'processing' AND ${jobs.terminalId} = ${transition}`,
    )
    .limit(1);
  return row?.job ?? null;
}

async function signed(ctx: Ctx, slot: string, job: JobRow): Promise<SignedCommand | null> {
  try {
    return await ctx.downloader.sign(await makeCommand(ctx, { slot, job }));
  } catch (error) {
    ctx.log.error('doorbell.slot_failed', { slot, error: errorText(error) });
    await giveBack(ctx, job);
    return null;
  }
}

/** What fails here is found when the lease of the job has ended. */
async function giveBack(ctx: Ctx, job: JobRow): Promise<void> {
  try {
    await takeBack(ctx, job);
    await ring(ctx);
  } catch (error) {
    ctx.log.error('doorbell.slot_failed', { slot: job.slot, error: errorText(error) });
  }
}
