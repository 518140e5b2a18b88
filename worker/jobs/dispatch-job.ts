import { and, eq, isNull } from 'drizzle-orm';
import { mintAttemptToken } from '../attempts/attempt-token.ts';
import { controlUrl } from '../control-url.ts';
import type { DispatchOutcome } from '../downloader.ts';
import type { Config } from '../config.ts';
import type { Ctx } from '../context.ts';
import type { Command } from '../contract/downloader/command.ts';
import type { JobRow } from '../db/rows.ts';
import { jobs } from '../db/tables/jobs.ts';
import { stopsWithinBalance } from '../usage/stops-within-balance.ts';
import { delayed, runsAlone, type DueTimes } from './alone/crashes.ts';
import { endAttempt } from './end/end-attempt.ts';
import { kindOf } from './kinds/kinds.ts';

/** When a job is offered again that a downloader of an earlier version cannot run. */
const UNSUPPORTED_DELAY_MS = 60_000;

/** A job that was just claimed for the slot. */
interface Claim {
  slot: string;
  job: JobRow;
}

/**
 * Sends the job to the downloader of the slot, and records the outcome. After `unreachable` the job
 * is back in the queue and no failure is counted; after `unsupported` it also waits, so that the slot gets other jobs until
 * its downloader is updated. After `unknown` the next heartbeat, or the end of the lease, decides.
 */
export async function dispatchJob(ctx: Ctx, claim: Claim): Promise<DispatchOutcome> {
  const { slot, job } = claim;
  const outcome = await ctx.downloader.dispatch(slot, await makeCommand(ctx, claim));
  if (outcome === 'accepted') await markAccepted(ctx, job);
  if (outcome === 'unreachable') await takeBack(ctx, job);
  if (outcome === 'unsupported') await takeBack(ctx, job, delayed(job, ctx.now() + UNSUPPORTED_DELAY_MS));
  return outcome;
}

/** What the downloader needs to run this attempt. Nothing in it is valid for another attempt. */
export async function makeCommand(ctx: Ctx, { slot, job }: Claim): Promise<Command> {
  const { config } = ctx;
  const kind = kindOf(job);
  const asked = kind.stops?.(config, job) ?? null;
  const stops = kind.uploads?.holdCost ? await stopsWithinBalance(ctx, job, asked) : asked;
  const common = {
    version: 1,
    jobId: job.id,
    attempt: job.attempt,
    slot,
    token: await mintAttemptToken(ctx, { jobId: job.id, attempt: job.attempt }),
    controlUrl: controlUrl(config, slot),
    limits: {
      maxBytes: config.MAX_BYTES,
      maxDurationSeconds: config.MAX_DURATION_SECONDS,
      timeoutSeconds: timeoutSecondsOf(config, job),
      stallSeconds: config.STALL_SECONDS,
      minBytesPerSecond: config.MIN_SOURCE_BYTES_PER_SECOND,
      minRateSeconds: config.MIN_SOURCE_RATE_SECONDS,
      ...(stops && { stops }),
    },
  } as const;
  return { ...common, ...(await kind.command(ctx, job)) };
}

/** Nobody else can use the slot of a job that runs alone, so it gets an hour at most. */
const ALONE_SECONDS = 3600;

function timeoutSecondsOf({ JOB_TIMEOUT_SECONDS }: Config, job: JobRow): number {
  return runsAlone(job) ? Math.min(JOB_TIMEOUT_SECONDS, ALONE_SECONDS) : JOB_TIMEOUT_SECONDS;
}

async function markAccepted(ctx: Ctx, job: JobRow): Promise<void> {
  await ctx.db
    .update(jobs)
    .set({ acceptedAt: ctx.now() })
    .where(and(eq(jobs.id, job.id), eq(jobs.attempt, job.attempt), isNull(jobs.acceptedAt)));
}

/** Back to the queue. A cancel request that came during the dispatch ends the job as canceled. */
export async function takeBack(ctx: Ctx, job: JobRow, place?: DueTimes): Promise<void> {
  const loss = { outcome: 'undelivered', ...place } as const;
  if (await endAttempt(ctx, { job, loss })) return;
  await endAttempt(ctx, { job: { ...job, cancelRequestedAt: ctx.now() }, loss });
}
