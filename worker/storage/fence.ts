/** Guards that every statement of storage stands under: an attempt that lost its job changes nothing. */
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Ctx } from '../context.ts';
import type { JobRow, LiveAttempt } from '../db/rows.ts';
import { jobs } from '../db/schema.ts';
import { AppError } from '../errors.ts';

/** How far a Complete renews the lease, in milliseconds: the 60 s of a heartbeat, so that it is not lost in the middle. */
const LEASE_MS = 60_000;

/** The row of `jobs` whose live attempt this is, and which nobody wants to end. */
export function isLive({ job, attempt }: LiveAttempt): SQL | undefined {
  return and(
    eq(jobs.id, job.id),
    eq(jobs.attempt, attempt),
    eq(jobs.status, 'processing'),
    isNull(jobs.cancelRequestedAt),
  );
}

/** The same guard, for statements on other tables. */
export function whileLive(ctx: Ctx, live: LiveAttempt): SQL {
  return sql`EXISTS ${ctx.db
    .select({ one: sql`1` })
    .from(jobs)
    .where(isLive(live))}`;
}

/** The statement that renews the lease of a live attempt, never shortening it. */
export function renewLease(ctx: Ctx, live: LiveAttempt) {
  return ctx.db
    .update(jobs)
    .set({ leaseUntil: sql`max(coalesce(${jobs.leaseUntil}, 0), ${ctx.now() + LEASE_MS})` })
    .where(isLive(live));
}

/** Why a guarded statement met no row: throws `cancel_requested` or `stale`. */
export async function refuseDeadAttempt(ctx: Ctx, { job, attempt }: LiveAttempt): Promise<never> {
  const row = await ctx.db.query.jobs.findFirst({ where: eq(jobs.id, job.id) });
  const isOwner = row?.status === 'processing' && row.attempt === attempt;
  throw new AppError(isOwner && row.cancelRequestedAt !== null ? 'cancel_requested' : 'stale');
}

/** True while the attempt owns its job, canceled or not: nothing of it may be swept away. */
export function isOwnedBy(job: JobRow, attempt: number): boolean {
  return job.status === 'processing' && job.attempt === attempt;
}
